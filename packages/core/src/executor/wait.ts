/** Waiting for some of many futures: `wait`, `waitAsync`, `asCompleted`. Semantics: Python's `concurrent.futures`. */
import { canBlock, load, wait as atomicsWait } from '../atomics.ts';
import { BlockingNotAllowedError, TimeoutError } from '../errors.ts';
import { AGENT } from '../memory/layout.ts';
import { selfAgent } from '../parking/guard.ts';
import { deadlineIn, now } from '../parking/deadline.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import { drainCompleted, stopPolling } from './completed.ts';
import { Future } from './future.ts';

/** When `wait` returns: when all futures have settled, when the first has, or when the first has failed (or all have settled). */
export type ReturnWhen = 'ALL_COMPLETED' | 'FIRST_COMPLETED' | 'FIRST_EXCEPTION';

/** How `wait` waits. */
export interface WaitForOptions extends WaitOptions {
  /** Default `'ALL_COMPLETED'`. */
  returnWhen?: ReturnWhen | undefined;
}

/** What `wait` found. */
export interface DoneAndNotDone<T> {
  /** Those that have settled; cancelled ones too. */
  readonly done: Set<Future<T>>;
  readonly notDone: Set<Future<T>>;
}

/** Should the platform ever lose a notify. */
const SLICE_MS = 100;

const MODES: readonly unknown[] = ['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'];

/** The futures in the order given, each once. */
function collect<T>(futures: Iterable<Future<T>>, place: string): Set<Future<T>> {
  const given: unknown = futures;
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
    const got = given instanceof Future ? 'one; put it into an array' : `${String(given)} (${typeof given})`;
    throw new TypeError(`${place}: expected futures, in an array or another iterable, got ${got}`);
  }
  const set = new Set<Future<T>>();
  let index = 0;
  for (const future of futures as Iterable<unknown>) {
    if (!(future instanceof Future))
      throw new TypeError(
        `${place}: item ${index} must be a Future, got ${String(future)} (${typeof future})`,
      );
    set.add(future as Future<T>);
    index++;
  }
  return set;
}

function modeOf(options: WaitForOptions | undefined, place: string): ReturnWhen {
  const mode = options?.returnWhen ?? 'ALL_COMPLETED';
  if (!MODES.includes(mode))
    throw new RangeError(`${place}: returnWhen must be one of ${MODES.join(', ')}, got "${String(mode)}"`);
  return mode;
}

/** Moves those that have settled from one set to the other; returns whether any of them has failed. */
function sift<T>(notDone: Set<Future<T>>, done: Set<Future<T>>): boolean {
  let failed = false;
  for (const future of notDone) {
    if (!future.done) continue;
    notDone.delete(future);
    done.add(future);
    failed ||= future.hasFailed();
  }
  return failed;
}

function isEnough(mode: ReturnWhen, done: Set<unknown>, notDone: Set<unknown>, failed: boolean): boolean {
  if (notDone.size === 0) return true;
  if (mode === 'FIRST_COMPLETED') return done.size > 0;
  return mode === 'FIRST_EXCEPTION' && failed;
}

/**
 * Blocks until `isOver()` or the deadline. Any future that is watched bumps this agent's wake word; the word is read before `isOver` looks, so what
 * settles after the look finds the thread asleep or the word changed.
 */
function blockUntil(isOver: () => boolean, deadline: number, place: string, twin: string): void {
  stopPolling();
  for (;;) {
    const seen = load(selfAgent + AGENT.wake);
    drainCompleted();
    if (isOver()) return;
    const remaining = deadline - now();
    if (remaining <= 0) return;
    if (!canBlock())
      throw new BlockingNotAllowedError(
        `${place} would block, which this thread may not do; use ${twin} instead`,
      );
    atomicsWait(selfAgent + AGENT.wake, seen, Math.min(remaining, SLICE_MS));
  }
}

/**
 * Blocks until the futures have settled as `returnWhen` says, or `timeout` milliseconds have passed, which is not an error. Duplicates count once. Throws
 * `TypeError` for what isn't a future, `RangeError` for a bad option, `BlockingNotAllowedError` in a browser window. Source: Python's `wait`.
 */
export function wait<T>(futures: Iterable<Future<T>>, options?: WaitForOptions): DoneAndNotDone<T> {
  const notDone = collect(futures, 'wait');
  const done = new Set<Future<T>>();
  const mode = modeOf(options, 'wait');
  const deadline = deadlineIn(options, 'wait');
  for (const future of notDone) future.watch();
  let failed = false;
  const isOver = (): boolean => {
    failed = sift(notDone, done) || failed;
    return isEnough(mode, done, notDone, failed);
  };
  blockUntil(isOver, deadline, 'wait()', 'waitAsync()');
  return { done, notDone };
}

/** As `wait`, without blocking; rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
export async function waitAsync<T>(
  futures: Iterable<Future<T>>,
  options?: WaitForOptions & AsyncWaitOptions,
): Promise<DoneAndNotDone<T>> {
  const notDone = collect(futures, 'waitAsync');
  const done = new Set<Future<T>>();
  const mode = modeOf(options, 'waitAsync');
  const deadline = deadlineIn(options, 'waitAsync');
  options?.signal?.throwIfAborted();
  let failed = sift(notDone, done);
  if (isEnough(mode, done, notDone, failed) || deadline <= now()) return { done, notDone };
  const { promise, resolve } = settling();
  for (const future of notDone) {
    future.onDone(() => {
      // The time was up before.
      if (!notDone.delete(future)) return;
      done.add(future);
      failed ||= future.hasFailed();
      if (isEnough(mode, done, notDone, failed)) resolve();
    });
  }
  await within(promise, deadline, options?.signal);
  return { done: new Set(done), notDone: new Set(notDone) };
}

function settling(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>(settle => (resolve = settle));
  return { promise, resolve };
}

/** The longest delay that setTimeout takes. */
const LONG_MS = 0x7fff_ffff;

/** Waits for a promise that doesn't reject, at most until the deadline; rejects when aborted. Returns false when the time was up. */
export function within(
  promise: PromiseLike<unknown>,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const end = (inTime: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(inTime);
    };
    const wait = (): void => {
      const rest = Math.max(0, Math.ceil(deadline - now()));
      timer = setTimeout(() => (rest > LONG_MS ? wait() : end(false)), Math.min(LONG_MS, rest));
    };
    if (deadline !== Infinity) wait();
    signal?.addEventListener('abort', onAbort, { once: true });
    void promise.then(() => end(true));
  });
}

/**
 * What `asCompleted` returns: for plain `for`, which blocks, and for `for await`, which doesn't. The latter gives each future in a box: a future is thenable, and
 * what is awaited is never one (TypeScript says so too).
 */
export interface Completed<T> extends Iterable<Future<T>>, AsyncIterable<{ readonly future: Future<T> }> {}

/**
 * Gives the futures as they settle: those that have already first, then in the order in which they settle; each once. `timeout` counts from the first step of the
 * iteration; after it the iteration throws `TimeoutError` ("2 (of 5) futures unfinished"). A `signal` is for `for await`, which throws its reason when it is aborted.
 * Nothing happens before the first step. Source: Python's `as_completed`.
 *
 * @example
 * ```ts
 * for await (const { future } of asCompleted(futures)) console.log(future.result()); // never blocks: it is done
 * ```
 */
export function asCompleted<T>(futures: Iterable<Future<T>>, options?: AsyncWaitOptions): Completed<T> {
  return {
    [Symbol.iterator]: () => completedBlocking(futures, options),
    [Symbol.asyncIterator]: () => completedAsync(futures, options),
  };
}

function unfinished(rest: number, total: number): TimeoutError {
  return new TimeoutError(`${rest} (of ${total}) futures unfinished`);
}

interface Settled {
  readonly order: number;
}

function bySettling(one: Settled, other: Settled): number {
  return one.order - other.order;
}

function* completedBlocking<T>(
  futures: Iterable<Future<T>>,
  options: WaitOptions | undefined,
): Generator<Future<T>, void, undefined> {
  const deadline = deadlineIn(options, 'asCompleted', 'each step: for await (const { future } of …)');
  const notDone = collect(futures, 'asCompleted');
  const total = notDone.size;
  for (const future of notDone) future.watch();
  while (notDone.size > 0) {
    const done = new Set<Future<T>>();
    const isOver = (): boolean => {
      sift(notDone, done);
      return done.size > 0;
    };
    blockUntil(isOver, deadline, 'asCompleted()', 'for await');
    if (done.size === 0) throw unfinished(notDone.size, total);
    yield* [...done].sort(bySettling);
  }
}

/** By hand, since an async generator awaits what it yields, and a future would become its result. */
function completedAsync<T>(
  futures: Iterable<Future<T>>,
  options: AsyncWaitOptions | undefined,
): AsyncIterator<{ readonly future: Future<T> }, undefined> {
  let begun: ReturnType<typeof begin<T>> | undefined;
  let ended = false;
  return {
    async next() {
      if (ended) return { done: true, value: undefined };
      begun ??= begin(futures, options);
      if (begun.rest === 0) return { done: true, value: undefined };
      while (begun.arrived.length === 0) {
        const turn = settling();
        begun.wake = turn.resolve;
        try {
          options?.signal?.throwIfAborted();
          if (await within(turn.promise, begun.deadline, options?.signal)) continue;
        } catch (error) {
          ended = true;
          throw error;
        }
        ended = true;
        throw unfinished(begun.rest, begun.total);
      }
      begun.rest -= 1;
      return { done: false, value: { future: begun.arrived.shift()! } };
    },
    async return() {
      ended = true;
      return { done: true, value: undefined };
    },
  };
}

function begin<T>(futures: Iterable<Future<T>>, options: AsyncWaitOptions | undefined) {
  const deadline = deadlineIn(options, 'asCompleted', '');
  const all = collect(futures, 'asCompleted');
  const arrived = [...all].filter(future => future.done).sort(bySettling);
  for (const future of arrived) all.delete(future);
  const total = all.size + arrived.length;
  const state = { deadline, arrived, total, rest: total, wake: (): void => {} };
  for (const future of all) {
    future.onDone(() => {
      arrived.push(future);
      state.wake();
    });
  }
  return state;
}
