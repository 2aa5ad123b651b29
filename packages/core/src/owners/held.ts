/**
 * Which locks the guards of each thread hold, written down in shared memory, so that others can see it: those who look for a deadlock, those who
 * settle a dead thread's affairs, and dumps.
 *
 * An agent's list begins in AGENT.held and goes on through each lock's OBJECT.heldNext (0: in no list; -1: at the end). Only the agent itself
 * writes it, with plain stores, so it costs next to nothing. Others read it when the agent certainly doesn't run (it is blocked or dead), or take it for
 * what it is: a snapshot that may be torn.
 *
 * Ownership itself is not the list, but the owner's slot in the lock's state word, written by the very instruction that takes the lock. In between,
 * AGENT.holding names the lock:
 * ```
 *   take:  holding = lock · state 0 → mine · link   · holding = 0
 *   give:  holding = lock · unlink         · state mine → 0 · holding = 0
 * ```
 * Whoever dies at any of these points leaves the lock in the list, in `holding`, or free.
 */
import { hot, i32 } from '../atomics.ts';
import { ownerOf } from '../memory/agent.ts';
import { AGENT, OBJECT, OWNER_MASK } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { self, selfBits } from '../parking/guard.ts';

const { load } = hot;

const { held: HELD, holding: HOLDING, traces: TRACES } = AGENT;
const { heldNext: HELD_NEXT } = OBJECT;

/** Says that this thread is about to take or give back the lock with a guard; 0 says that it is done. */
export function setHolding(lock: number): void {
  i32[self + HOLDING] = lock;
}

/** Writes down that a guard of this thread has taken the lock. */
export function linkHeld(lock: number): void {
  i32[lock + HELD_NEXT] = i32[self + HELD]! || -1;
  i32[self + HELD] = lock;
  i32[self + HOLDING] = 0;
}

let forgetTrace: (lock: number) => void = () => {};

/** Set by `traces.ts`. */
export function setForgetTrace(action: (lock: number) => void): void {
  forgetTrace = action;
}

/** Writes down that a guard of this thread is about to give the lock back: `setHolding(0)` when it has. */
export function unlinkHeld(lock: number): void {
  i32[self + HOLDING] = lock;
  if (i32[self + TRACES] !== 0) forgetTrace(lock);
  const next = i32[lock + HELD_NEXT]!;
  if (next === 0) return;
  if (i32[self + HELD] === lock) i32[self + HELD] = next === -1 ? 0 : next;
  else {
    let before = i32[self + HELD]!;
    while (before > 0 && i32[before + HELD_NEXT] !== lock) before = i32[before + HELD_NEXT]!;
    if (before > 0) i32[before + HELD_NEXT] = next;
  }
  i32[lock + HELD_NEXT] = 0;
}

/** Whether the state word says that a guard of this thread holds the lock. */
export function isHeldHere(lock: number): boolean {
  return (load(lock) & OWNER_MASK) === selfBits;
}

/** More locks than anybody holds: a list that is read while it changes may lead anywhere, also in circles. */
const LONGEST = 1000;

/** The locks that an agent's guards hold, last taken first (snapshot, unless the agent is known to be blocked). */
export function heldBy(agent: number): number[] {
  const locks: number[] = [];
  for (let lock = i32[agent + HELD]!; lock > 0 && locks.length < LONGEST; lock = i32[lock + HELD_NEXT]!) {
    ensureMapped(lock);
    if (lock >= i32.length || ownerOf(load(lock)) !== agent) break;
    locks.push(lock);
  }
  return locks;
}
