// What the database looks like, and how one is told from any other file.
//
//   about     one row: the folder that the database indexes
//   files     a row for each text file, with its facts
//   bodies    the text of each file, compressed
//   words     FTS5: the distinct words of each file, folded. It finds the files that may hold a text; `bodies` decides
//   skipped   the files, and folders, of the last run that could not be indexed, and why
//
// `words` keeps no text and no positions (`content=''`, `detail=none`): they would make the serial part of the work, the
// writer's, several times as long, and a search compares the text itself anyway. With FTS5's trigram tokenizer instead, indexing
// node_modules (143 MB of text) took 28 s on one thread, 25 of them the writer's; this way it takes 4 s, 1 of them the writer's.

import { existsSync, rmSync } from 'node:fs';
import { EXIT, Trouble } from '../trouble.ts';
import { type DatabaseSync, explained, openDatabase } from './sqlite.ts';

/** Stands in the file's header: `Hedl`. */
const APPLICATION_ID = 0x4865646c;

/** Counts up when a change to the tables, or to what counts as a word, makes older databases useless. */
const VERSION = 1;

/** Words that FTS5 gathers in memory before it sorts and writes them; a batch of the writer's has less. Default: 1 MiB. */
const GATHERED_BYTES = 64 * 1024 * 1024;

const SCHEMA = `
  CREATE TABLE about (folder TEXT NOT NULL) STRICT;
  CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    unterminated INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    identifiers INTEGER NOT NULL,
    replaced INTEGER NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE TABLE bodies (id INTEGER PRIMARY KEY, zstd BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE words USING fts5 (
    word, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_$'"
  );
  INSERT INTO words (words, rank) VALUES ('hashsize', ${GATHERED_BYTES});
  CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
  CREATE TABLE skipped (path TEXT PRIMARY KEY, why TEXT NOT NULL, detail TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** The files that SQLite keeps beside a database. */
export const COMPANIONS: readonly string[] = ['-journal', '-wal', '-shm'];

/**
 * Makes sure that `path` is a database for `folder`, creates it if need be, and closes it again. With `fresh` it is emptied
 * first. A file that this program didn't make is never changed.
 */
export function prepareIndex(path: string, folder: string, options: { fresh: boolean }): void {
  explained(path, () => {
    let database = openDatabase(path);
    try {
      if (isEmpty(database)) {
        create(database, folder);
        return;
      }
      checkOurs(database, path, { anyVersion: options.fresh });
      if (!options.fresh) {
        checkFolder(database, path, folder);
        // Fails now if the database can only be read, and not after some thousand files.
        database.exec('BEGIN IMMEDIATE; UPDATE about SET folder = folder; COMMIT');
        return;
      }
      database.close();
      for (const suffix of ['', ...COMPANIONS]) rmSync(path + suffix, { force: true });
      database = openDatabase(path);
      create(database, folder);
    } finally {
      database.close();
    }
  });
}

/** Opens an index to search in it, or to read its totals. */
export function openIndex(path: string): DatabaseSync {
  if (!existsSync(path)) {
    throw new Trouble(`${path}: there is no index yet. Make one first: start the program without --search`);
  }
  return explained(path, () => {
    const database = openDatabase(path, { readOnly: true });
    try {
      checkOurs(database, path, { anyVersion: false });
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Returns the folder that a database indexes. */
export function indexedFolder(database: DatabaseSync): string {
  return String(database.prepare('SELECT folder FROM about').get()?.['folder']);
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'] === 0;
}

function create(database: DatabaseSync, folder: string): void {
  // In one transaction: whoever comes upon the file finds either nothing or all of it.
  database.exec(`PRAGMA page_size = 8192; BEGIN IMMEDIATE; ${SCHEMA}`);
  database.prepare('INSERT INTO about (folder) VALUES (?)').run(folder);
  database.exec('COMMIT');
}

function checkOurs(database: DatabaseSync, path: string, options: { anyVersion: boolean }): void {
  if (database.prepare('PRAGMA application_id').get()?.['application_id'] !== APPLICATION_ID) {
    throw new Trouble(`${path}: this is a database of another program. Choose another file with --db`);
  }
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (version !== VERSION && !options.anyVersion) {
    throw new Trouble(`${path}: made by another version of this program. Make a new index with --fresh`);
  }
}

function checkFolder(database: DatabaseSync, path: string, folder: string): void {
  const indexed = indexedFolder(database);
  if (indexed === folder) return;
  throw new Trouble(
    `${path}: holds the index of ${indexed}, not of ${folder}. Choose another database with --db, or replace this one with --fresh`,
    { exitCode: EXIT.usage },
  );
}
