/**
 * A reentrant lock, as Python's `threading.RLock`, that also keeps the async tasks of one thread apart. Blocking use is owned by the
 * thread, async use by the guard.
 *
 * Here is the class; `rlock-state.ts` has the words that say who holds it, over those of `lock-state.ts`.
 */
import { hot, i32 } from '../atomics.ts';
import { DeadlockError, ThreadStateError } from '../errors.ts';
import { ident } from '../memory/agent.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { OBJECT, REGISTRY } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { beforeTaking, noteTaken } from '../owners/developer.ts';
import { linkHeld, setHolding } from '../owners/held.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { selfBits } from '../parking/guard.ts';
import { waitBlocking } from '../parking/wait.ts';
import { abandonedError, pickUp } from './abandoned-lock.ts';
import { describe, notAcquired } from './describe.ts';
import type { Guard } from './guard.ts';
import { holdState, holdStateAsync } from './held-lock.ts';
import { RLockGuard } from './held-rlock.ts';
import { lockKind } from './lock-kind.ts';
import { LOCKED, spinForLock, takeLock } from './lock-state.ts';
import type { SavedHold } from './lock.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';
import {
  BY_ACQUIRE_ASYNC,
  BY_THREAD,
  abandonRLock,
  freeAll,
  isHeldAs,
  nextGuardNumber,
  own,
  reenter,
  rlockLine,
  undo,
} from './rlock-state.ts';

const { compareExchange, load } = hot;

const { depth: DEPTH, guardNumber: GUARD_NUMBER, heldNext: HELD_NEXT, owner: OWNER } = OBJECT;

const BYTES = 64;

/** Options of `hold`. */
export interface ReentrantWaitOptions extends WaitOptions {
  /** A guard of the same lock that is held: re-enters in its name, at once. */
  within?: Guard | undefined;
}

/** Options of `holdAsync`. */
export interface ReentrantAsyncWaitOptions extends AsyncWaitOptions {
  /** A guard of the same lock that is held: re-enters in its name, at once. */
  within?: Guard | undefined;
}

/**
 * A lock that its holder may acquire again; it is free when it was released as often. Semantics: Python's `threading.RLock`, with milliseconds
 * for seconds.
 *
 * `acquire`, `tryAcquire` and `hold` are owned by the thread. Two async tasks of one thread are two holders: `holdAsync` is owned by its
 * guard, and is re-entered by passing that on, `holdAsync({ within: guard })`, or `hold({ within: guard })` where nothing is awaited.
 * `acquireAsync` is owned by nobody in particular on this thread, so it never re-enters and `release()` on this thread frees it.
 *
 * Everything done before the last `release()` in one thread is seen by the thread that acquires next.
 *
 * @example
 * ```ts
 * const lock = new RLock({ name: 'account' });
 * using outer = lock.hold();
 * {
 *   using inner = lock.hold();
 *   lock.recursionCount; // => 2
 * }
 * lock.recursionCount; // => 1
 * ```
 */
export class RLock extends SharedObject {
  /** Creates an unlocked lock. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.rlock, BYTES, options);
  }

  /** Acquires, or re-enters, if that is possible at once; returns whether it did. Never blocks, on any thread. */
  tryAcquire(): boolean {
    const lock = this.live();
    if (reenter(lock, BY_THREAD)) return true;
    if (!takeLock(lock, selfBits)) return false;
    own(lock, 1, BY_THREAD);
    return true;
  }

  /**
   * Blocks until the lock is acquired, at once if this thread holds it; returns true, or false when `timeout` milliseconds passed first.
   * Fairness is that of `Lock`.
   *
   * Throws `RangeError` for a negative or NaN timeout, `BlockingNotAllowedError` if it would have to wait in a browser window, and
   * `DeadlockError` if it would wait for ever: for an async task of this very thread, or for a thread that waits for this one.
   */
  acquire(options?: WaitOptions): boolean {
    if (options === undefined) {
      const lock = this.at;
      if (reenter(lock, BY_THREAD)) return true;
      if (compareExchange(lock, 0, LOCKED | selfBits) === 0) {
        own(lock, 1, BY_THREAD);
        return true;
      }
    }
    return this.#acquireSlowly(options);
  }

  #acquireSlowly(options: WaitOptions | undefined): boolean {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RLock.acquire');
    if (this.tryAcquire()) return true;
    if (deadline === Infinity && i32[lock + OWNER] === ident) {
      throw new DeadlockError(
        `${describe('RLock', this)}: an async task of this thread holds it, and blocking would stop the event loop that can release it; ` +
          'await holdAsync(), or re-enter with hold({ within: guard })',
      );
    }
    if (!spinForLock(lock, selfBits) && !waitBlocking(lock, rlockLine, deadline, selfBits)) return false;
    own(lock, 1, BY_THREAD);
    return true;
  }

  /**
   * As `acquire`, without blocking, but never re-enters: resolves to true once nobody holds the lock, not even this thread; to false after
   * `timeout`; and rejects with `signal.reason` when aborted (then the lock was not taken, or was handed on). `release()` on this thread frees it.
   * Prefer `holdAsync()`, whose guard knows which task holds it. Holds the event loop while it waits.
   */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RLock.acquireAsync');
    options?.signal?.throwIfAborted();
    const taken = (): void => own(lock, 1, BY_ACQUIRE_ASYNC);
    if (!takeLock(lock, 0)) return waitInLine(this, lock, rlockLine, deadline, options?.signal, 0, taken);
    taken();
    return true;
  }

  /**
   * Undoes one `acquire`, `tryAcquire` or `acquireAsync` of this thread; the last one frees the lock. Never blocks. Throws `ThreadStateError`
   * ("cannot release un-acquired lock") if this thread doesn't hold it, or holds it by `holdAsync()`, which only its guard undoes.
   */
  release(): void {
    const lock = this.live();
    if (i32[lock + OWNER] !== ident || i32[lock + GUARD_NUMBER]! > 0) throw this.#notHeld();
    undo(lock);
  }

  #notHeld(): ThreadStateError {
    return new ThreadStateError(`${describe('RLock', this)}: cannot release un-acquired lock`);
  }

  /** Whether anybody holds it now (snapshot). */
  get locked(): boolean {
    return (load(this.live()) & LOCKED) !== 0;
  }

  /** Whether this thread holds it: by a blocking call, or in one of its async tasks. */
  get heldByCurrentThread(): boolean {
    return i32[this.live() + OWNER] === ident;
  }

  /** How many releases it takes to free it, if this thread holds it; otherwise 0. */
  get recursionCount(): number {
    const lock = this.live();
    return i32[lock + OWNER] === ident ? i32[lock + DEPTH]! : 0;
  }

  /**
   * Blocks until acquired and returns a guard that releases at the end of its `using` scope. With `within` it re-enters in the name of that
   * guard. Throws `TimeoutError` when `timeout` passed, `ThreadStateError` for a `within` that holds no longer, and what `acquire` throws. Throws
   * `AbandonedLockError`, which carries the guard, if the last guard's thread died while it held the lock.
   */
  hold(options?: ReentrantWaitOptions): Guard {
    if (options?.within !== undefined) return this.#holdWithin(options.within, 'RLock.hold');
    const lock = this.live();
    const deadline = deadlineIn(options, 'RLock.hold');
    if (i32[REGISTRY.watch] !== 0 && !isHeldAs(lock, BY_THREAD)) beforeTaking(lock, deadline);
    setHolding(lock);
    if (!this.acquire(options)) throw notAcquired('RLock', this, options);
    const guard = new RLockGuard(this, lock, BY_THREAD);
    if (i32[lock + HELD_NEXT] === 0) {
      linkHeld(lock);
      noteTaken(lock);
      const by = pickUp(lock);
      if (by !== undefined) throw abandonedError('RLock', this, by, guard);
    }
    return guard;
  }

  /**
   * As `hold`, without blocking, for one async task: waits until nobody holds the lock, not even another task of this thread. `within` a guard it
   * re-enters at once, and the lock is free when all guards of the family are released. Rejects with `TimeoutError` or `signal.reason`, and with `AbandonedLockError` as `hold`
   * throws it.
   */
  async holdAsync(options?: ReentrantAsyncWaitOptions): Promise<Guard> {
    if (options?.within !== undefined) {
      options.signal?.throwIfAborted();
      return this.#holdWithin(options.within, 'RLock.holdAsync');
    }
    const lock = this.live();
    const deadline = deadlineIn(options, 'RLock.holdAsync');
    options?.signal?.throwIfAborted();
    const guardNumber = nextGuardNumber();
    let by: string | undefined;
    const taken = (): void => {
      own(lock, 1, guardNumber);
      linkHeld(lock);
      noteTaken(lock);
      by = pickUp(lock);
    };
    if (!(await holdStateAsync(this, lock, rlockLine, deadline, options?.signal, taken)))
      throw notAcquired('RLock', this, options);
    const guard = new RLockGuard(this, lock, guardNumber);
    if (by !== undefined) throw abandonedError('RLock', this, by, guard);
    return guard;
  }

  #holdWithin(guard: Guard, place: string): Guard {
    const number = guard instanceof RLockGuard ? guard.numberFor(this) : undefined;
    if (number === undefined) {
      throw new TypeError(
        `${place}: within must be a guard that hold() or holdAsync() of this very lock returned`,
      );
    }
    if (!guard.held || !reenter(this.live(), number)) {
      throw new ThreadStateError(
        `${describe('RLock', this)}: the guard given as within doesn't hold the lock now`,
      );
    }
    return new RLockGuard(this, this.live(), number);
  }

  /** What a condition calls held. @internal */
  get heldHere(): boolean {
    return this.heldByCurrentThread;
  }

  /** Frees the lock, however often it was entered, on behalf of a condition's waiter. @internal */
  releaseSave(): SavedHold {
    const lock = this.live();
    const saved = {
      depth: i32[lock + DEPTH]!,
      guardNumber: i32[lock + GUARD_NUMBER]!,
      guarded: i32[lock + HELD_NEXT] !== 0,
    };
    freeAll(lock);
    return saved;
  }

  /** Takes back exactly what `releaseSave` gave up; waits as long as it takes. @internal */
  acquireRestore(saved: SavedHold): void {
    const lock = this.live();
    if (saved.guarded) holdState(lock, rlockLine, Infinity);
    else {
      const owner = saved.guardNumber === BY_ACQUIRE_ASYNC ? 0 : selfBits;
      if (!takeLock(lock, owner) && !spinForLock(lock, owner)) waitBlocking(lock, rlockLine, Infinity, owner);
    }
    const by = this.#restore(lock, saved);
    if (by !== undefined) throw abandonedError('RLock', this, by);
  }

  #restore(lock: number, saved: SavedHold): string | undefined {
    own(lock, saved.depth, saved.guardNumber);
    if (!saved.guarded) return undefined;
    linkHeld(lock);
    return pickUp(lock);
  }

  /** @internal */
  async acquireRestoreAsync(saved: SavedHold): Promise<void> {
    const lock = this.live();
    let by: string | undefined;
    const taken = (): void => {
      by = this.#restore(lock, saved);
    };
    if (saved.guarded) await holdStateAsync(this, lock, rlockLine, Infinity, undefined, taken);
    else {
      const owner = saved.guardNumber === BY_ACQUIRE_ASYNC ? 0 : selfBits;
      if (takeLock(lock, owner) || spinForLock(lock, owner)) taken();
      else await waitInLine(this, lock, rlockLine, Infinity, undefined, owner, taken);
    }
    if (by !== undefined) throw abandonedError('RLock', this, by);
  }
}

registerKind(KIND.rlock, {
  ...lockKind,
  revive: pointer => new RLock(new Existing(pointer) as NameOptions),
  lines: [rlockLine],
  abandon: abandonRLock,
});
