/**
 * A lock that many hold together to read, or one alone to write.
 *
 * Here is the class; `rw-lock-state.ts` has the states, the line of those who wait and the argument that no wakeup is lost; `held-rw-lock.ts` has the
 * guards, and `abandoned-rw-lock.ts` what becomes of the lock when its owner dies.
 */
import { hot } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { beforeTaking } from '../owners/developer.ts';
import { setHolding } from '../owners/held.ts';
import { prepareShare } from '../owners/shares.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import { abandonedError } from './abandoned-lock.ts';
import { abandonRWLock, abandonedBy, destroyRWLock, pickUpAlone } from './abandoned-rw-lock.ts';
import { describe, notAcquired } from './describe.ts';
import type { Guard } from './guard.ts';
import { ExclusiveHold, SharedHold } from './held-rw-lock.ts';
import type { ExclusiveGuard } from './held-rw-lock.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';
import {
  EXCLUSIVE,
  HELD,
  MOST,
  SHARED,
  aloneForGuard,
  exclusiveLine,
  exclusiveOwner,
  releaseRWLock,
  repairRWLock,
  sharedLine,
} from './rw-lock-state.ts';

const { compareExchange, load } = hot;

const BYTES = 64;

/**
 * A lock that many hold at once to read, or one alone to write: `holdShared()` and `holdExclusive()`. It pays when reads are many and take longer than
 * a microsecond; for shorter ones a `Lock` is as fast. Semantics: like Java's `ReentrantReadWriteLock(fair)`, but not reentrant: who shares it and
 * acquires it again while a writer waits, waits for ever.
 *
 * Strictly first come first served, for blocked threads and promises alike: a writer waits only for those who came before it, and so does a
 * reader. Without a guard it is unowned, as `Lock`: any thread may release, and what a dead thread held stays held. Guards have owners, as those of `Lock`.
 *
 * Don't block for it in a thread whose own async tasks hold it by a plain acquire: they can't release it before the event loop runs, and the thread waits for
 * ever. (Held by a guard that is a `DeadlockError`. What a task was given just now, and hasn't heard of yet, goes back to the first place in line.)
 *
 * Everything done before a release in one thread is seen by those who acquire next.
 *
 * @example
 * ```ts
 * const lock = new RWLock({ name: 'catalogue' });
 * {
 *   using one = lock.holdShared();
 *   using two = lock.holdShared();
 *   lock.sharedBy; // => 2
 *   lock.tryAcquireExclusive(); // => false
 * }
 * using alone = lock.holdExclusive();
 * lock.tryAcquireShared(); // => false
 * ```
 */
export class RWLock extends SharedObject {
  /** Creates a free lock. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.rwLock, BYTES, options);
  }

  /** Acquires to share if that is possible at once and nobody waits; returns whether it did. Never blocks, on any thread. */
  tryAcquireShared(): boolean {
    const lock = this.live();
    for (;;) {
      const seen = load(lock);
      if (seen < 0 || seen >= MOST) return false;
      if (compareExchange(lock, seen, seen + 1) === seen) return true;
    }
  }

  /** Acquires alone if the lock is free; returns whether it did. Never blocks, on any thread. */
  tryAcquireExclusive(): boolean {
    return compareExchange(this.live(), 0, EXCLUSIVE) === 0;
  }

  /**
   * Blocks until this thread may read beside others; returns true, or false when `timeout` milliseconds passed first. First come first served: while a
   * writer waits, later readers wait behind it.
   *
   * Throws `RangeError` for a negative or NaN timeout, and `BlockingNotAllowedError` if it would have to wait in a browser window.
   */
  acquireShared(options?: WaitOptions): boolean {
    if (options === undefined && this.tryAcquireShared()) return true;
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.acquireShared');
    return this.tryAcquireShared() || waitBlocking(lock, sharedLine, deadline, SHARED);
  }

  /** Blocks until this thread holds the lock alone; otherwise as `acquireShared`. */
  acquireExclusive(options?: WaitOptions): boolean {
    if (options === undefined && this.tryAcquireExclusive()) return true;
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.acquireExclusive');
    return this.tryAcquireExclusive() || waitBlocking(lock, exclusiveLine, deadline, EXCLUSIVE);
  }

  /**
   * As `acquireShared`, without blocking; rejects with `signal.reason` when aborted (then the lock was not taken, or was handed on). Stands in the same
   * line as blocked threads, and holds the event loop meanwhile.
   */
  async acquireSharedAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.acquireSharedAsync');
    options?.signal?.throwIfAborted();
    return this.tryAcquireShared() || waitInLine(this, lock, sharedLine, deadline, options?.signal, SHARED);
  }

  /** As `acquireExclusive`, without blocking; otherwise as `acquireSharedAsync`. */
  async acquireExclusiveAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.acquireExclusiveAsync');
    options?.signal?.throwIfAborted();
    return (
      this.tryAcquireExclusive() ||
      waitInLine(this, lock, exclusiveLine, deadline, options?.signal, EXCLUSIVE)
    );
  }

  /** Undoes one acquisition to share, whoever acquired. Never blocks. Throws `ThreadStateError` if nobody shares it. */
  releaseShared(): void {
    if (!releaseRWLock(this.live(), SHARED)) throw this.#notHeld('releaseShared', 'to share it');
  }

  /** Gives up the lock held alone, whoever acquired. Never blocks. Throws `ThreadStateError` if nobody holds it alone. */
  releaseExclusive(): void {
    const lock = this.live();
    if (releaseRWLock(lock, EXCLUSIVE)) return;
    if (exclusiveOwner(lock) === 0) throw this.#notHeld('releaseExclusive', 'alone');
    throw new ThreadStateError(
      `${describe('RWLock', this)}: a guard holds it, and only the guard releases it; call release() of what holdExclusive() returned`,
    );
  }

  #notHeld(call: string, how: string): ThreadStateError {
    const held = load(this.live()) & HELD;
    const is = held === 0 ? 'it is free' : held >= EXCLUSIVE ? 'it is held alone' : `${held} share it`;
    return new ThreadStateError(`${describe('RWLock', this)}: ${call}: nobody holds it ${how}; ${is}`);
  }

  /** How many share it now (snapshot). */
  get sharedBy(): number {
    const held = load(this.live()) & HELD;
    return held >= EXCLUSIVE ? 0 : held;
  }

  /** Whether somebody holds it alone now (snapshot). */
  get exclusive(): boolean {
    return (load(this.live()) & HELD) >= EXCLUSIVE;
  }

  /** Whether anybody holds it now, in either way (snapshot). */
  get locked(): boolean {
    return (load(this.live()) & HELD) !== 0;
  }

  /**
   * Blocks until this thread may read beside others, and returns a guard that releases at the end of its `using` scope. Throws `TimeoutError` when
   * `timeout` passed, what `acquireShared` throws, and `AbandonedLockError`, which carries the guard, as long as nobody has held the lock alone
   * since a thread died that did.
   */
  holdShared(options?: WaitOptions): Guard {
    const lock = this.live();
    prepareShare();
    beforeTaking(lock, deadlineIn(options, 'RWLock.holdShared'));
    if (!this.acquireShared(options)) throw notAcquired('RWLock', this, options);
    const guard = new SharedHold(this, lock);
    const by = abandonedBy(lock);
    if (by !== undefined) throw abandonedError('RWLock', this, by, guard);
    return guard;
  }

  /**
   * As `holdShared`, alone. Throws `AbandonedLockError`, which carries the guard, once after the death of a thread that held the lock alone by a guard;
   * then the lock is as good as any.
   */
  holdExclusive(options?: WaitOptions): ExclusiveGuard {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.holdExclusive');
    beforeTaking(lock, deadline);
    setHolding(lock);
    const alone = aloneForGuard();
    if (compareExchange(lock, 0, alone) !== 0 && !waitBlocking(lock, exclusiveLine, deadline, alone))
      throw notAcquired('RWLock', this, options);
    const guard = new ExclusiveHold(this, lock);
    const by = pickUpAlone(lock);
    if (by !== undefined) throw abandonedError('RWLock', this, by, guard);
    return guard;
  }

  /** As `holdShared`, without blocking. Rejects with `TimeoutError` or `signal.reason`, and as `holdShared` throws. */
  async holdSharedAsync(options?: AsyncWaitOptions): Promise<Guard> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.holdSharedAsync');
    options?.signal?.throwIfAborted();
    prepareShare();
    let guard: Guard | undefined;
    const taken = (): void => {
      guard = new SharedHold(this, lock);
    };
    if (this.tryAcquireShared()) taken();
    else if (!(await waitInLine(this, lock, sharedLine, deadline, options?.signal, SHARED, taken)))
      throw notAcquired('RWLock', this, options);
    const by = abandonedBy(lock);
    if (by !== undefined) throw abandonedError('RWLock', this, by, guard);
    return guard!;
  }

  /** As `holdExclusive`, without blocking. Rejects with `TimeoutError` or `signal.reason`, and as `holdExclusive` throws. */
  async holdExclusiveAsync(options?: AsyncWaitOptions): Promise<ExclusiveGuard> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'RWLock.holdExclusiveAsync');
    options?.signal?.throwIfAborted();
    const alone = aloneForGuard();
    let guard: ExclusiveGuard | undefined;
    let by: string | undefined;
    const taken = (): void => {
      guard = new ExclusiveHold(this, lock);
      by = pickUpAlone(lock);
    };
    setHolding(lock);
    if (compareExchange(lock, 0, alone) === 0) taken();
    else if (!(await waitInLine(this, lock, exclusiveLine, deadline, options?.signal, alone, taken)))
      throw notAcquired('RWLock', this, options);
    if (by !== undefined) throw abandonedError('RWLock', this, by, guard);
    return guard!;
  }
}

registerKind(KIND.rwLock, {
  revive: pointer => new RWLock(new Existing(pointer) as NameOptions),
  lines: [sharedLine, exclusiveLine],
  repair: repairRWLock,
  abandon: abandonRWLock,
  unshare: lock => void releaseRWLock(lock, SHARED),
  ownerOf: exclusiveOwner,
  takenBy: lock => ((load(lock) & HELD) === EXCLUSIVE ? 0 : undefined),
  destroy: destroyRWLock,
});
