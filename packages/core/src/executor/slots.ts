/**
 * The workers of a pool, each in its slot: hired, come up, busy or not, gone. Works on pointers, under the pool's guard.
 */
import { i32 } from '../atomics.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { POOL, SLOT } from './layout.ts';
import { callWorkers, hasLeft, wantsWorker } from './staffing.ts';

// ——— workers ———

/** Under the guard. */
function slotOf(pool: number, record: number): number {
  const slots = i32[pool + POOL.slots]!;
  ensureMapped(slots);
  for (let number = 0; number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    if (i32[at + SLOT.record] === record) return at;
  }
  return 0;
}

/**
 * Gives a slot to a thread that is about to be started; false if no worker more is wanted. Until the thread has come up (`appear`), the slot is its hirer's, too:
 * if that dies, nobody can say whether the thread was started, and so the slot is freed (`forsake`), and a thread that comes up all the same asks for another.
 */
export function engage(pool: number, record: number): boolean {
  lockGuard(pool + POOL.guard);
  const at = assign(pool, record, selfAgent);
  unlockGuard(pool + POOL.guard);
  return at !== 0;
}

/** Under the guard. */
function assign(pool: number, record: number, hirer: number): number {
  const at = wantsWorker(pool) ? slotOf(pool, 0) : 0;
  if (at === 0) return 0;
  for (let word = 0; word < SLOT.words; word++) i32[at + word] = 0;
  i32[at + SLOT.hirer] = hirer;
  i32[at + SLOT.record] = record;
  i32[pool + POOL.workers]! += 1;
  i32[pool + POOL.starting]! += 1;
  i32[pool + POOL.hired]! += 1;
  return at;
}

/** A worker's thread has come up: returns its slot, or 0 if its hirer died meanwhile and no worker more is wanted now. */
export function appear(pool: number, record: number): number {
  lockGuard(pool + POOL.guard);
  const at = slotOf(pool, record) || assign(pool, record, 0);
  if (at !== 0) i32[at + SLOT.hirer] = 0;
  unlockGuard(pool + POOL.guard);
  return at;
}

/** Frees the slots of threads that a dead agent hired and that haven't come up. */
export function forsake(pool: number, dead: number): void {
  lockGuard(pool + POOL.guard);
  const slots = i32[pool + POOL.slots]!;
  for (let number = 0; number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    if (i32[at + SLOT.record] !== 0 && i32[at + SLOT.hirer] === dead) vacate(pool, at);
  }
  unlockGuard(pool + POOL.guard);
}

/** Notes whether a worker has a task. Under the guard. */
export function setBusy(pool: number, at: number, busy: 0 | 1): void {
  if (i32[at + SLOT.busy] === busy) return;
  i32[at + SLOT.busy] = busy;
  i32[pool + POOL.busy]! += busy === 1 ? 1 : -1;
}

/** Under the guard. */
function vacate(pool: number, at: number): void {
  if (i32[at + SLOT.ready] !== 1) i32[pool + POOL.starting]! -= 1;
  if (i32[pool + POOL.spinner] === at) i32[pool + POOL.spinner] = 0;
  setBusy(pool, at, 0);
  i32[at + SLOT.record] = 0;
  i32[at + SLOT.timed] = 0;
  i32[pool + POOL.workers]! -= 1;
  callWorkers(pool);
  hasLeft(pool);
}

export interface Departure {
  /** The thread had a slot. */
  readonly known: boolean;
  /** It had looked for its first task. */
  readonly ready: boolean;
  /** Somebody should take its place. */
  readonly replace: boolean;
}

/** Frees a thread's slot; with `unlessNeeded` only if it can be spared. */
export function depart(pool: number, record: number, unlessNeeded: boolean, died: boolean): Departure {
  lockGuard(pool + POOL.guard);
  const at = slotOf(pool, record);
  const spared =
    !unlessNeeded ||
    (i32[pool + POOL.pending] === 0 && i32[pool + POOL.workers]! > i32[pool + POOL.minWorkers]!);
  const known = at !== 0 && spared;
  const ready = known && i32[at + SLOT.ready] === 1;
  if (known) {
    if (died) i32[pool + POOL.died]! += 1;
    vacate(pool, at);
  }
  const replace = wantsWorker(pool);
  unlockGuard(pool + POOL.guard);
  return { known, ready, replace };
}

/** Calls `visit` with each slot in use, under the guard. */
export function eachSlot(pool: number, visit: (slot: number) => void): void {
  lockGuard(pool + POOL.guard);
  const slots = i32[pool + POOL.slots]!;
  for (let number = 0; number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    if (i32[at + SLOT.record] !== 0) visit(at);
  }
  unlockGuard(pool + POOL.guard);
}
