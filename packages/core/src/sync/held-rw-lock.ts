/**
 * Holding an `RWLock` by a guard, to share it or alone. Each guard has written down in shared memory what it holds: a share in the thread's records
 * (`owners/shares.ts`), the whole in the state word and the owner's list (`owners/held.ts`).
 */
import { i32 } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { OBJECT } from '../memory/layout.ts';
import { payPostponed } from '../memory/shared-object.ts';
import { noteTaken } from '../owners/developer.ts';
import { linkHeld, unlinkHeld } from '../owners/held.ts';
import { addShare, dropShare, hasShare, prepareShare } from '../owners/shares.ts';
import { selfAgent } from '../parking/guard.ts';
import { describe } from './describe.ts';
import type { Guard } from './guard.ts';
import { SHARED, aloneForGuard, downgradeRWLock, exclusiveOwner, releaseRWLock } from './rw-lock-state.ts';

const { guardNumber: GENERATION } = OBJECT;

/** A lock held alone, which may become a shared one. */
export interface ExclusiveGuard extends Guard {
  /**
   * Goes on holding the lock, but shared, without letting any writer in between; those who wait in front to share come in. This guard is
   * released then, the returned one holds. Never blocks. Throws `ThreadStateError` when it was released already.
   *
   * There is no way up: two that share and both wait to be alone would wait for each other for ever. Release, acquire, and look again.
   */
  downgrade(): Guard;
}

/** What a guard needs of the handle of its lock. */
interface Held {
  readonly name: string;
  readonly disposed: boolean;
}

/** What both guards have in common: they are released once, and hold the handle so that it isn't collected meanwhile. */
abstract class Hold implements Guard {
  #lock: Held | undefined;
  protected readonly at: number;

  constructor(lock: Held, at: number) {
    this.#lock = lock;
    this.at = at;
  }

  /** Tells the codec to refuse it: in another thread it would release what it doesn't hold. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    return this.#lock !== undefined && this.isLinked;
  }

  /** Whether the lock is still written down as this guard's: not when its thread has ended. */
  protected abstract readonly isLinked: boolean;
  protected abstract letGo(): void;

  /** Takes the lock out: it can be given back or changed once. */
  protected take(): Held {
    const lock = this.#lock;
    if (lock === undefined)
      throw new ThreadStateError('guard: released already; a guard releases its lock once');
    if (!this.isLinked)
      throw new ThreadStateError(`guard: ${describe('RWLock', lock)} isn't held by it any more`);
    this.#lock = undefined;
    return lock;
  }

  release(): void {
    const lock = this.take();
    this.letGo();
    if (lock.disposed) payPostponed();
  }

  [Symbol.dispose](): void {
    if (this.held) this.release();
  }
}

export class SharedHold extends Hold {
  readonly #record: number;

  /** Writes down that this thread shares the lock. */
  constructor(lock: Held, at: number) {
    super(lock, at);
    this.#record = addShare(at);
  }

  protected get isLinked(): boolean {
    return hasShare(this.#record);
  }

  protected letGo(): void {
    dropShare(this.#record);
    releaseRWLock(this.at, SHARED);
  }
}

export class ExclusiveHold extends Hold implements ExclusiveGuard {
  readonly #generation: number;

  /** Writes down that this thread holds the lock alone. */
  constructor(lock: Held, at: number) {
    super(lock, at);
    this.#generation = i32[at + GENERATION]!;
    linkHeld(at);
    noteTaken(at);
  }

  protected get isLinked(): boolean {
    return exclusiveOwner(this.at) === selfAgent && i32[this.at + GENERATION] === this.#generation;
  }

  protected letGo(): void {
    unlinkHeld(this.at);
    releaseRWLock(this.at, aloneForGuard());
  }

  downgrade(): Guard {
    prepareShare();
    const lock = this.take();
    unlinkHeld(this.at);
    downgradeRWLock(this.at, aloneForGuard());
    return new SharedHold(lock, this.at);
  }
}
