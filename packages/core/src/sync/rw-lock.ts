/**
 * A lock that many hold together to read, or one alone to write. Strictly first come first served, so neither readers nor writers starve.
 * Uncontended, each acquire and release is a load and a compare-exchange.
 *
 * State word (OBJECT.state):
 * ```
 *   bits 0…30  held: 0 free · 1 … MOST that many share it · EXCLUSIVE (bit 30 alone) one holds it alone
 *   bit 31     WAITERS: the line isn't empty. While set, the whole word changes under the guard only
 *
 *        acquireShared                enter                     release under the guard: serve
 *   n ─────────────────▶ n + 1 ─────────────────▶ WAITERS|held ───────────────────────────────▶ WAITERS|held, or held
 *     ◀─────────────────                             the first in line is served if it can be, and then the next,
 *        releaseShared                               until one can't be; the last served takes WAITERS away
 *   0 ◀── release/acquireExclusive ──▶ EXCLUSIVE
 * ```
 *
 * Nobody overtakes: as long as somebody waits, newcomers join the line, readers too. So a writer waits for those who were there before it
 * and for nobody else, and readers that stand together in line go in together.
 *
 * No lost wakeup: a waiter sets WAITERS under the guard, in the same compare-exchange that sees that it can't be served. From then on each release
 * and each leaving takes the guard and serves the line, and afterwards the first in line can't be served, or there is none.
 *
 * Serving one waiter takes several stores: it is counted in, and it leaves the line. So that a thread which is killed between them leaves neither a
 * holder who isn't counted nor a count without holder, it notes first whom it serves (SERVING) and what the word will be (THEN); `repair`
 * does the rest of it, harmlessly twice.
 */
import { hot, i32 } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineOf, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/wait.ts';
import { grant } from '../parking/wake.ts';
import type { Guard } from './guard.ts';
import { describe, notAcquired } from './lock.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { and, compareExchange, load, or, store } = hot;

const WAITERS = -0x8000_0000;
const EXCLUSIVE = 0x4000_0000;
const HELD = 0x7fff_ffff;
/** The most that may share it; one more waits. */
const MOST = 0x3fff_ffff;

/** NODE.wanted of a waiter that wants to share; the other is EXCLUSIVE. */
const SHARED = 1;

/** Node that is being served, else 0; and what the state word will be then. Guarded by the guard. */
const SERVING: number = OBJECT.own;
const THEN: number = OBJECT.own + 1;
const BYTES = 64;

/** What `held` becomes when one more comes in; −1 if it can't. */
function admitted(held: number, wanted: number): number {
  if (wanted === EXCLUSIVE) return held === 0 ? EXCLUSIVE : -1;
  return held < MOST ? held + 1 : -1;
}

const sharedLine: Line = {
  blocking: 'RWLock.acquireShared()',
  twin: 'acquireSharedAsync() or holdSharedAsync()',
  offset: OBJECT.first,
  attempt(lock, node) {
    for (;;) {
      const seen = load(lock);
      if (seen < 0) return false;
      const next = admitted(seen, i32[node + NODE.wanted]!);
      if (next === -1) {
        if (compareExchange(lock, seen, seen | WAITERS) === seen) return false;
      } else if (compareExchange(lock, seen, next) === seen) {
        return true;
      }
    }
  },
  // Whoever leaves may have been the one who kept those behind it waiting.
  left: serve,
  giveBack: (lock, node) => void release(lock, i32[node + NODE.wanted]!),
  transferable: true,
};

/** The same line of people, with another name in errors, and not to be confused with it: what one who shares was given is no use to a writer. */
const exclusiveLine: Line = {
  ...sharedLine,
  blocking: 'RWLock.acquireExclusive()',
  twin: 'acquireExclusiveAsync() or holdExclusiveAsync()',
};

/** Lets in the first in line as long as there is room for it. Under the guard, with WAITERS set. */
function serve(lock: number): void {
  const line = lock + OBJECT.first;
  for (let node = first(line); node !== 0; node = first(line)) {
    const next = admitted(load(lock) & HELD, i32[node + NODE.wanted]!);
    if (next === -1) return;
    i32[lock + THEN] = next | WAITERS;
    i32[lock + SERVING] = node;
    store(lock, next | WAITERS);
    grant(node);
    i32[lock + SERVING] = 0;
  }
  and(lock, HELD);
}

/** What `held` becomes when one goes; −1 if nobody holds it in that way. */
function vacated(held: number, wanted: number): number {
  if (wanted === EXCLUSIVE) return held === EXCLUSIVE ? 0 : -1;
  return held === 0 || held === EXCLUSIVE ? -1 : held - 1;
}

/** Changes `held` as `change` says, outside the guard if nobody waits; returns false, nothing being changed, if that says −1. */
function alter(lock: number, change: (held: number, wanted: number) => number, wanted: number): boolean {
  for (;;) {
    const seen = load(lock);
    if (seen < 0) {
      const done = alterWithWaiters(lock, change, wanted);
      if (done !== undefined) return done;
    } else {
      const next = change(seen, wanted);
      if (next === -1) return false;
      if (compareExchange(lock, seen, next) === seen) return true;
    }
  }
}

/** Returns `undefined` if the last waiter has gone meanwhile. */
function alterWithWaiters(
  lock: number,
  change: (held: number, wanted: number) => number,
  wanted: number,
): boolean | undefined {
  lockGuard(lock + OBJECT.guard);
  const seen = load(lock);
  const next = change(seen & HELD, wanted);
  if (seen < 0 && next !== -1) {
    store(lock, next | WAITERS);
    serve(lock);
  }
  unlockGuard(lock + OBJECT.guard);
  return seen < 0 ? next !== -1 : undefined;
}

function release(lock: number, wanted: number): boolean {
  return alter(lock, vacated, wanted);
}

const downgraded = (held: number): number => (held === EXCLUSIVE ? 1 : -1);

/** After a death under the guard. */
function repairRWLock(lock: number): void {
  const line = lock + OBJECT.first;
  mend(line);
  const node = i32[lock + SERVING]!;
  if (node !== 0) {
    store(lock, i32[lock + THEN]!);
    // `mend` has just said of each node that stands in the line that it does.
    if (i32[node + NODE.line] === line) grant(node);
    i32[lock + SERVING] = 0;
  }
  if (first(line) !== 0) or(lock, WAITERS);
  serve(lock);
}

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

/**
 * A lock that many hold at once to read, or one alone to write: `holdShared()` and `holdExclusive()`. It pays when reads are many and take longer than
 * a microsecond; for shorter ones a `Lock` is as fast. Semantics: like Java's `ReentrantReadWriteLock(fair)`, but not reentrant: who shares it and
 * acquires it again while a writer waits, waits for ever.
 *
 * Strictly first come first served, for blocked threads and promises alike: a writer waits only for those who came before it, and so does a
 * reader. Unowned, as `Lock`: any thread may release, and what a dead thread held stays held.
 *
 * Don't block for it in a thread whose own async tasks use it: what a task has just been given, and can't give back before the event loop runs, the
 * blocked thread may be waiting for.
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
    const deadline = deadlineOf(options?.timeout, 'RWLock.acquireShared');
    return this.tryAcquireShared() || waitBlocking(lock, sharedLine, deadline, SHARED);
  }

  /** Blocks until this thread holds the lock alone; otherwise as `acquireShared`. */
  acquireExclusive(options?: WaitOptions): boolean {
    if (options === undefined && this.tryAcquireExclusive()) return true;
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'RWLock.acquireExclusive');
    return this.tryAcquireExclusive() || waitBlocking(lock, exclusiveLine, deadline, EXCLUSIVE);
  }

  /**
   * As `acquireShared`, without blocking; rejects with `signal.reason` when aborted (then the lock was not taken, or was handed on). Stands in the same
   * line as blocked threads, and holds the event loop meanwhile.
   */
  async acquireSharedAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'RWLock.acquireSharedAsync');
    options?.signal?.throwIfAborted();
    return this.tryAcquireShared() || waitInLine(this, lock, sharedLine, deadline, options?.signal, SHARED);
  }

  /** As `acquireExclusive`, without blocking; otherwise as `acquireSharedAsync`. */
  async acquireExclusiveAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'RWLock.acquireExclusiveAsync');
    options?.signal?.throwIfAborted();
    return (
      this.tryAcquireExclusive() ||
      waitInLine(this, lock, exclusiveLine, deadline, options?.signal, EXCLUSIVE)
    );
  }

  /** Undoes one acquisition to share, whoever acquired. Never blocks. Throws `ThreadStateError` if nobody shares it. */
  releaseShared(): void {
    if (!release(this.live(), SHARED)) throw this.#notHeld('releaseShared', 'to share it');
  }

  /** Gives up the lock held alone, whoever acquired. Never blocks. Throws `ThreadStateError` if nobody holds it alone. */
  releaseExclusive(): void {
    if (!release(this.live(), EXCLUSIVE)) throw this.#notHeld('releaseExclusive', 'alone');
  }

  #notHeld(call: string, how: string): ThreadStateError {
    const held = load(this.live()) & HELD;
    const is = held === 0 ? 'it is free' : held === EXCLUSIVE ? 'it is held alone' : `${held} share it`;
    return new ThreadStateError(`${describe('RWLock', this)}: ${call}: nobody holds it ${how}; ${is}`);
  }

  /** @internal */
  downgradeExclusive(): void {
    if (!alter(this.live(), downgraded, EXCLUSIVE)) throw this.#notHeld('downgrade', 'alone');
  }

  /** How many share it now (snapshot). */
  get sharedBy(): number {
    const held = load(this.live()) & HELD;
    return held === EXCLUSIVE ? 0 : held;
  }

  /** Whether somebody holds it alone now (snapshot). */
  get exclusive(): boolean {
    return (load(this.live()) & HELD) === EXCLUSIVE;
  }

  /** Whether anybody holds it now, in either way (snapshot). */
  get locked(): boolean {
    return (load(this.live()) & HELD) !== 0;
  }

  /**
   * Blocks until this thread may read beside others, and returns a guard that releases at the end of its `using` scope. Throws `TimeoutError` when
   * `timeout` passed, and what `acquireShared` throws.
   */
  holdShared(options?: WaitOptions): Guard {
    if (!this.acquireShared(options)) throw notAcquired('RWLock', this, options);
    return new SharedHold(this);
  }

  /** As `holdShared`, alone. */
  holdExclusive(options?: WaitOptions): ExclusiveGuard {
    if (!this.acquireExclusive(options)) throw notAcquired('RWLock', this, options);
    return new ExclusiveHold(this);
  }

  /** As `holdShared`, without blocking. Rejects with `TimeoutError` or `signal.reason`. */
  async holdSharedAsync(options?: AsyncWaitOptions): Promise<Guard> {
    if (!(await this.acquireSharedAsync(options))) throw notAcquired('RWLock', this, options);
    return new SharedHold(this);
  }

  /** As `holdExclusive`, without blocking. Rejects with `TimeoutError` or `signal.reason`. */
  async holdExclusiveAsync(options?: AsyncWaitOptions): Promise<ExclusiveGuard> {
    if (!(await this.acquireExclusiveAsync(options))) throw notAcquired('RWLock', this, options);
    return new ExclusiveHold(this);
  }
}

abstract class Hold implements Guard {
  #lock: RWLock | undefined;

  constructor(lock: RWLock) {
    this.#lock = lock;
  }

  /** Tells the codec to refuse it: in another thread it would release what it doesn't hold. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    return this.#lock !== undefined;
  }

  /** Takes the lock out: it can be given back or changed once. */
  protected take(): RWLock {
    const lock = this.#lock;
    if (lock === undefined)
      throw new ThreadStateError('guard: released already; a guard releases its lock once');
    this.#lock = undefined;
    return lock;
  }

  abstract release(): void;

  [Symbol.dispose](): void {
    if (this.held) this.release();
  }
}

class SharedHold extends Hold {
  release(): void {
    this.take().releaseShared();
  }
}

class ExclusiveHold extends Hold implements ExclusiveGuard {
  release(): void {
    this.take().releaseExclusive();
  }

  downgrade(): Guard {
    const lock = this.take();
    lock.downgradeExclusive();
    return new SharedHold(lock);
  }
}

registerKind(KIND.rwLock, {
  revive: pointer => new RWLock(new Existing(pointer) as NameOptions),
  lines: [sharedLine],
  repair: repairRWLock,
});
