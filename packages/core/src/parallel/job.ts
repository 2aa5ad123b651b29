/**
 * What the threads of one parallel loop do: each takes the next chunk of indices, until there is none or one of them has failed. A chunk is
 * taken by one atomic addition, so fast threads simply take more of them.
 */
import { NotShareableError } from '../errors.ts';
import { dropMessage, storeMessage } from '../memory/message.ts';
import type { SharedArray } from '../array/shared-array.ts';
import type { AtomicCounter } from '../sync/atomic-counter.ts';
import type { AtomicFlag } from '../sync/atomic-flag.ts';
import { withoutUnshareables } from '../thread/except-hook.ts';
import { resolve, resolveNow, task, explainInlineError } from '../thread/target.ts';
import type { AnyFunction, TargetAddress, Task } from '../thread/target.ts';

/** One parallel loop, as its threads get it. */
export interface Job {
  readonly body: TargetAddress;
  readonly args: readonly unknown[];
  /** Index k of the loop stands for `from + k × step`, or for the array's k-th element. */
  readonly from: number;
  readonly step: number;
  readonly count: number;
  readonly chunk: number;
  readonly array: SharedArray | undefined;
  /** Where results go: an array, or back to the caller, or nowhere. */
  readonly into: SharedArray | 'caller' | undefined;
  /** Chunks that were taken. */
  readonly taken: AtomicCounter;
  /** Set by whoever failed, or no longer wants the rest. */
  readonly stop: AtomicFlag;
}

/** Results of the chunks that one thread worked off, by number of the chunk; or what its body threw. */
export type Share =
  | { readonly failed: false; readonly parts: ReadonlyArray<readonly [chunk: number, results: unknown[]]> }
  | { readonly failed: true; readonly error: unknown };

/** Runs in each of the threads. Errors are returned, since they are the caller's and none of the exception hook's. */
export const workOff: Task<(job: Job) => Promise<Share>> = task(
  import.meta,
  async function parallelWorkOff(job: Job): Promise<Share> {
    try {
      return { failed: false, parts: await takeChunks(job) };
    } catch (error) {
      job.stop.testAndSet();
      explainInlineError(job.body, error);
      return { failed: true, error: travelling(error) };
    }
  },
);

async function takeChunks(job: Job): Promise<Array<readonly [number, unknown[]]>> {
  const { count, chunk, taken, stop, into } = job;
  const call = callerOf(job, resolveNow(job.body) ?? (await resolve(job.body)));
  const chunks = Math.ceil(count / chunk);
  const target = typeof into === 'object' ? (into.view as unknown as unknown[]) : undefined;
  const parts: Array<readonly [number, unknown[]]> = [];
  while (!stop.isSet) {
    const number = taken.increment() - 1;
    if (number >= chunks) break;
    const results: unknown[] = [];
    const end = Math.min(count, (number + 1) * chunk);
    for (let index = number * chunk; index < end; index++) {
      const called = call(index);
      const result = isThenable(called) ? await called : called;
      if (target !== undefined) target[index] = result;
      else if (into === 'caller') results.push(shareable(result, index));
    }
    if (into === 'caller') parts.push([number, results]);
  }
  return parts;
}

function callerOf({ array, args, from, step }: Job, body: AnyFunction): (index: number) => unknown {
  const fn = body as (...args: readonly unknown[]) => unknown;
  if (array === undefined) {
    return args.length === 0 ? index => fn(from + index * step) : index => fn(from + index * step, ...args);
  }
  const { view } = array;
  return args.length === 0
    ? index => fn(view[index], index, view)
    : index => fn(view[index], index, view, ...args);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Says of which turn it is; what is hidden deeper in a result is found when all results travel, and named by its path. */
function shareable(result: unknown, index: number): unknown {
  if (typeof result !== 'function' && typeof result !== 'symbol') return result;
  throw new NotShareableError(
    `parallelMap: the result of turn ${index} is a ${typeof result}, which cannot be shared; return data`,
  );
}

/** The error itself, or one like it if it can't travel. */
function travelling(error: unknown): unknown {
  try {
    dropMessage(storeMessage(error, 'error'));
    return error;
  } catch {
    return withoutUnshareables(error);
  }
}
