/**
 * A condition variable, as Python's `threading.Condition`: wait for others to change what a lock guards. Several conditions may share
 * one lock, in all threads.
 *
 * Words:
 * ```
 *   OBJECT.first   the line of those who wait to be notified
 *   LOCK           pointer to the lock; the condition holds a reference to it. Written once
 *   PRIVATE        1 if the lock was made for this condition alone. Written once
 * ```
 *
 * No lost wakeup: a waiter stands in the line before it releases the lock, and whoever notifies holds the lock; so it comes after, and sees it.
 * The wait ends in two steps, the second without a time bound: granted by `notify`, and then the lock acquired as by anybody else.
 *
 * There is no memory: a notification with nobody in line is lost. One that went to a waiter that can't use it, because it was aborted or its
 * thread died at the same moment, goes to the next (`giveBack`); it is on its way already and not a second one.
 *
 * Whoever notifies holds the lock, which the notified wants: so a blocked thread is granted at once, but woken when the lock is released (see
 * `lock-state.ts`). A promise is told at once: the way through its event loop is longer than a critical section.
 */
import { canBlock, hot, i32 } from '../atomics.ts';
import { shareableAddress } from '../codec/shareable.ts';
import { ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject, release, retain, revive } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, notifyLater, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineIn, now } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { grant, grantQuietly } from '../parking/wake.ts';
import { describe } from './describe.ts';
import type { Guard } from './guard.ts';
import { wakeAtRelease } from './lock-state.ts';
import { Lock } from './lock.ts';
import type { SavedHold } from './lock.ts';
import { wholeNumber } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';
import { RLock } from './rlock.ts';
import type { ReentrantAsyncWaitOptions, ReentrantWaitOptions } from './rlock.ts';

const { load } = hot;

const LOCK: number = OBJECT.own;
const PRIVATE: number = OBJECT.own + 1;
const BYTES = 64;

const conditionLine: Line = {
  blocking: 'Condition.wait()',
  twin: 'waitAsync()',
  offset: OBJECT.first,
  attempt: () => false,
  left() {},
  giveBack: condition => void wake(condition, 1),
};

/** Grants the first `n` waiters and returns how many there were. */
function wake(condition: number, n: number): number {
  if (load(condition + OBJECT.first) === 0) return 0;
  const line = condition + OBJECT.first;
  const lock = i32[condition + LOCK]!;
  let woken = 0;
  lockGuard(condition + OBJECT.guard);
  for (let node = first(line); node !== 0 && woken < n; node = first(line)) {
    if (i32[node + NODE.isAsync] === 1) grant(node);
    else {
      grantQuietly(node);
      if (!wakeAtRelease(lock, node)) notifyLater(node + NODE.state);
    }
    woken++;
  }
  unlockGuard(condition + OBJECT.guard);
  return woken;
}

/**
 * Waits, under a lock, until another thread says that something has changed. Semantics: Python's `threading.Condition`, with milliseconds for
 * seconds. Prefer `waitFor`, which looks again by itself: between a notification and the waiter's turn anybody may have been inside.
 *
 * Everything done under the lock before `notify` is seen by the one that was woken.
 *
 * @example
 * ```ts
 * const ready = new Condition();
 * const count = new AtomicCounter(1);
 * using held = ready.hold();
 * ready.waitFor(() => count.value > 0); // => true
 * ready.notifyAll(); // => 0
 * ```
 */
export class Condition extends SharedObject {
  readonly #lock: Lock | RLock;

  /**
   * Creates a condition on that lock, or on an `RLock` of its own. Throws `TypeError` for anything else, and `SharedMemoryExhaustedError`.
   * Never blocks.
   */
  constructor(lock?: Lock | RLock, options?: NameOptions) {
    if (lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock)) {
      throw new TypeError(`Condition: lock must be a Lock or an RLock, got ${String(lock)} (${typeof lock})`);
    }
    super(KIND.condition, BYTES, options);
    if ((options as unknown) instanceof Existing) {
      const pointer = i32[this.at + LOCK]!;
      retain(pointer);
      this.#lock = revive(pointer) as Lock | RLock;
    } else {
      this.#lock = lock ?? new RLock();
      const pointer = (this.#lock as unknown as Addressed)[shareableAddress]();
      retain(pointer);
      i32[this.at + LOCK] = pointer;
      i32[this.at + PRIVATE] = lock === undefined ? 1 : 0;
    }
  }

  /** Gives up this thread's reference, see `Lock.dispose`. A lock that was passed to the constructor is not touched. */
  override dispose(): void {
    const isPrivate = this.at !== 0 && i32[this.at + PRIVATE] === 1;
    super.dispose();
    if (isPrivate) this.#lock.dispose();
  }

  /** Acquires the lock if that is possible at once; returns whether it did. Never blocks. */
  tryAcquire(): boolean {
    return this.#lock.tryAcquire();
  }

  /** Acquires the lock, see `Lock.acquire` and `RLock.acquire`. */
  acquire(options?: WaitOptions): boolean {
    return this.#lock.acquire(options);
  }

  /** Acquires the lock, see `Lock.acquireAsync` and `RLock.acquireAsync`. */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.#lock.acquireAsync(options);
  }

  /** Releases the lock, see `Lock.release` and `RLock.release`. */
  release(): void {
    this.#lock.release();
  }

  /** Whether anybody holds the lock now (snapshot). */
  get locked(): boolean {
    return this.#lock.locked;
  }

  /** Holds the lock until the end of the `using` scope, see `Lock.hold` and `RLock.hold`. */
  hold(options?: ReentrantWaitOptions): Guard {
    this.#checkWithin(options);
    return this.#lock.hold(options);
  }

  /** As `hold`, without blocking, see `Lock.holdAsync` and `RLock.holdAsync`. */
  async holdAsync(options?: ReentrantAsyncWaitOptions): Promise<Guard> {
    this.#checkWithin(options);
    return this.#lock.holdAsync(options);
  }

  #checkWithin(options: ReentrantWaitOptions | undefined): void {
    if (options?.within !== undefined && this.#lock instanceof Lock) {
      throw new TypeError(
        `${describe('Condition', this)}: within needs an RLock; a Lock can't be entered twice`,
      );
    }
  }

  /**
   * Releases the lock, however often it was entered, blocks until notified, and acquires it again as it was. Returns true, or false when `timeout`
   * milliseconds passed first. The timeout doesn't cover acquiring again, which waits as long as it takes. A timeout of 0 lets others have
   * the lock for a moment.
   *
   * Throws `ThreadStateError` ("cannot wait on un-acquired lock") if the lock isn't held, and `BlockingNotAllowedError` in a browser window, the
   * lock being held then as before. If a guard holds the lock: throws `AbandonedLockError` if a thread died meanwhile while it held it, the lock being held
   * then, by that same guard; and `DeadlockError` if acquiring it again would wait for ever, the guard having lost it then.
   */
  wait(options?: WaitOptions): boolean {
    this.live();
    const deadline = deadlineIn(options, 'Condition.wait');
    return this.#wait(deadline);
  }

  #wait(deadline: number): boolean {
    this.#mustHold('wait on');
    const lock = this.#lock;
    let saved: SavedHold | undefined;
    const notified = waitBlocking(this.at, conditionLine, deadline, 0, () => {
      saved = lock.releaseSave();
    });
    // One that only polls hasn't joined the line.
    if (saved === undefined && canBlock()) saved = lock.releaseSave();
    if (saved !== undefined) lock.acquireRestore(saved);
    return notified;
  }

  /**
   * As `wait`, without blocking: resolves to true when notified, to false after `timeout`, and rejects with `signal.reason` when aborted; in all
   * cases the lock is held again by then, as it was before. A notification that came too late for an aborted waiter goes to the next.
   * Holds the event loop meanwhile.
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    this.live();
    const deadline = deadlineIn(options, 'Condition.waitAsync');
    options?.signal?.throwIfAborted();
    return this.#waitAsync(deadline, options?.signal);
  }

  async #waitAsync(deadline: number, signal: AbortSignal | undefined): Promise<boolean> {
    this.#mustHold('wait on');
    const lock = this.#lock;
    let saved: SavedHold | undefined;
    const release = (): void => {
      saved = lock.releaseSave();
    };
    try {
      return await waitInLine(this, this.at, conditionLine, deadline, signal, 0, undefined, release);
    } finally {
      await lock.acquireRestoreAsync(saved ?? lock.releaseSave());
    }
  }

  /**
   * Waits until `predicate()`, called with the lock held, returns something truthy, and returns it; or what it returned last when `timeout`
   * milliseconds have passed, which then bounds all waits together. Throws what `wait` throws, and what the predicate throws, the lock
   * being held then.
   */
  waitFor<T>(predicate: () => T, options?: WaitOptions): T {
    const deadline = this.#beginWaitFor(predicate, options, 'Condition.waitFor');
    for (let waited = false; ; waited = true) {
      const result = look(predicate);
      if (result || (waited && deadline <= now())) return result;
      this.#wait(deadline);
    }
  }

  /** As `waitFor`, without blocking; the predicate is synchronous all the same. Rejects with `signal.reason` when aborted, the lock being held then. */
  async waitForAsync<T>(predicate: () => T, options?: AsyncWaitOptions): Promise<T> {
    const deadline = this.#beginWaitFor(predicate, options, 'Condition.waitForAsync');
    options?.signal?.throwIfAborted();
    for (let waited = false; ; waited = true) {
      // Before the signal is looked at again: a notification that came just before the abort mustn't be lost on us.
      const result = look(predicate);
      if (result || (waited && deadline <= now())) return result;
      await this.#waitAsync(deadline, options?.signal);
    }
  }

  #beginWaitFor(predicate: unknown, options: WaitOptions | undefined, place: string): number {
    this.live();
    if (typeof predicate !== 'function') {
      throw new TypeError(
        `${place}: predicate must be a function, got ${String(predicate)} (${typeof predicate})`,
      );
    }
    const deadline = deadlineIn(options, place);
    this.#mustHold('wait on');
    return deadline;
  }

  /**
   * Wakes the first `n` of those who wait (default 1) and returns how many there were; they go on when the lock is released. Nobody waiting is no
   * error. Never blocks. Throws `ThreadStateError` ("cannot notify on un-acquired lock") if the lock isn't held: by this thread if it is
   * an `RLock`, by anybody if it is a `Lock` that was acquired plainly, which has no owner. Throws `RangeError` for a bad `n`.
   */
  notify(n: number = 1): number {
    const condition = this.live();
    wholeNumber(n, 0, 0x7fff_ffff, 'Condition.notify: n');
    this.#mustHold('notify on');
    return wake(condition, n);
  }

  /** Wakes all who wait and returns how many there were; otherwise as `notify`. */
  notifyAll(): number {
    return this.notify(0x7fff_ffff);
  }

  #mustHold(what: string): void {
    if (!this.#lock.heldHere)
      throw new ThreadStateError(`${describe('Condition', this)}: cannot ${what} un-acquired lock`);
  }
}

interface Addressed {
  [shareableAddress](): number;
}

/** Calls a predicate. A promise is always truthy, so an async predicate would end the wait at once. */
function look<T>(predicate: () => T): T {
  const result = predicate();
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    throw new TypeError(
      'Condition: the predicate returned a promise; it must be synchronous, since it runs with the lock held',
    );
  }
  return result;
}

registerKind(KIND.condition, {
  revive: pointer => new Condition(undefined, new Existing(pointer) as NameOptions),
  lines: [conditionLine],
  repair: condition => mend(condition + OBJECT.first),
  destroy(condition) {
    const lock = i32[condition + LOCK]!;
    if (lock !== 0) release(lock);
  },
});
