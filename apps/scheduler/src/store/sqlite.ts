// The only file that touches `node:sqlite`: opens databases, and turns SQLite's errors into messages that say what to do.

import type { DatabaseSync } from 'node:sqlite';
import { printable } from '../printable.ts';
import { describe, Trouble } from '../trouble.ts';
import { lockHolder } from './lock-holder.ts';

export type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** How long to wait for another process that writes to the database. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * Loads `node:sqlite` without the warning that it is experimental, which Node 22 and 24 print otherwise, once for each thread.
 * No other warning is held back.
 */
function loadSqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process;
  // Node gives the warning while it loads the module, in the same call.
  process.emitWarning = ((warning: string | Error, ...rest: never[]): void => {
    if (!String(warning).includes('SQLite is an experimental feature')) emitWarning(warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * Opens a database; it is created if it isn't there, unless it is to be read only. A commit is on the disk when it returns (`synchronous = FULL`), and readers
 * don't disturb the writer (write-ahead log).
 */
export function openDatabase(
  path: string,
  options: { readOnly?: boolean; busyTimeout?: number } = {},
): DatabaseSync {
  const sqlite = loadSqlite();
  const database = new sqlite.DatabaseSync(path, { readOnly: options.readOnly ?? false });
  try {
    database.exec(`PRAGMA busy_timeout = ${options.busyTimeout ?? BUSY_TIMEOUT_MS}`);
    if (options.readOnly !== true)
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000');
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Runs `work` as one transaction that writes: all of it is stored, or nothing. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors, a full disk among them, have rolled it back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs `work`; an error of SQLite's is thrown as a `Trouble` that names the database and says what to do. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explain(path, error);
  }
}

/** Returns a `Trouble` for an error of SQLite's, and any other error as it is. */
export function explain(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  return new Trouble(`${path}: ${advice(path, error.errcode, describe(error))}`, {
    cause: error,
    kind: 'unavailable',
  });
}

// Primary result codes of SQLite.
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

function explainLock(path: string): string {
  const holder = lockHolder(path);
  const seconds = BUSY_TIMEOUT_MS / 1000;
  if (holder === undefined)
    return `another program has kept the database locked for ${seconds} s. Wait until it has finished, or end it`;
  const { pid, command, isStopped } = holder;
  const who = `process ${pid}${command === '' ? '' : ` (${printable(command)})`}`;
  return isStopped
    ? `${who} was stopped while it wrote, and keeps the database locked. Let it go on with "kill -CONT ${pid}", or end it with "kill -9 ${pid}": what it had stored is safe`
    : `${who} has kept the database locked for ${seconds} s. Wait until it has finished, or end it`;
}

function advice(path: string, errcode: number, message: string): string {
  // The bits above say more about the cause.
  switch (errcode & 0xff) {
    case FULL:
      return 'the disk is full. Make room';
    case IO_ERROR:
      return `${message}: the disk did not take or give the data, it may be full or over a quota. Make room, or choose a database on another disk with --db`;
    case READONLY:
      return 'the database or its folder can only be read. Choose a place that you may write to with --db';
    case CANNOT_OPEN:
      return 'the database cannot be opened or created there. Check that the folder exists and that you may write to it, or choose another place with --db';
    case BUSY:
    case LOCKED:
      return explainLock(path);
    case NOT_A_DATABASE:
      return 'this is not a SQLite database. Choose another file with --db';
    case CORRUPT:
      return 'the database is damaged. Restore it from a backup, or choose another file with --db';
    default:
      return message;
  }
}
