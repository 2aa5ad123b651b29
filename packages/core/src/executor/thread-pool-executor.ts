/**
 * `ThreadPoolExecutor`: threads that run tasks, one after the other. Tasks and their outcomes pass through shared memory: no event loop is needed to hand
 * them over, so it works while the submitting thread is blocked, and the workers block while they have nothing to do.
 *
 * ```
 *  submit ─▶ block with the arguments ─▶ line of tasks ─▶ worker-loop.ts: run, write the outcome, publish ─▶ stack of the submitter's agent ─▶ Future
 *            (create-task.ts)            (task-line.ts)                                (settle.ts)            (completed.ts)               (future.ts)
 * ```
 */
import { hot, i32 } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { allocateZeroed, free } from '../memory/allocator.ts';
import { checkOptions } from '../memory/check-options.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { REGISTRY, THREAD_FLAG } from '../memory/layout.ts';
import { dropMessage } from '../memory/message.ts';
import { writeName } from '../memory/name.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { deadlineIn, deadlineOf } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import '../sync/guard.ts';
import type { AsyncWaitOptions } from '../sync/options.ts';
import { setFlag } from '../thread/record.ts';
import { wakeSupervisor } from '../thread/registry.ts';
import type { AnyFunction, Target } from '../thread/target.ts';
import { noteSite, originNowAndThen } from './call-site.ts';
import type { Origin } from './call-site.ts';
import { drainCompleted, expectedFutures, stopPolling } from './completed.ts';
import { runsFor } from './current-task.ts';
import { roomLine } from './entering.ts';
import { Future } from './future.ts';
import { Refusal, handIn, handInAsync } from './hand-in.ts';
import type { Box } from './hand-in.ts';
import { brokenError, describePool, isBroken } from './hire.ts';
import { PHASE, POOL, POOL_FLAG, SLOT } from './layout.ts';
import { mapInOrderAsync } from './map-async.ts';
import { mapInOrder } from './map.ts';
import './obituary.ts';
import type {
  MapAsyncOptions,
  MapOptions,
  ShutdownOptions,
  Submission,
  ThreadPoolExecutorOptions,
} from './options.ts';
import { callOrder, isSubmission, plainOrder, readSubmission } from './order.ts';
import type { Call, Order } from './order.ts';
import { delistPool, listPool } from './pools.ts';
import { repairPool } from './repair-pool.ts';
import { readSettings } from './settings.ts';
import { dismiss } from './settle.ts';
import { eachSlot } from './slots.ts';
import { close, endLine, idleWorkers, unfinished } from './staffing.ts';
import { idleLine } from './taking.ts';
import { withdrawFirst } from './withdrawing.ts';

const { add, load } = hot;

/**
 * A pool of threads that run tasks. Semantics: Python's `concurrent.futures.ThreadPoolExecutor`, with milliseconds for seconds. Threads are started when there
 * are tasks for them, one at a time up to `maxWorkers`, end when they have had nothing to do for a while, and are replaced when they die. An idle pool
 * doesn't hold the program open; work that was submitted does, until it is done.
 *
 * It travels to other threads, which may submit too.
 *
 * @example
 * ```ts
 * await using pool = new ThreadPoolExecutor({ maxWorkers: 4 });
 * await pool.submit((a: number, b: number) => a + b, 2, 3); // => 5
 * [...pool.map((n: number) => n * n, [[1, 2, 3]])]; // => [1, 4, 9]
 * ```
 */
export class ThreadPoolExecutor extends SharedObject {
  readonly #described: string;

  /**
   * Prepares a pool; no thread is started before there is a task. Throws `RangeError` for numbers that don't fit, `TypeError` for an initializer
   * that no thread could run, `NotShareableError` for its arguments. Never blocks.
   */
  constructor(options?: ThreadPoolExecutorOptions) {
    if ((options as unknown) instanceof Existing) {
      super(KIND.threadPool, POOL.bytes, options as Existing);
      this.#described = describePool(this.at);
      return;
    }
    const settings = readSettings(options);
    super(KIND.threadPool, POOL.bytes, { name: settings.prefix });
    const pool = this.at;
    i32[pool + POOL.initializer] = settings.initializer;
    i32[pool + POOL.maxWorkers] = settings.maxWorkers;
    i32[pool + POOL.minWorkers] = settings.minWorkers;
    i32[pool + POOL.idleTimeout] = settings.idleTimeout;
    i32[pool + POOL.maxTasks] = settings.maxTasks;
    i32[pool + POOL.maxPending] = settings.maxPending;
    i32[pool + POOL.slots] = allocateZeroed(settings.maxWorkers * SLOT.words * 4);
    i32[pool + POOL.prefix] = writeName(settings.prefix);
    listPool(pool);
    this.#described = describePool(pool);
  }

  /**
   * Hands a task in, and returns the future of its result. Blocks only while `maxPending` tasks are in line.
   *
   * Throws `ThreadStateError` ("cannot schedule new futures after shutdown") if the pool was shut down and `BrokenExecutorError` if it is broken. Whatever else is
   * wrong (a target that no thread could run, an argument that can't travel, no memory, no room in time) the future rejects with.
   */
  submit<F extends AnyFunction>(target: Target<F>, ...args: Parameters<F>): Future<Awaited<ReturnType<F>>>;
  submit<F extends AnyFunction>(submission: Submission<F>): Future<Awaited<ReturnType<F>>>;
  submit(target: unknown, ...args: unknown[]): Future {
    // Whether it accepts tasks is asked where the task comes into line, under the guard: to look here would fetch the line of memory that all fight for once more.
    const pool = this.live();
    let order: Order;
    let deadline = Infinity;
    try {
      if (isSubmission(target)) {
        this.#open();
        order = readSubmission(target);
        deadline = deadlineOf(target.roomTimeout, 'ThreadPoolExecutor.submit: roomTimeout');
        if (target.signal?.aborted === true) return Future.aborted(target.signal.reason);
      } else order = plainOrder(target, args, 0, undefined);
      const origin = originNowAndThen(this.submit, this.#described, expectedFutures());
      return handIn(pool, order, deadline, origin);
    } catch (error) {
      // What is wrong with the task is said only by a pool that would have accepted it.
      if (error instanceof Refusal || load(pool + POOL.flags) !== 0) throw this.#refusal();
      return Future.failed(error);
    }
  }

  /**
   * As `submit`, without ever blocking: resolves when the pool has accepted the task, to a box with its future (were it the future itself, `await` would wait for
   * the result too). Rejects with what `submit` throws, and with `signal.reason` when aborted while it waits for room. Holds the event loop meanwhile.
   */
  submitAsync<F extends AnyFunction>(
    target: Target<F>,
    ...args: Parameters<F>
  ): Promise<{ future: Future<Awaited<ReturnType<F>>> }>;
  submitAsync<F extends AnyFunction>(
    submission: Submission<F>,
  ): Promise<{ future: Future<Awaited<ReturnType<F>>> }>;
  async submitAsync(target: unknown, ...args: unknown[]): Promise<Box> {
    const pool = this.#open();
    let order: Order;
    let deadline = Infinity;
    let aborts: AbortSignal | undefined;
    try {
      if (isSubmission(target)) {
        order = readSubmission(target);
        deadline = deadlineOf(target.roomTimeout, 'ThreadPoolExecutor.submitAsync: roomTimeout');
        aborts = target.signal;
        if (aborts?.aborted === true) return { future: Future.aborted(aborts.reason) };
      } else order = plainOrder(target, args, 0, undefined);
      const origin = originNowAndThen(this.submitAsync, this.#described, expectedFutures());
      return await handInAsync(this, pool, order, deadline, aborts, origin);
    } catch (error) {
      if (error instanceof Refusal) throw this.#refusal();
      if (aborts?.aborted === true && error === aborts.reason) throw error;
      return { future: Future.failed(error) };
    }
  }

  /** Checks that the pool accepts tasks. */
  #open(): number {
    const pool = this.live();
    if (load(pool + POOL.flags) !== 0) throw this.#refusal();
    return pool;
  }

  #refusal(): Error {
    const pool = this.live();
    return isBroken(pool)
      ? brokenError(pool)
      : new ThreadStateError(`${this.#described}: cannot schedule new futures after shutdown`);
  }

  /** Submits a call, or a chunk of calls, for `map`. What can't travel its future rejects with. @internal */
  submitCall(call: Call, origin: Origin): Future {
    const pool = this.#open();
    try {
      return handIn(pool, callOrder(call), Infinity, origin);
    } catch (error) {
      if (error instanceof Refusal) throw this.#refusal();
      return Future.failed(error);
    }
  }

  /** The same, waiting for room without blocking. @internal */
  async submitCallAsync(call: Call, origin: Origin, signal: AbortSignal | undefined): Promise<Box> {
    const pool = this.#open();
    try {
      const order = callOrder(call);
      return await handInAsync(this, pool, order, Infinity, signal, origin);
    } catch (error) {
      if (error instanceof Refusal) throw this.#refusal();
      if (signal?.aborted === true) throw error;
      return { future: Future.failed(error) };
    }
  }

  /**
   * Calls the task with one value of each iterable at a time, in the pool's threads, and gives the results in the order of the inputs; it ends with the
   * shortest. The inputs are read and submitted at once, or with `bufferSize` only so far ahead. `next()` blocks until its result is there and throws what
   * that call threw; the next `next()` goes on with the one after. Leaving the loop early cancels what hasn't begun.
   *
   * `timeout` counts from this call: after it `next()` throws `TimeoutError`. Throws `RangeError` and `TypeError` for bad options, and a `TypeError` if the task
   * has more parameters than there are iterables. Source: Python's `Executor.map`.
   */
  map<F extends AnyFunction>(
    target: Target<F>,
    iterables: Iterables<Parameters<F>>,
    options?: MapOptions,
  ): IterableIterator<Awaited<ReturnType<F>>> & Disposable {
    return mapInOrder(this, target, iterables as never, options, this.#origin(this.map));
  }

  /** As `map`, without ever blocking. The iterables may be async. Rejects with `signal.reason` when aborted, and cancels what hasn't begun. */
  mapAsync<F extends AnyFunction>(
    target: Target<F>,
    iterables: AsyncIterables<Parameters<F>>,
    options?: MapAsyncOptions,
  ): AsyncIterableIterator<Awaited<ReturnType<F>>> & AsyncDisposable {
    return mapInOrderAsync(this, target, iterables as never, options, this.#origin(this.mapAsync));
  }

  #origin(above: unknown): Origin {
    this.#open();
    return { site: noteSite(above), exact: true, pool: this.#described };
  }

  /**
   * Accepts no more tasks; those in line still run, unless `cancelFutures`. Blocks until all have run and the threads have ended, unless `wait` is false.
   * Doing it again is allowed, with other options too. Throws `ThreadStateError` in one of the pool's own tasks, which would wait for itself, and
   * `BlockingNotAllowedError` in a browser window. Source: Python's `Executor.shutdown`.
   */
  shutdown(options?: ShutdownOptions): void {
    const pool = this.#close(options);
    if (options?.wait === false) return;
    stopPolling();
    waitBlocking(pool, endLine, Infinity);
    drainCompleted();
  }

  /** As `shutdown`, without blocking. Rejects with `signal.reason` when aborted; the shutdown goes on all the same. Holds the event loop meanwhile. */
  async shutdownAsync(options?: ShutdownOptions & AsyncWaitOptions): Promise<void> {
    const pool = this.#close(options);
    if (options?.wait === false) return;
    const deadline = deadlineIn(options, 'ThreadPoolExecutor.shutdownAsync');
    await waitInLine(this, pool, endLine, deadline, options?.signal);
    drainCompleted();
  }

  #close(options: ShutdownOptions | undefined): number {
    const pool = this.live();
    if (options !== undefined && options !== null)
      checkOptions(options, 'ThreadPoolExecutor.shutdown', '{ wait: false }');
    if (options?.wait !== false && runsFor(pool)) {
      throw new ThreadStateError(
        `${this.#described}: a task can't wait for the shutdown of the pool that it runs in; pass { wait: false }`,
      );
    }
    this.#setClosed(pool, options?.cancelFutures === true);
    return pool;
  }

  #setClosed(pool: number, cancel: boolean): void {
    lockGuard(pool + POOL.guard);
    close(pool, POOL_FLAG.shutDown);
    unlockGuard(pool + POOL.guard);
    if (!cancel) return;
    for (let future = withdrawFirst(pool); future !== 0; future = withdrawFirst(pool))
      dismiss(future, PHASE.cancelled, undefined);
    drainCompleted();
  }

  /**
   * Shuts the pool down by force: tasks in line are cancelled, and all threads are terminated, so that running tasks' futures reject with `ThreadDiedError`. No
   * `finally` runs, and plain locks that they acquired stay acquired. The last resort. Never blocks. Source: Python 3.14's `terminate_workers`.
   */
  terminateWorkers(): void {
    const pool = this.live();
    this.#setClosed(pool, true);
    eachSlot(pool, slot => setFlag(i32[slot + SLOT.record]!, THREAD_FLAG.terminate, true));
    add(REGISTRY.terminations, 1);
    wakeSupervisor();
  }

  /** `shutdown()`. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  /** `shutdownAsync()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdownAsync();
  }

  /** Whether it was shut down. */
  get isShutdown(): boolean {
    return (load(this.live() + POOL.flags) & POOL_FLAG.shutDown) !== 0;
  }

  /** Whether it is broken: no thread of it can be made ready. */
  get broken(): boolean {
    return isBroken(this.live());
  }

  /** Threads at most. */
  get maxWorkers(): number {
    return i32[this.live() + POOL.maxWorkers]!;
  }

  /** Tasks that may wait in line; `Infinity` for no limit. */
  get maxPending(): number {
    return i32[this.live() + POOL.maxPending]! || Infinity;
  }

  /** Threads that it has, those included that are just starting (snapshot). */
  get workers(): number {
    return load(this.live() + POOL.workers);
  }

  /** Threads that have nothing to do (snapshot). */
  get idle(): number {
    const pool = this.live();
    lockGuard(pool + POOL.guard);
    const idle = idleWorkers(pool);
    unlockGuard(pool + POOL.guard);
    return idle;
  }

  /** Tasks in line (snapshot). */
  get pending(): number {
    return load(this.live() + POOL.pending);
  }

  /** Tasks in line and running, those included that a thread has just finished (snapshot). */
  get unfinished(): number {
    const pool = this.live();
    lockGuard(pool + POOL.guard);
    const count = unfinished(pool);
    unlockGuard(pool + POOL.guard);
    return count;
  }

  /** Tasks that returned (snapshot). A thread that is killed just when it settles a task may count it twice, here and in the next two. */
  get completed(): number {
    return load(this.live() + POOL.completed) >>> 0;
  }

  /** Tasks that threw, ran out of time or lost their thread (snapshot). */
  get failed(): number {
    return load(this.live() + POOL.failed) >>> 0;
  }

  /** Tasks that were cancelled (snapshot). */
  get cancelled(): number {
    return load(this.live() + POOL.cancelled) >>> 0;
  }

  /** Threads that it ever had, and how many of them died (snapshot). */
  get hired(): number {
    return i32[this.live() + POOL.hired]! >>> 0;
  }

  /** Threads of it that died: terminated, out of memory, `process.exit()` (snapshot). */
  get died(): number {
    return i32[this.live() + POOL.died]! >>> 0;
  }
}

/** One iterable for each parameter. */
export type Iterables<P extends readonly unknown[]> = { readonly [K in keyof P]: Iterable<P[K]> };
/** One iterable, async or not, for each parameter. */
export type AsyncIterables<P extends readonly unknown[]> = {
  readonly [K in keyof P]: Iterable<P[K]> | AsyncIterable<P[K]>;
};

registerKind(KIND.threadPool, {
  revive: pointer => new ThreadPoolExecutor(new Existing(pointer) as ThreadPoolExecutorOptions),
  lines: [idleLine, roomLine, endLine],
  repair: repairPool,
  destroy(pool) {
    delistPool(pool);
    for (const word of [POOL.initializer, POOL.failure]) {
      if (i32[pool + word] !== 0) dropMessage(i32[pool + word]!);
    }
    for (const word of [POOL.slots, POOL.prefix]) if (i32[pool + word] !== 0) free(i32[pool + word]!);
  },
});
