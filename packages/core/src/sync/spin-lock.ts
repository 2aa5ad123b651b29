/**
 * A lock for very short critical sections: who finds it taken looks again and again, at growing distances, before it lies down.
 *
 * The state word, the line, fairness and the argument against lost wakeups are those of `lock.ts`; only the way into the line is longer. SPINS is
 * written once, before anybody else can see the lock.
 */
import { hot, i32, pause } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { LINE_WORDS } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineOf, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/wait.ts';
import { LockGuard } from './guard.ts';
import type { Guard } from './guard.ts';
import { LOCKED, describe, lockLine, notAcquired, releaseLock, repairLock } from './lock.ts';
import { wholeNumber } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { compareExchange, load } = hot;

/** Behind the words of a lock, on the second cache line: read only. */
const SPINS: number = LINE_WORDS;
const BYTES = 128;
/** Some ten microseconds. */
const DEFAULT_SPINS = 1000;
const GREATEST_SPINS = 1_000_000;
/** Between two looks at most: a look takes the cache line away from the holder, which needs it to release. */
const LONGEST_PAUSE = 64;

const spinLockLine: Line = { ...lockLine, blocking: 'SpinLock.acquire()' };

/** How a spin lock is set up. */
export interface SpinLockOptions extends NameOptions {
  /** How many pauses of the processor it waits before it parks; default 1000, some ten microseconds. 0 parks at once. */
  spins?: number | undefined;
}

/** Waits for the lock to come free, awake, for so many pauses; each time twice as many before it looks again. */
function spin(lock: number): boolean {
  let left = i32[lock + SPINS]!;
  for (let distance = 1; left > 0; distance = Math.min(2 * distance, LONGEST_PAUSE)) {
    for (let pauses = Math.min(distance, left); pauses > 0; pauses--) pause();
    left -= distance;
    const seen = load(lock);
    if ((seen & LOCKED) === 0 && compareExchange(lock, seen, seen | LOCKED) === seen) return true;
  }
  return false;
}

/**
 * A `Lock` that waits awake for a bounded time before it sleeps. It pays where a critical section is far shorter than a sleep and a wake (some
 * microseconds) and another core runs the holder; else it burns a core for nothing, and a `Lock`, which spins a little too, is better. Unowned
 * and not reentrant, as `Lock`.
 *
 * Everything done before `release()` in one thread is seen by the thread that acquires next.
 *
 * @example
 * ```ts
 * const lock = new SpinLock({ spins: 200 });
 * {
 *   using held = lock.hold();
 *   lock.tryAcquire(); // => false
 * }
 * lock.locked; // => false
 * ```
 */
export class SpinLock extends SharedObject {
  /** Creates an unlocked lock. Throws `RangeError` unless `spins` is a whole number from 0 to a million. Never blocks. */
  constructor(options?: SpinLockOptions) {
    const existing = (options as unknown) instanceof Existing;
    const spins = existing
      ? 0
      : wholeNumber(options?.spins ?? DEFAULT_SPINS, 0, GREATEST_SPINS, 'SpinLock: spins');
    super(KIND.spinLock, BYTES, options);
    if (!existing) i32[this.at + SPINS] = spins;
  }

  /** Acquires if that is possible at once; returns whether it did. Never blocks, on any thread. */
  tryAcquire(): boolean {
    const lock = this.live();
    const seen = load(lock);
    return (seen & LOCKED) === 0 && compareExchange(lock, seen, seen | LOCKED) === seen;
  }

  /**
   * Acquires, first awake, then asleep; returns true, or false when `timeout` milliseconds passed first. Those who sleep are served first come first
   * served; one who is awake may get in ahead of them, ahead of each of them once.
   *
   * Throws `RangeError` for a negative or NaN timeout, and `BlockingNotAllowedError` if it would have to sleep in a browser window.
   */
  acquire(options?: WaitOptions): boolean {
    if (options === undefined && this.tryAcquire()) return true;
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'SpinLock.acquire');
    if (this.tryAcquire()) return true;
    if (options?.timeout !== 0 && spin(lock)) return true;
    return waitBlocking(lock, spinLockLine, deadline);
  }

  /** As `acquire`, but never awake: joins the line at once. Rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'SpinLock.acquireAsync');
    options?.signal?.throwIfAborted();
    return this.tryAcquire() || waitInLine(this, lock, spinLockLine, deadline, options?.signal);
  }

  /** Releases, whoever acquired. Never blocks. Throws `ThreadStateError` ("release unlocked lock") if it isn't locked. */
  release(): void {
    if (!releaseLock(this.live()))
      throw new ThreadStateError(`${describe('SpinLock', this)}: release unlocked lock`);
  }

  /** Whether it is locked now (snapshot). */
  get locked(): boolean {
    return (load(this.live()) & LOCKED) !== 0;
  }

  /** Acquires and returns a guard that releases at the end of its `using` scope. Throws `TimeoutError` when `timeout` passed, and what `acquire` throws. */
  hold(options?: WaitOptions): Guard {
    if (!this.acquire(options)) throw notAcquired('SpinLock', this, options);
    return new LockGuard(this);
  }

  /** As `hold`, without blocking. Rejects with `TimeoutError` or `signal.reason`. */
  async holdAsync(options?: AsyncWaitOptions): Promise<Guard> {
    if (!(await this.acquireAsync(options))) throw notAcquired('SpinLock', this, options);
    return new LockGuard(this);
  }

  /** @internal */
  releaseGuard(): void {
    this.release();
  }
}

registerKind(KIND.spinLock, {
  revive: pointer => new SpinLock(new Existing(pointer) as SpinLockOptions),
  lines: [spinLockLine],
  repair: repairLock,
});
