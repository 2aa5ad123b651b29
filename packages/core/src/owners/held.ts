/**
 * Which locks the guards of each thread hold, written down in shared memory, so that others can see it: those who look for a deadlock, those who
 * settle a dead thread's affairs, and dumps.
 *
 * An agent's list begins in AGENT.held and goes on through each lock's OBJECT.heldNext (0: in no list; otherwise the next one's pointer + 1). Only the agent itself
 * writes it, with plain stores, so it costs next to nothing. Others read it when the agent certainly doesn't run (it is blocked or dead), or take it for
 * what it is: a snapshot that may be torn.
 *
 * Ownership itself is not the list, but the owner's slot in the lock's state word, written by the very instruction that takes the lock. In between,
 * AGENT.holding names the lock:
 * ```
 *   take:  holding = lock · state 0 → mine · link
 *   give:  holding = lock · unlink         · state mine → 0
 * ```
 * Whoever dies at any of these points leaves the lock in the list, in `holding`, or free. `holding` is never wiped: what it says is tried against the
 * state word, and against the dead one's references, since the lock may be gone long ago.
 */
import { i32 } from '../atomics.ts';
import { findKind } from '../memory/kinds.ts';
import { AGENT, OBJECT, OWNER_MASK } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { selfAgent, selfBits } from '../parking/guard.ts';

const { held: HELD, holding: HOLDING } = AGENT;
const { heldNext: HELD_NEXT } = OBJECT;

/** Says that this thread is about to take the lock with a guard. */
export function setHolding(lock: number): void {
  i32[selfAgent + HOLDING] = lock;
}

/** Writes down that a guard of this thread has taken the lock. */
export function linkHeld(lock: number): void {
  i32[lock + HELD_NEXT] = i32[selfAgent + HELD]! + 1;
  i32[selfAgent + HELD] = lock;
}

let forgetTrace: (lock: number) => void = () => {};
/** Whether this thread ever wrote down where it took a lock. */
let traced = false;

/** Set by `traces.ts`. */
export function setForgetTrace(action: (lock: number) => void): void {
  forgetTrace = action;
  traced = true;
}

/** Writes down that a guard of this thread is about to give the lock back. */
export function unlinkHeld(lock: number): void {
  i32[selfAgent + HOLDING] = lock;
  if (i32[selfAgent + HELD] === lock) i32[selfAgent + HELD] = i32[lock + HELD_NEXT]! - 1;
  else unlinkInside(lock);
  i32[lock + HELD_NEXT] = 0;
  if (traced) forgetTrace(lock);
}

function unlinkInside(lock: number): void {
  let before = i32[selfAgent + HELD]!;
  while (before > 0 && nextHeld(before) !== lock) before = nextHeld(before);
  if (before > 0) i32[before + HELD_NEXT] = i32[lock + HELD_NEXT]!;
}

/** The lock that was taken before this one and is still held, 0 if there is none. */
function nextHeld(lock: number): number {
  return i32[lock + HELD_NEXT]! - 1;
}

/** Whether the state word says that a guard of this thread holds the lock. A plain load: nobody else makes that true or false. */
export function isHeldHere(lock: number): boolean {
  return (i32[lock]! & OWNER_MASK) === selfBits;
}

/** The agent whose guard holds the lock alone, 0 for none. */
export function ownerOfLock(lock: number): number {
  return findKind(i32[lock + OBJECT.kind]!)?.ownerOf?.(lock) ?? 0;
}

/** More locks than anybody holds: a list that is read while it changes may lead anywhere, also in circles. */
const LONGEST = 1000;

/** The locks that an agent's guards hold, last taken first (snapshot, unless the agent is known to be blocked). */
export function heldBy(agent: number): number[] {
  const locks: number[] = [];
  for (let lock = i32[agent + HELD]!; lock > 0 && locks.length < LONGEST; lock = nextHeld(lock)) {
    ensureMapped(lock);
    if (lock >= i32.length || ownerOfLock(lock) !== agent) break;
    locks.push(lock);
  }
  return locks;
}
