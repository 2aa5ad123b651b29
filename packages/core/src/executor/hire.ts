/** Getting workers for a pool, and what happens when none can be had. */
import { add, i32, load } from '../atomics.ts';
import { BrokenExecutorError } from '../errors.ts';
import { REGISTRY, THREAD } from '../memory/layout.ts';
import { dropMessage, readMessage, storeMessage } from '../memory/message.ts';
import { readName } from '../memory/name.ts';
import { release, retain, revive } from '../memory/shared-object.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { withoutUnshareables } from '../thread/except-hook.ts';
import { wakeSupervisor } from '../thread/registry.ts';
import { Thread } from '../thread/thread.ts';
import { task } from '../thread/target.ts';
import { PHASE, POOL, POOL_FLAG } from './layout.ts';
import { dismiss } from './settle.ts';
import { depart, engage } from './slots.ts';
import { close, wantsOneMore } from './staffing.ts';
import { withdrawFirst } from './withdrawing.ts';
import { poolWorker } from './worker-loop.ts';

/** A task like a user's, so that in a bundle the pool's threads run the copy of this package that is beside the tasks (see `memory/realm.ts`). */
const WORKER = task(import.meta, poolWorker);

/** 32 KiB of arguments: more than hiring needs of the stack. */
const FILLER: readonly number[] = Array.from({ length: 4096 }, () => 0);
function nothing(): void {}

function hasStackToHire(): boolean {
  try {
    Reflect.apply(nothing, undefined, FILLER);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts threads for the pool for as long as one more would find a task. Breaks the pool if none can be had. The caller holds a reference to it. Where the stack
 * is nearly full, which is no fault of the pool's, the supervisor does it.
 */
export function hireIfWanted(pool: number): void {
  while (wantsOneMore(pool)) {
    if (!hasStackToHire()) {
      add(REGISTRY.hirings, 1);
      wakeSupervisor();
      return;
    }
    try {
      if (!hire(pool)) return;
    } catch (error) {
      if (i32[pool + POOL.workers] === 0) breakPool(pool, 'no thread can be started', error);
      return;
    }
  }
}

function hire(pool: number): boolean {
  retain(pool);
  const thread = new Thread(WORKER, {
    args: [revive(pool)],
    daemon: true,
    // It serves all, not only the one whose task it was hired for.
    context: 'empty',
    name: `${readName(i32[pool + POOL.prefix]!)}_${i32[pool + POOL.hired]}`,
  });
  const record = (thread as unknown as { at: number }).at;
  retain(pool);
  i32[record + THREAD.employer] = pool;
  if (!engage(pool, record)) {
    i32[record + THREAD.employer] = 0;
    release(pool);
    thread.dispose();
    return false;
  }
  try {
    thread.start();
    // The registry has its own reference. From here on the slot is the thread's alone, as soon as it has come up.
    thread.dispose();
    return true;
  } catch (error) {
    depart(pool, record, false, true);
    i32[record + THREAD.employer] = 0;
    release(pool);
    throw error;
  }
}

/** From here on the pool accepts nothing, and what waits fails. The caller holds a reference to it. */
export function breakPool(pool: number, what: string, error: unknown): void {
  let message: number;
  try {
    message = storeMessage([what, error], 'error');
  } catch {
    message = storeMessage([what, withoutUnshareables(error)], 'error');
  }
  lockGuard(pool + POOL.guard);
  const first = i32[pool + POOL.failure] === 0;
  if (first) i32[pool + POOL.failure] = message;
  close(pool, POOL_FLAG.broken);
  unlockGuard(pool + POOL.guard);
  if (!first) dropMessage(message);
  failPending(pool);
}

/** Fails all tasks in line of a broken pool. */
export function failPending(pool: number): void {
  for (let future = withdrawFirst(pool); future !== 0; future = withdrawFirst(pool)) {
    dismiss(future, PHASE.threw, { value: brokenError(pool) });
  }
}

/** Says why a pool is broken. */
export function brokenError(pool: number): BrokenExecutorError {
  const [what, cause] = readMessage(i32[pool + POOL.failure]!) as [string, unknown];
  return new BrokenExecutorError(
    `${describePool(pool)}: ${what}, so the pool is broken and runs nothing more: ${
      cause instanceof Error ? cause.message : String(cause)
    }`,
    { cause },
  );
}

/** `ThreadPoolExecutor "ThreadPoolExecutor-1"`. */
export function describePool(pool: number): string {
  return `ThreadPoolExecutor "${readName(i32[pool + POOL.prefix]!)}"`;
}

export function isBroken(pool: number): boolean {
  return (load(pool + POOL.flags) & POOL_FLAG.broken) !== 0;
}
