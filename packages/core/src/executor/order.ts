/** What a task is to be: read from what `submit` or `map` was given, and checked. */
import { checkNames } from '../memory/check-options.ts';
import { deadlineOf } from '../parking/deadline.ts';
import { checkedContext } from '../thread/context.ts';
import type { ThreadContext } from '../thread/context.ts';
import type { AnyFunction } from '../thread/target.ts';
import { FUTURE_FLAG } from './layout.ts';
import { SUBMISSION_NAMES } from './options.ts';
import type { Submission } from './options.ts';

/** Milliseconds and numbers of things fit into a signed word. */
export const MOST = 0x7fff_ffff;

/** What a task is to be, checked. */
export interface Order {
  target: unknown;
  /** An array of our own: it has nothing but items. */
  args: readonly unknown[];
  flags: number;
  priority: number;
  timeout: number;
  signal: AbortSignal | undefined;
  context: ThreadContext | undefined;
}

/** What `map` submits: one call, or a chunk of calls, and the context in which `map` was called. */
export interface Call {
  readonly target: unknown;
  readonly args: readonly unknown[];
  readonly isChunk: boolean;
  readonly context: ThreadContext;
}

export function callOrder({ target, args, isChunk, context }: Call): Order {
  return plainOrder(target, args, isChunk ? FUTURE_FLAG.chunk : 0, context);
}

export function plainOrder(
  target: unknown,
  args: readonly unknown[],
  flags: number,
  context: ThreadContext | undefined,
): Order {
  return { target, args, flags, priority: 0, timeout: 0, signal: undefined, context };
}

export function isSubmission(target: unknown): target is Submission<AnyFunction> {
  return typeof target === 'object' && target !== null && 'target' in target;
}

export function readSubmission(submission: Submission<AnyFunction>): Order {
  const { target, args, priority, timeout, signal, context } = submission;
  const place = 'ThreadPoolExecutor.submit';
  checkNames(submission, SUBMISSION_NAMES, place);
  if (args !== undefined && !Array.isArray(args))
    throw new TypeError(`${place}: args must be an array, got ${String(args)} (${typeof args})`);
  if (priority !== undefined && typeof priority !== 'number')
    throw new TypeError(`${place}: priority must be a number, got ${String(priority)} (${typeof priority})`);
  if (Number.isNaN(priority)) throw new RangeError(`${place}: priority must be a number, got NaN`);
  return {
    target,
    args: args === undefined ? [] : [...args],
    flags: 0,
    priority: priority ?? 0,
    timeout: milliseconds(timeout, `${place}: timeout`),
    signal,
    context: checkedContext(context, place),
  };
}

/** Checks milliseconds of which `undefined` and Infinity mean none; at least 1, since 0 says none in shared memory. */
function milliseconds(value: number | undefined, place: string): number {
  const deadline = deadlineOf(value, place);
  return deadline === Infinity ? 0 : Math.min(MOST, Math.max(1, Math.ceil(value!)));
}
