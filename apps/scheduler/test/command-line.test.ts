import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run, serve, temporaryFolder, until } from './program.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const here = (...args: string[]): ReturnType<typeof run> => run(args, { cwd: folder });

test('jobs are added, listed, run, paused and removed while no scheduler runs, and one takes it from there', async () => {
  expect(
    await here(
      'add',
      'a',
      '--every',
      '1h',
      '--module',
      'jobs.js',
      '--args',
      '{"n":1}',
      '--tag',
      'x',
      '--tag',
      'y',
    ),
  ).toMatchObject({ code: 0, stdout: 'a\n' });
  expect(
    await here('add', 'b', '--cron', '30 2 * * *', '--time-zone', 'Europe/Berlin', '--command', 'echo hello'),
  ).toMatchObject({ code: 0 });
  expect((await here('add', 'a', '--every', '1h', '--module', 'jobs.js')).stderr).toBe(
    'heddle-scheduler: there is a job "a" already. Change it with --replace.\n',
  );
  expect((await here('list')).stdout).toMatch(
    /^job +schedule +next +last +runs\na +every 1h .* jobs\.js\nb +30 2 \* \* \* \(Europe\/Berlin\) .* \$ echo hello\n$/,
  );
  expect(JSON.parse((await here('list', '--tag', 'y', '--json')).stdout)).toMatchObject([
    { id: 'a', spec: { tags: ['x', 'y'] } },
  ]);
  const asked = await here('run', 'b');
  expect(asked).toMatchObject({
    code: 0,
    stderr: 'No scheduler is running on this database: it will run when one starts.\n',
  });
  await here('pause', 'a');
  expect((await here('list')).stdout).toMatch(/a +every 1h +paused/);

  const served = await serve(['--db', join(folder, 'heddle-scheduler.db')], { cwd: folder });
  const history = (): Promise<string> => here('history').then(ended => ended.stdout);
  await until(async () => /b@\S+ +succeeded/.test(await history()), 'the run that was asked for');
  // And while it runs.
  await here('add', 'c', '--after', '0s', '--module', 'jobs.js', '--export', 'boom');
  await until(
    async () => /c@\S+ +failed .*RangeError: it went wrong/.test(await history()),
    'the job that was added',
  );
  await here(
    'add',
    'd',
    '--after',
    '0s',
    '--module',
    'jobs.js',
    '--export',
    'sleep',
    '--args',
    '{"ms":600000}',
  );
  const id = await until(async () => /(d@\S+) +running/.exec(await history())?.[1], 'the long run');
  expect(await here('cancel', id)).toMatchObject({ code: 0, stderr: '' });
  await until(async () => /d@\S+ +cancelled/.test(await history()), 'its end');
  expect((await here('history', '--run', id)).stdout).toContain('AbortError');
  expect((await here('remove', 'd')).code).toBe(0);
  await until(async () => (await served.get('api/jobs/d')).status === 404, 'the scheduler to hear of it');
  expect((await served.stop()).code).toBe(0);
}, 90_000);

test('jobs come from a file or from standard input, all or none', async () => {
  const jobs = [1, 2].map(n => ({ id: `job-${n}`, schedule: { after: '1h' }, run: { module: 'jobs.js' } }));
  const bad = [...jobs, { ...jobs[0], id: 'job-3', schedule: { after: 'soon' } }];
  const refused = await run(['add', '--file', '-'], { cwd: folder, input: JSON.stringify(bad) });
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('job 3 of 3: schedule.after must be a duration');
  expect((await here('list')).stderr).toContain('there is no database yet. "heddle-scheduler add" makes one');
  writeFileSync(join(folder, 'jobs.json'), JSON.stringify(jobs));
  expect((await here('add', '--file', 'jobs.json')).stdout).toBe('job-1\njob-2\n');
}, 90_000);

test.each([
  [['--help'], 0, 'Exit codes:'],
  [[], 2, 'Usage:'],
  [['dance'], 2, "unknown command 'dance'"],
  [['add', 'a', '--every', '1h'], 2, 'run must have either module or command'],
  [['add', '--every', '1h', '--module', 'a.js'], 2, 'a job needs a name'],
  [['add', 'a', '--every', '1h', '--module', 'a.js', '--args', '{'], 2, '--args must be JSON'],
  [
    ['add', 'a', '--every', '1h', '--module', 'a.js', '--attempts', 'x'],
    2,
    'It must be a whole number from 1',
  ],
  [['pause', 'nobody'], 1, 'there is no database yet'],
  [['run', 'nobody'], 1, 'there is no database yet'],
  [['cancel', 'nobody'], 1, 'there is no database yet'],
  [['remove', 'nobody'], 1, 'there is no database yet'],
  [['history', '--run', 'nobody'], 1, 'there is no database yet'],
  [['list', '--db', '/nowhere/jobs.db'], 1, '/nowhere/jobs.db: there is no database yet'],
  [['add', 'a', '--file', 'jobs.json'], 2, '"a" doesn\'t go along with --file'],
  [['add', '--file', 'jobs.json', '--time-zone', 'UTC'], 2, "--time-zone doesn't go along with --file"],
  [['add', '--file', 'nowhere.json'], 2, 'nowhere.json: there is no such file'],
  [
    ['add', 'a', '--every', '1h', '--module', '../a.js'],
    2,
    'run.module lies outside of the folder of jobs, got "../a.js"',
  ],
  [['add', 'a', '--every', '1h', '--module', 'a.py'], 2, 'run.module must be the path of a .js'],
  [['add', 'a', '--every', '1h', '--command', 'true', '--env', 'A'], 2, '--env must be NAME=value, got "A"'],
  [['add', 'a', '--cron', '99 * * * *', '--command', 'true'], 2, 'schedule.cron must be a cron pattern'],
  [['add', 'a', '--evry', '1h'], 2, 'Did you mean --every?'],
  [['history', '--state', 'done'], 2, 'Allowed choices are queued, running'],
  [['history', '--limit', '0'], 2, "'0' is invalid. It must be a whole number from 1"],
  [['serve', '--port', '99999'], 2, 'port must be a whole number from 0 to 65535, got 99999'],
  [['serve', '--jobs', 'nowhere'], 2, 'nowhere: there is no such folder'],
  [['serve', '--config', 'nowhere.toml'], 2, 'nowhere.toml: there is no such file'],
  [['serve', '--token-file', 'nowhere'], 2, 'there is no such file. Make one with 16 characters or more'],
  [['serve', 'extra'], 2, 'too many arguments'],
  [['group', 'g', 'many'], 2, 'most must be a whole number from 1, or "none", got "many"'],
])('%j ends with %i', async (args, code, message) => {
  const ended = await here(...args);
  expect(ended.stdout + ended.stderr).toContain(message);
  expect(ended.code).toBe(code);
  // Nothing that fails leaves a database behind.
  expect(readdirSync(folder)).toEqual([]);
});

test('what a job prints is shown as text, whatever is in it, and each attempt has its own', async () => {
  const served = await serve(['--db', join(folder, 'heddle-scheduler.db')], { cwd: folder });
  const command = String.raw`printf '\033]0;owned\007\033[2Jred\000\377\n'; exit $((HEDDLE_ATTEMPT == 1))`;
  const printed = String.raw`\x1b]0;owned\x07\x1b[2Jred\x00�`;
  await here('add', 'a', '--after', '0s', '--command', command, '--attempts', '2', '--retry-min', '1ms');
  const history = (): Promise<string> => here('history', 'a').then(ended => ended.stdout);
  await until(async () => (await history()).includes(`  ${printed}\n`), 'its output');
  const id = /a@\S+/.exec(await history())![0];
  const { stdout } = await here('history', '--run', id);
  expect(stdout.split('\n').slice(2)).toEqual([
    '',
    'attempt 1 failed:',
    printed,
    'the command ended with exit code 1',
    '',
    'attempt 2 succeeded:',
    printed,
    '',
  ]);
  expect((await served.stop()).code).toBe(0);
}, 60_000);

test('a group is listed, limited, paused and resumed, with and without a scheduler', async () => {
  for (const id of ['a', 'b'])
    await here('add', id, '--every', '1s', '--module', 'jobs.js', '--group', 'mail');
  await here('group', 'mail', '1');
  expect(await here('pause', '--group', 'mail')).toMatchObject({ code: 0, stderr: '' });
  expect((await here('groups')).stdout).toBe(
    'group  state   limit  jobs  open runs\nmail   paused  1         2          0\n',
  );
  expect((await here('list', '--group', 'mail')).stdout).toMatch(/a +every 1s +group paused .*\nb /);
  expect((await here('list', '--group', 'other')).stdout).toBe('no jobs\n');
  const served = await serve(['--db', join(folder, 'heddle-scheduler.db')], { cwd: folder });
  // It waits, since its group rests; the other job shows that time went on.
  await here('run', 'a');
  await here('add', 'free', '--after', '0s', '--module', 'jobs.js');
  const history = (): Promise<string> => here('history').then(ended => ended.stdout);
  await until(async () => /free@\S+ +succeeded/.test(await history()), 'the job that is in no group');
  await until(async () => /a@\S+ +queued/.test(await history()), 'the one that waits');
  expect(await history()).not.toMatch(/[ab]@\S+ +succeeded/);
  await here('resume', '--group', 'mail');
  await until(async () => /a@\S+manual\S+ +succeeded/.test(await history()), 'the one that waited');
  await until(async () => /b@\S+ +succeeded/.test(await history()), 'the other one');
  expect(JSON.parse((await here('groups', '--json')).stdout)).toMatchObject([
    { name: 'mail', most: 1, paused: false, jobs: 2 },
  ]);
  expect((await served.stop()).code).toBe(0);

  expect(await here('pause')).toMatchObject({
    code: 2,
    stderr: 'heddle-scheduler: pause: say which job, or --group with which group.\n',
  });
  expect((await here('pause', 'a', '--group', 'mail')).code).toBe(2);
  expect((await here('pause', '--group', 'no such group')).code).toBe(2);
  expect((await here('pause', '--group', 'later')).stderr).toBe('No job is in the group "later" yet.\n');
}, 90_000);

test('a job that is to go when it is complete is gone when it has succeeded', async () => {
  const served = await serve(['--db', join(folder, 'heddle-scheduler.db')], { cwd: folder });
  const once = ['--after', '0s', '--module', 'jobs.js', '--remove-on-complete'];
  expect(await here('add', 'good', ...once)).toMatchObject({ code: 0 });
  expect(await here('add', 'bad', ...once, '--export', 'boom')).toMatchObject({ code: 0 });
  await until(async () => /bad@\S+ +failed/.test((await here('history')).stdout), 'the one that fails');
  await until(async () => !/good/.test((await here('list')).stdout), 'the other one to go');
  expect((await here('history')).stdout).not.toContain('good');
  expect((await here('list')).stdout).toMatch(/^bad /m);
  expect((await served.stop()).code).toBe(0);
  expect(
    await here('add', 'c', '--every', '1h', '--module', 'jobs.js', '--remove-on-complete'),
  ).toMatchObject({
    code: 2,
    stderr:
      'heddle-scheduler: job: removeOnComplete only goes with a schedule of at or after: any other is never complete, got true.\n',
  });
}, 90_000);
