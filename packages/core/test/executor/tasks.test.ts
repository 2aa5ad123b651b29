/** Tasks and their futures beyond what Python has: values and errors, cancelling what runs, time limits, priority, room, futures that travel. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  CancelledError,
  Event,
  Future,
  Lock,
  NotShareableError,
  Queue,
  QueueFullError,
  Thread,
  ThreadPoolExecutor,
  ThreadStateError,
  TimeoutError,
  currentTask,
  memoryUsage,
  setExceptHook,
  wait,
} from '../../src/index.ts';
import type { ThreadPoolExecutorOptions } from '../../src/index.ts';
import { expectedFutures } from '../../src/executor/completed.ts';
import { runProgram } from '../support/child.ts';
import { amount } from '../support/amount.ts';
import { SOON, until, untilBlocked } from '../support/state.ts';
import * as tasks from './executor.fixture.ts';

const pools: ThreadPoolExecutor[] = [];
const gates: Event[] = [];

function open(options?: ThreadPoolExecutorOptions): ThreadPoolExecutor {
  const pool = new ThreadPoolExecutor(options);
  pools.push(pool);
  return pool;
}

function occupy(pool: ThreadPoolExecutor): { future: Future<string>; go: Event } {
  const running = new Event();
  const go = new Event();
  gates.push(go);
  const future = pool.submit(tasks.gate, running, go);
  expect(running.wait(SOON)).toBe(true);
  return { future, go };
}

afterEach(async () => {
  setExceptHook(undefined);
  for (const go of gates.splice(0)) go.set();
  for (const pool of pools.splice(0)) await pool.shutdownAsync(SOON);
});

const values: Array<[string, unknown]> = [
  ['undefined', undefined],
  ['null', null],
  ['0', 0],
  ['-0', -0],
  ['NaN', Number.NaN],
  ["''", ''],
  ['false', false],
  ['0n', 0n],
  ['a Map in an object', { map: new Map([[1, { deep: ['ß', '🧵'] }]]) }],
  ['a long text', 'long '.repeat(1000)],
  ['bytes', new Uint8Array(100_000).fill(7)],
];

describe('values', () => {
  it.each(values)('%s passes through as argument and result', async (_, value) => {
    const pool = open({ maxWorkers: 1 });
    expect(pool.submit(tasks.echo, value).result(SOON)).toEqual(value);
    expect(await pool.submit(tasks.echoLater, value)).toEqual(value);
    expect([...pool.map(tasks.echo, [[value, value, value]], { chunkSize: 2 })]).toEqual([
      value,
      value,
      value,
    ]);
  });

  it.each(values.slice(0, 8))('%s can be thrown, and is an outcome like another', async (_, value) => {
    const future = open({ maxWorkers: 1 }).submit(tasks.fail, value);
    expect(future.exception(SOON)).toEqual({ error: value });
    const seen = await future.then(
      () => 'returned',
      (error: unknown) => ({ error }),
    );
    expect(seen).toEqual({ error: value });
  });

  it('shared objects arrive as themselves, both ways', () => {
    const pool = open({ maxWorkers: 1 });
    const lock = new Lock();
    const queue = new Queue<number>();
    expect(pool.submit(tasks.echo, { locks: [lock] }).result(SOON)).toEqual({ locks: [lock] });
    expect((pool.submit(tasks.echo, { queue }).result(SOON) as { queue: unknown }).queue).toBe(queue);
  });

  it('that can not travel reject the future, with the path', async () => {
    const pool = open({ maxWorkers: 1 });
    await expect(pool.submit(tasks.echo, { a: [() => 1] }).promise()).rejects.toThrow(NotShareableError);
    await expect(pool.submit(tasks.echo, { a: [() => 1] }).promise()).rejects.toThrow(/args\[0\]\.a\[0\]/);
    await expect(pool.submit(tasks.returnFunction).promise()).rejects.toThrow(/result\.deep\[0\]/);
    await expect(pool.submit(123 as never).promise()).rejects.toThrow(TypeError);
    const mixed = pool.map(tasks.echo, [[1, () => 1, 3]]);
    expect(mixed.next().value).toBe(1);
    expect(() => mixed.next()).toThrow(NotShareableError);
    expect(mixed.next().value).toBe(3);
  });

  it('leave no memory behind', async () => {
    const pool = open({ maxWorkers: 2 });
    const run = async (): Promise<void> => {
      const futures = Array.from({ length: 2000 }, (_, n) => pool.submit(tasks.echo, 'x'.repeat(n % 500)));
      await Promise.all(futures);
    };
    await run();
    const before = memoryUsage().used;
    for (let round = 0; round < 10; round++) await run();
    expect(memoryUsage().used - before).toBeLessThan(1_000_000);
    await until(() => expectedFutures() === 0, 'all have arrived');
  });
});

describe('errors', () => {
  it('keep class, message, code, cause and own properties', () => {
    const error = open().submit(tasks.failCustom).exception(SOON)!.error as tasks.CustomError & {
      code: string;
    };
    expect(error).toMatchObject({ name: 'CustomError', message: 'custom', detail: 7, code: 'E_CUSTOM' });
    expect(error.cause).toBeInstanceOf(TypeError);
    expect((error.cause as Error).message).toBe('the cause');
  });

  it('that are aggregates keep what they are made of', () => {
    const error = open().submit(tasks.failAggregate).exception(SOON)!.error as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors.map(each => [each.constructor.name, (each as Error).message])).toEqual([
      ['RangeError', 'one'],
      ['TypeError', 'two'],
    ]);
  });

  it('carry the stack of the thread and the one of the caller', async () => {
    const pool = open({ threadNamePrefix: 'stacks' });
    function callerOfTheTask(): Future {
      return pool.submit(tasks.failCustom);
    }
    const error = await callerOfTheTask().catch((each: unknown) => each as Error);
    const [inThread, atCaller] = (error as Error).stack!.split(
      '--- task of ThreadPoolExecutor "stacks", submitted: ---',
    );
    expect(inThread).toMatch(/failCustom.*executor\.fixture\.ts/);
    expect(atCaller).toMatch(/callerOfTheTask.*tasks\.test\.ts/);
    const mapped = pool.map(tasks.failAt, [[1], [1]], { chunkSize: 2 });
    expect(() => mapped.next()).toThrow(RangeError);
  });

  it('say so where the stack is of a task submitted a moment before', () => {
    const pool = open({ threadNamePrefix: 'hasty' });
    const futures = Array.from({ length: 100 }, () => pool.submit(tasks.failCustom));
    const stacks = futures.map(future => (future.exception(SOON)!.error as Error).stack!);
    const said = new Set(
      stacks.map(stack => /--- task of ThreadPoolExecutor "hasty", (.*): ---/.exec(stack)?.[1]),
    );
    expect(said).toEqual(new Set(['submitted', 'submitted within 1 ms of']));
  });

  it('name the place of what is submitted some time after many others', async () => {
    const pool = open({ maxWorkers: 1 });
    const many = Array.from({ length: 200 }, (_, n) => pool.submit(tasks.echo, n));
    await Promise.resolve();
    const later = performance.now() + 3;
    while (performance.now() < later);
    const error = (await (function somewhereElse(): Future {
      return pool.submit(tasks.failCustom);
    })().then(undefined, (thrown: unknown) => thrown)) as Error;
    expect(error.stack).toContain(', submitted: ---');
    expect(error.stack).toContain('somewhereElse');
    await Promise.all(many);
  });

  it('tell a function that it can not close over variables', () => {
    const outside = 1;
    expect(() =>
      open()
        .submit(() => outside)
        .result(SOON),
    ).toThrow(/outside is not defined: an inline function runs in another thread/);
  });

  it('know a new function of the same text again, and tell it from a task', () => {
    const pool = open();
    const text = tasks.scaled.toString();
    const alike = (0, eval)(`(${text})`) as (n: number) => number;
    expect(() => pool.submit(alike, 2).result(SOON)).toThrow(/FACTOR is not defined/);
    expect(pool.submit(tasks.scaled, 2).result(SOON)).toBe(6);
    expect(() => pool.submit((0, eval)(`(${text})`) as (n: number) => number, 2).result(SOON)).toThrow(
      /FACTOR is not defined/,
    );
    for (let n = 0; n < 5; n++) expect(pool.submit((a: number) => a + 1, n).result(SOON)).toBe(n + 1);
  });

  it('tell that a mapped task has more parameters than there are inputs', () => {
    expect(() => open().map(tasks.add, [[1, 2]] as never)).toThrow(
      new TypeError('ThreadPoolExecutor.map: "add" has 2 parameters, and there are inputs for 1 of them'),
    );
    expect(() => open().map(tasks.echo, [1, 2] as never)).toThrow(/write \[\[1, 2, 3\]\]/);
    expect(() => open().map(tasks.echo, 5 as never)).toThrow(/must be an array of iterables/);
  });
});

describe('a failure that nobody looked at', () => {
  const program = (rest: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    runProgram(String.raw`
      heddle.setExceptHook(({ error }) => { globalThis.seen = true; console.log('hook:', error.message); });
      const pool = new heddle.ThreadPoolExecutor();
      const fail = (text) => { throw new Error(text); };
      ${rest}
    `);

  it('is reported when the program ends', async () => {
    const { code, stdout } = await program(
      String.raw`pool.submit(fail, 'alone'); await pool.submit(() => 1);`,
    );
    expect([code, stdout]).toEqual([0, 'hook: alone\n']);
  });

  it('is reported by default on standard error, with the place of its submission', async () => {
    const { code, stderr } = await runProgram(String.raw`
      new heddle.ThreadPoolExecutor({ threadNamePrefix: 'reports' }).submit(() => { throw new Error('alone'); });
    `);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /Error: alone\n[^]*--- task of ThreadPoolExecutor "reports", submitted: ---\n[^]*program\.mjs/,
    );
  });

  it('is reported when its future is collected', async () => {
    const { stdout } = await program(String.raw`
      const { setFlagsFromString } = await import('node:v8');
      setFlagsFromString('--expose-gc');
      const gc = (await import('node:vm')).runInNewContext('gc');
      (() => { pool.submit(fail, 'collected'); })();
      await pool.submit(() => 1);
      for (let turn = 0; turn < 200; turn++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); if (globalThis.seen) break; }
      console.log('end');
    `);
    expect(stdout).toBe('hook: collected\nend\n');
  });

  it.each([
    ['awaited', 'await pool.submit(fail, "x").catch(() => {});'],
    ['asked for its error', 'pool.submit(fail, "x").exception();'],
    [
      'asked late',
      'const f = pool.submit(fail, "x"); await pool.submit(() => 1); heddle.wait([f]); f.exception();',
    ],
    ['cancelled', 'const f = pool.submit(fail, "x"); f.cancel(); '],
  ])('is none when it was %s', async (how, rest) => {
    const { code, stdout, stderr } = await program(rest);
    // One that began before it was cancelled has failed.
    if (how === 'cancelled') expect(['', 'hook: x\n']).toContain(stdout);
    else expect([code, stdout, stderr]).toEqual([0, '', '']);
  });
});

describe('cancelling a running task', () => {
  it('is seen by synchronous code, and then the future is cancelled', () => {
    const pool = open();
    const running = new Event();
    const future = pool.submit(tasks.busyUntilCancelled, running);
    running.wait(SOON);
    expect(future.cancel()).toBe(false);
    expect(() => future.result(SOON)).toThrow(CancelledError);
    expect([future.cancelled, pool.cancelled]).toEqual([true, 1]);
  });

  it('aborts the signal of asynchronous code', async () => {
    const running = new Event();
    const future = open().submit(tasks.untilAborted, running);
    await running.waitAsync(SOON);
    future.cancel();
    await expect(future.promise()).rejects.toThrow(CancelledError);
    expect(future.cancelled).toBe(true);
  });

  it('may be ignored: then its result counts', () => {
    const running = new Event();
    const go = new Event();
    const future = open().submit(tasks.noticed, running, go);
    running.wait(SOON);
    future.cancel();
    go.set();
    expect(future.result(SOON)).toBe(true);
    expect(future.cancelled).toBe(false);
  });

  it('is possible from another thread', () => {
    const pool = open({ maxWorkers: 2 });
    const running = new Event();
    const future = pool.submit(tasks.busyUntilCancelled, running);
    running.wait(SOON);
    expect(pool.submit(tasks.cancelIt, future as Future).result(SOON)).toBe(false);
    expect(() => future.result(SOON)).toThrow(CancelledError);
  });

  it('is something else than a task that throws CancelledError unasked', () => {
    const future = open().submit(tasks.throwCancelled);
    expect(future.exception(SOON)!.error).toBeInstanceOf(CancelledError);
    expect(future.cancelled).toBe(false);
  });

  it('by a signal rejects with its reason at once, running or not', async () => {
    const pool = open({ maxWorkers: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const running = new Event();
    const go = new Event();
    gates.push(go);
    const first = pool.submit({ target: tasks.noticed, args: [running, go], signal });
    const second = pool.submit({ target: tasks.add, args: [1, 2], signal });
    await running.waitAsync(SOON);
    const reason = new Error('the user left');
    controller.abort(reason);
    await expect(first.promise()).rejects.toThrow('the user left');
    expect(second.cancelled).toBe(true);
    await expect(second.promise()).rejects.toThrow('the user left');
    const third = pool.submit({ target: tasks.add, args: [1, 2], signal });
    await expect(third.promise()).rejects.toBe(reason);
    // The very object, not a copy that has been to shared memory.
    const mine = { why: 'enough' };
    const aborted = new AbortController();
    const last = pool.submit({ target: tasks.add, args: [1, 2], signal: aborted.signal });
    aborted.abort(mine);
    expect(await last.catch((error: unknown) => error)).toBe(mine);
    go.set();
    expect(pool.submit(tasks.add, 1, 1).result(SOON)).toBe(2);
  });

  it('concerns nobody outside of a pool', () => {
    expect(currentTask().cancelled).toBe(false);
    expect(currentTask().signal.aborted).toBe(false);
    currentTask().throwIfCancelled();
  });
});

describe('a time limit', () => {
  it('counts from the start of the task, and not while it stands in line', async () => {
    const pool = open({ maxWorkers: 1 });
    const { go } = occupy(pool);
    // Far more than an addition takes, also for a thread that has to wait for its core.
    const future = pool.submit({ target: tasks.add, args: [1, 2], timeout: 1000 });
    expect(wait([future], { timeout: 1100 }).done.size).toBe(0);
    go.set();
    expect(future.result(SOON)).toBe(3);
  });

  it('rejects with TimeoutError, and asks the task to stop; its thread then goes on', () => {
    const pool = open({ maxWorkers: 1 });
    const running = new Event();
    const future = pool.submit({ target: tasks.busyUntilCancelled, args: [running], timeout: 40 });
    expect(() => future.result(SOON)).toThrow(TimeoutError);
    expect(() => future.result(SOON)).toThrow(/did not finish within 40 ms of its start/);
    expect(future.cancelled).toBe(false);
    expect(pool.submit(tasks.add, 1, 2).result(SOON)).toBe(3);
    expect(pool.failed).toBe(1);
  });

  it('aborts the signal of asynchronous code', async () => {
    const pool = open({ maxWorkers: 1 });
    const future = pool.submit({ target: tasks.untilAborted, args: [new Event()], timeout: 30 });
    await expect(future.promise()).rejects.toThrow(TimeoutError);
    expect(await pool.submit(tasks.add, 1, 2)).toBe(3);
  });

  it('of each of many tasks is kept, the shorter ones first', async () => {
    const pool = open({ maxWorkers: 3 });
    // All three threads are up.
    for (const { go } of [occupy(pool), occupy(pool), occupy(pool)]) go.set();
    await until(() => pool.idle === 3, 'all are idle');
    const go = new Event();
    gates.push(go);
    const order: number[] = [];
    // So far from each other that it doesn't matter which of the three begins first.
    const futures = [2000, 40, 1000].map(timeout => {
      const future = pool.submit({ target: tasks.gate, args: [new Event(), go], timeout });
      future.onDone(() => order.push(timeout));
      return future;
    });
    for (const future of futures) await expect(future.promise()).rejects.toThrow(TimeoutError);
    await until(() => order.length === 3, 'all called back');
    expect(order).toEqual([40, 1000, 2000]);
  });

  it('that is no number of milliseconds rejects the future', async () => {
    const pool = open();
    const bad = { target: tasks.add, args: [1, 2] as [number, number] };
    await expect(pool.submit({ ...bad, timeout: -1 }).promise()).rejects.toThrow(RangeError);
    await expect(pool.submit({ ...bad, timeout: 'x' as never }).promise()).rejects.toThrow(TypeError);
    await expect(pool.submit({ ...bad, priority: Number.NaN }).promise()).rejects.toThrow(RangeError);
  });
});

describe('priority', () => {
  it('lets lower numbers go first, and equal ones in the order in which they came', async () => {
    const pool = open({ maxWorkers: 1 });
    const { go } = occupy(pool);
    const log = new Queue<string>();
    const given: Array<[number | undefined, string]> = [
      [undefined, 'a'],
      [5, 'late 1'],
      [-1, 'early 1'],
      [0, 'b'],
      [-10, 'first'],
      [2.5, 'middle'],
      [5, 'late 2'],
      [-1, 'early 2'],
      [Infinity, 'last'],
      [undefined, 'c'],
    ];
    const futures = given.map(([priority, text]) =>
      pool.submit({ target: tasks.note, args: [log, text], priority }),
    );
    go.set();
    await Promise.all(futures);
    expect(log.getMany(100)).toEqual([
      'first',
      'early 1',
      'early 2',
      'a',
      'b',
      'c',
      'middle',
      'late 1',
      'late 2',
      'last',
    ]);
  });
});

describe('room', () => {
  it('is waited for by submit, in turn, and by submitAsync without blocking', async () => {
    const pool = open({ maxWorkers: 1, maxPending: 1 });
    const { go } = occupy(pool);
    const log = new Queue<string>();
    pool.submit(tasks.note, log, 'in line');
    const boxes = ['one', 'two', 'three'].map(text => pool.submitAsync(tasks.note, log, text));
    let accepted = 0;
    for (const box of boxes) void box.then(() => (accepted += 1));
    await new Promise(resolve => setImmediate(resolve));
    expect([accepted, pool.pending]).toEqual([0, 1]);
    const opener = new Thread((gate: Event) => gate.set(), { args: [go] }).start();
    const blocked = pool.submit(tasks.note, log, 'blocked');
    opener.join(SOON);
    expect(blocked.done).toBeTypeOf('boolean');
    for (const box of boxes) expect(await (await box).future).toBeUndefined();
    await blocked;
    expect(log.getMany(10).sort()).toEqual(['blocked', 'in line', 'one', 'three', 'two']);
    await until(() => pool.unfinished === 0, 'nothing is left');
  });

  it('that does not come in time rejects the future', async () => {
    const pool = open({ maxWorkers: 1, maxPending: 1 });
    const { go } = occupy(pool);
    pool.submit(tasks.add, 1, 2);
    const late = pool.submit({ target: tasks.add, args: [1, 2], roomTimeout: 10 });
    expect(() => late.result(SOON)).toThrow(QueueFullError);
    const { future } = await pool.submitAsync({ target: tasks.add, args: [1, 2], roomTimeout: 0 });
    await expect(future.promise()).rejects.toThrow(
      /no room within roomTimeout: 1 tasks \(maxPending\) are in line/,
    );
    const controller = new AbortController();
    const waiting = pool.submitAsync({ target: tasks.add, args: [1, 2], signal: controller.signal });
    controller.abort('left');
    await expect(waiting).rejects.toBe('left');
    go.set();
    pool.shutdown();
    expect(pool.completed).toBe(2);
  });

  it('is made by cancelling', async () => {
    const pool = open({ maxWorkers: 1, maxPending: 1 });
    occupy(pool);
    const first = pool.submit(tasks.add, 1, 2);
    const box = pool.submitAsync(tasks.add, 2, 3);
    first.cancel();
    expect((await box).future.done).toBe(false);
  });

  it('is not waited for any more when the pool is shut down', async () => {
    const pool = open({ maxWorkers: 1, maxPending: 1 });
    const { go } = occupy(pool);
    pool.submit(tasks.add, 1, 2);
    const box = pool.submitAsync(tasks.add, 2, 3);
    pool.shutdown({ wait: false });
    await expect(box).rejects.toThrow(ThreadStateError);
    go.set();
    await pool.shutdownAsync(SOON);
    expect([pool.completed, pool.unfinished]).toEqual([2, 0]);
  });
});

describe('threads of a pool', () => {
  it('end when they have had nothing to do for a while, but for minWorkers', async () => {
    const pool = open({ maxWorkers: 3, minWorkers: 1, idleTimeout: 20 });
    const busy = [occupy(pool), occupy(pool), occupy(pool)];
    for (const { go } of busy) go.set();
    await until(() => pool.workers === 1, 'two have gone');
    const none = open({ maxWorkers: 2, idleTimeout: 0 });
    expect(none.submit(tasks.add, 1, 2).result(SOON)).toBe(3);
    await until(() => none.workers === 0, 'all have gone');
    expect(none.submit(tasks.add, 1, 2).result(SOON)).toBe(3);
    expect(none.hired).toBe(2);
  });

  it('are replaced after maxTasksPerWorker tasks', async () => {
    const pool = open({ maxWorkers: 1, maxTasksPerWorker: 2, threadNamePrefix: 'short' });
    const names = await Promise.all([1, 2, 3, 4, 5].map(() => pool.submit(tasks.threadName)));
    expect(names).toEqual(['short_0', 'short_0', 'short_1', 'short_1', 'short_2']);
    expect(pool.died).toBe(0);
  });

  it('let what a task left behind go on', async () => {
    const fired = new Event();
    const pool = open({ maxWorkers: 1 });
    await pool.submit(tasks.leaveTimer, fired);
    expect(await fired.waitAsync(SOON)).toBe(true);
    expect(await pool.submit(tasks.add, 1, 2)).toBe(3);
  });
});

describe('a future that travels', () => {
  it('is waited for in another thread, blocking and not', async () => {
    const pool = open({ maxWorkers: 3 });
    const { future, go } = occupy(pool);
    const blocking = pool.submit(tasks.resultOf, future as Future);
    const awaiting = pool.submit(tasks.awaitOf, { future: future as Future });
    await until(() => blocking.running && awaiting.running, 'both wait');
    go.set();
    expect(await blocking).toBe('through');
    expect(await awaiting).toBe('through');
    expect(await future).toBe('through');
  });

  it('has its outcome with it when it has settled, whatever that is', () => {
    const pool = open({ maxWorkers: 1 });
    const tell = (future: Future<unknown>): string =>
      pool.submit(tasks.outcomeOf, future as Future).result(SOON);
    const good = pool.submit(tasks.add, 1, 2);
    good.result(SOON);
    const bad = pool.submit(tasks.failCustom);
    bad.exception(SOON);
    const { go } = occupy(pool);
    const cancelled = pool.submit(tasks.add, 1, 2);
    cancelled.cancel();
    go.set();
    expect([tell(good), tell(bad), tell(cancelled)]).toEqual([
      'returned 3',
      'CustomError: custom',
      'CancelledError: the task was cancelled',
    ]);
  });

  it('comes back as the same object', () => {
    const pool = open({ maxWorkers: 1 });
    const first = pool.submit(tasks.echo, 1);
    const box = { first: first as Future };
    expect((pool.submit(tasks.echo, box).result(SOON) as { first: Future }).first).toBe(first);
  });

  it('goes through a queue', () => {
    const pool = open({ maxWorkers: 1 });
    const queue = new Queue<{ future: Future }>();
    const future: Future = pool.submit(tasks.echo, 'queued');
    queue.put({ future });
    expect(queue.get(SOON).future).toBe(future);
    expect(future.result(SOON)).toBe('queued');
  });

  it('of a thread that has ended since is settled all the same', () => {
    const pool = open({ maxWorkers: 1 });
    const running = new Event();
    const go = new Event();
    gates.push(go);
    const thread = new Thread(tasks.submitGate, { args: [pool, running, go] }).start();
    const { future } = thread.result(SOON);
    running.wait(SOON);
    expect(future.done).toBe(false);
    go.set();
    expect(future.result(SOON)).toBe('through');
    untilBlocked(() => future.done, 'done');
  });
});

// Twelve thousand take a second of processor time, and took eight on a machine that six others wanted as well: the limit is for those.
describe('many', { timeout: 120_000 }, () => {
  it('thousands of tasks from several threads at once are all done, each once', async () => {
    const pool = open({ maxWorkers: 3, maxPending: 100 });
    const count = amount(1000, 20_000);
    const sum = (count * (count + 1)) / 2;
    const targets: Array<(pool: ThreadPoolExecutor, count: number) => unknown> = [
      tasks.submitMany,
      tasks.submitManyAsync,
      tasks.submitMany,
      tasks.submitManyAsync,
    ];
    const threads = targets.map(target => new Thread(target, { args: [pool, count] }).start());
    for (const thread of threads) expect(await thread.resultAsync({ timeout: 60_000 })).toBe(sum);
    expect([pool.completed, pool.failed, pool.cancelled, pool.pending]).toEqual([4 * count, 0, 0, 0]);
  });

  it('cancels among thousands leave each future in one state', async () => {
    const pool = open({ maxWorkers: 2 });
    const futures = Array.from({ length: 3000 }, (_, n) => pool.submit(tasks.add, n, 0));
    const cancelled = futures.filter((future, n) => n % 3 === 0 && future.cancel());
    const settled = await Promise.allSettled(futures);
    for (const [n, each] of settled.entries()) {
      if (cancelled.includes(futures[n]!)) expect(each).toMatchObject({ reason: expect.any(CancelledError) });
      else expect(each).toEqual({ status: 'fulfilled', value: n });
    }
    expect(pool.cancelled).toBe(cancelled.length);
    expect(pool.completed).toBe(3000 - cancelled.length);
  });
});
