/**
 * What CPython's test_concurrent_futures says (test_thread_pool, test_shutdown, test_wait, test_as_completed, test_future, test_init, executor.py), in
 * milliseconds. The original's name stands behind each.
 */
import { afterEach, describe, expect, it } from 'vitest';
import {
  BrokenExecutorError,
  CancelledError,
  Event,
  Future,
  Queue,
  Thread,
  ThreadPoolExecutor,
  ThreadStateError,
  TimeoutError,
  asCompleted,
  setExceptHook,
  wait,
  waitAsync,
} from '../../src/index.ts';
import type { ThreadPoolExecutorOptions } from '../../src/index.ts';
import { runProgram } from '../support/child.ts';
import { SOON, until, untilBlocked } from '../support/state.ts';
import * as tasks from './executor.fixture.ts';

const pools: ThreadPoolExecutor[] = [];
const gates: Event[] = [];

function open(options?: ThreadPoolExecutorOptions): ThreadPoolExecutor {
  const pool = new ThreadPoolExecutor(options);
  pools.push(pool);
  return pool;
}

/** A task that runs now, and stays until `go`. */
function occupy(pool: ThreadPoolExecutor): { future: Future<string>; go: Event } {
  const running = new Event();
  const go = new Event();
  gates.push(go);
  const future = pool.submit(tasks.gate, running, go);
  expect(running.wait(SOON)).toBe(true);
  return { future, go };
}

afterEach(async () => {
  for (const go of gates.splice(0)) go.set();
  for (const pool of pools.splice(0)) await pool.shutdownAsync(SOON);
});

describe('submit', () => {
  it('runs the task and gives its result (test_submit)', async () => {
    const pool = open();
    expect(pool.submit(tasks.add, 1, 7).result(SOON)).toBe(8);
    expect(await pool.submit(tasks.add, 2, 7)).toBe(9);
  });

  it('takes options together with the arguments (test_submit_keyword)', () => {
    expect(
      open()
        .submit({ target: tasks.add, args: [1, 7] })
        .result(SOON),
    ).toBe(8);
  });

  it('gives a future, that is nothing but what it was called with, at once', () => {
    const { future } = occupy(open());
    expect(future).toBeInstanceOf(Future);
    expect([future.running, future.done, future.cancelled]).toEqual([true, false, false]);
  });

  it('throws after shutdown (test_run_after_shutdown)', () => {
    const pool = open();
    pool.shutdown();
    expect(() => pool.submit(tasks.add, 1, 2)).toThrow(ThreadStateError);
    expect(() => pool.submit(tasks.add, 1, 2)).toThrow(/cannot schedule new futures after shutdown/);
    // Whatever else is wrong with it.
    expect(() => pool.submit(tasks.echo, () => {})).toThrow(/cannot schedule new futures after shutdown/);
    expect(() => pool.submit('nothing' as never)).toThrow(/cannot schedule new futures after shutdown/);
    expect(() => pool.map(tasks.echo, [[1]])).toThrow(/after shutdown/);
  });

  it('starts threads only as there are tasks for them, up to the maximum (test_saturation, test_idle_thread_reuse)', async () => {
    const pool = open({ maxWorkers: 3 });
    expect(pool.workers).toBe(0);
    const first = occupy(pool);
    expect(pool.workers).toBe(1);
    first.go.set();
    await first.future;
    await until(() => pool.idle === 1, 'the worker is idle');
    await pool.submit(tasks.add, 1, 2);
    expect(pool.workers).toBe(1);
    const busy = [occupy(pool), occupy(pool), occupy(pool)];
    const fourth = pool.submit(tasks.add, 1, 2);
    expect([pool.workers, pool.pending, fourth.running]).toEqual([3, 1, false]);
    for (const { go } of busy) go.set();
    expect(fourth.result(SOON)).toBe(3);
  });

  it('names its threads (test_thread_names_assigned, test_thread_names_default)', () => {
    const named = open({ threadNamePrefix: 'SpecialPool', maxWorkers: 1 });
    expect(named.submit(tasks.threadName).result(SOON)).toBe('SpecialPool_0');
    expect(open().submit(tasks.threadName).result(SOON)).toMatch(/^ThreadPoolExecutor-\d+_0$/);
  });

  it('has as many threads as the machine runs by default (test_default_workers)', () => {
    expect(open().maxWorkers).toBeGreaterThan(0);
  });

  it.each([0, -1, 1.5, Number.NaN, 5000])('refuses %s workers (test_max_workers_negative)', maxWorkers => {
    expect(() => new ThreadPoolExecutor({ maxWorkers })).toThrow(RangeError);
    expect(() => new ThreadPoolExecutor({ maxWorkers })).toThrow(/maxWorkers must be a whole number from 1/);
  });

  it('lets a pool be used by several threads (test_hang_global_shutdown_lock and friends)', async () => {
    const pool = open({ maxWorkers: 2 });
    const threads = [1, 2, 3].map(() => new Thread(tasks.submitMany, { args: [pool, 200] }).start());
    const sum = (200 * 201) / 2;
    for (const thread of threads) expect(await thread.resultAsync(SOON)).toBe(sum);
  });
});

describe('a future', () => {
  it('that returned is done, and says so in all ways (test_done, test_result_with_success, test_exception)', () => {
    const future = open().submit(tasks.add, 21, 21);
    expect(future.result(SOON)).toBe(42);
    expect([future.done, future.running, future.cancelled]).toEqual([true, false, false]);
    expect(future.exception()).toBeUndefined();
    expect(future.result({ timeout: 0 })).toBe(42);
  });

  it('that threw throws the same again and again (test_exception_with_success)', () => {
    const future = open().submit(tasks.fail, new RangeError('bad'));
    expect(() => future.result(SOON)).toThrow(RangeError);
    const first = future.exception()?.error;
    expect(first).toBe(future.exception()?.error);
    expect(future.done).toBe(true);
  });

  it('whose time to wait is over throws TimeoutError and goes on (test_result_with_timeout, test_exception_with_timeout)', () => {
    const { future, go } = occupy(open());
    expect(() => future.result({ timeout: 0 })).toThrow(TimeoutError);
    expect(() => future.result({ timeout: 10 })).toThrow(/Future\.result: not done within 10 ms/);
    expect(() => future.exception({ timeout: 10 })).toThrow(TimeoutError);
    go.set();
    expect(future.result(SOON)).toBe('through');
  });

  it('can be cancelled before it runs, and is then cancelled for good (test_cancel, test_result_with_cancel, test_exception_with_cancel)', async () => {
    const pool = open({ maxWorkers: 1 });
    const log = new Queue<number>();
    const { go } = occupy(pool);
    const future = pool.submit(tasks.note, log, 1);
    expect(future.cancel()).toBe(true);
    expect(future.cancel()).toBe(true);
    expect([future.cancelled, future.done, future.running]).toEqual([true, true, false]);
    expect(() => future.result(SOON)).toThrow(CancelledError);
    expect(() => future.exception(SOON)).toThrow(CancelledError);
    await expect(future.promise()).rejects.toThrow(CancelledError);
    go.set();
    expect(pool.submit(tasks.add, 1, 1).result(SOON)).toBe(2);
    expect([log.size, pool.cancelled]).toEqual([0, 1]);
  });

  it('can not be cancelled while it runs or when it has finished (test_cancel)', () => {
    const { future, go } = occupy(open());
    expect(future.cancel()).toBe(false);
    go.set();
    expect(future.result(SOON)).toBe('through');
    expect(future.cancel()).toBe(false);
    expect(future.cancelled).toBe(false);
  });

  it('calls back when it has a result, an error, or was cancelled; each callback, in order (test_done_callback_…)', async () => {
    const pool = open({ maxWorkers: 1 });
    const { future, go } = occupy(pool);
    const failing = pool.submit(tasks.fail, new Error('no'));
    const cancelled = pool.submit(tasks.add, 1, 2);
    const calls: unknown[] = [];
    future.onDone(each => calls.push('first', each === future));
    future.onDone(() => calls.push('second'));
    failing.onDone(each => calls.push((each.exception()!.error as Error).message));
    cancelled.onDone(each => calls.push(each.cancelled));
    cancelled.cancel();
    await until(() => calls.length === 1, 'the cancelled one called back');
    go.set();
    await until(() => calls.length === 5, 'all called back');
    expect(calls).toEqual([true, 'first', true, 'second', 'no']);
    future.onDone(() => calls.push('late'));
    await until(() => calls.length === 6, 'one that was registered afterwards was called');
  });

  it('calls the other callbacks when one throws, and reports it (test_done_callback_raises)', async () => {
    const reports: unknown[] = [];
    setExceptHook(({ error }) => reports.push((error as Error).message));
    try {
      const { future, go } = occupy(open());
      let called = false;
      future.onDone(() => {
        throw new Error('in the callback');
      });
      future.onDone(() => (called = true));
      go.set();
      await until(() => called, 'the second was called');
      expect(reports).toEqual(['in the callback']);
    } finally {
      setExceptHook(undefined);
    }
  });

  it('says in words what it is (test_repr)', () => {
    const pool = open({ maxWorkers: 1 });
    const { future, go } = occupy(pool);
    const second = pool.submit(tasks.add, 1, 2);
    expect([String(future), String(second)]).toEqual(['<Future running>', '<Future pending>']);
    second.cancel();
    go.set();
    future.result(SOON);
    expect([String(future), String(second)]).toEqual(['<Future returned>', '<Future cancelled>']);
  });

  it.each([undefined, null, 0, '', false, Number.NaN])(
    'does not swallow a falsy error: %s (test_swallows_falsey_exceptions)',
    async error => {
      const future = open().submit(tasks.fail, error as never);
      expect(future.exception(SOON)).toEqual({ error });
      await expect(future.promise()).rejects.toBe(error);
    },
  );

  it('can not be made by hand', () => {
    expect(() => new Future()).toThrow(TypeError);
  });
});

describe('map', () => {
  const power = (base: number, exponent: number): number => base ** exponent;

  it('gives the results in the order of the inputs (test_map)', () => {
    const pool = open();
    const numbers = Array.from({ length: 10 }, (_, n) => n);
    const expected = numbers.map(n => n ** n);
    expect([...pool.map(power, [numbers, numbers])]).toEqual(expected);
    expect([...pool.map(power, [numbers, numbers], { chunkSize: 3 })]).toEqual(expected);
    expect([...pool.map(power, [numbers, numbers], { bufferSize: 2 })]).toEqual(expected);
  });

  it('throws what one call threw, and goes on after it (test_map_exception, after 3.14)', () => {
    for (const chunkSize of [1, 2, 10]) {
      const results = open().map(
        tasks.failAt,
        [
          [3, 3, 3, 3],
          [1, 3, 4, 5],
        ],
        { chunkSize },
      );
      expect(results.next()).toEqual({ done: false, value: 1 });
      expect(() => results.next()).toThrow(new RangeError('not 3'));
      expect(results.next()).toEqual({ done: false, value: 4 });
      expect(results.next()).toEqual({ done: false, value: 5 });
      expect(results.next()).toEqual({ done: true, value: undefined });
      expect(results.next().done).toBe(true);
    }
  });

  it('has a timeout that counts from the call (test_map_timeout)', () => {
    const pool = open({ maxWorkers: 1 });
    const go = new Event();
    gates.push(go);
    const results = pool.map(
      tasks.gate,
      [
        [new Event(), new Event()],
        [go, go],
      ],
      { timeout: 50 },
    );
    expect(() => results.next()).toThrow(TimeoutError);
    expect(results.next().done).toBe(true);
  });

  it.each([0, -1, 1.5])('refuses a bufferSize of %s (test_map_buffersize_value_validation)', bufferSize => {
    expect(() => open().map(tasks.echo, [[1]], { bufferSize })).toThrow(RangeError);
  });

  it('refuses a bufferSize that is no number (test_map_buffersize_type_validation)', () => {
    expect(() => open().map(tasks.echo, [[1]], { bufferSize: 'two' as never })).toThrow(TypeError);
  });

  it('with a bufferSize reads the inputs only so far ahead, of endless ones too (test_map_buffersize_on_infinite_iterable)', () => {
    let read = 0;
    let closed = false;
    function* endless(): Generator<number> {
      try {
        for (;;) yield read++;
      } finally {
        closed = true;
      }
    }
    const results = open().map(tasks.echo, [endless()], { bufferSize: 2 });
    expect(read).toBe(2);
    expect([results.next().value, results.next().value]).toEqual([0, 1]);
    expect(read).toBe(4);
    results.return!();
    expect([closed, results.next().done]).toEqual([true, true]);
  });

  it('reads all inputs at once without one (test_map_buffersize_on_multiple_infinite_iterables, eager by default)', () => {
    let read = 0;
    function* five(): Generator<number> {
      while (read < 5) yield read++;
    }
    open().map(tasks.echo, [five()]);
    expect(read).toBe(5);
  });

  it('ends with the shortest input, and closes the others (test_map_buffersize_when_…)', () => {
    let closed = false;
    function* endless(): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed = true;
      }
    }
    expect([...open().map(tasks.add, [[1, 2, 3], endless()])]).toEqual([1, 3, 5]);
    expect(closed).toBe(true);
    expect([...open().map(tasks.echo, [[]])]).toEqual([]);
  });

  it.each([undefined, 20_000])(
    'does not take a TimeoutError of a call for its own, with a timeout of %s (test_map_timeout_from_callable)',
    timeout => {
      const results = open().map(
        tasks.timeOutAt,
        [
          [1, 1, 1],
          [0, 1, 2],
        ],
        { timeout },
      );
      expect(results.next().value).toBe(0);
      expect(() => results.next()).toThrow(new TimeoutError('the call took too long'));
      expect(results.next().value).toBe(2);
      expect(results.next().done).toBe(true);
    },
  );

  it.each([1, 3])('that was closed has ended for good, with chunks of %i (test_map_close)', chunkSize => {
    const results = open().map(
      tasks.failAt,
      [
        [3, 3, 3, 3],
        [1, 3, 4, 5],
      ],
      { chunkSize },
    );
    expect(results.next().value).toBe(1);
    results.return!();
    expect([results.next().done, results.next().done]).toEqual([true, true]);
  });

  it.each([1, 2, 4, 8])(
    'gives the same results with a bufferSize of %i, of one input and of two (test_map_buffersize, test_map_buffersize_on_multiple_iterables)',
    bufferSize => {
      const pool = open();
      const inputs = [0, 1, 2, 3];
      expect([...pool.map(tasks.echo, [inputs], { bufferSize })]).toEqual(inputs);
      expect([...pool.map(tasks.add, [inputs, inputs], { bufferSize })]).toEqual([0, 2, 4, 6]);
    },
  );

  it('with a bufferSize has nothing for an empty input, and refuses none at all (test_map_buffersize_on_empty_iterable, test_map_buffersize_without_iterable)', () => {
    const pool = open();
    expect(pool.map(tasks.echo, [[]], { bufferSize: 2 }).next().done).toBe(true);
    expect(() => pool.map(tasks.echo, [] as never, { bufferSize: 2 })).toThrow(
      /at least one iterable is needed/,
    );
  });

  it('has read no more than bufferSize when nobody asks for results (test_map_buffersize_when_buffer_is_full)', () => {
    const pool = open();
    const inputs = [0, 1, 2, 3].values();
    const results = pool.map(tasks.echo, [inputs], { bufferSize: 2 });
    pool.shutdown();
    expect(inputs.next().value).toBe(2);
    expect(results.next().value).toBe(0);
    expect(results.next().value).toBe(1);
    expect(() => results.next()).toThrow(/cannot schedule new futures after shutdown/);
    expect(results.next().done).toBe(true);
  });

  it('cancels what has not begun when it is left early (test_map_… , Executor.map finally)', () => {
    const pool = open({ maxWorkers: 1 });
    const running = new Event();
    const go = new Event();
    gates.push(go);
    const results = pool.map(tasks.gate, [
      [running, running, running],
      [go, go, go],
    ]);
    expect(running.wait(SOON)).toBe(true);
    results.return!();
    expect(pool.pending).toBe(0);
    expect(pool.cancelled).toBe(2);
  });
});

describe('mapAsync', () => {
  it('gives the results in the order of the inputs, async ones too', async () => {
    const pool = open();
    async function* numbers(): AsyncGenerator<number> {
      for (const n of [1, 2, 3]) yield n;
    }
    const seen: number[] = [];
    for await (const sum of pool.mapAsync(tasks.add, [numbers(), [10, 20, 30, 40]])) seen.push(sum);
    expect(seen).toEqual([11, 22, 33]);
  });

  it('gives them to whoever asks first, without waiting for the answer before', async () => {
    const results = open().mapAsync(
      tasks.add,
      [
        [1, 2, 3],
        [1, 1, 1],
      ],
      { chunkSize: 2 },
    );
    const steps = await Promise.all([results.next(), results.next(), results.next(), results.next()]);
    expect(steps.map(step => step.value)).toEqual([2, 3, 4, undefined]);
  });

  it('goes on after a call that failed', async () => {
    const results = open().mapAsync(tasks.failAt, [
      [2, 2, 2],
      [1, 2, 3],
    ]);
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow('not 2');
    expect((await results.next()).value).toBe(3);
    expect((await results.next()).done).toBe(true);
  });

  it('ends when its time is up or its signal is aborted, and cancels what is left', async () => {
    const pool = open({ maxWorkers: 1 });
    const go = new Event();
    gates.push(go);
    const late = pool.mapAsync(
      tasks.gate,
      [
        [new Event(), new Event()],
        [go, go],
      ],
      { timeout: 30 },
    );
    await expect(late.next()).rejects.toThrow(TimeoutError);
    expect((await late.next()).done).toBe(true);
    const controller = new AbortController();
    const aborted = pool.mapAsync(tasks.gate, [[new Event()], [go]], { signal: controller.signal });
    const step = aborted.next();
    controller.abort('enough');
    await expect(step).rejects.toBe('enough');
    expect(pool.pending).toBe(0);
  });

  it('waits for room where maxPending limits the line', async () => {
    const pool = open({ maxWorkers: 1, maxPending: 2 });
    const seen: unknown[] = [];
    for await (const n of pool.mapAsync(tasks.echo, [Array.from({ length: 50 }, (_, n) => n)])) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });
});

describe.each([
  ['wait', (fs: Iterable<Future>, options?: object) => wait(fs, options)],
  ['waitAsync', (fs: Iterable<Future>, options?: object) => waitAsync(fs, options)],
] as const)('%s', (_, waitFor) => {
  it('for the first returns with it (test_first_completed, test_first_completed_some_already_completed)', async () => {
    const pool = open({ maxWorkers: 2 });
    const { future } = occupy(pool);
    const quick: Future = pool.submit(tasks.add, 1, 2);
    const found = await waitFor([future, quick], { ...SOON, returnWhen: 'FIRST_COMPLETED' });
    expect([...found.done]).toEqual([quick]);
    expect([...found.notDone]).toEqual([future]);
  });

  it('for the first error returns with it, and with all when there is none (test_first_exception)', async () => {
    const pool = open({ maxWorkers: 2 });
    const { future, go } = occupy(pool);
    const quick = pool.submit(tasks.add, 1, 2);
    quick.result(SOON);
    const failing = pool.submit(tasks.fail, new Error('first'));
    const options = { ...SOON, returnWhen: 'FIRST_EXCEPTION' };
    const found = await waitFor([future, quick, failing], options);
    expect([...found.notDone]).toEqual([future]);
    expect(failing.exception()).toBeDefined();
    go.set();
    expect((await waitFor([future, quick], options)).done.size).toBe(2);
  });

  it('does not take a cancelled one for an error (test_first_exception_some_already_complete)', async () => {
    const pool = open({ maxWorkers: 1 });
    const { future } = occupy(pool);
    const cancelled = pool.submit(tasks.add, 1, 2);
    cancelled.cancel();
    const found = await waitFor([future, cancelled], { timeout: 30, returnWhen: 'FIRST_EXCEPTION' });
    expect([...found.done]).toEqual([cancelled]);
  });

  it('for all waits for all, each once (test_all_completed, test_20369)', async () => {
    const pool = open();
    const one = pool.submit(tasks.add, 1, 2);
    const two = pool.submit(tasks.fail, new Error('two'));
    const { done, notDone } = await waitFor([one, one, two], SOON);
    expect([done.size, notDone.size]).toEqual([2, 0]);
    expect(two.exception()).toBeDefined();
  });

  it('takes its time for up without an error (test_timeout)', async () => {
    const pool = open({ maxWorkers: 2 });
    const { future } = occupy(pool);
    const quick: Future = pool.submit(tasks.add, 1, 2);
    quick.result(SOON);
    const { done, notDone } = await waitFor([future, quick], { timeout: 20 });
    expect([[...done], [...notDone]]).toEqual([[quick], [future]]);
    expect((await waitFor([future], { timeout: 0 })).notDone.size).toBe(1);
  });

  it('returns at once for none', async () => {
    expect((await waitFor([])).done.size).toBe(0);
  });

  it('refuses what is no future, and another mode', async () => {
    await expect(async () => waitFor([1 as never])).rejects.toThrow(/item 0 must be a Future, got 1/);
    await expect(async () => waitFor([], { returnWhen: 'SOME' })).rejects.toThrow(RangeError);
  });
});

describe('asCompleted', () => {
  it('gives each future as it settles, those first that have already (test_no_timeout, test_duplicate_futures)', async () => {
    const pool = open({ maxWorkers: 2 });
    const { future, go } = occupy(pool);
    const quick = pool.submit(tasks.echo, 1);
    quick.result(SOON);
    const seen: Future[] = [];
    for (const each of asCompleted<unknown>([future, quick, quick], SOON)) {
      seen.push(each);
      go.set();
    }
    expect(seen).toEqual([quick, future]);
    const again: Future[] = [];
    for await (const each of asCompleted<unknown>([future, quick])) again.push(each.future);
    expect(again.length).toBe(2);
    expect(again[0]).toBeInstanceOf(Future);
  });

  it('gives them in the order in which they settle', async () => {
    const pool = open({ maxWorkers: 3 });
    const all = [occupy(pool), occupy(pool), occupy(pool)];
    const seen: number[] = [];
    const opening = [2, 0, 1];
    all[opening[0]!]!.go.set();
    for await (const { future: each } of asCompleted(
      all.map(({ future }) => future),
      SOON,
    )) {
      seen.push(all.findIndex(({ future }) => future === each));
      const next = opening[seen.length];
      if (next !== undefined) all[next]!.go.set();
    }
    expect(seen).toEqual(opening);
  });

  it('throws when its time is up, and says how many are left (test_zero_timeout, test_as_completed_timeout_message)', async () => {
    const pool = open({ maxWorkers: 2 });
    const { future } = occupy(pool);
    const quick = pool.submit(tasks.echo, 1);
    quick.result(SOON);
    const futures: Future[] = [future, quick];
    expect(() => [...asCompleted(futures, { timeout: 0 })]).toThrow(
      new TimeoutError('1 (of 2) futures unfinished'),
    );
    await expect(async () => {
      for await (const each of asCompleted(futures, { timeout: 20 })) void each;
    }).rejects.toThrow('1 (of 2) futures unfinished');
  });

  it('does nothing before its first step', () => {
    asCompleted([1 as never]);
  });
});

describe('shutdown', () => {
  it('waits until all tasks have run and all threads have gone (test_threads_terminate, test_context_manager_shutdown)', () => {
    const pool = open({ maxWorkers: 3 });
    const futures = Array.from({ length: 20 }, (_, n) => pool.submit(tasks.add, n, n));
    pool.shutdown();
    expect(futures.every(future => future.done)).toBe(true);
    expect([pool.workers, pool.completed, pool.isShutdown]).toEqual([0, 20, true]);
    pool.shutdown();
  });

  it('without waiting runs what is in line all the same (test_shutdown_no_wait, test_hang_issue39205)', () => {
    const pool = open({ maxWorkers: 1 });
    const { future, go } = occupy(pool);
    const second = pool.submit(tasks.add, 1, 2);
    pool.shutdown({ wait: false });
    expect([future.done, second.done]).toEqual([false, false]);
    go.set();
    expect(second.result(SOON)).toBe(3);
  });

  it('cancels what has not begun, if it is told to (test_cancel_futures)', () => {
    const pool = open({ maxWorkers: 1 });
    const { future, go } = occupy(pool);
    const rest = Array.from({ length: 10 }, (_, n) => pool.submit(tasks.add, n, n));
    pool.shutdown({ wait: false, cancelFutures: true });
    expect(rest.every(each => each.cancelled)).toBe(true);
    go.set();
    expect(future.result(SOON)).toBe('through');
    pool.shutdown();
    expect(pool.workers).toBe(0);
  });

  it('without waiting, of a pool whose threads do one task each, still does the rest after one that failed (test_shutdown_gh_132969_case_1, test_shutdown_gh_132969_case_2)', () => {
    for (const maxWorkers of [2, 4]) {
      const pool = open({ maxWorkers, maxTasksPerWorker: 1 });
      const futures = [1, 2, 3].map(n => pool.submit(tasks.failAt, 2, n));
      expect(futures[0]!.result(SOON)).toBe(1);
      expect(() => futures[1]!.result(SOON)).toThrow('not 2');
      pool.shutdown({ wait: false });
      expect(futures[2]!.result(SOON)).toBe(3);
      untilBlocked(() => pool.workers === 0, 'its threads have gone');
    }
  });

  it('of a pool without threads returns at once (test_cancel_futures_wait_false, no tasks)', () => {
    open().shutdown();
  });

  it('happens at the end of a using scope, also by an error (test_context_manager_shutdown)', async () => {
    let inner!: ThreadPoolExecutor;
    const failing = async (): Promise<void> => {
      await using pool = new ThreadPoolExecutor();
      inner = pool;
      pool.submit(tasks.add, 1, 2);
      throw new Error('left by an error');
    };
    await expect(failing()).rejects.toThrow('left by an error');
    expect([inner.isShutdown, inner.workers, inner.completed]).toEqual([true, 0, 1]);
    {
      using pool = new ThreadPoolExecutor();
      inner = pool;
    }
    expect(inner.isShutdown).toBe(true);
  });

  it('in one of its own tasks may not wait for itself', () => {
    const pool = open();
    expect(() => pool.submit(tasks.shutDownFromInside, pool, true).result(SOON)).toThrow(
      /a task can't wait for the shutdown of the pool that it runs in/,
    );
    pool.submit(tasks.shutDownFromInside, pool, false).result(SOON);
    expect(pool.isShutdown).toBe(true);
  });

  it('is not needed for the program to end; work that was submitted is done first (test_interpreter_shutdown)', async () => {
    const { code, stdout } = await runProgram(String.raw`
      const pool = new heddle.ThreadPoolExecutor({ maxWorkers: 1 });
      const slowly = (text) => new Promise((resolve) => setTimeout(() => { console.log(text); resolve(); }, 100));
      pool.submit(slowly, 'apple');
      pool.submit(slowly, 'pear');
      console.log('main ends');
    `);
    expect([code, stdout]).toEqual([0, 'main ends\napple\npear\n']);
  });

  it('is not needed for an idle pool to let the program end (test_thread_terminate, weakref)', async () => {
    const { code, elapsed } = await runProgram(String.raw`
      const pool = new heddle.ThreadPoolExecutor({ idleTimeout: Infinity });
      console.log(await pool.submit(() => 1));
    `);
    expect(code).toBe(0);
    expect(elapsed).toBeLessThan(15_000);
  });
});

describe('the initializer', () => {
  it('runs in each thread before its first task (test_initializer)', () => {
    const pool = open({ maxWorkers: 2, initializer: tasks.initialise, initArgs: ['well'] });
    expect(pool.submit(tasks.howInitialised).result(SOON)).toBe('well');
  });

  it('that fails breaks the pool: what waits fails, and submit throws (test_initializer of failing, test_broken)', async () => {
    const go = new Event();
    const pool = open({ maxWorkers: 2, initializer: tasks.failToInitialise, initArgs: [go] });
    const futures = [1, 2, 3].map(n => pool.submit(tasks.add, n, n));
    go.set();
    for (const future of futures) {
      const error = future.exception(SOON)?.error as Error;
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect(error.message).toContain('the initializer failed');
      expect(error.message).toContain('no database');
      expect(error.cause).toBeInstanceOf(TypeError);
    }
    expect(pool.broken).toBe(true);
    expect(() => pool.submit(tasks.add, 1, 1)).toThrow(BrokenExecutorError);
    await until(() => pool.workers === 0, 'its threads have gone');
    pool.shutdown();
  });

  it('is checked when the pool is made (test_initializer of a type that can not be called)', () => {
    expect(() => new ThreadPoolExecutor({ initializer: 123 as never })).toThrow(TypeError);
    expect(() => new ThreadPoolExecutor({ initializer: tasks.initialise, initArgs: [() => 1] })).toThrow(
      /initArgs/,
    );
  });
});

describe('blocked', () => {
  it('the main thread still gets results, from tasks that are async too', () => {
    const pool = open();
    const futures = [1, 2, 3].map(n => pool.submit(tasks.echoLater, n));
    untilBlocked(() => pool.completed === 3, 'all have run while main was blocked');
    expect(futures.map(future => future.result({ timeout: 0 }))).toEqual([1, 2, 3]);
  });
});
