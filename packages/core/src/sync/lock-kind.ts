/** What a lock's words are to the layers below: to those who bury the dead, look for deadlocks and write dumps. */
import { hot } from '../atomics.ts';
import { ownerOf } from '../memory/agent.ts';
import type { Kind } from '../memory/kinds.ts';
import { abandonLock, destroyLock } from './abandoned-lock.ts';
import { repairLock, takenBy } from './lock-state.ts';

const { load } = hot;

/** Of `Lock` and `SpinLock`; an `RLock`'s is nearly the same. */
export const lockKind: Omit<Kind, 'revive' | 'lines'> = {
  repair: repairLock,
  abandon: abandonLock,
  ownerOf: lock => ownerOf(load(lock)),
  takenBy,
  destroy: destroyLock,
};
