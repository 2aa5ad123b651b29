/**
 * The words of a reentrant lock that say who holds it, and how often.
 *
 * The state word and the line are those of `lock-state.ts`, with the same fairness and the same argument against lost wakeups. On top of
 * it stand three words that say who holds it:
 * ```
 *   OBJECT.owner         ident of the thread, 0 when free or just changing hands
 *   OBJECT.depth         how many releases it takes to free it
 *   OBJECT.guardNumber   0 held by the thread: whatever blocks or runs synchronously there may re-enter
 *                       −1 held by one acquireAsync(): nothing re-enters, release() frees it
 *                       n  held by one holdAsync(): only `within` one of its guards is it re-entered, only its guards free it
 * ```
 * Written by the holder alone, after it took the state word and before it gives that back. Anybody may read them at any time without the
 * lock, because only this thread ever writes its own ident there: `owner === ident` can't become true or false behind its back.
 *
 * The state word names the owner's agent as well, for blocking use and for guards, since both are released by that thread alone. Only what a guard holds
 * stands in the owner's list (`owners/held.ts`), and is abandoned when it dies.
 */
import { hot, i32 } from '../atomics.ts';
import { ident, ownerOf } from '../memory/agent.ts';
import { OBJECT, OWNER_MASK } from '../memory/layout.ts';
import { payPostponed } from '../memory/shared-object.ts';
import { unlinkHeld } from '../owners/held.ts';
import type { Line } from '../parking/standing.ts';
import { abandonLock } from './abandoned-lock.ts';
import { lockLine, releaseLock } from './lock-state.ts';

const { load } = hot;

const { depth: DEPTH, guardNumber: GUARD_NUMBER, heldNext: HELD_NEXT, owner: OWNER } = OBJECT;

export const BY_THREAD = 0;
export const BY_ACQUIRE_ASYNC = -1;

/** Number of the last guard that `holdAsync` made in this thread. Numbers of different threads may be equal: idents tell them apart. */
let lastGuardNumber = 0;

export function nextGuardNumber(): number {
  lastGuardNumber = lastGuardNumber === 0x7fff_ffff ? 1 : lastGuardNumber + 1;
  return lastGuardNumber;
}

export const rlockLine: Line = { ...lockLine, blocking: 'RLock.acquire()' };

export function own(lock: number, depth: number, guardNumber: number): void {
  i32[lock + GUARD_NUMBER] = guardNumber;
  i32[lock + DEPTH] = depth;
  i32[lock + OWNER] = ident;
}

export function isHeldAs(lock: number, guardNumber: number): boolean {
  return i32[lock + OWNER] === ident && i32[lock + GUARD_NUMBER] === guardNumber;
}

export function reenter(lock: number, guardNumber: number): boolean {
  if (!isHeldAs(lock, guardNumber)) return false;
  i32[lock + DEPTH]! += 1;
  return true;
}

export function undo(lock: number): void {
  const depth = i32[lock + DEPTH]!;
  if (depth > 1) i32[lock + DEPTH] = depth - 1;
  else freeAll(lock);
}

export function freeAll(lock: number): void {
  const owner = load(lock) & OWNER_MASK;
  const guarded = i32[lock + HELD_NEXT] !== 0;
  if (guarded) unlinkHeld(lock);
  i32[lock + OWNER] = 0;
  i32[lock + DEPTH] = 0;
  i32[lock + GUARD_NUMBER] = BY_THREAD;
  releaseLock(lock, owner);
  if (guarded) payPostponed();
}

/** Of what `acquire` took and no guard holds, a dead thread remains the owner, as in Python. */
export function abandonRLock(lock: number, agent: number, by: string): void {
  if (ownerOf(load(lock)) !== agent) return;
  i32[lock + OWNER] = 0;
  i32[lock + DEPTH] = 0;
  i32[lock + GUARD_NUMBER] = BY_THREAD;
  abandonLock(lock, agent, by);
}
