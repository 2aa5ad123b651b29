import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineClock } from '../time/clock.ts';
import type { Assignment, AttemptEnd } from './assignment.ts';
import { findModule } from './module-path.ts';
import { Runners } from './runners.ts';

const JOBS = realpathSync(fileURLToPath(new URL('../../test/jobs', import.meta.url)));
let runners: Runners;
let order = 0;

beforeAll(() => {
  // One slot: each run comes after what the one before has done to the thread.
  runners = new Runners({
    size: 1,
    clock: machineClock,
    jobs: JOBS,
    allowShell: true,
    outputLimit: 2000,
    maxHeapMiB: 64,
    report() {},
  });
});

afterAll(() => runners.close());

interface Ended extends Partial<AttemptEnd> {
  readonly died?: unknown;
}

function begin(
  action: Assignment['action'],
  onBegin: () => void = () => {},
): { run: string; ended: Promise<Ended> } {
  const run = `run-${(order += 1)}`;
  const ended = new Promise<Ended>(resolve => {
    runners.start(
      { run, job: 'a job', cause: 'schedule', attempt: 1, scheduledFor: 0, token: 1, isTimed: true, action },
      onBegin,
      resolve,
    );
  });
  return { run, ended };
}

const run = (name: string, args: unknown = null): Promise<Ended> =>
  begin({ module: 'jobs.js', export: name, args: args as never }).ended;

/** `isUnderWay`: when it may be stopped; as a rule 200 ms after its beginning. */
async function beginAndStop(
  action: Assignment['action'],
  grace: number,
  isUnderWay?: () => boolean,
): Promise<Ended> {
  let name = '';
  const stopped = new Promise<void>(resolve => {
    const { run: id, ended } = begin(action, () => {
      const stopSoon = (): void => {
        setTimeout(
          () => {
            if (isUnderWay?.() === false) return stopSoon();
            runners.stop(id, grace);
            resolve();
          },
          isUnderWay === undefined ? 200 : 10,
        );
      };
      stopSoon();
    });
    name = id;
    result = ended;
  });
  await stopped;
  expect(name).not.toBe('');
  return result;
}

/** Stops a command that has set its trap, which takes a shell its time on a busy machine. */
async function trapAndStop(trap: string, rest: string, grace: number): Promise<Ended> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-trap-')));
  try {
    const command = `${trap}; touch set; ${rest}`;
    return await beginAndStop({ command, cwd: folder }, grace, () => existsSync(join(folder, 'set')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
let result: Promise<Ended> = Promise.resolve({});

async function stillWorks(): Promise<void> {
  expect(await run('default', 1)).toMatchObject({ state: 'succeeded' });
}

test('a function gets its arguments and context, and its output and result are kept', async () => {
  const end = await run('default', { n: [1, 2] });
  expect(end).toMatchObject({ state: 'succeeded', output: 'printed by a job\n', error: null });
  expect(JSON.parse(end.result!)).toEqual({ args: { n: [1, 2] }, run: 'run-1', attempt: 1 });
});

test('what a function throws is the error, with its stack', async () => {
  const end = await run('boom');
  expect(end).toMatchObject({ state: 'failed' });
  expect(end.error).toMatch(/^RangeError: it went wrong\n\s+at boom/);
});

test.each([
  ['leave', /process\.exit\(7\)/],
  ['rejectLater', /nobody handles this/],
  ['fillMemory', /memory/],
])('a job that kills its thread (%s) has failed, and the thread is replaced', async (name, message) => {
  const { died } = await run(name);
  expect(String(died)).toMatch(message);
  await stillWorks();
});

test('a busy loop that looks at the stop event ends by itself', async () => {
  const end = await beginAndStop({ module: 'jobs.js', export: 'spinUntilStopped' }, 10_000);
  expect(end).toMatchObject({ state: 'failed' });
  expect(end.error).toMatch('seen');
});

test('a module that Node takes for CommonJS, as `npm init` has it, is told the cure', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-commonjs-')));
  writeFileSync(join(folder, 'package.json'), '{"type": "commonjs"}');
  writeFileSync(join(folder, 'a.js'), 'export default () => 1;');
  const there = new Runners({
    size: 1,
    clock: machineClock,
    jobs: folder,
    allowShell: false,
    outputLimit: 100,
    maxHeapMiB: 64,
    report() {},
  });
  const end = await new Promise<Ended>(resolve => {
    there.start(
      {
        run: 'r',
        job: 'j',
        cause: 'schedule',
        attempt: 1,
        scheduledFor: 0,
        token: 1,
        isTimed: false,
        action: { module: 'a.js' },
      },
      () => {},
      resolve,
    );
  });
  expect(end.error).toContain('make that "module", or let the file\'s name end in .mjs');
  await there.close();
  rmSync(folder, { recursive: true });
});

test('a job that returns when it is asked to stop may have left the rest undone: no success', async () => {
  const end = await beginAndStop({ module: 'jobs.js', export: 'returnWhenStopped' }, 10_000);
  expect(end).toMatchObject({ state: 'failed', error: 'it was asked to stop, and returned' });
});

test('a job that heeds nothing and comes to its end has succeeded, though it was asked to stop', async () => {
  const end = await beginAndStop({ module: 'jobs.js', export: 'finish', args: { ms: 600 } }, 10_000);
  expect(end).toMatchObject({ state: 'succeeded', result: '"all of it"' });
});

test('a command that ends with 0 when it is asked to stop has not succeeded', async () => {
  const end = await trapAndStop("trap 'exit 0' TERM", 'while :; do sleep 0.05; done', 10_000);
  expect(end).toMatchObject({ state: 'failed' });
  expect(end.error).toMatch('the command was asked to stop, and ended with exit code 0');
});

test('a job that listens to the signal ends by itself', async () => {
  const end = await beginAndStop({ module: 'jobs.js', export: 'sleep', args: { ms: 60_000 } }, 10_000);
  expect(end).toMatchObject({ state: 'failed' });
  expect(end.error).toMatch('asked to stop');
});

test('a busy loop that neither looks nor listens is terminated, and the thread replaced', async () => {
  const { died } = await beginAndStop({ module: 'jobs.js', export: 'spin' }, 100);
  expect(String(died)).toMatch('terminated');
  await stillWorks();
});

test('a command has its output, its exit code, and what it needs to know', async () => {
  const good = await begin({
    command: 'echo $HEDDLE_JOB $HEDDLE_ATTEMPT $GREETING; echo oops >&2',
    env: { GREETING: 'hello' },
  }).ended;
  expect(good).toMatchObject({ state: 'succeeded' });
  expect(good.output!.split('\n').toSorted()).toEqual(['', 'a job 1 hello', 'oops']);
  expect(await begin({ command: 'echo no; exit 3' }).ended).toMatchObject({
    state: 'failed',
    output: 'no\n',
    error: expect.stringContaining('exit code 3'),
  });
});

test('a command is ended with everything that it started', async () => {
  const begun = performance.now();
  const end = await trapAndStop('trap "" TERM', 'sleep 600 & sleep 600', 200);
  expect(end).toMatchObject({ state: 'failed' });
  expect(end.error).toMatch('SIGKILL');
  expect(performance.now() - begun).toBeLessThan(15_000);
});

test('much output is kept at its beginning and its end', async () => {
  const { output } = await run('printMuch');
  expect(output!.length).toBeLessThan(2200);
  expect(output).toMatch(/^line 0\n/);
  expect(output).toMatch(/characters left out/);
  expect(output).toMatch(/line 9999\n$/);
});

test('a result that is not JSON is said to be none', async () => {
  expect((await run('returnStrange')).result).toMatch('not JSON');
});

test('a module that was changed is loaded anew', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-jobs-')));
  const mine = new Runners({
    size: 1,
    clock: machineClock,
    jobs: folder,
    allowShell: false,
    outputLimit: 1000,
    report() {},
  });
  const once = (action: Assignment['action']): Promise<Ended> =>
    new Promise(resolve => {
      mine.start(
        {
          run: `x${(order += 1)}`,
          job: 'x',
          cause: 'schedule',
          attempt: 1,
          scheduledFor: 0,
          token: 1,
          isTimed: false,
          action,
        },
        () => {},
        resolve,
      );
    });
  try {
    for (const version of [1, 2]) {
      writeFileSync(join(folder, 'job.js'), `export default () => ${version}`);
      expect(await once({ module: 'job.js' })).toMatchObject({ state: 'succeeded', result: String(version) });
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(await once({ command: 'true' })).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('switched off'),
    });
  } finally {
    await mine.close();
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['../runners.js', 'lies outside'],
  ['node_modules/tool/index.js', 'not one of a package'],
  ['Node_Modules/tool/index.js', 'not one of a package'],
  ['sub/node_modules/tool/index.mjs', 'not one of a package'],
  ['installed.js', 'lies outside'],
  ['sub/../../jobs.js', 'lies outside'],
  [String.raw`..\jobs.js`, 'lies outside'],
  ['../../package.json', 'must be the path of'],
  ['sub', 'must be the path of'],
  ['/etc/passwd', 'must be the path of'],
  ['jobs.js/../../program.ts', ''],
  ['nowhere.js', 'no such file'],
  ['link.js', 'lies outside'],
  ['jobs.js\0.js', 'must be the path of'],
  ['data:text/javascript,0.js', 'no such file'],
  ['file:///etc/x.js', 'no such file'],
  ['', 'must be the path of'],
])('the module %j is refused', (module, message) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-jobs-')));
  try {
    writeFileSync(join(folder, 'jobs.js'), '');
    mkdirSync(join(folder, 'node_modules', 'tool'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'tool', 'index.js'), '');
    symlinkSync(join(folder, 'node_modules', 'tool', 'index.js'), join(folder, 'installed.js'));
    symlinkSync(join(JOBS, 'jobs.js'), join(folder, 'link.js'));
    expect(() => findModule(folder, module)).toThrow(message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
