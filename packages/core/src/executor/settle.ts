/**
 * How a future's block comes to its outcome, once, whoever settles it: the worker, whoever cancels it, or the supervisor. Works on pointers.
 *
 * Nobody who waits is forgotten: a waiter sets WAITERS under the guard in the same compare-exchange that sees the phase not to be final; publishing
 * exchanges the whole word, and serves the line if WAITERS was in it. The agent that submitted the task is told in any case, by `completed.ts`.
 * A death in between is made good: under the guard by `repairFuture`; before publishing by the obituary of the worker, which still names the task;
 * after it by the rescan that each death makes everybody do.
 */
import { hot, i32 } from '../atomics.ts';
import { TimeoutError } from '../errors.ts';
import { OBJECT, REGISTRY, THREAD } from '../memory/layout.ts';
import { dropMessage, readMessage, storeMessage } from '../memory/message.ts';
import { release, retain } from '../memory/shared-object.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { mend } from '../parking/line.ts';
import type { Line } from '../parking/wait.ts';
import { grantAll } from '../parking/wake.ts';
import { withoutUnshareables } from '../thread/except-hook.ts';
import { openRest } from '../thread/registry.ts';
import { pushCompleted } from './completed.ts';
import { CANCEL, FUTURE, PHASE, PHASE_MASK, POOL, WAITERS } from './layout.ts';
import { dropPayload, putPayload, readPayload } from './payload.ts';

const { add, compareExchange, exchange, load, or } = hot;

export function phaseOf(future: number): number {
  return load(future) & PHASE_MASK;
}

export function isFinal(word: number): boolean {
  return (word & PHASE_MASK) >= PHASE.returned;
}

/** Those who wait for the outcome. */
export const futureLine: Line = {
  blocking: 'Future.result()',
  twin: 'the future itself',
  offset: OBJECT.first,
  attempt(future) {
    for (;;) {
      const seen = load(future);
      if (isFinal(seen)) return true;
      if ((seen & WAITERS) !== 0 || compareExchange(future, seen, seen | WAITERS) === seen) return false;
    }
  },
  // WAITERS may stay although nobody waits: publishing looks at the line once too often.
  left() {},
  giveBack() {},
};

export function repairFuture(future: number): void {
  mend(future + OBJECT.first);
  if (isFinal(load(future))) grantAll(future + OBJECT.first);
}

/** Goes from one phase to another, keeping the other bits; false if it isn't in that phase. */
export function changePhase(future: number, from: number, to: number): boolean {
  for (;;) {
    const seen = load(future);
    if ((seen & PHASE_MASK) !== from) return false;
    if (compareExchange(future, seen, seen - from + to) === seen) return true;
  }
}

/** Tells the task that it shall stop. */
export function requestCancel(future: number): void {
  or(future, CANCEL);
}

/** The running task sees this: somebody asked it to stop, or its outcome isn't wanted any more. */
export function isCancelRequested(future: number): boolean {
  const seen = load(future);
  return (seen & CANCEL) !== 0 || (seen & PHASE_MASK) !== PHASE.running;
}

/** Writes an error as the outcome, as it is or as much of it as can travel. */
export function putError(future: number, error: unknown): void {
  dropPayload(future);
  try {
    putPayload(future, error, 'error');
  } catch {
    try {
      putPayload(future, withoutUnshareables(error), 'error');
    } catch {
      // No memory even for this: a future that threw without a payload says so itself.
    }
  }
}

const STATISTIC: Record<number, number> = {
  [PHASE.returned]: POOL.completed,
  [PHASE.threw]: POOL.failed,
  [PHASE.cancelled]: POOL.cancelled,
};

/**
 * Makes the outcome, which has been written, known to all. The future must be `settling` or `judging`, and the caller's alone. Consumes the reference to it that
 * the caller holds; the caller must hold one to the pool as well. `record` is the caller's thread, if that is the worker: its task is over before the
 * reference is passed on, or its obituary would take the reference for its own.
 */
export function publish(future: number, phase: number, record: number = 0): void {
  const pool = i32[future + FUTURE.pool]!;
  const watcher = i32[future + FUTURE.watcher]!;
  add(pool + STATISTIC[phase]!, 1);
  if ((exchange(future, phase) & WAITERS) !== 0) {
    lockGuard(future + OBJECT.guard);
    grantAll(future + OBJECT.first);
    unlockGuard(future + OBJECT.guard);
  }
  if (record !== 0) i32[record + THREAD.task] = 0;
  pushCompleted(watcher, future);
  countDone(pool);
}

/** One task more that holds the program open. Before it can settle. */
export function countAccepted(pool: number): void {
  if (add(pool + POOL.unfinished, 1) === 0) add(REGISTRY.nonDaemon, 1);
}

/** One less. After its outcome has been passed on, so that it is seen before the program ends. */
export function countDone(pool: number): void {
  if (add(pool + POOL.unfinished, -1) === 1 && add(REGISTRY.nonDaemon, -1) === 1) openRest();
}

/** FUTURE.verdict of a task that was settled from outside without an error. */
const WITHOUT_WORDS = -1;

/** Stores an error as a message, as it is or as much of it as can travel; 0 when there is no memory even for that. */
function storeError(error: unknown): number {
  try {
    return storeMessage(error, 'error');
  } catch {
    try {
      return storeMessage(withoutUnshareables(error), 'error');
    } catch {
      return 0;
    }
  }
}

/**
 * Settles a running task from outside: its worker finds that out when it comes to the end. The caller must be sure of the future's block meanwhile.
 * Returns false if somebody was faster.
 */
export function abandon(
  future: number,
  phase: number,
  outcome: { readonly value: unknown } | undefined,
): boolean {
  const verdict = outcome === undefined ? 0 : storeError(outcome.value);
  if (!changePhase(future, PHASE.running, PHASE.judging)) {
    if (verdict !== 0) dropMessage(verdict);
    return false;
  }
  requestCancel(future);
  const pool = i32[future + FUTURE.pool]!;
  retain(pool);
  retain(future);
  i32[future + FUTURE.verdict] = verdict === 0 ? WITHOUT_WORDS : verdict;
  publish(future, phase);
  release(pool);
  return true;
}

/** Settles a task that was taken out of the pool's line (`withdraw`), whose reference the caller has. The caller holds one to the pool. */
export function dismiss(
  future: number,
  phase: number,
  outcome: { readonly value: unknown } | undefined,
): void {
  dropPayload(future);
  if (outcome !== undefined) putError(future, outcome.value);
  publish(future, phase);
}

/** What was decided: a value or an error. Leaves it as it is, for other readers. For CANCELLED `undefined` stands for the usual error. */
export function readOutcome(future: number): { readonly value: unknown } | undefined {
  const verdict = i32[future + FUTURE.verdict]!;
  if (verdict === WITHOUT_WORDS) return undefined;
  if (verdict !== 0) return { value: readMessage(verdict) };
  if (i32[future + FUTURE.length] === 0) return undefined;
  return { value: readPayload(future) };
}

/** What a task's future rejects with when its time is up. */
export function timeIsUp(milliseconds: number): TimeoutError {
  return new TimeoutError(
    `the task did not finish within ${milliseconds} ms of its start; it was asked to stop, and its thread is free again when it does`,
  );
}
