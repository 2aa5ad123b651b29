/** How a task comes into the pool's line: at once, or when its submitter, who waits in a line for room, is told that there is some (`task-line.ts` says when). */
import { i32 } from '../atomics.ts';
import { NODE } from '../memory/layout.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { unlink } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { POOL } from './layout.ts';
import { holdProgram } from './pools.ts';
import { callWorkers, wantsWorker } from './staffing.ts';
import { admit, hasRoom, insert } from './task-line.ts';

/** What became of an attempt to hand a task in. */
export const ENTRY = { none: 0, accepted: 1, refused: 2 } as const;

/** The task that this thread's next attempt is about, and what became of it. `hire`: a worker more is wanted. */
export const entry = { future: 0, outcome: ENTRY.none as number, hire: false };

/** The tasks that this thread's promises wait with, by wait node. */
const held = new Map<number, number>();

/** Hands the task in, if that is decided now. Under the guard. */
function tryEnter(pool: number, future: number): boolean {
  entry.hire = false;
  if (i32[pool + POOL.flags] !== 0) entry.outcome = ENTRY.refused;
  else if (!hasRoom(pool)) return false;
  else {
    if (i32[pool + POOL.holds] === 0) holdProgram(pool);
    insert(pool, future);
    callWorkers(pool);
    entry.hire = wantsWorker(pool);
    entry.outcome = ENTRY.accepted;
  }
  return true;
}

/** Hands a task in at once, or doesn't; see `entry`. */
export function enter(pool: number, future: number): boolean {
  lockGuard(pool + POOL.guard);
  const decided = (i32[pool + POOL.room] === 0 || i32[pool + POOL.flags] !== 0) && tryEnter(pool, future);
  unlockGuard(pool + POOL.guard);
  return decided;
}

/** Submitters that wait for room, with `entry.future`. */
export const roomLine: Line = {
  blocking: 'ThreadPoolExecutor.submit()',
  twin: 'submitAsync()',
  offset: POOL.room,
  attempt(pool, node) {
    if ((i32[pool + POOL.room] === 0 || i32[pool + POOL.flags] !== 0) && tryEnter(pool, entry.future))
      return true;
    if (i32[node + NODE.isAsync] === 1) held.set(node, entry.future);
    return false;
  },
  retry(pool, node) {
    const isAsync = i32[node + NODE.isAsync] === 1;
    if (!tryEnter(pool, isAsync ? held.get(node)! : entry.future)) return false;
    unlink(pool + POOL.room, node);
    if (isAsync) held.delete(node);
    admit(pool);
    return true;
  },
  left: pool => admit(pool),
  giveBack() {},
};

/**
 * Runs between the joining and the sleeping of a thread that blocks for room. It may have joined in front of its own promises, one of which was told that there
 * is room and can't come before the thread runs again.
 */
export function standInFront(pool: number): void {
  lockGuard(pool + POOL.guard);
  admit(pool);
  unlockGuard(pool + POOL.guard);
}

/** Forgets the task of a promise that gave up waiting for room. */
export function forgetHeld(future: number): void {
  for (const [node, each] of held) if (each === future) held.delete(node);
}
