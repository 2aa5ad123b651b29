// The tables, and how they come to be.

import { Trouble } from '../trouble.ts';
import { type DatabaseSync, transact } from './sqlite.ts';

/** "HDLS": tells our databases from others. */
const APPLICATION_ID = 0x48_44_4c_53;
const VERSION = 2;

const GROUPS = `
CREATE TABLE groups (
  name TEXT PRIMARY KEY,
  most INTEGER,
  paused INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
`;

/** What makes a database of the version before out of each older one. */
const UPGRADES: Readonly<Record<number, string>> = {
  // Groups had a limit each, and couldn't be paused.
  1: `
ALTER TABLE groups RENAME TO groups_1;
${GROUPS}
INSERT INTO groups (name, most) SELECT name, most FROM groups_1;
DROP TABLE groups_1;
`,
};

/**
 * - `jobs`: what there is to do. `next_at` is when it is due next; it moves in the transaction that stores the runs for the time before, so that each time has
 *   exactly one run. `revision` counts the changes by users, so that the scheduler doesn't overwrite one that it hasn't seen.
 * - `runs`: the journal. A row is stored before its run begins (the intent) and says so when it has ended. The id of a scheduled run is made of job and time.
 * - `attempts`: those that failed and were tried again.
 * - `requests`: what the command line asks of a running scheduler.
 * - `groups`: those that have a limit, or rest. `most` is null for no limit.
 * - `lease`: which instance may write. Each takes a higher token, and every transaction checks it.
 */
const TABLES = `
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  revision INTEGER NOT NULL,
  paused INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER,
  last_at INTEGER,
  origin TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  job TEXT NOT NULL,
  cause TEXT NOT NULL,
  scheduled_for INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  interruptions INTEGER NOT NULL DEFAULT 0,
  token INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  retry_at INTEGER,
  missed INTEGER NOT NULL DEFAULT 0,
  output TEXT,
  result TEXT,
  error TEXT
) STRICT;
CREATE INDEX runs_of_job ON runs (job, seq);
CREATE INDEX runs_open ON runs (state) WHERE state IN ('queued', 'running', 'retrying');
CREATE TABLE attempts (
  run TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  output TEXT,
  error TEXT,
  PRIMARY KEY (run, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
${GROUPS}CREATE TABLE lease (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  token INTEGER NOT NULL,
  owner TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
`;

/** Creates the tables where there are none, and brings older ones up to date. Throws a `Trouble` for a database that is somebody else's, or of a later version. */
export function prepareDatabase(database: DatabaseSync, path: string): void {
  if (isReady(database, path)) return;
  transact(database, () => {
    // Another process may have done it meanwhile.
    if (isReady(database, path)) return;
    if (isOutdated(database)) {
      for (let from = version(database); from < VERSION; from++) database.exec(UPGRADES[from]!);
    } else database.exec(TABLES);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`);
  });
}

/** Whether it is one of ours, of an older version. */
export function isOutdated(database: DatabaseSync): boolean {
  return application(database) === APPLICATION_ID && version(database) < VERSION;
}

function application(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
}

function version(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

function isReady(database: DatabaseSync, path: string): boolean {
  if (application(database) === APPLICATION_ID) {
    const present = version(database);
    if (present === VERSION) return true;
    if (present < VERSION) return false;
    throw new Trouble(
      `${path}: this database is of version ${present}, and this heddle-scheduler understands ${VERSION}. Update heddle-scheduler`,
    );
  }
  const tables = Number(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']);
  if (tables > 0) {
    throw new Trouble(`${path}: this is a database of another program. Choose another file with --db`);
  }
  return false;
}
