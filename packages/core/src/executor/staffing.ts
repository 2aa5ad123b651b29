/**
 * What the numbers of a pool ask for: more workers awake, one worker more, the end of a pool that is shut down. Works on pointers, and what says so runs under
 * the pool's guard.
 *
 * No lost wakeup:
 *  - idle workers: a worker joins its line in the same step in which it finds no task (`taking.ts`). A task that comes tells one worker for each task that nobody
 *    is on the way to (`callWorkers`); a worker that takes a task, and one that gives up, do the same for what is left. Who was told keeps its place until it has
 *    looked. The one that spins (`spinner`) counts as on its way: it looks once more under the guard before it joins the line.
 *  - the end: granted in the step in which the last worker leaves a pool that is shut down, or that is shut down when the last has left.
 */
import { hot, i32 } from '../atomics.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, lengthOf } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll, poke } from '../parking/wake.ts';
import { POOL, POOL_FLAG } from './layout.ts';
import { letProgramGo } from './pools.ts';
import { following } from './task-line.ts';

const { store } = hot;

/** Tells idle workers to come for the tasks that nobody is on the way to. Under the guard. */
export function callWorkers(pool: number): void {
  let uncared = i32[pool + POOL.pending]! - (i32[pool + POOL.spinner] === 0 ? 0 : 1);
  for (let node = first(pool + POOL.idle); node !== 0 && uncared > 0; node = following(node)) {
    uncared -= 1;
    poke(node);
  }
}

/** How many workers have nothing to do (snapshot unless under the guard). */
export function idleWorkers(pool: number): number {
  return lengthOf(pool + POOL.idle) + (i32[pool + POOL.spinner] === 0 ? 0 : 1);
}

/** Whether a worker more would find something to do. Under the guard. */
export function wantsWorker(pool: number): boolean {
  const workers = i32[pool + POOL.workers]!;
  return (
    workers < i32[pool + POOL.maxWorkers]! &&
    i32[pool + POOL.flags]! < POOL_FLAG.broken &&
    i32[pool + POOL.pending]! > i32[pool + POOL.starting]! + idleWorkers(pool)
  );
}

/** As `wantsWorker`, for a look from outside. */
export function wantsOneMore(pool: number): boolean {
  lockGuard(pool + POOL.guard);
  const wants = wantsWorker(pool);
  unlockGuard(pool + POOL.guard);
  return wants;
}

/** Tasks that were accepted and whose futures haven't settled, those included that a worker has just finished (snapshot unless under the guard). */
export function unfinished(pool: number): number {
  return i32[pool + POOL.pending]! + i32[pool + POOL.busy]!;
}

/** Lets the program end, if this pool has nothing left that it would have to be held open for. Under the guard. */
export function rest(pool: number): void {
  if (i32[pool + POOL.holds] !== 0 && unfinished(pool) === 0) letProgramGo(pool);
}

function hasEnded(pool: number): boolean {
  return i32[pool + POOL.flags] !== 0 && i32[pool + POOL.workers] === 0 && i32[pool + POOL.pending] === 0;
}

/** A task has left the line that nobody will run. Under the guard. */
export function hasLeft(pool: number): void {
  if (hasEnded(pool)) grantAll(pool + POOL.end);
  rest(pool);
}

/** Sets flags, after which nothing is accepted, and tells all who wait. Under the guard. */
export function close(pool: number, flag: number): void {
  store(pool + POOL.flags, i32[pool + POOL.flags]! | flag);
  for (let node = first(pool + POOL.idle); node !== 0; node = following(node)) poke(node);
  for (let node = first(pool + POOL.room); node !== 0; node = following(node)) poke(node);
  if (hasEnded(pool)) grantAll(pool + POOL.end);
}

/** Those who wait until all workers have left a pool that is shut down. */
export const endLine: Line = {
  blocking: 'ThreadPoolExecutor.shutdown()',
  twin: 'shutdownAsync()',
  offset: POOL.end,
  attempt: pool => hasEnded(pool),
  left() {},
  giveBack() {},
};
