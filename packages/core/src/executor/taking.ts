/**
 * How this thread, a worker, takes its next task: at once, after a spin, or out of the line of idle workers. `staffing.ts` says who wakes it, and why no task
 * waits while a worker sleeps.
 */
import { hot, i32 } from '../atomics.ts';
import { AGENT, THREAD } from '../memory/layout.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { first, unlink } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { FUTURE, PHASE, POOL, POOL_FLAG, SLOT } from './layout.ts';
import { changePhase } from './settle.ts';
import { setBusy } from './slots.ts';
import { callWorkers, rest } from './staffing.ts';
import { NODE_OF_TASK, remove } from './task-line.ts';

const { load } = hot;

/** What the last attempt to take brought: a task, or 0 because there will be none. */
export const taken = { future: 0 };

/** This worker's slot. */
let slot = 0;

export function setSlot(pointer: number): void {
  slot = pointer;
}

/** Milliseconds of a clock that all threads of this process share, in 31 bits; never 0. */
export function sharedClock(): number {
  return ((performance.timeOrigin + performance.now()) & 0x7fff_ffff) | 1;
}

/** Takes the next task if there is one. Under the guard. */
function takeTask(pool: number): boolean {
  if (i32[slot + SLOT.ready] === 0) {
    // In the same step as the first look: in between, the task that it was hired for would seem to need one worker more.
    i32[slot + SLOT.ready] = 1;
    i32[pool + POOL.starting]! -= 1;
  }
  if ((i32[pool + POOL.flags]! & POOL_FLAG.broken) !== 0) {
    taken.future = 0;
    return true;
  }
  for (let node = first(pool + POOL.tasks); node !== 0; node = first(pool + POOL.tasks)) {
    const future = node - NODE_OF_TASK;
    // Before it leaves the line: from here on our death is this task's.
    i32[i32[selfAgent + AGENT.thread]! + THREAD.task] = future;
    // Before it is counted as gone from the line: in between, nothing would seem to be unfinished.
    setBusy(pool, slot, 1);
    const ours = changePhase(future, PHASE.pending, PHASE.running);
    i32[future + FUTURE.runner] = selfAgent;
    remove(pool, future);
    // Another worker died just here: the obituary has it.
    if (!ours) continue;
    const timeout = i32[future + FUTURE.timeout]!;
    if (timeout !== 0) {
      i32[slot + SLOT.deadline] = (sharedClock() + timeout) | 1;
      i32[slot + SLOT.timed] = future;
    }
    callWorkers(pool);
    taken.future = future;
    return true;
  }
  i32[i32[selfAgent + AGENT.thread]! + THREAD.task] = 0;
  setBusy(pool, slot, 0);
  if (i32[pool + POOL.flags] === 0) return false;
  taken.future = 0;
  return true;
}

/** Takes the next task, or lets the program end before the worker goes to sleep. Not as soon as nothing is left: as a rule the next task comes at once. */
function takeOrRest(pool: number): boolean {
  if (takeTask(pool)) return true;
  rest(pool);
  return false;
}

/** Idle workers. */
export const idleLine: Line = {
  blocking: 'waiting for a task',
  twin: 'nothing',
  offset: POOL.idle,
  attempt: pool => takeOrRest(pool),
  retry(pool, node) {
    if (!takeOrRest(pool)) return false;
    unlink(pool + POOL.idle, node);
    return true;
  },
  left: pool => callWorkers(pool),
  giveBack() {},
};

/**
 * Takes a task without waiting; see `taken`. If there is none, and none of the others does so, this worker becomes the one that spins, and must call
 * `stopSpinning`.
 */
export function takeOrSpin(pool: number, maySpin: boolean): 'taken' | 'none' | 'spin' {
  lockGuard(pool + POOL.guard);
  let outcome: 'taken' | 'none' | 'spin' = takeTask(pool) ? 'taken' : 'none';
  if (outcome === 'none' && maySpin && i32[pool + POOL.spinner] === 0) {
    i32[pool + POOL.spinner] = slot;
    outcome = 'spin';
  }
  unlockGuard(pool + POOL.guard);
  return outcome;
}

/** Takes a task if one has come; in any case somebody else may spin now. */
export function stopSpinning(pool: number): boolean {
  lockGuard(pool + POOL.guard);
  i32[pool + POOL.spinner] = 0;
  const found = takeTask(pool);
  unlockGuard(pool + POOL.guard);
  return found;
}

/** Takes the time limit off a task that has come to its end. */
export function endTimed(pool: number): void {
  lockGuard(pool + POOL.guard);
  i32[slot + SLOT.timed] = 0;
  unlockGuard(pool + POOL.guard);
}

/** Whether a task seems to be there (a look without the guard). */
export function seemsBusy(pool: number): boolean {
  return load(pool + POOL.pending) > 0 || load(pool + POOL.flags) !== 0;
}
