/**
 * A lock for very short critical sections: who finds it taken looks again and again, at growing distances, before it lies down.
 *
 * The state word, the line, fairness and the argument against lost wakeups are those of `lock-state.ts`; only the way into the line is longer. SPINS is
 * written once, before anybody else can see the lock.
 */
import { hot, i32, pause } from '../atomics.ts';
import { ident } from '../memory/agent.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { LINE_WORDS, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { setHolding } from '../owners/held.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { selfBits } from '../parking/guard.ts';
import type { Line } from '../parking/standing.ts';
import { waitBlocking } from '../parking/wait.ts';
import './guard.ts';
import type { Guard } from './guard.ts';
import { holdLock, holdLockAsync, notReleased } from './held-lock.ts';
import { lockKind } from './lock-kind.ts';
import { LOCKED, lockLine, releaseLock, takeLock } from './lock-state.ts';
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

const { owner: TAKER } = OBJECT;

/** Waits for the lock to come free, awake, for so many pauses; each time twice as many before it looks again. Takes it in the name of `owner`, see `lock-state.ts`. */
function spin(lock: number, owner: number): boolean {
  let left = i32[lock + SPINS]!;
  for (let distance = 1; left > 0; distance = Math.min(2 * distance, LONGEST_PAUSE)) {
    for (let pauses = Math.min(distance, left); pauses > 0; pauses--) pause();
    left -= distance;
    const seen = load(lock);
    if ((seen & LOCKED) === 0 && compareExchange(lock, seen, seen | LOCKED | owner) === seen) return true;
  }
  return false;
}

/**
 * A `Lock` that waits awake for a bounded time before it sleeps. It pays where a critical section is far shorter than a sleep and a wake (some
 * microseconds) and another core runs the holder; else it burns a core for nothing, and a `Lock`, which spins a little too, is better. Unowned
 * and not reentrant, as `Lock`; its guards have owners, as those of `Lock`: waiting in a circle throws `DeadlockError`, and a guard of a dead thread is abandoned.
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
  /** @internal */
  protected static override readonly optionNames: ReadonlySet<string> = new Set(['name', 'spins']);

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
    if (!takeLock(lock, 0)) return false;
    i32[lock + TAKER] = ident;
    return true;
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
    const deadline = deadlineIn(options, 'SpinLock.acquire');
    if (!this.#take(lock, options, deadline, 0)) return false;
    i32[lock + TAKER] = ident;
    return true;
  }

  #take(lock: number, options: WaitOptions | undefined, deadline: number, owner: number): boolean {
    return (
      takeLock(lock, owner) ||
      (options?.timeout !== 0 && spin(lock, owner)) ||
      waitBlocking(lock, spinLockLine, deadline, owner)
    );
  }

  /** As `acquire`, but never awake: joins the line at once. Rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'SpinLock.acquireAsync');
    options?.signal?.throwIfAborted();
    const taken = (): void => {
      i32[lock + TAKER] = ident;
    };
    return this.tryAcquire() || waitInLine(this, lock, spinLockLine, deadline, options?.signal, 0, taken);
  }

  /**
   * Releases, whoever acquired. Never blocks. Throws `ThreadStateError` ("release unlocked lock") if it isn't locked, and if a guard holds it: only
   * the guard releases it.
   */
  release(): void {
    const lock = this.live();
    if (releaseLock(lock)) return;
    throw notReleased(this, lock);
  }

  /** Whether it is locked now (snapshot). */
  get locked(): boolean {
    return (load(this.live()) & LOCKED) !== 0;
  }

  /**
   * Acquires and returns a guard that releases at the end of its `using` scope, and that alone can. Throws `TimeoutError` when `timeout` passed, and what
   * `acquire` throws; `DeadlockError` and `AbandonedLockError` as `Lock.hold`.
   */
  hold(options?: WaitOptions): Guard {
    const lock = this.live();
    return holdLock(this, lock, options, deadline => {
      setHolding(lock);
      return this.#take(lock, options, deadline, selfBits);
    });
  }

  /** As `hold`, without blocking. Rejects with `TimeoutError` or `signal.reason`, and with `AbandonedLockError`. */
  async holdAsync(options?: AsyncWaitOptions): Promise<Guard> {
    return holdLockAsync(this, this.live(), spinLockLine, options);
  }

  /** @internal */
  get type(): string {
    return 'SpinLock';
  }
}

registerKind(KIND.spinLock, {
  ...lockKind,
  revive: pointer => new SpinLock(new Existing(pointer) as SpinLockOptions),
  lines: [spinLockLine],
});
