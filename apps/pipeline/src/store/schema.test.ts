import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { indexedFolder, openIndex, prepareIndex } from './schema.ts';
import { openDatabase } from './sqlite.ts';

let folder: string;
let db: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-schema-'));
  db = join(folder, 'test.db');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(sql: string): void {
  const database = openDatabase(db);
  database.exec(sql);
  database.close();
}

test('an index knows its folder, and may be prepared again for it', () => {
  prepareIndex(db, '/a', { fresh: false });
  run(`INSERT INTO skipped VALUES ('kept', '', '')`);
  prepareIndex(db, '/a', { fresh: false });
  const database = openIndex(db);
  expect(indexedFolder(database)).toBe('/a');
  expect(database.prepare('SELECT path FROM skipped').all()).toEqual([{ path: 'kept' }]);
  database.close();
});

test('an index of one folder does not become that of another, unless it starts afresh', () => {
  prepareIndex(db, '/a', { fresh: false });
  expect(() => prepareIndex(db, '/b', { fresh: false })).toThrow(`${db}: holds the index of /a, not of /b`);
  prepareIndex(db, '/b', { fresh: true });
  const database = openIndex(db);
  expect(indexedFolder(database)).toBe('/b');
  database.close();
});

test("another program's database is left alone, even with fresh", () => {
  run('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
  const before = readFileSync(db);
  for (const fresh of [false, true]) {
    expect(() => prepareIndex(db, '/a', { fresh })).toThrow(`${db}: this is a database of another program`);
  }
  expect(() => openIndex(db)).toThrow('another program');
  expect(readFileSync(db)).toEqual(before);
});

test('so is a file that is no database', () => {
  writeFileSync(db, 'just a text, and a rather long one, so that it could be a database header'.repeat(20));
  for (const fresh of [false, true]) {
    expect(() => prepareIndex(db, '/a', { fresh })).toThrow(`${db}: this is not a SQLite database`);
  }
  expect(existsSync(db)).toBe(true);
});

test('an index of another version is replaced with fresh only', () => {
  prepareIndex(db, '/a', { fresh: false });
  run('PRAGMA user_version = 99');
  expect(() => openIndex(db)).toThrow('made by another version of this program');
  expect(() => prepareIndex(db, '/a', { fresh: false })).toThrow('--fresh');
  prepareIndex(db, '/a', { fresh: true });
  openIndex(db).close();
});

test('a place that does not exist, and an index that is not there', () => {
  expect(() => prepareIndex('/nowhere/x.db', '/a', { fresh: false })).toThrow(
    '/nowhere/x.db: the database cannot be opened or created there',
  );
  expect(() => openIndex(db)).toThrow(`${db}: there is no index yet`);
});
