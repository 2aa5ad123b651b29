/** How pools are set up and tasks submitted. */
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import type { ThreadContext } from '../thread/context.ts';
import type { AnyFunction, Target } from '../thread/target.ts';

/** How a pool is set up. */
export interface ThreadPoolExecutorOptions {
  /** Threads at most; by default as many as the machine runs at a time. They are started when tasks need them. */
  maxWorkers?: number | undefined;
  /** Threads that stay although they have nothing to do; default 0. */
  minWorkers?: number | undefined;
  /** Milliseconds after which a thread that has nothing to do ends; default 30 000, `Infinity` for never. */
  idleTimeout?: number | undefined;
  /** Threads are named `PREFIX_0`, `PREFIX_1` …; default `ThreadPoolExecutor-N`. Also the pool's name in errors. */
  threadNamePrefix?: string | undefined;
  /** Runs in each thread before its first task. If it throws, the pool is broken. */
  initializer?: Target<AnyFunction> | undefined;
  /** What the initializer is called with. */
  initArgs?: readonly unknown[] | undefined;
  /** A thread ends, and is replaced when needed, after so many tasks; a cure for leaks. */
  maxTasksPerWorker?: number | undefined;
  /** Tasks that may wait in line; then `submit` waits for room. Default `Infinity`. */
  maxPending?: number | undefined;
}

/** What a pool's options are called. */
export const OPTION_NAMES: ReadonlySet<string> = new Set([
  'maxWorkers',
  'minWorkers',
  'idleTimeout',
  'threadNamePrefix',
  'initializer',
  'initArgs',
  'maxTasksPerWorker',
  'maxPending',
]);

/** What the options of a submission are called. */
export const SUBMISSION_NAMES: ReadonlySet<string> = new Set([
  'target',
  'args',
  'priority',
  'timeout',
  'signal',
  'roomTimeout',
  'context',
]);

/** A task with options, for `submit` and `submitAsync`. */
export interface Submission<F extends AnyFunction> {
  /** What to call: a task, `{ module, export }`, or a function that doesn't close over anything. */
  target: Target<F>;
  /** What it is called with: any structured-cloneable values (copied) and shareables (the same memory), at any depth. */
  args?: Parameters<F> | undefined;
  /** Any number; lower is earlier, default 0. Equal ones are first come, first served. */
  priority?: number | undefined;
  /** Milliseconds from the task's start (not from `submit`) after which its future rejects with `TimeoutError`, and the task is asked to stop. */
  timeout?: number | undefined;
  /** Aborted before the task has begun, it never will; later it is asked to stop. The future rejects with `signal.reason` in both cases. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait for room, where `maxPending` limits it; then the future rejects with `QueueFullError`. */
  roomTimeout?: number | undefined;
  /** What the storages named by `shareContext` hold in the task; default `'inherit'`: what they hold where it is submitted. */
  context?: ThreadContext | undefined;
}

/** How `map` and `mapAsync` work. */
export interface MapOptions extends WaitOptions {
  /** So many calls make one task: fewer tasks cost less, more of them spread better. Default 1. */
  chunkSize?: number | undefined;
  /** So many results at most are ahead of the one that is asked for; the inputs are then read only as far. Default: all at once. */
  bufferSize?: number | undefined;
}

/** As `MapOptions`, and what calls it off. */
export interface MapAsyncOptions extends MapOptions, AsyncWaitOptions {}

/** How a pool is shut down. */
export interface ShutdownOptions {
  /** Wait until all tasks have run and all threads have ended; default true. */
  wait?: boolean | undefined;
  /** Cancel the tasks that haven't begun; default false. */
  cancelFutures?: boolean | undefined;
}
