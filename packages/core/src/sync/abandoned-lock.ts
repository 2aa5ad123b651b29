/**
 * Locks whose owner died: what holds one no longer can't give it back, so somebody else does in its name, and the next guard that takes the lock hears
 * of it, once (ABANDONED in `lock-state.ts`).
 *
 * ABANDONED_BY: the block with the dead one's name, 0 for none. Written before the mark is set, by whoever settles the dead one's affairs; taken away by
 * whoever holds the lock.
 */
import { hot, i32 } from '../atomics.ts';
import { AbandonedLockError } from '../errors.ts';
import { free } from '../memory/allocator.ts';
import { OBJECT, OWNER_MASK } from '../memory/layout.ts';
import { readName, writeName } from '../memory/name.ts';
import { forgetOrder } from '../owners/order.ts';
import { ownerBits } from '../parking/guard.ts';
import { describe } from './describe.ts';
import type { Guard } from './guard.ts';
import { ABANDONED, LOCKED, releaseLock } from './lock-state.ts';

const { and, load, or } = hot;

const { abandonedBy: ABANDONED_BY, guardNumber: GENERATION, heldNext: HELD_NEXT } = OBJECT;

/** Lets go of a lock on behalf of a guard of an agent that will never run again: the next guard that takes it hears of that. */
export function abandonLock(lock: number, agent: number, by: string): void {
  const owner = ownerBits(agent);
  if ((load(lock) & (LOCKED | OWNER_MASK)) !== (LOCKED | owner)) return;
  if (i32[lock + ABANDONED_BY] === 0) {
    try {
      i32[lock + ABANDONED_BY] = writeName(by);
    } catch {
      // No memory for the name: then it isn't said who died.
    }
  }
  i32[lock + HELD_NEXT] = 0;
  i32[lock + GENERATION]! += 1;
  or(lock, ABANDONED);
  releaseLock(lock, owner);
}

/** If the lock, which this thread has just taken with a guard, was abandoned: makes it an ordinary one and returns who left it. */
export function pickUp(lock: number): string | undefined {
  if ((load(lock) & ABANDONED) === 0) return undefined;
  const block = i32[lock + ABANDONED_BY]!;
  const by = block === 0 ? 'a thread' : readName(block);
  i32[lock + ABANDONED_BY] = 0;
  and(lock, ~ABANDONED);
  if (block !== 0) free(block);
  return by;
}

export function abandonedError(type: string, object: { name: string }, by: string, guard?: Guard): Error {
  return new AbandonedLockError(
    `${describe(type, object)}: ${by} died while it held the lock, so what it protects may be half changed. ` +
      'This thread holds the lock now: repair that, go on, and release error.guard',
    guard,
  );
}

/** Frees what a lock owns besides its block. */
export function destroyLock(lock: number): void {
  if (i32[lock + ABANDONED_BY] !== 0) free(i32[lock + ABANDONED_BY]!);
  forgetOrder(lock);
}
