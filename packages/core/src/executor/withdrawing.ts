/** How a task leaves the line that nobody will run: cancelled, or left there by a worker that died while it took it. */
import { i32 } from '../atomics.ts';
import { NODE } from '../memory/layout.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first } from '../parking/line.ts';
import { wakeAgent } from '../parking/wake.ts';
import { FUTURE, PHASE, POOL } from './layout.ts';
import { seize } from './settle.ts';
import { hasLeft } from './staffing.ts';
import { NODE_OF_TASK, remove } from './task-line.ts';

/** Takes the first task out of the line, seized, for somebody who won't run it; 0 when there is none. The line's reference is the caller's. */
export function withdrawFirst(pool: number): number {
  lockGuard(pool + POOL.guard);
  let found = 0;
  for (let node = first(pool + POOL.tasks); node !== 0 && found === 0; node = first(pool + POOL.tasks)) {
    const future = node - NODE_OF_TASK;
    if (withdrawLocked(pool, future)) found = future;
    // Its worker, or who withdrew it, died just there: their obituary has it.
    else remove(pool, future);
  }
  hasLeft(pool);
  unlockGuard(pool + POOL.guard);
  return found;
}

/** The same for one task; false if it isn't pending any more. */
export function withdraw(pool: number, future: number): boolean {
  lockGuard(pool + POOL.guard);
  const done = withdrawLocked(pool, future);
  if (done) hasLeft(pool);
  unlockGuard(pool + POOL.guard);
  return done;
}

function withdrawLocked(pool: number, future: number): boolean {
  if (i32[future + FUTURE.node + NODE.line] === 0) return false;
  if (!seize(future, PHASE.pending)) return false;
  remove(pool, future);
  return true;
}

/** The dead worker's task may still stand in line, if it died while it took it. */
export function takeOutOfLine(pool: number, future: number): void {
  lockGuard(pool + POOL.guard);
  if (i32[future + FUTURE.node + NODE.line] !== 0) remove(pool, future);
  unlockGuard(pool + POOL.guard);
}

/** Wakes the worker of a running task, so that it sees that it was asked to stop. */
export function tellRunner(pool: number, future: number): void {
  lockGuard(pool + POOL.guard);
  const runner = i32[future + FUTURE.runner]!;
  unlockGuard(pool + POOL.guard);
  if (runner !== 0) wakeAgent(runner);
}
