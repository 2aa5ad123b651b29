// Whatever goes wrong is said, and nothing that was indexed is lost by it.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countRows, damage, index, look, run, start, temporaryFolder } from './program.ts';
import { writeManyFiles, writeTree } from './tree.ts';

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

/** Root may read everything: tests of what may not be read run as somebody else. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
const canBeNobody = spawnSync(process.execPath, ['--version'], asNobody).status === 0;

function giveToNobody(): void {
  if (isRoot) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, scratch]);
}

function indexedFiles(): number {
  return look(db, database => countRows(database, 'files'));
}

describe('the folder', () => {
  test('does not exist', async () => {
    const { code, stderr, stdout } = await run(['--folder', folder, '--db', db]);
    expect([code, stdout, stderr]).toEqual([1, '', `heddle-pipeline: ${folder}: there is no such folder.\n`]);
  });

  test('is a file', async () => {
    writeFileSync(folder, '');
    const { code, stderr } = await run(['--folder', folder, '--db', db]);
    expect([code, stderr]).toEqual([1, `heddle-pipeline: ${folder}: this is not a folder.\n`]);
  });

  test('is empty', async () => {
    mkdirSync(folder);
    const { code, report } = await index(['--folder', folder, '--db', db]);
    expect(code).toBe(0);
    expect(report.files).toMatchObject({ found: 0, taken: 0, committed: 0 });
  });
});

describe.runIf(canBeNobody)('what may not be read', () => {
  test('a file: reported, and what the index has of it is kept', async () => {
    writeTree(folder, { 'open.txt': 'open', 'secret.txt': 'secret' });
    giveToNobody();
    await index(['--folder', folder, '--db', db], asNobody);
    chmodSync(join(folder, 'secret.txt'), 0);
    const { code, report } = await index(['--folder', folder, '--db', db], asNobody);
    expect(code).toBe(0);
    expect(report.files).toMatchObject({ found: 2, committed: 2, unchanged: 1, unreadable: 1, removed: 0 });
    expect(report.skipped).toEqual([
      { path: 'secret.txt', why: 'unreadable', detail: expect.stringContaining('EACCES') },
    ]);
    expect(report.index.files).toBe(2);
    const { stdout } = await run(['--folder', folder, '--db', db], asNobody);
    expect(stdout).toContain('secret.txt: unreadable (EACCES');
  });

  test('a folder: reported, and nothing is taken to be gone', async () => {
    writeTree(folder, { 'a.txt': 'a', 'closed/b.txt': 'b', 'gone.txt': 'c' });
    giveToNobody();
    await index(['--folder', folder, '--db', db], asNobody);
    chmodSync(join(folder, 'closed'), 0);
    rmSync(join(folder, 'gone.txt'));
    const first = await index(['--folder', folder, '--db', db], asNobody);
    expect(first.report.files).toMatchObject({ found: 1, unchanged: 1, removed: 0, closedFolders: 1 });
    expect(first.report.index.files).toBe(3);
    chmodSync(join(folder, 'closed'), 0o755);
    const second = await index(['--folder', folder, '--db', db], asNobody);
    expect(second.report.files).toMatchObject({ found: 2, unchanged: 2, removed: 1, closedFolders: 0 });
  });

  test('the place of the database cannot be written to', async () => {
    writeTree(folder, { 'a.txt': 'a' });
    mkdirSync(join(scratch, 'locked'));
    chmodSync(join(scratch, 'locked'), 0o555);
    const there = join(scratch, 'locked', 'x.db');
    chmodSync(scratch, 0o755);
    const { code, stderr } = await run(['--folder', folder, '--db', there], asNobody);
    expect(code).toBe(1);
    expect(stderr).toMatch(`heddle-pipeline: ${there}: the database cannot be opened or created there.`);
    expect(stderr).toMatch('--db');
  });

  test('the database can only be read: it can be searched, and not be written', async () => {
    writeTree(folder, { 'a.txt': 'needle' });
    await index(['--folder', folder, '--db', db]);
    chmodSync(db, 0o444);
    if (isRoot) chownSync(db, 0, 0);
    chmodSync(scratch, 0o555);
    const search = await run(['--db', db, '--search', 'needle'], asNobody);
    expect(search.stdout).toContain('a.txt:1: needle');
    const { code, stderr } = await run(['--folder', folder, '--db', db], asNobody);
    chmodSync(scratch, 0o755);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `heddle-pipeline: ${db}: the database or its folder can only be read. Choose a place that you may write to with --db.\n`,
    );
  });
});

describe('files', () => {
  test('that vanish after they were listed are reported; the others are indexed', async () => {
    writeManyFiles(folder, 150);
    writeTree(folder, { 'd0/victim.txt': 'victim' });
    const { code, report } = await index(['--folder', folder, '--db', db], { fault: 'vanish=victim' });
    expect(code).toBe(0);
    expect(report.files).toMatchObject({ found: 151, taken: 151, committed: 151, added: 150, vanished: 1 });
    expect(report.skipped[0]).toMatchObject({ path: 'd0/victim.txt', why: 'vanished' });
  });

  test('that are binary, or not UTF-8, are counted', async () => {
    writeTree(folder, {
      'a.bin': Buffer.alloc(9),
      'b.txt': Buffer.from([0x61, 0xff, 0x0a]),
      'c.txt': 'fine',
    });
    const { stdout, code } = await run(['--folder', folder, '--db', db]);
    expect(code).toBe(0);
    expect(stdout).toContain('Counts agree: 3 files in, 3 out: 2 added, 1 binary.');
    expect(stdout).toContain('Not UTF-8 throughout: 1 file');
  });

  test('that are too large are reported', async () => {
    writeTree(folder, {
      'large.txt': Buffer.alloc(64 * 1024 * 1024 + 1, 'text\n'),
      'fits.txt': Buffer.alloc(40 * 1024 * 1024, 'text\n'),
    });
    const { code, report } = await index(['--folder', folder, '--db', db, '--workers', '2']);
    expect(code).toBe(0);
    expect(report.files).toMatchObject({ added: 1, tooLarge: 1 });
  });
});

describe('a full disk', () => {
  const MESSAGE =
    /index\.db: .*Make room, or choose a database on another disk with --db, and start again\.\n/;

  async function fails(options: Parameters<typeof index>[1], workers: number): Promise<void> {
    const { code, report, stderr } = await index(
      ['--folder', folder, '--db', db, '--workers', String(workers)],
      options,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(MESSAGE);
    expect(report.outcome).toBe('failed');
    expect(report.files.committed).toBeGreaterThan(0);
    expect(report.files.committed).toBeLessThan(report.files.taken);
    expect(report.index.files).toBe(report.files.committed);
    expect(damage(db)).toEqual([]);
  }

  test.each([0, 2])('as SQLite sees it, with --workers %d', async workers => {
    writeManyFiles(folder, 1500);
    await fails({ fault: 'max-pages=200' }, workers);
    // With room, the next run goes on where this one ended.
    const { report } = await index(['--folder', folder, '--db', db]);
    expect(report.files.committed).toBe(1500);
    expect(report.files.unchanged).toBeGreaterThan(0);
    expect(indexedFiles()).toBe(1500);
  });

  test('as a limit on the size of files', async () => {
    writeManyFiles(folder, 1500);
    // In blocks of 512 bytes: 1.5 MiB.
    await fails({ through: ['sh', '-c', `trap '' XFSZ; ulimit -f 3000; exec "$0" "$@"`] }, 2);
  });

  test.runIf(isRoot)('a real one', async () => {
    writeManyFiles(folder, 1500);
    const disk = join(scratch, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) return;
    try {
      db = join(disk, 'index.db');
      await fails({}, 2);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('a thread that fails', () => {
  test.each([
    ['crash-reader', 2],
    ['crash-parser', 1],
    ['crash-parser', 2],
    ['exit-parser', 1],
    ['exit-parser', 2],
    ['crash-writer', 2],
    ['crash-parser', 0],
  ])('%s with --workers %d: the run ends, says why, and keeps what was committed', async (fault, workers) => {
    writeManyFiles(folder, 700);
    const args = ['--folder', folder, '--db', db, '--workers', String(workers), '--queue-size', '4'];
    const { code, report, stderr } = await index(args, { fault: `${fault}=d6/f650` });
    expect(code).toBe(1);
    expect(stderr).toContain(`with it this run. What is in ${db} is intact; start again to go on.`);
    if (fault.startsWith('crash')) expect(stderr).toContain(`fault: ${fault} at d6/f650`);
    expect(stderr.match(/fault:/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(report.outcome).toBe('failed');
    expect(report.failures).toHaveLength(1);
    // On a slow machine a batch ends after a second, whatever is in it: what is lost is the last, of fewer than 512 files, and what is in the queues.
    expect(report.files.committed).toBeGreaterThan(650 - 512 - 50);
    expect(report.index.files).toBe(report.files.committed);
    expect(damage(db)).toEqual([]);
    const again = await index(args);
    expect(again.report.files).toMatchObject({ found: 700, committed: 700 });
    expect(indexedFiles()).toBe(700);
  });
});

test('stdout that is closed early is no error', async () => {
  writeManyFiles(folder, 300);
  await index(['--folder', folder, '--db', db]);
  const { child, ended } = start(['--db', db, '--search', 'e']);
  child.stdout!.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});
