/** A pool whose threads die: in a task, in the initializer, before they are ready, by force; and a submitter that dies. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  BrokenExecutorError,
  CancelledError,
  Event,
  Future,
  Thread,
  ThreadDiedError,
  ThreadPoolExecutor,
  setExceptHook,
  wait,
} from '../../src/index.ts';
import type { ThreadPoolExecutorOptions } from '../../src/index.ts';
import { SOON, until } from '../support/state.ts';
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

describe('a thread that dies in a task', () => {
  it('by process.exit() rejects the task, and is replaced for those in line', async () => {
    const pool = open({ maxWorkers: 1 });
    const { go } = occupy(pool);
    const fatal = pool.submit(tasks.exit, 3);
    const rest = [1, 2, 3].map(n => pool.submit(tasks.add, n, n));
    go.set();
    const error = fatal.exception(SOON)!.error as Error;
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect(error.message).toContain('process.exit(3) was called in it');
    expect(await Promise.all(rest)).toEqual([2, 4, 6]);
    expect([pool.died, pool.failed, pool.broken]).toEqual([1, 1, false]);
  });

  it('is made good while the main thread is blocked', () => {
    const pool = open({ maxWorkers: 1 });
    const fatal = pool.submit(tasks.exit, 1);
    const next = pool.submit(tasks.add, 1, 2);
    expect(() => fatal.result(SOON)).toThrow(ThreadDiedError);
    expect(next.result(SOON)).toBe(3);
  });

  it('of an error that nothing can catch tells that error as the cause', async () => {
    setExceptHook(() => {});
    const pool = open({ maxWorkers: 1 });
    const error = (await pool.submit(tasks.strayError).catch((each: unknown) => each)) as Error;
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect(error.message).toContain('stray');
    expect((error.cause as Error).message).toBe('stray');
    expect(await pool.submit(tasks.add, 1, 2)).toBe(3);
  });

  it('by terminateWorkers() rejects, what is in line is cancelled, and nothing hangs', async () => {
    const pool = open({ maxWorkers: 2 });
    const running = [occupy(pool), occupy(pool)];
    const inLine = pool.submit(tasks.add, 1, 2);
    pool.terminateWorkers();
    for (const { future } of running) expect(() => future.result(SOON)).toThrow(/it was terminated/);
    expect(() => inLine.result(SOON)).toThrow(CancelledError);
    await until(() => pool.workers === 0, 'all have gone');
    pool.shutdown();
    expect([pool.unfinished, pool.died]).toEqual([0, 2]);
  });

  it('wakes all who wait for its future, in other threads too', async () => {
    const pool = open({ maxWorkers: 1 });
    const observers = open({ maxWorkers: 2 });
    const { go } = occupy(pool);
    const fatal = pool.submit(tasks.exit, 1) as Future;
    const seen = [observers.submit(tasks.outcomeOf, fatal), observers.submit(tasks.outcomeOf, fatal)];
    await until(() => seen.every(each => each.running), 'both observe');
    go.set();
    for (const each of seen) expect(await each).toMatch(/^ThreadDiedError: .*process\.exit\(1\)/);
    expect(wait([fatal], SOON).done.size).toBe(1);
    expect(fatal.exception()!.error).toBeInstanceOf(ThreadDiedError);
  });

  it('again and again leaves the others their results', async () => {
    const pool = open({ maxWorkers: 2 });
    const futures = Array.from({ length: 60 }, (_, n) =>
      n % 12 === 5 ? (pool.submit(tasks.exit, 1) as Future) : (pool.submit(tasks.add, n, 0) as Future),
    );
    const settled = await Promise.allSettled(futures);
    for (const [n, each] of settled.entries()) {
      if (n % 12 === 5)
        expect(each).toMatchObject({ status: 'rejected', reason: expect.any(ThreadDiedError) });
      else expect(each).toEqual({ status: 'fulfilled', value: n });
    }
    await until(() => pool.died === 5 && pool.unfinished === 0, 'five have died, and nothing is left');
  });
});

describe('a thread that dies before it is ready', () => {
  it('by process.exit() in the initializer breaks the pool', async () => {
    const pool = open({ maxWorkers: 2, initializer: tasks.exit, initArgs: [4] });
    const future = pool.submit(tasks.add, 1, 2);
    const error = future.exception(SOON)!.error as Error;
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect(error.message).toContain('a worker died before it was ready');
    expect(error.cause).toBeInstanceOf(ThreadDiedError);
    expect(() => pool.submit(tasks.add, 1, 2)).toThrow(BrokenExecutorError);
    await until(() => pool.workers === 0, 'all have gone');
  });
});

describe('a submitter that dies', () => {
  it('leaves the pool and its other tasks alone; its own tasks run', async () => {
    const pool = open({ maxWorkers: 1, maxPending: 1 });
    const { go } = occupy(pool);
    const entered = new Event();
    // Its first task is accepted, with its second it waits for room, and is killed there.
    const thread = new Thread(tasks.submitTwice, { args: [pool, entered] }).start();
    expect(entered.wait(SOON)).toBe(true);
    await until(() => pool.pending === 1, 'its first task is in line');
    thread.terminate();
    expect(thread.join(SOON)).toBe(true);
    const mine = pool.submitAsync(tasks.add, 1, 2);
    go.set();
    expect(await (await mine).future).toBe(3);
    await pool.shutdownAsync(SOON);
    expect([pool.completed, pool.unfinished, pool.pending]).toEqual([3, 0, 0]);
  });
});
