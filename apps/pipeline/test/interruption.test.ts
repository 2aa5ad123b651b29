import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { interrupt, removeDatabase } from './interruption.ts';
import { damage, index, run, start, temporaryFolder } from './program.ts';
import { random } from './random.ts';
import { writeManyFiles } from './tree.ts';

let scratch: string;
let folder: string;
let db: string;

beforeEach(() => {
  scratch = temporaryFolder();
  folder = join(scratch, 'folder');
  db = join(scratch, 'index.db');
});

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test.each([0, 2])(
  'Ctrl-C at random moments: counts agree, and the database is intact, with --workers %d',
  { timeout: 300_000 },
  async workers => {
    writeManyFiles(folder, 1500);
    const args = ['--folder', folder, '--workers', String(workers)];
    const started = performance.now();
    await run([...args, '--db', db]);
    const wholeMs = performance.now() - started;
    const next = random(workers);
    for (let i = 0; i < 10; i += 1) {
      if (i % 2 === 0) removeDatabase(db);
      const { problems, delayMs } = await interrupt(args, db, next(Math.ceil(wholeMs)));
      expect(problems, `after ${delayMs} ms`).toEqual([]);
    }
    const { report } = await index([...args, '--db', db]);
    expect(report.files).toMatchObject({ found: 1500, committed: 1500, updated: 0, removed: 0 });
  },
);

test('an interrupted run does not take what it has not seen to be gone', { timeout: 180_000 }, async () => {
  writeManyFiles(folder, 1000);
  await index(['--folder', folder, '--db', db]);
  for (const delayMs of [150, 200, 250, 300]) {
    const { problems } = await interrupt(['--folder', folder], db, delayMs);
    expect(problems).toEqual([]);
    const { report } = await index(['--folder', folder, '--db', db]);
    expect(report.files).toMatchObject({ unchanged: 1000, added: 0, removed: 0 });
  }
});

test('the second Ctrl-C ends at once, though a thread hangs; what was committed is there', async () => {
  writeManyFiles(folder, 700);
  const args = ['--folder', folder, '--db', db, '--workers', '2'];
  const { child, ended, says } = start(args, { fault: 'hang-writer=d6/f650' });
  await says('fault: hang-writer');
  child.kill('SIGINT');
  await says('Interrupted: nothing more is read, and what was read is written. Once more ends at once.');
  child.kill('SIGINT');
  // To a shell, which adds 128 to the signal's number, this is 130.
  expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' });
  expect(damage(db)).toEqual([]);
  const { report } = await index(args);
  expect(report.files.committed).toBe(700);
  // On a slow machine a batch ends after a second, whatever is in it; the last, of fewer than 512 files, and what was in the queues are lost.
  expect(report.files.unchanged).toBeGreaterThan(650 - 512 - 50);
});

test('SIGTERM does the same, with another code', async () => {
  writeManyFiles(folder, 700);
  const { child, ended, says } = start(['--folder', folder, '--db', db], { fault: 'pause-reader=d6/f650' });
  await says('fault: pause-reader');
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  expect(code).toBe(143);
  expect(stdout).toMatch(/Counts agree: 6\d\d files in, 6\d\d out: 6\d\d added; \d+ not taken in\./);
});

test('a search can be interrupted', async () => {
  writeManyFiles(folder, 100);
  await index(['--folder', folder, '--db', db]);
  const { child, ended } = start(['--db', db, '--search', 'e', '--limit', '0']);
  child.kill('SIGINT');
  const { code, signal } = await ended;
  expect(signal === 'SIGINT' || code === 0 || code === 130).toBe(true);
  expect(existsSync(db)).toBe(true);
});
