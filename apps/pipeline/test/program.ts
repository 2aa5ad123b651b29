// Starts the built program as a user does, and looks into the databases that it leaves.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IndexReport } from '../src/index-report.ts';
import type { SearchReport } from '../src/search/command.ts';
import { type DatabaseSync, openDatabase } from '../src/store/sqlite.ts';

export const CLI: string = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr contains the text; rejects if the program ends without it. */
  says(text: string): Promise<void>;
}

export interface StartOptions {
  /** For HEDDLE_PIPELINE_FAULT. */
  readonly fault?: string;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** How long it may take, if that is more than a program usually does. */
  readonly timeoutMs?: number;
  /** Another program to start, with the node and the program appended to its arguments. */
  readonly through?: readonly string[];
}

/** How long a program may take that ought to end by itself. */
const TIMEOUT_MS = 50_000;

export function start(args: readonly string[], options: StartOptions = {}): Started {
  const { fault, cwd, uid, gid, timeoutMs = TIMEOUT_MS, through = [] } = options;
  const [command, ...rest] = [...through, process.execPath, CLI, ...args];
  const child = spawn(command!, rest, {
    cwd: cwd ?? tmpdir(),
    env: { ...process.env, ...(fault === undefined ? {} : { HEDDLE_PIPELINE_FAULT: fault }) },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr.on('data', look);
        look();
        ended.then(() => reject(new Error(`it ended and didn't say ${text}: ${stderr}`)), reject);
      }),
  };
}

export function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

export interface Indexed extends Ended {
  readonly report: IndexReport;
}

/** Indexes with `--json` and returns the report too. */
export async function index(args: readonly string[], options: StartOptions = {}): Promise<Indexed> {
  const ended = await run([...args, '--json'], options);
  return { ...ended, report: parse(ended) as IndexReport };
}

export async function searchJson(args: readonly string[]): Promise<SearchReport> {
  return parse(await run([...args, '--json'])) as SearchReport;
}

function parse(ended: Ended): unknown {
  try {
    return JSON.parse(ended.stdout);
  } catch {
    throw new Error(`no JSON: code ${ended.code}, stdout: ${ended.stdout}, stderr: ${ended.stderr}`);
  }
}

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'heddle-pipeline-')));
}

export function look<T>(db: string, read: (database: DatabaseSync) => T): T {
  const database = openDatabase(db);
  try {
    return read(database);
  } finally {
    database.close();
  }
}

/** Returns how many rows a table has. */
export function countRows(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);
}

/** Returns what is wrong with a database: nothing, one hopes. */
export function damage(db: string): string[] {
  return look(db, database => {
    const problems = database
      .prepare('PRAGMA integrity_check')
      .all()
      .map(row => String(row['integrity_check']))
      .filter(result => result !== 'ok');
    try {
      database.exec(`INSERT INTO words (words) VALUES ('integrity-check')`);
    } catch (error) {
      problems.push(`words: ${String(error)}`);
    }
    const files = countRows(database, 'files');
    const bodies = countRows(database, 'files JOIN bodies USING (id)');
    const allBodies = countRows(database, 'bodies');
    const words = countRows(database, 'words');
    if (bodies !== files || allBodies !== files || words !== files) {
      problems.push(
        `${files} files, ${allBodies} bodies, ${bodies} of them of files, ${words} rows of words`,
      );
    }
    return problems;
  });
}
