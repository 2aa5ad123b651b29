/**
 * A mutual exclusion lock, as Python's `threading.Lock`: unowned, so any thread may release it, and not reentrant; and owned, when a guard
 * holds it. Uncontended, `acquire` and `release` are one atomic instruction each, and so are taking it with a guard and giving it back.
 *
 * Here is the class, with the way of one instruction; `lock-state.ts` has the states, the line of those who wait and the argument that no wakeup is
 * lost; `held-lock.ts` has the guard, and `abandoned-lock.ts` what becomes of it when its owner dies.
 */
import { hot, i32 } from '../atomics.ts';
import { ident } from '../memory/agent.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { AGENT, OBJECT, OWNER_MASK, REGISTRY } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { isHeldHere, linkHeld } from '../owners/held.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { selfAgent, selfBits } from '../parking/guard.ts';
import { waitBlocking } from '../parking/wait.ts';
import { abandonedError, pickUp } from './abandoned-lock.ts';
import type { Guard } from './guard.ts';
import {
  HeldLock,
  holdLock,
  holdLockAsync,
  holdState,
  holdStateAsync,
  letGo,
  notReleased,
} from './held-lock.ts';
import { lockKind } from './lock-kind.ts';
import { LOCKED, lockLine, releaseLock, spinForLock, takeLock } from './lock-state.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { compareExchange, give, load, take } = hot;

const { guardNumber: GENERATION, owner: TAKER } = OBJECT;
const WATCH_WORD: number = REGISTRY.watch;
const { holding: HOLDING } = AGENT;

const BYTES = 64;

/** How a lock was held before a condition's waiter gave it up. */
export interface SavedHold {
  readonly depth: number;
  readonly guardNumber: number;
  /** Whether a guard held it. */
  readonly guarded: boolean;
}

const UNOWNED: SavedHold = { depth: 1, guardNumber: 0, guarded: false };

/**
 * A mutual exclusion lock between threads. Semantics: Python's `threading.Lock`, which any thread may release, with milliseconds for seconds.
 * Prefer `hold()`, which can't forget to release, and whose holder is known: waiting in a circle throws `DeadlockError` instead of hanging, and the
 * death of the holder frees the lock (`AbandonedLockError`).
 *
 * Everything done before `release()` in one thread is seen by the thread that acquires next.
 *
 * @example
 * ```ts
 * const lock = new Lock({ name: 'balance' });
 * {
 *   using held = lock.hold();
 *   lock.locked; // => true
 * }
 * lock.locked; // => false
 * ```
 */
export class Lock extends SharedObject {
  /** Creates an unlocked lock. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.lock, BYTES, options);
  }

  /** Acquires if that is possible at once; returns whether it did. Never blocks, on any thread. */
  tryAcquire(): boolean {
    if (take(this.at, ident) === 0) return true;
    if (!takeLock(this.live(), 0)) return false;
    i32[this.at + TAKER] = ident;
    return true;
  }

  /**
   * Blocks until the lock is acquired; returns true, or false when `timeout` milliseconds passed first. First come first served among all
   * that wait, blocked threads and promises alike, but a running thread may get in ahead of one that is just waking up, once.
   *
   * Throws `RangeError` for a negative or NaN timeout, `BlockingNotAllowedError` if it would have to wait in a browser window, and `DeadlockError` if it
   * would wait for ever for a guard whose thread waits for this one.
   */
  acquire(options?: WaitOptions): boolean {
    if (options === undefined && take(this.at, ident) === 0) return true;
    return this.#acquireSlowly(options);
  }

  #acquireSlowly(options: WaitOptions | undefined): boolean {
    const lock = this.live();
    const deadline = deadlineIn(options, 'Lock.acquire');
    if (!takeLock(lock, 0) && !spinForLock(lock) && !waitBlocking(lock, lockLine, deadline)) return false;
    i32[lock + TAKER] = ident;
    return true;
  }

  /**
   * As `acquire`, without blocking: resolves to true once acquired, to false after `timeout`, and rejects with `signal.reason` when aborted
   * (then the lock was not taken, or was handed on). Stands in the same line as blocked threads, and holds the event loop meanwhile.
   */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'Lock.acquireAsync');
    options?.signal?.throwIfAborted();
    const taken = (): void => {
      i32[lock + TAKER] = ident;
    };
    if (!takeLock(lock, 0)) return waitInLine(this, lock, lockLine, deadline, options?.signal, 0, taken);
    taken();
    return true;
  }

  /**
   * Releases, whoever acquired. Never blocks. Throws `ThreadStateError` ("release unlocked lock") if it isn't locked, and if a guard holds it: only
   * the guard releases it.
   */
  release(): void {
    if (give(this.at) === LOCKED) return;
    const lock = this.live();
    if (releaseLock(lock)) return;
    throw notReleased(this, lock);
  }

  /**
   * Whether it is locked now (snapshot). False between a `release()` and the moment when the next in line has woken up and taken it, as in Python's
   * asyncio; `new Semaphore(1)` is handed over by the release itself.
   */
  get locked(): boolean {
    return (load(this.live()) & LOCKED) !== 0;
  }

  /**
   * Blocks until acquired and returns a guard that releases at the end of its `using` scope, and that alone can. Throws `TimeoutError` when `timeout`
   * passed, and what `acquire` throws. Throws `AbandonedLockError`, which carries the guard, if the last guard's thread died while it held the lock.
   *
   * Costs little more than `acquire` and `release`. Leaving a `using` scope costs more than the lock, since V8 doesn't optimise it yet (0.1 to 0.3 µs); where that
   * counts, call `held.release()` in a `finally`. To hold it twice in one thread is a deadlock, and throws `DeadlockError`.
   */
  hold(options?: WaitOptions): Guard {
    const lock = this.at;
    if (options === undefined && i32[WATCH_WORD] === 0) {
      i32[selfAgent + HOLDING] = lock;
      if (compareExchange(lock, 0, LOCKED | selfBits) === 0) return new HeldLock(this, lock);
    }
    return this.#holdSlowly(options);
  }

  #holdSlowly(options: WaitOptions | undefined): Guard {
    const lock = this.live();
    return holdLock(this, lock, options, deadline => holdState(lock, lockLine, deadline));
  }

  /** As `hold`, without blocking. Rejects with `TimeoutError` or `signal.reason`, and with `AbandonedLockError` as `hold` does. */
  async holdAsync(options?: AsyncWaitOptions): Promise<Guard> {
    return holdLockAsync(this, this.live(), lockLine, options);
  }

  /** @internal */
  get type(): string {
    return 'Lock';
  }

  /** What a condition calls held: by this thread's guard, or plainly, and then it can't be known by whom. @internal */
  get heldHere(): boolean {
    const lock = this.live();
    const owner = load(lock) & OWNER_MASK;
    return this.locked && (owner === 0 || owner === selfBits);
  }

  /** Releases on behalf of a condition's waiter; doesn't mind if somebody else has just done so. @internal */
  releaseSave(): SavedHold {
    const lock = this.live();
    if (!isHeldHere(lock)) {
      releaseLock(lock);
      return UNOWNED;
    }
    const guardNumber = i32[lock + GENERATION]!;
    i32[lock + GENERATION] = (guardNumber + 1) | 0;
    letGo(lock);
    return { depth: 1, guardNumber, guarded: true };
  }

  /** Takes back what `releaseSave` gave up; waits as long as it takes. @internal */
  acquireRestore(saved: SavedHold): void {
    if (!saved.guarded) {
      this.acquire();
      return;
    }
    const lock = this.live();
    holdState(lock, lockLine, Infinity);
    this.#restore(lock, saved);
    const by = pickUp(lock);
    if (by !== undefined) throw abandonedError('Lock', this, by);
  }

  #restore(lock: number, saved: SavedHold): void {
    i32[lock + GENERATION] = saved.guardNumber;
    linkHeld(lock);
  }

  /** @internal */
  async acquireRestoreAsync(saved: SavedHold): Promise<void> {
    if (!saved.guarded) {
      await this.acquireAsync();
      return;
    }
    const lock = this.live();
    let by: string | undefined;
    const taken = (): void => {
      this.#restore(lock, saved);
      by = pickUp(lock);
    };
    await holdStateAsync(this, lock, lockLine, Infinity, undefined, taken);
    if (by !== undefined) throw abandonedError('Lock', this, by);
  }
}

registerKind(KIND.lock, {
  ...lockKind,
  revive: pointer => new Lock(new Existing(pointer) as NameOptions),
  lines: [lockLine],
});
