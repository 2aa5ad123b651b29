// The only file that touches `node:sqlite`: opens databases, and turns SQLite's errors into messages that say what to do.

import type { DatabaseSync } from 'node:sqlite';
import { describe, Trouble } from '../trouble.ts';

export type { DatabaseSync, StatementSync } from 'node:sqlite';

/** How long to wait for another process that is using the database. */
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

/** Opens a database; it is created if it isn't there, unless it is to be read only. */
export function openDatabase(path: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  const sqlite = loadSqlite();
  const database = new sqlite.DatabaseSync(path, { readOnly: options.readOnly ?? false });
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return database;
}

/** What the user can do about a database: the option that names another, and how a damaged one is replaced. */
export interface Ways {
  readonly option: string;
  readonly anew: string;
}

const INDEX: Ways = { option: '--db', anew: 'Make a new one with --fresh' };

/** Runs `work`; an error of SQLite's is thrown as a `Trouble` that names the database and says what to do. */
export function explained<T>(path: string, work: () => T, ways: Ways = INDEX): T {
  try {
    return work();
  } catch (error) {
    throw explain(path, error, ways);
  }
}

function explain(path: string, error: unknown, ways: Ways): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  return new Trouble(`${path}: ${advice(error.errcode, describe(error), ways)}`, { cause: error });
}

// Primary result codes of SQLite.
const BUSY = 5;
const READONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

function advice(errcode: number, message: string, { option, anew }: Ways): string {
  // The bits above say more about the cause.
  switch (errcode & 0xff) {
    case FULL:
      return `the disk is full. Make room, or choose a database on another disk with ${option}, and start again`;
    case IO_ERROR:
      return `${message}: the disk did not take or give the data, it may be full or over a quota. Make room, or choose a database on another disk with ${option}, and start again`;
    case READONLY:
      return `the database or its folder can only be read. Choose a place that you may write to with ${option}`;
    case CANNOT_OPEN:
      return `the database cannot be opened or created there. Check that the folder exists and that you may write to it, or choose another place with ${option}`;
    case BUSY:
      return `another program has been using the database for ${BUSY_TIMEOUT_MS / 1000} s. Wait until it has finished, and start again`;
    case NOT_A_DATABASE:
      return `this is not a SQLite database. Choose another file with ${option}`;
    case CORRUPT:
      return `the database is damaged. ${anew}`;
    default:
      return message;
  }
}
