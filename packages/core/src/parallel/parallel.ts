/**
 * Loops whose turns run in several threads at once, over a range of numbers or a shared array. They wait for all their threads before they return or throw, so
 * nothing of a loop goes on after it; only one that was given up (timeout, abort) leaves its threads to end after the chunk they are at.
 */
import { canBlock } from '../atomics.ts';
import { SharedArray } from '../array/shared-array.ts';
import type { NumericView } from '../array/shared-array.ts';
import { BlockingNotAllowedError, TimeoutError } from '../errors.ts';
import { deadlineIn, now } from '../parking/deadline.ts';
import { AtomicCounter } from '../sync/atomic-counter.ts';
import { AtomicFlag } from '../sync/atomic-flag.ts';
import { wholeNumber } from '../sync/options.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import { addressOf } from '../thread/target.ts';
import type { Target } from '../thread/target.ts';
import { Thread } from '../thread/thread.ts';
import { workOff } from './job.ts';
import type { Job, Share } from './job.ts';
import { parallelism } from '../thread/parallelism.ts';
import { turnsOfRange } from './range.ts';
import type { Range } from './range.ts';

/** How a parallel loop is run. */
export interface ParallelOptions<A extends readonly unknown[] = readonly unknown[]> extends WaitOptions {
  /** Further arguments for each call, after those that say which turn it is. They travel once to each thread. */
  readonly args?: A;
  /** How many threads at most. Default: as many as the machine can run at once. */
  readonly threads?: number | undefined;
  /** How many turns a thread takes at a time. Default: so many that each thread takes about eight chunks. */
  readonly chunk?: number | undefined;
  /** The threads are called `name-1`, `name-2` …; default `parallelFor` or `parallelMap`. */
  readonly name?: string | undefined;
}

/** As `ParallelOptions`, with what may call it off. */
export interface AsyncParallelOptions<A extends readonly unknown[] = readonly unknown[]>
  extends ParallelOptions<A>, AsyncWaitOptions {}

/** As `ParallelOptions`, with an array for the results. */
export interface IntoOption<R> {
  /** Takes the results, element by element, in place of a new array; may be the array itself. Must be as long. */
  readonly into?: R | undefined;
}

type RangeBody<A extends readonly unknown[], R = unknown> = (index: number, ...args: A) => R;
type ArrayBody<V extends NumericView, A extends readonly unknown[]> = (
  value: V[number],
  index: number,
  view: V,
  ...args: A
) => unknown;
/** Options are needed only if they must bring arguments. */
type Rest<A extends readonly unknown[], O> = A extends [] ? [options?: O] : [options: O & { args: A }];

/**
 * Calls `body(index)` for each number of a range (a number `n` is the range from 0 to `n − 1`), or `body(value, index, view)` for each element of a
 * shared array, in several threads, and blocks until all is done. The order is any. What the calls wrote to shared memory is seen afterwards.
 *
 * `body` is what a thread's target is: a task, an export of a module, or a function that closes over nothing. It may be async; each thread awaits one
 * turn after the other.
 *
 * Throws what the first failing turn threw (no further chunks are begun then), `ThreadDiedError` if a thread was ended by force, `TimeoutError` after
 * `timeout` milliseconds (the threads end after the chunk that they are at), `RangeError` and `TypeError` for arguments that are none,
 * `NotShareableError` for `args` that can't travel, and `BlockingNotAllowedError` in a browser window.
 *
 * @example
 * ```ts
 * const roots = SharedFloat64Array.of(1, 4, 9);
 * parallelFor(roots, (value, index, view) => { view[index] = Math.sqrt(value); });
 * [...roots]; // => [1, 2, 3]
 * ```
 */
export function parallelFor<A extends readonly unknown[] = []>(
  range: number | Range,
  body: Target<RangeBody<A>>,
  ...options: Rest<A, ParallelOptions<A>>
): void;
export function parallelFor<V extends NumericView, A extends readonly unknown[] = []>(
  array: SharedArray<V>,
  body: Target<ArrayBody<V, A>>,
  ...options: Rest<A, ParallelOptions<A>>
): void;
export function parallelFor(over: Over, body: unknown, options?: ParallelOptions): void {
  runBlocking(prepare('parallelFor', over, body, options, undefined), 'parallelForAsync()', options);
}

/**
 * As `parallelFor`, without blocking; rejects with `signal.reason` when aborted, and then the threads end after the chunk that they are at. Holds the
 * event loop meanwhile.
 */
export function parallelForAsync<A extends readonly unknown[] = []>(
  range: number | Range,
  body: Target<RangeBody<A>>,
  ...options: Rest<A, AsyncParallelOptions<A>>
): Promise<void>;
export function parallelForAsync<V extends NumericView, A extends readonly unknown[] = []>(
  array: SharedArray<V>,
  body: Target<ArrayBody<V, A>>,
  ...options: Rest<A, AsyncParallelOptions<A>>
): Promise<void>;
export async function parallelForAsync(
  over: Over,
  body: unknown,
  options?: AsyncParallelOptions,
): Promise<void> {
  await runAsync(() => prepare('parallelFor', over, body, options, undefined, ''), options);
}

/**
 * Calls `body` as `parallelFor` does and returns what the calls returned, in order: for a range an array of copies, for a shared array a new shared
 * array of the same type (or `into`, which may be the array itself). Blocks until all is done; throws what `parallelFor` throws.
 *
 * @example
 * ```ts
 * parallelMap(4, n => n * n); // => [0, 1, 4, 9]
 * [...parallelMap(SharedInt32Array.of(1, 2, 3), value => 10 * value)]; // => [10, 20, 30]
 * ```
 */
export function parallelMap<R, A extends readonly unknown[] = []>(
  range: number | Range,
  body: Target<RangeBody<A, R>>,
  ...options: Rest<A, ParallelOptions<A>>
): Array<Awaited<R>>;
export function parallelMap<
  V extends NumericView,
  S extends SharedArray<V>,
  A extends readonly unknown[] = [],
  R extends SharedArray = S,
>(
  array: S & SharedArray<V>,
  body: Target<ArrayBody<V, A>>,
  ...options: Rest<A, ParallelOptions<A> & IntoOption<R>>
): R;
export function parallelMap(
  over: Over,
  body: unknown,
  options?: ParallelOptions & IntoOption<SharedArray>,
): unknown {
  const loop = prepare('parallelMap', over, body, options, resultsOf(over, options));
  return collect(loop, runBlocking(loop, 'parallelMapAsync()', options));
}

/** As `parallelMap`, without blocking; otherwise as `parallelForAsync`. */
export function parallelMapAsync<R, A extends readonly unknown[] = []>(
  range: number | Range,
  body: Target<RangeBody<A, R>>,
  ...options: Rest<A, AsyncParallelOptions<A>>
): Promise<Array<Awaited<R>>>;
export function parallelMapAsync<
  V extends NumericView,
  S extends SharedArray<V>,
  A extends readonly unknown[] = [],
  R extends SharedArray = S,
>(
  array: S & SharedArray<V>,
  body: Target<ArrayBody<V, A>>,
  ...options: Rest<A, AsyncParallelOptions<A> & IntoOption<R>>
): Promise<R>;
export async function parallelMapAsync(
  over: Over,
  body: unknown,
  options?: AsyncParallelOptions & IntoOption<SharedArray>,
): Promise<unknown> {
  const [loop, shares] = await runAsync(
    () => prepare('parallelMap', over, body, options, resultsOf(over, options), ''),
    options,
  );
  return collect(loop, shares);
}

type Over = number | Range | SharedArray;

/** A loop that is ready to be started. */
interface Loop {
  readonly place: string;
  readonly job: Job;
  readonly threads: number;
  readonly name: string;
  readonly deadline: number;
}

function prepare(
  place: string,
  over: Over,
  body: unknown,
  options: ParallelOptions | undefined,
  into: SharedArray | 'caller' | undefined,
  /** What hears of an abort in the place of this call; '' if it hears itself. */
  twin?: string,
): Loop {
  const turns = turnsOf(place, over);
  const threads = wholeNumber(options?.threads ?? parallelism(), 1, 1024, `${place}: threads`);
  const chunk = wholeNumber(
    options?.chunk ?? Math.max(1, Math.ceil(turns.count / (8 * threads))),
    1,
    0x7fff_ffff,
    `${place}: chunk`,
  );
  const args: unknown = options?.args ?? [];
  if (!Array.isArray(args))
    throw new TypeError(`${place}: args must be an array, got ${String(args)} (${typeof args})`);
  const name: unknown = options?.name ?? place;
  if (typeof name !== 'string')
    throw new TypeError(`${place}: name must be a string, got ${String(name)} (${typeof name})`);
  const deadline = deadlineIn(options, place, twin);
  const address = addressOf(body, place);
  const taken = new AtomicCounter();
  const job: Job = { ...turns, chunk, args, body: address, into, taken, stop: new AtomicFlag() };
  return { place, job, threads: Math.min(threads, Math.ceil(turns.count / chunk)), name, deadline };
}

function turnsOf(place: string, over: unknown): Pick<Job, 'from' | 'step' | 'count' | 'array'> {
  if (over instanceof SharedArray) return { from: 0, step: 1, count: over.length, array: over };
  return { ...turnsOfRange(place, over), array: undefined };
}

/** Where a map's results go. */
function resultsOf(over: unknown, options: IntoOption<SharedArray> | undefined): SharedArray | 'caller' {
  const into: unknown = options?.into;
  if (!(over instanceof SharedArray)) {
    if (into === undefined) return 'caller';
    throw new TypeError('parallelMap: into is for the results of a shared array; a range gives an array');
  }
  if (into === undefined) {
    const Same = over.constructor as new (length: number) => SharedArray;
    return new Same(over.length);
  }
  if (!(into instanceof SharedArray))
    throw new TypeError(`parallelMap: into must be a shared array, got ${String(into)} (${typeof into})`);
  if (into.length !== over.length)
    throw new RangeError(
      `parallelMap: into must have ${over.length} elements as the array has, got ${into.length}`,
    );
  return into;
}

function start({ job, threads, name }: Loop): Thread[] {
  const started: Thread[] = [];
  try {
    for (let number = 1; number <= threads; number++)
      started.push(new Thread(workOff, { args: [job], name: `${name}-${number}` }).start() as Thread);
  } catch (error) {
    job.stop.testAndSet();
    throw error;
  }
  return started;
}

/** What a thread brought back, or what it died of. */
type Brought = Share | { readonly failed: true; readonly error: unknown };

function runBlocking(loop: Loop, twin: string, options: ParallelOptions | undefined): readonly Brought[] {
  if (!canBlock())
    throw new BlockingNotAllowedError(
      `${loop.place}() would block, which this thread may not do; await ${twin} instead`,
    );
  const brought: Brought[] = [];
  for (const thread of start(loop)) {
    if (!thread.join({ timeout: Math.max(0, loop.deadline - now()) })) throw giveUp(loop, options);
    brought.push(harvest(thread, loop));
  }
  return conclude(loop, brought);
}

async function runAsync(
  prepareLoop: () => Loop,
  options: AsyncParallelOptions | undefined,
): Promise<[Loop, readonly Brought[]]> {
  const signal = options?.signal;
  signal?.throwIfAborted();
  const loop = prepareLoop();
  const brought: Brought[] = [];
  for (const thread of start(loop)) {
    const timeout = Math.max(0, loop.deadline - now());
    try {
      if (!(await thread.joinAsync({ timeout, signal }))) throw giveUp(loop, options);
    } catch (error) {
      loop.job.stop.testAndSet();
      throw error;
    }
    brought.push(harvest(thread, loop));
  }
  return [loop, conclude(loop, brought)];
}

function harvest(thread: Thread, { job }: Loop): Brought {
  try {
    return thread.result() as Share;
  } catch (error) {
    job.stop.testAndSet();
    return { failed: true, error };
  } finally {
    thread.dispose();
  }
}

function giveUp({ place, job }: Loop, options: ParallelOptions | undefined): TimeoutError {
  job.stop.testAndSet();
  return new TimeoutError(`${place}: not finished within ${options?.timeout} ms`);
}

/** All threads have ended. */
function conclude({ place, job }: Loop, brought: readonly Brought[]): readonly Brought[] {
  job.taken.dispose();
  job.stop.dispose();
  for (const share of brought) {
    if (share.failed) throw joinedToCaller(share.error, place);
  }
  return brought;
}

/** Adds to a turn's error where the loop was. */
function joinedToCaller(error: unknown, place: string): unknown {
  if (error instanceof Error && typeof error.stack === 'string') {
    const caller = new Error().stack?.split('\n').slice(3).join('\n') ?? '';
    const value = `${error.stack}\n    --- in ${place}, called ---\n${caller}`;
    Object.defineProperty(error, 'stack', { value, writable: true, configurable: true, enumerable: false });
  }
  return error;
}

function collect({ job }: Loop, brought: readonly Brought[]): unknown {
  if (job.into !== 'caller') return job.into;
  const results: unknown[] = Array.from({ length: job.count });
  for (const share of brought) {
    if (share.failed) continue;
    for (const [number, part] of share.parts) {
      for (let index = 0; index < part.length; index++) results[number * job.chunk + index] = part[index];
    }
  }
  return results;
}
