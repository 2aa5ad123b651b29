/**
 * Counting semaphores, as Python's `threading.Semaphore` and `BoundedSemaphore`: permits are taken one at a time, strictly first come first served.
 * Uncontended, `acquire` and `release` are a load and a compare-exchange each.
 *
 * State word (OBJECT.state):
 * ```
 *   n ≥ 0     n permits, and nobody waits
 *   WAITERS   (the sign bit alone) no permits, and the line isn't empty. Entered and left under the guard only
 *
 *        acquire: n → n−1            enter                 release: grants first in line …
 *   n > 0 ───────────────▶ 0 ─────────────────▶ WAITERS ───────────────────────────────▶ WAITERS, or the rest of n
 *      ◀────────────────────── release: n → n+k   │
 *                                                 └─ last left: 0
 * ```
 *
 * Since permits and waiters exclude each other, one word says all: there is nothing to barge for while somebody waits, so the order is strict; and
 * no wakeup is lost, because the waiter turns 0 into WAITERS under the guard with a compare-exchange, after which every release meets the sign
 * bit, takes the guard and finds the line. (The tempting version keeps the number of waiters in a second word and adds permits before it looks
 * there: right too, by Dekker's argument, but a thread killed between the two leaves permits beside people who wait for them.)
 *
 * A thread that is killed in the middle of a release has released some of its permits and not others.
 *
 * A guard's permit is written down with its thread (`owners/shares.ts`), so dumps show it and a dead thread's go back. It makes no edge for the search for
 * deadlocks, and can't: whoever waits may be served by a `release()` from anywhere, also of a `BoundedSemaphore` all of whose permits are held by guards, since
 * any thread may return a permit that another took. So a circle through a semaphore is never certain.
 */
import { hot, i32 } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject, payPostponed } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { addShare, dropShare, hasShare, prepareShare } from '../owners/shares.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { grant } from '../parking/wake.ts';
import { describe, notAcquired } from './describe.ts';
import './guard.ts';
import type { Guard } from './guard.ts';
import { wholeNumber } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { compareExchange, load, store } = hot;

const WAITERS = -0x8000_0000;
const MAXIMUM = 0x7fff_ffff;

/** The most permits that there may be: MAXIMUM, or the initial number if the semaphore is bounded. Written once. */
const LIMIT: number = OBJECT.own;
const BYTES = 64;

const semaphoreLine: Line = {
  blocking: 'Semaphore.acquire()',
  twin: 'acquireAsync() or holdAsync()',
  offset: OBJECT.first,
  attempt(semaphore) {
    for (;;) {
      const seen = load(semaphore);
      if (seen < 0) return false;
      if (seen > 0) {
        if (compareExchange(semaphore, seen, seen - 1) === seen) return true;
      } else if (compareExchange(semaphore, 0, WAITERS) === 0) {
        return false;
      }
    }
  },
  left(semaphore) {
    if (first(semaphore + OBJECT.first) === 0) store(semaphore, 0);
  },
  giveBack: semaphore => void releasePermits(semaphore, 1),
  transferable: true,
};

/** Adds permits, to those who wait first; returns false, nothing being changed, if there would be more than the limit. */
function releasePermits(semaphore: number, count: number): boolean {
  for (;;) {
    const seen = load(semaphore);
    if (seen < 0) return releaseToLine(semaphore, count);
    if (seen + count > i32[semaphore + LIMIT]!) return false;
    if (compareExchange(semaphore, seen, seen + count) === seen) return true;
  }
}

function releaseToLine(semaphore: number, count: number): boolean {
  lockGuard(semaphore + OBJECT.guard);
  if (load(semaphore) !== WAITERS) {
    // They all left in between.
    unlockGuard(semaphore + OBJECT.guard);
    return releasePermits(semaphore, count);
  }
  const within = count <= i32[semaphore + LIMIT]!;
  if (within) {
    const line = semaphore + OBJECT.first;
    let rest = count;
    for (let node = first(line); node !== 0 && rest > 0; node = first(line)) {
      grant(node);
      rest--;
    }
    // Nobody else changes the word while WAITERS stands in it.
    if (first(line) === 0) store(semaphore, rest);
  }
  unlockGuard(semaphore + OBJECT.guard);
  return within;
}

/** After a death under the guard. */
function repairSemaphore(semaphore: number): void {
  mend(semaphore + OBJECT.first);
  if (first(semaphore + OBJECT.first) !== 0) store(semaphore, WAITERS);
  else compareExchange(semaphore, WAITERS, 0);
}

/**
 * A number of permits that threads and async tasks take and return. Semantics: Python's `threading.Semaphore`, with milliseconds for seconds;
 * strictly first come first served, which Python doesn't promise.
 *
 * Everything done before `release()` in one thread is seen by the thread that gets the permit.
 *
 * @example
 * ```ts
 * const connections = new Semaphore(2, { name: 'connections' });
 * {
 *   using one = connections.hold();
 *   connections.value; // => 1
 * }
 * connections.value; // => 2
 * ```
 */
export class Semaphore extends SharedObject {
  /** @internal */
  protected static readonly kind: number = KIND.semaphore;

  /**
   * Creates a semaphore with that many permits (default 1). Throws `RangeError` unless it is a whole number from 0 to 2³¹−1, and
   * `SharedMemoryExhaustedError`. Never blocks.
   */
  constructor(value: number = 1, options?: NameOptions) {
    const existing = (options as unknown) instanceof Existing;
    if (!existing)
      wholeNumber(
        value,
        0,
        MAXIMUM,
        `${new.target.kind === KIND.semaphore ? 'Semaphore' : 'BoundedSemaphore'}: initial value`,
      );
    super(new.target.kind, BYTES, options);
    if (existing) return;
    i32[this.at] = value;
    i32[this.at + LIMIT] = new.target.kind === KIND.semaphore ? MAXIMUM : value;
  }

  /** @internal */
  protected get type(): string {
    return 'Semaphore';
  }

  /** Takes a permit if there is one and nobody waits for it; returns whether it did. Never blocks, on any thread. */
  tryAcquire(): boolean {
    const semaphore = this.live();
    for (;;) {
      const seen = load(semaphore);
      if (seen <= 0) return false;
      if (compareExchange(semaphore, seen, seen - 1) === seen) return true;
    }
  }

  /**
   * Blocks until there is a permit and takes it; returns true, or false when `timeout` milliseconds passed first. Strictly first come first
   * served among all that wait, blocked threads and promises alike.
   *
   * Throws `RangeError` for a negative or NaN timeout, and `BlockingNotAllowedError` if it would have to wait in a browser window.
   */
  acquire(options?: WaitOptions): boolean {
    if (options === undefined && this.tryAcquire()) return true;
    return this.#acquireSlowly(options);
  }

  #acquireSlowly(options: WaitOptions | undefined): boolean {
    const semaphore = this.live();
    const deadline = deadlineIn(options, `${this.type}.acquire`);
    return this.tryAcquire() || waitBlocking(semaphore, semaphoreLine, deadline);
  }

  /**
   * As `acquire`, without blocking: rejects with `signal.reason` when aborted (then no permit was taken, or it went to the next in line).
   * Stands in the same line as blocked threads, and holds the event loop meanwhile.
   */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const semaphore = this.live();
    const deadline = deadlineIn(options, `${this.type}.acquireAsync`);
    options?.signal?.throwIfAborted();
    return this.tryAcquire() || waitInLine(this, semaphore, semaphoreLine, deadline, options?.signal);
  }

  /**
   * Returns `n` permits (default 1), which go to the first `n` that wait; whoever took them. Never blocks. Throws `RangeError` if `n` isn't a whole
   * number from 1, and if there would be more than 2³¹−1 permits, or, in a `BoundedSemaphore`, more than initially ("Semaphore released
   * too many times"); then nothing has changed.
   */
  release(n: number = 1): void {
    const semaphore = this.live();
    if (n !== 1) checkCount(n, this.type);
    if (releasePermits(semaphore, n)) return;
    const limit = i32[semaphore + LIMIT]!;
    throw new RangeError(
      limit === MAXIMUM
        ? `${describe(this.type, this)}: release(${n}) would make more than ${MAXIMUM} permits`
        : `${describe(this.type, this)}: Semaphore released too many times: release(${n}) would make more than the initial ${limit}`,
    );
  }

  /** How many permits there are (snapshot). */
  get value(): number {
    return Math.max(0, load(this.live()));
  }

  /**
   * Blocks until it has a permit and returns a guard that returns it at the end of its `using` scope; and if the thread dies or ends before, the permit goes
   * back as well. Throws `TimeoutError` when `timeout` passed, and what `acquire` throws.
   */
  hold(options?: WaitOptions): Guard {
    prepareShare();
    if (!this.acquire(options)) throw notAcquired(this.type, this, options);
    return new Permit(this, this.at);
  }

  /** As `hold`, without blocking. Rejects with `TimeoutError` or `signal.reason`. */
  async holdAsync(options?: AsyncWaitOptions): Promise<Guard> {
    const semaphore = this.live();
    const deadline = deadlineIn(options, `${this.type}.holdAsync`);
    options?.signal?.throwIfAborted();
    prepareShare();
    let permit: Guard | undefined;
    const taken = (): void => {
      permit = new Permit(this, semaphore);
    };
    if (this.tryAcquire()) taken();
    else await waitInLine(this, semaphore, semaphoreLine, deadline, options?.signal, 0, taken);
    if (permit === undefined) throw notAcquired(this.type, this, options);
    return permit;
  }

  /** @internal */
  protected override summary(): string {
    const limit = i32[this.live() + LIMIT]!;
    return limit === MAXIMUM ? `value=${this.value}` : `value=${this.value}/${limit}`;
  }
}

/** The guard of a permit. */
class Permit implements Guard {
  /** The handle, so that it isn't collected meanwhile; `undefined` when this guard was released. */
  #semaphore: Semaphore | undefined;
  readonly #at: number;
  readonly #record: number;

  /** Writes down that this thread has the permit, which it has just taken. */
  constructor(semaphore: Semaphore, at: number) {
    this.#semaphore = semaphore;
    this.#at = at;
    this.#record = addShare(at);
  }

  /** Tells the codec to refuse it: in another thread it would return what it doesn't have. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    return this.#semaphore !== undefined && hasShare(this.#record);
  }

  release(): void {
    const semaphore = this.#semaphore;
    if (semaphore === undefined)
      throw new ThreadStateError('guard: released already; a guard releases its lock once');
    if (!hasShare(this.#record))
      throw new ThreadStateError('guard: the permit was returned when the thread ended that held it');
    this.#semaphore = undefined;
    dropShare(this.#record);
    const within = releasePermits(this.#at, 1);
    if (semaphore.disposed) payPostponed();
    if (!within) {
      throw new RangeError(
        'guard: Semaphore released too many times: somebody has called release() for the permit that this guard held',
      );
    }
  }

  [Symbol.dispose](): void {
    if (this.held) this.release();
  }
}

function checkCount(n: unknown, type: string): void {
  if (typeof n === 'number' && n < 1)
    throw new RangeError(`${type}.release: n must be one or more, got ${n} (number)`);
  wholeNumber(n, 1, MAXIMUM, `${type}.release: n`);
}

/**
 * A semaphore that never has more permits than initially: releasing too often is a mistake in the program, and it says so. Semantics: Python's
 * `threading.BoundedSemaphore`.
 *
 * @example
 * ```ts
 * const seats = new BoundedSemaphore(2);
 * seats.acquire(); // => true
 * seats.release();
 * seats.value; // => 2
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  protected static override readonly kind: number = KIND.boundedSemaphore;

  /** @internal */
  protected override get type(): string {
    return 'BoundedSemaphore';
  }
}

registerKind(KIND.semaphore, {
  revive: pointer => new Semaphore(0, new Existing(pointer) as NameOptions),
  lines: [semaphoreLine],
  repair: repairSemaphore,
  unshare: semaphore => void releasePermits(semaphore, 1),
});

registerKind(KIND.boundedSemaphore, {
  revive: pointer => new BoundedSemaphore(0, new Existing(pointer) as NameOptions),
  lines: [semaphoreLine],
  repair: repairSemaphore,
  unshare: semaphore => void releasePermits(semaphore, 1),
});
