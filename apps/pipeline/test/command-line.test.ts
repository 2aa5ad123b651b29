import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ComparisonReport } from '../src/compare.ts';
import { CLI, index, run, searchJson, temporaryFolder } from './program.ts';
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

test('--help says what there is, and what the exit codes mean', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const option of [
    '--folder',
    '--db',
    '--workers',
    '--queue-size',
    '--search',
    '--ignore-case',
    '--json',
    '--compare',
  ]) {
    expect(stdout).toContain(option);
  }
  expect(stdout).toContain('130  interrupted by Ctrl-C');
});

test('--version says which it is, and --help names the other command', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  for (const args of [['--version'], ['stream', '--version']])
    expect(await run(args)).toMatchObject({ code: 0, stdout: `${version}\n` });
  expect((await run(['--help'])).stdout).toContain('heddle-pipeline stream --help');
});

test.each([
  [['--workers', '-1'], '-1'],
  [['--workers', 'two'], 'whole number from 0'],
  [['--queue-size', '0'], 'whole number from 1'],
  [['--queue-size', '1.5'], 'whole number from 1'],
  [['--search', ''], 'something to search for'],
  [['--search', 'x', '--compare'], 'cannot be used with'],
  [['--nonsense'], 'unknown option'],
  [['extra'], 'there is no command "extra"'],
  [['stream'], 'where shall lines come from? Give one such as --stdin'],
  [['stream', '--stdin'], 'where shall lines go? Give --sqlite'],
  [['stream', '--stdin', '--sqlite', 'a', '--ndjson', 'b'], 'cannot be used with'],
  [['stream', '--stdin', '--ndjson', 'b', '--columns', 'a'], 'cannot be used with'],
  [['stream', '--stdin', '--ndjson', 'b', '--ack'], 'give --tcp too'],
  [['stream', '--config', '/no/such.toml'], '/no/such.toml: there is no such file'],
])('%j makes no sense', async (args, message) => {
  const { code, stderr, stdout } = await run(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('without a terminal: plain lines of progress, and the results on stdout', async () => {
  writeManyFiles(folder, 400);
  const { code, stdout, stderr } = await run(['--folder', folder, '--db', db]);
  expect(code).toBe(0);
  // oxlint-disable-next-line no-control-regex -- that is what must not be there
  expect(stdout + stderr).not.toMatch(/\u001B|█/);
  expect(stderr).not.toContain('Warning');
  expect(stdout).toMatch(/^stage +threads +files in +files out +busy +busy share$/m);
  expect(stdout).toMatch(/^read +1 +400 +400 /m);
  expect(stdout).toMatch(/^write +1 +400 +400 /m);
  expect(stdout).toMatch(/^index +400 +[\d,]+ +[\d,]+ +[\d,]+ +[\d,]+ +\d+\.\d\d$/m);
  expect(stdout).toContain('Counts agree: 400 files in, 400 out: 400 added.');
  expect(stdout).toMatch(/^"worker_threads" is in 0 files of .*folder \(\d+ ms\)$/m);
});

test.runIf(existsSync('/usr/bin/script'))('on a terminal: a bar, and the cursor comes back', () => {
  writeManyFiles(folder, 400);
  const command = `'${process.execPath}' '${CLI}' --folder '${folder}' --db '${db}'`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(status).toBe(0);
  expect(stdout).toContain('█'.repeat(24));
  expect(stdout).toContain('100% 400 of 400 files · ');
  expect(stdout).toMatch(/queues \d+\/512 to parse, \d+\/512 to write/);
  expect(stdout.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001B[?25l'));
});

test('--json prints one object', async () => {
  writeManyFiles(folder, 50);
  const { report, stdout, stderr } = await index([
    '--folder',
    folder,
    '--db',
    db,
    '--workers',
    '2',
    '--queue-size',
    '8',
  ]);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toBe('');
  const stage = {
    threads: 1,
    in: 50,
    out: 50,
    busySeconds: expect.any(Number),
    busyShare: expect.any(Number),
  };
  expect(report).toEqual({
    outcome: 'complete',
    folder,
    db,
    workers: 2,
    queueSize: 8,
    seconds: expect.any(Number),
    files: {
      found: 50,
      taken: 50,
      committed: 50,
      added: 50,
      updated: 0,
      unchanged: 0,
      binary: 0,
      unreadable: 0,
      vanished: 0,
      tooLarge: 0,
      invalid: 0,
      removed: 0,
      closedFolders: 0,
      bytes: report.index.bytes,
    },
    stages: [
      { name: 'read', ...stage },
      { name: 'parse', ...stage, threads: 2 },
      { name: 'write', ...stage },
    ],
    index: {
      files: 50,
      bytes: expect.any(Number),
      lines: expect.any(Number),
      tokens: expect.any(Number),
      identifiers: expect.any(Number),
      invalid: 0,
    },
    languages: expect.arrayContaining([
      {
        language: 'TypeScript',
        files: expect.any(Number),
        bytes: expect.any(Number),
        lines: expect.any(Number),
        tokens: expect.any(Number),
        identifiers: expect.any(Number),
      },
    ]),
    skipped: [],
    failures: [],
    search: expect.objectContaining({ text: 'worker_threads', files: 0, hits: [] }),
  });
});

test('--workers 0 says how much faster threads can be', async () => {
  writeManyFiles(folder, 200);
  const args = ['--folder', folder, '--db', db, '--workers', '0'];
  const { report } = await index(args);
  expect(report.bound?.stages.speedUp).toBeGreaterThanOrEqual(1);
  const { stdout } = await run([...args, '--fresh']);
  expect(stdout).toMatch(
    /^Threads can be \d\.\d\d times as fast at best, a thread for each stage: total \/ .+\.$/m,
  );
  expect(stdout).toContain('--compare');
});

test('--compare puts the measured speed-up beside the bound', { timeout: 240_000 }, async () => {
  writeManyFiles(folder, 200);
  // Twenty-one programs, one after the other and two or three at a time.
  const args = ['--folder', folder, '--compare', '--workers', '1', '--json'];
  const { code, stdout } = await run(args, { timeoutMs: 230_000 });
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as ComparisonReport;
  expect(report).toMatchObject({ folder, workers: 1, speedUp: expect.any(Number) });
  expect(report.bound.total).toBeGreaterThan(0);
  expect(report.oneThread).toHaveLength(5);
  expect(report.threads).toHaveLength(5);
  // The cores, with nothing shared, are what the threads can be measured against.
  expect(report.sideBySide.runs).toBe(Math.min(availableParallelism(), 3));
  expect(report.sideBySide.seconds).toHaveLength(5);
  expect(report.machineSpeedUp).toBeGreaterThan(0);
});

describe('--search', () => {
  beforeEach(async () => {
    writeTree(folder, {
      'a.ts': 'first line\nconst Needle = 1;\n',
      'b/c.md': 'a needle\u001B[31m, red\n',
      'd.txt': 'nothing\n',
    });
    await index(['--folder', folder, '--db', db]);
  });

  test('prints path, line and text, and how many', async () => {
    const { stdout, code } = await run(['--db', db, '--search', 'needle']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^b\/c\.md:1: a needle \[31m, red\n"needle" is in 1 file of .*folder \(\d+ ms\)\n$/,
    );
  });

  test('--ignore-case, --limit and --json', async () => {
    const report = await searchJson(['--db', db, '--search', 'NEEDLE', '--ignore-case', '--limit', '1']);
    expect(report).toMatchObject({ text: 'NEEDLE', ignoreCase: true, folder, db, files: 2 });
    expect(report.hits).toEqual([
      { path: 'a.ts', language: 'TypeScript', line: 2, excerpt: 'const Needle = 1;' },
    ]);
    const { stdout } = await run(['--db', db, '--search', 'n', '--limit', '2']);
    expect(stdout).toContain('… and 1 more file\n"n" is in 3 files');
  });

  test('needs an index', async () => {
    const missing = join(scratch, 'missing.db');
    const { code, stderr } = await run(['--db', missing, '--search', 'x']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `heddle-pipeline: ${missing}: there is no index yet. Make one first: start the program without --search.\n`,
    );
    expect(existsSync(missing)).toBe(false);
  });
});
