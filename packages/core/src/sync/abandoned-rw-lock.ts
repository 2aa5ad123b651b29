/**
 * An `RWLock` whose owner died while it held it alone. Whoever shares it from then on hears of that, until somebody holds it alone, who may repair what it
 * protects. Who only read has left nothing half done, so a dead reader's share is given back without a word.
 *
 * ABANDONED_BY: the block with the dead one's name, UNNAMED, or 0 for none. Written by whoever settles the dead one's affairs, before the lock is given
 * back; taken away by whoever holds it alone.
 */
import { hot, i32 } from '../atomics.ts';
import { free } from '../memory/allocator.ts';
import { OBJECT } from '../memory/layout.ts';
import { readName, writeName } from '../memory/name.ts';
import { forgetOrder } from '../owners/order.ts';
import { HELD, exclusiveOwner, releaseRWLock } from './rw-lock-state.ts';

const { load } = hot;

const { abandonedBy: ABANDONED_BY, guardNumber: GENERATION } = OBJECT;

/** In place of the dead one's name, where there was no memory for it. */
const UNNAMED = -1;

/** Who died while it held the lock alone, if nobody has held it alone since. */
export function abandonedBy(lock: number): string | undefined {
  const block = i32[lock + ABANDONED_BY]!;
  if (block === 0) return undefined;
  return block === UNNAMED ? 'a thread' : readName(block);
}

/** As `abandonedBy`, for this thread, which holds the lock alone: then it is an ordinary one again. */
export function pickUpAlone(lock: number): string | undefined {
  const by = abandonedBy(lock);
  const block = i32[lock + ABANDONED_BY]!;
  if (block === 0) return undefined;
  i32[lock + ABANDONED_BY] = 0;
  if (block !== UNNAMED) free(block);
  return by;
}

export function abandonRWLock(lock: number, agent: number, by: string): void {
  if (exclusiveOwner(lock) !== agent) return;
  if (i32[lock + ABANDONED_BY] === 0) {
    let block = UNNAMED;
    try {
      block = writeName(by);
    } catch {
      // No memory for the name: then it isn't said who died.
    }
    i32[lock + ABANDONED_BY] = block;
  }
  i32[lock + OBJECT.heldNext] = 0;
  i32[lock + GENERATION]! += 1;
  releaseRWLock(lock, load(lock) & HELD);
}

/** Frees what a lock owns besides its block. */
export function destroyRWLock(lock: number): void {
  const block = i32[lock + ABANDONED_BY]!;
  if (block !== 0 && block !== UNNAMED) free(block);
  forgetOrder(lock);
}
