import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder, until } from '../../test/program.ts';
import { machineClock } from '../time/clock.ts';
import { LEASE_MS, takeLease } from './lease.ts';
import { type OpenStore, openStore } from './open.ts';
import type { Op } from './ops.ts';
import { openDatabase } from './sqlite.ts';

let folder: string;
let path: string;
let opened: OpenStore[];
let troubles: unknown[];
let ends: unknown[];

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'jobs.db');
  opened = [];
  troubles = [];
  ends = [];
});

afterEach(async () => {
  for (const each of opened) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(maxPages?: number): OpenStore {
  const store = openStore(path, {
    clock: machineClock,
    onTrouble: error => troubles.push(error),
    onEnd: error => ends.push(error),
    ...(maxPages === undefined ? {} : { maxPages }),
  });
  opened.push(store);
  return store;
}

const run = (id: string, size = 10): Op => ({
  op: 'run',
  run: {
    id,
    job: 'j',
    cause: 'schedule',
    scheduledFor: 1,
    state: 'failed',
    attempt: 1,
    startedAt: 1,
    endedAt: 2,
    missed: 0,
    error: 'x'.repeat(size),
  },
});

test('a second scheduler is turned away, and told by whom', () => {
  open();
  expect(() => open()).toThrow(new RegExp(`another scheduler \\(process ${process.pid} on `));
});

test('a scheduler that ended in order leaves the lease at once', async () => {
  const first = open();
  await first.close();
  opened = [];
  expect(open().token).toBe(first.token + 1);
});

test('a lease of a process that lives no more is taken at once', () => {
  const first = open();
  const database = openDatabase(path);
  database.exec(`UPDATE lease SET owner = json_set(owner, '$.pid', 4194000)`);
  expect(takeLease(database, path, Date.now())).toBe(first.token + 1);
  // The pid was given to another process meanwhile.
  database.prepare('UPDATE lease SET owner = ?').run(
    JSON.stringify({
      host: JSON.parse(String(database.prepare('SELECT owner FROM lease').get()!['owner'])).host,
      pid: process.pid,
      born: '1',
    }),
  );
  expect(takeLease(database, path, Date.now())).toBe(first.token + 2);
  // On another machine, only time tells.
  database
    .prepare('UPDATE lease SET owner = ?')
    .run(JSON.stringify({ host: 'elsewhere', pid: 1, born: '1' }));
  expect(() => takeLease(database, path, Date.now())).toThrow('process 1 on elsewhere');
  expect(takeLease(database, path, Date.now() + LEASE_MS + 1)).toBe(first.token + 3);
  database.close();
});

test('a scheduler whose lease another has taken writes nothing any more', async () => {
  const first = open();
  await first.store.commit([run('before')]);
  const database = openDatabase(path);
  takeLease(database, path, Date.now() + LEASE_MS + 1);
  database.close();
  await expect(first.store.commit([run('after')])).rejects.toThrow('another scheduler has taken over');
  await expect(first.store.commit([run('later')])).rejects.toThrow('another scheduler has taken over');
  expect(ends).toHaveLength(1);
  expect(first.reader.runs({ limit: 10 }).map(each => each.id)).toEqual(['before']);
});

test('what is given at one time is stored together or not at all', async () => {
  const { store, reader } = open();
  const changes = await Promise.all([store.commit([run('a'), run('b')]), store.commit([run('a'), run('c')])]);
  // The id that is there already is not written a second time.
  expect(changes).toEqual([
    [1, 1],
    [0, 1],
  ]);
  expect(reader.runs({ limit: 10 })).toHaveLength(3);
});

test('a full disk is waited for: nothing is lost, users are told, and it goes on', async () => {
  const { store, reader } = open(60);
  let stored = 0;
  let waiting: Promise<readonly number[]>;
  for (;;) {
    // Each takes pages of its own.
    waiting = store.commit([run(`r${stored}`, 20_000)]);
    await Promise.race([waiting, until(() => troubles.length > 0, 'the disk to be full')]);
    if (troubles.length > 0) break;
    stored += 1;
  }
  expect(stored).toBeGreaterThan(3);
  expect(store.isTroubled).toBe(true);
  expect(String(troubles[0])).toMatch('full');
  await expect(store.commit([run('impatient', 20_000)], { patient: false })).rejects.toThrow('full');
  expect(reader.runs({ limit: 100 })).toHaveLength(stored);
  // Room is made.
  const database = openDatabase(path);
  database.exec(`DELETE FROM runs WHERE id = 'r0'`);
  database.close();
  expect(await waiting).toEqual([1]);
  await until(() => !store.isTroubled, 'the end of the trouble');
  expect(troubles.at(-1)).toBeUndefined();
  expect(reader.run(`r${stored}`)).toBeDefined();
  expect(reader.run('impatient')).toBeUndefined();
  expect(ends).toEqual([]);
});

test('a database that is locked for longer than SQLite waits is waited for', async () => {
  const { store, reader } = open();
  const other = openDatabase(path);
  other.exec('BEGIN IMMEDIATE');
  const writing = store.commit([run('a')]);
  await until(() => troubles.length > 0, 'the lock to be noticed');
  expect(String(troubles[0])).toMatch('locked');
  other.exec('COMMIT');
  other.close();
  await writing;
  expect(store.isTroubled).toBe(false);
  expect(reader.run('a')).toBeDefined();
  expect(troubles.at(-1)).toBeUndefined();
});

test("somebody else's database, and what is none, are left alone", () => {
  const foreign = openDatabase(path);
  foreign.exec('CREATE TABLE theirs (a)');
  foreign.close();
  expect(() => open()).toThrow('this is a database of another program');
  path = join(folder, 'text');
  writeFileSync(
    path,
    'once upon a time, there was a file that was no database at all, and longer than a page of them'.repeat(
      50,
    ),
  );
  expect(() => open()).toThrow('this is not a SQLite database');
  path = join(folder, 'nowhere', 'jobs.db');
  expect(() => open()).toThrow('cannot be opened or created there');
});

// Root may write anything, so there it can't be seen.
test.skipIf(process.getuid?.() === 0)('a database that can only be read is said to be', () => {
  const store = openDatabase(path);
  store.close();
  chmodSync(path, 0o444);
  expect(() => open()).toThrow('can only be read');
});
