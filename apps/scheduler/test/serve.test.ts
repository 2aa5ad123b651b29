import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JOBS, run, serve, temporaryFolder, until } from './program.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const here = (...args: string[]): ReturnType<typeof run> => run(args, { cwd: folder });

test('a second scheduler on the same database is turned away', async () => {
  const db = join(folder, 'a.db');
  const served = await serve(['--db', db]);
  const second = await run(['serve', '--db', db, '--port', '0']);
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toMatch(/another scheduler \(process \d+ on .*\) is running on this database/);
  await served.stop();
}, 60_000);

test('a port that is taken is said to be, and nothing is left behind', async () => {
  const first = await serve(['--db', join(folder, 'a.db')]);
  const { port } = new URL(first.page);
  const second = await run(['serve', '--db', join(folder, 'b.db'), '--port', port]);
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toContain('another program listens there. Choose another --port');
  await first.stop();
}, 60_000);

test('commands run only where the configuration lets them', async () => {
  await here('add', 'sh', '--after', '0s', '--command', 'echo hello');
  const served = await serve(['--db', join(folder, 'heddle-scheduler.db'), '--shell', 'off']);
  await until(
    async () => /sh@\S+ +failed .*switched off/.test((await here('history')).stdout),
    'its failure',
  );
  await served.stop();
}, 60_000);

test('SIGTERM lets what runs come to its end', async () => {
  const file = join(folder, 'ran.txt');
  await here(
    'add',
    'slow',
    '--after',
    '0s',
    '--module',
    'jobs.js',
    '--export',
    'noteSlowly',
    '--args',
    JSON.stringify({ file, ms: 1000 }),
  );
  const served = await serve(['--db', join(folder, 'heddle-scheduler.db')]);
  // To ask `history` takes longer on a busy machine than it runs.
  await until(() => existsSync(file), 'it to run');
  expect((await served.stop()).code).toBe(0);
  expect((await here('history')).stdout).toMatch(/slow@\S+ +succeeded/);
}, 60_000);

test('what returns because the scheduler ends is not done: it begins again with the next one', async () => {
  await here('add', 'half', '--after', '0s', '--module', 'jobs.js', '--export', 'returnWhenStopped');
  const config = join(folder, 'c.json');
  writeFileSync(config, JSON.stringify({ shutdownGrace: '100ms', db: 'heddle-scheduler.db', jobs: JOBS }));
  const first = await serve(['--config', config]);
  await until(async () => /half@\S+ +running/.test((await here('history')).stdout), 'it to run');
  expect((await first.stop()).code).toBe(0);
  expect((await here('history')).stdout).toMatch(/half@\S+ +queued/);
  const second = await serve(['--config', config]);
  await until(async () => /half@\S+ +running/.test((await here('history')).stdout), 'it to run again');
  const id = /half@\S+/.exec((await here('history')).stdout)![0];
  await here('cancel', id);
  await until(async () => /half@\S+ +cancelled/.test((await here('history')).stdout), 'its end');
  expect((await second.stop()).code).toBe(0);
}, 60_000);

test('a configuration counts from its own folder, and the command line goes before it', async () => {
  mkdirSync(join(folder, 'etc'));
  writeFileSync(
    join(folder, 'etc', 'c.toml'),
    `db = "mine.db"\njobs = ${JSON.stringify(JOBS)}\nport = 1\nworkers = 2\nlogLevel = "warn"\n`,
  );
  await here('add', 'a', '--config', 'etc/c.toml', '--every', '1h', '--module', 'jobs.js');
  expect((await here('list', '--db', 'etc/mine.db')).stdout).toContain('every 1h');
  const served = await serve(['--config', 'etc/c.toml', '--log-level', 'info'], { cwd: folder });
  expect(await (await served.get('api/state')).json()).toMatchObject({ jobs: 1, threads: { most: 2 } });
  await served.stop();
}, 60_000);
