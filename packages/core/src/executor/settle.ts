/**
 * How a future's block comes to its outcome, once, whoever settles it: the worker, whoever cancels it, or the supervisor. Works on pointers.
 *
 * Nobody who waits is forgotten: a waiter sets WAITERS under the guard in the same compare-exchange that sees the phase not to be final; publishing
 * exchanges the whole word, and serves the line if WAITERS was in it. The agent that submitted the task is told in any case, by `completed.ts`.
 * A death in between is made good: under the guard by `repairFuture`; before publishing by the obituary of the worker or of whoever else settles it, since
 * each has left a crumb; after it by the same, which serves the line once more, and by the rescan that each death makes everybody do.
 */
import { hot, i32 } from '../atomics.ts';
import { TimeoutError } from '../errors.ts';
import { AGENT, OBJECT } from '../memory/layout.ts';
import { dropMessage, readMessage, storeMessage } from '../memory/message.ts';
import { release, retain } from '../memory/shared-object.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { mend } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll } from '../parking/wake.ts';
import { withoutUnshareables } from '../thread/except-hook.ts';
import { pushCompleted } from './completed.ts';
import { CANCEL, FUTURE, PHASE, PHASE_MASK, POOL, WAITERS, WITHOUT_WORDS } from './layout.ts';
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
 * the caller holds. `crumb` is the word that names the future for the caller's obituary: it is wiped before the reference is passed on, or the obituary
 * would take the reference for its own.
 */
export function publish(future: number, phase: number, crumb: number): void {
  const watcher = i32[future + FUTURE.watcher]!;
  const pool = i32[future + FUTURE.pool]!;
  // Before, so that who sees the outcome sees the count. A thread that is killed between the two is counted here once more.
  if (pool !== 0) add(pool + STATISTIC[phase]!, 1);
  if ((exchange(future, phase) & WAITERS) !== 0) serveWaiters(future);
  i32[crumb] = 0;
  // Nobody has submitted it if it has no pool.
  if (pool === 0) release(future);
  else pushCompleted(watcher, future);
}

/** Tells all who stand in the line of a settled future. Harmless twice. */
function serveWaiters(future: number): void {
  lockGuard(future + OBJECT.guard);
  grantAll(future + OBJECT.first);
  unlockGuard(future + OBJECT.guard);
}

/**
 * Gives up a future that a crumb of the dead still names, although the dead don't settle it: somebody else does, or it was published and not passed on. Consumes
 * the reference that came with the crumb. The agent that submitted it finds the outcome in the rescan.
 */
export function renounce(future: number, crumb: number): void {
  if (isFinal(load(future))) serveWaiters(future);
  i32[crumb] = 0;
  release(future);
}

/** Takes a future that is in that phase for itself, to settle it from outside; false if it isn't. Under the pool's guard, or its own if it has no pool. */
export function seize(future: number, from: number): boolean {
  i32[selfAgent + AGENT.settling] = future;
  i32[future + FUTURE.judge] = selfAgent;
  if (changePhase(future, from, PHASE.judging)) return true;
  i32[future + FUTURE.judge] = 0;
  i32[selfAgent + AGENT.settling] = 0;
  return false;
}

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
 * Returns false if somebody was faster. Under the pool's guard it is seized, so of two who want to one finds that the other has it for certain.
 */
export function abandon(
  future: number,
  phase: number,
  outcome: { readonly value: unknown } | undefined,
): boolean {
  const verdict = outcome === undefined ? 0 : storeError(outcome.value);
  const pool = i32[future + FUTURE.pool]!;
  retain(future);
  lockGuard(pool + POOL.guard);
  const seized = seize(future, PHASE.running);
  unlockGuard(pool + POOL.guard);
  if (!seized) {
    release(future);
    if (verdict !== 0) dropMessage(verdict);
    return false;
  }
  i32[future + FUTURE.verdict] = verdict === 0 ? WITHOUT_WORDS : verdict;
  requestCancel(future);
  publish(future, phase, selfAgent + AGENT.settling);
  return true;
}

/** Settles a task that was taken out of the pool's line (`withdraw`), whose reference the caller has. */
export function dismiss(
  future: number,
  phase: number,
  outcome: { readonly value: unknown } | undefined,
): void {
  dropPayload(future);
  if (outcome !== undefined) putError(future, outcome.value);
  publish(future, phase, selfAgent + AGENT.settling);
}

/** Settles what a dead agent had seized, whose crumb names it: as cancelled, unless it got as far as to say with what else. */
export function finishJudgement(
  future: number,
  crumb: number,
  phase: number,
  outcome: { readonly value: unknown } | undefined,
): void {
  if (i32[future + FUTURE.verdict] === 0) {
    // The payload may be half written, or in its worker's hands.
    const verdict = outcome === undefined ? 0 : storeError(outcome.value);
    i32[future + FUTURE.verdict] = verdict === 0 ? WITHOUT_WORDS : verdict;
  }
  requestCancel(future);
  publish(future, phase, crumb);
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
