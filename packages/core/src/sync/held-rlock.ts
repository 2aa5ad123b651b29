/** The guard of an `RLock`: several may hold it together, each made `within` another. */
import { ThreadStateError } from '../errors.ts';
import { describe } from './describe.ts';
import type { Guard } from './guard.ts';
import { isHeldAs, undo } from './rlock-state.ts';
import type { RLock } from './rlock.ts';

/** The guard of one holder; several share a number when they were made `within` each other. */
export class RLockGuard implements Guard {
  readonly #lock: RLock;
  readonly #at: number;
  readonly #number: number;
  #released = false;

  constructor(lock: RLock, at: number, number: number) {
    this.#lock = lock;
    this.#at = at;
    this.#number = number;
  }

  get held(): boolean {
    return !this.#released && isHeldAs(this.#at, this.#number);
  }

  /** The number under which it holds that lock; `undefined` if it is another lock's guard. */
  numberFor(lock: RLock): number | undefined {
    return this.#lock === lock ? this.#number : undefined;
  }

  release(): void {
    if (this.#released) throw new ThreadStateError('guard: released already; a guard releases its lock once');
    if (!this.held)
      throw new ThreadStateError(`${describe('RLock', this.#lock)}: cannot release un-acquired lock`);
    this.#released = true;
    undo(this.#at);
  }

  [Symbol.dispose](): void {
    // Not if a condition's waiter gave it up and couldn't take it back.
    if (this.held) this.release();
  }
}
