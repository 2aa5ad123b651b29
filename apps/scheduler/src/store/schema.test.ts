import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/program.ts';
import { JobDatabase, checkJobs } from '../command/database.ts';
import { Reader } from './reads.ts';
import { isOutdated } from './schema.ts';
import { openDatabase } from './sqlite.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'jobs.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A database as the first version made it: groups had a limit each, and nothing else. */
function makeOld(): void {
  const database = new JobDatabase(path, 'create');
  database.add(
    checkJobs([{ id: 'a', schedule: { every: '1h' }, run: { module: 'a.js' }, group: 'mail' }]),
    false,
  );
  database.close();
  const raw = openDatabase(path);
  raw.exec(`
    DROP TABLE groups;
    CREATE TABLE groups (name TEXT PRIMARY KEY, most INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO groups VALUES ('mail', 2);
    PRAGMA user_version = 1;
  `);
  raw.close();
}

test.each(['write', 'read'] as const)(
  'an older database is brought up to date and keeps all (by who is to %s)',
  use => {
    makeOld();
    const database = new JobDatabase(path, use);
    expect(database.groups).toEqual([{ name: 'mail', most: 2, paused: false, jobs: 1, open: 0 }]);
    expect([...database.reader.jobs()].map(job => job.id)).toEqual(['a']);
    database.close();
    const again = new JobDatabase(path, 'create');
    again.setGroupPaused('mail', true);
    again.limitGroup('mail', null);
    expect(again.reader.groups()).toEqual([{ name: 'mail', most: null, paused: true }]);
    again.setGroupPaused('mail', false);
    // With nothing set for it, it has no row.
    expect(again.reader.groups()).toEqual([]);
    again.close();
    const raw = openDatabase(path);
    expect(isOutdated(raw)).toBe(false);
    expect([...new Reader(raw).jobs()]).toHaveLength(1);
    raw.close();
  },
);

test('a database of a later version is refused', () => {
  new JobDatabase(path, 'create').close();
  const raw = openDatabase(path);
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  expect(() => new JobDatabase(path, 'read')).toThrow(
    'this database is of version 99, and this heddle-scheduler understands 2. Update heddle-scheduler',
  );
});
