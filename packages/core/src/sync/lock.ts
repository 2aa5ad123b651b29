/**
 * A mutual exclusion lock, as Python's `threading.Lock`: unowned, so any thread may release it, and not reentrant.
 * Uncontended, `acquire` and `release` are one atomic instruction each.
 *
 * State word (OBJECT.state):
 * ```
 *   bit 0 LOCKED    set by whoever acquires; cleared by release — or left set, and the lock thereby handed to the first waiter
 *   bit 1 WAITERS   the line isn't empty; set and cleared under the guard only. While set, release takes the slow path
 *   bit 2 HANDOFF   the first waiter was told to try, and somebody barged in: the next release hands over. Only while LOCKED
 *   bit 3 WAKE      the words WAKES name threads that the next release shall wake. Set by a condition's notify, cleared by whoever wakes
 *
 *          acquire                 enter                   release: poke first
 *   0 ───────────────▶ LOCKED ───────────────▶ LOCKED|WAITERS ───────────────▶ WAITERS
 *     ◀───────────────        ◀─ last left ──   ▲   │  ▲                      │   │ acquire by anybody (barging)
 *          release                              │   │  └──────────────────────────┘ … or by the poked one: it leaves the line
 *                              release: grant   │   ▼ poked waiter finds it LOCKED
 *                              first (stays     └ LOCKED|WAITERS|HANDOFF
 *                              LOCKED)
 * ```
 *
 * Fairness: the line is first come first. A running thread may barge in ahead of a waiter that is still waking up (handing over at
 * every release would cost a context switch each time), but each waiter loses at most once: then HANDOFF gives it the lock itself.
 *
 * No lost wakeup: WAITERS is set under the guard by the waiter that goes to sleep, in the same compare-exchange that sees LOCKED. From
 * then on the holder's fast release (compare LOCKED, exactly) fails, and its slow one waits for the guard and finds the line. A poked
 * waiter that gives up pokes the next if the lock is free (`left`).
 *
 * Waking at the release: a thread that is notified on a condition wants this lock, which the notifier still holds. To wake it at once would be
 * to wake it twice (measured: 16 µs a hand-off instead of 6), so the notifier notes it here and the release wakes it. Nobody is forgotten:
 * the notifier writes a slot, then sets WAKE; a release changes the state, then empties the slots if WAKE was set. So either the release
 * sees WAKE, or the notifier sees that the lock is free and empties the slots itself. The threads are granted already and sleep in bounded
 * slices, so a death in between costs a tenth of a second.
 */
import { explored, hot, i32, notify, pause } from '../atomics.ts';
import { ThreadStateError, TimeoutError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, mend, unlink } from '../parking/line.ts';
import { deadlineOf, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/wait.ts';
import { grant, poke } from '../parking/wake.ts';
import { LockGuard } from './guard.ts';
import type { Guard } from './guard.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { and, compareExchange, exchange, load, or } = hot;

export const LOCKED = 1;
const WAITERS = 2;
const HANDOFF = 4;
const WAKE = 8;

/** Nodes of blocked threads, 0 where there is none. Written by notifiers and emptied by releasers, with exchanges. */
const WAKES: number = OBJECT.own;
const WAKES_END: number = WAKES + 4;

const BYTES = 64;
/** About a microsecond: most critical sections are shorter, and joining the line costs as much. */
const SPINS: number = explored ? 2 : 30;

export const lockLine: Line = {
  blocking: 'Lock.acquire()',
  twin: 'acquireAsync() or holdAsync()',
  offset: OBJECT.first,
  attempt(lock) {
    for (;;) {
      const seen = load(lock);
      if ((seen & LOCKED) === 0) {
        if (compareExchange(lock, seen, seen | LOCKED) === seen) return true;
      } else if ((seen & WAITERS) !== 0 || compareExchange(lock, seen, seen | WAITERS) === seen) {
        return false;
      }
    }
  },
  retry(lock, node) {
    const line = lock + OBJECT.first;
    const others = i32[node + NODE.next] !== 0 || i32[line] !== node ? WAITERS : 0;
    for (;;) {
      const seen = load(lock);
      if ((seen & LOCKED) !== 0) {
        // Whoever barged in can't have released meanwhile: with WAITERS set it needs the guard, which is ours.
        or(lock, HANDOFF);
        return false;
      }
      if (compareExchange(lock, seen, (seen & WAKE) | LOCKED | others) === seen) {
        unlink(line, node);
        return true;
      }
    }
  },
  left(lock, wasFirst) {
    const next = first(lock + OBJECT.first);
    if (next === 0) and(lock, ~(WAITERS | HANDOFF));
    else if (wasFirst) {
      and(lock, ~HANDOFF);
      if ((load(lock) & LOCKED) === 0) poke(next);
    }
  },
  giveBack: lock => void releaseLock(lock),
  transferable: true,
};

/** Releases; returns false if the lock wasn't locked. */
export function releaseLock(lock: number): boolean {
  if (compareExchange(lock, LOCKED, 0) === LOCKED) return true;
  lockGuard(lock + OBJECT.guard);
  let before = load(lock);
  if ((before & LOCKED) !== 0) {
    const next = first(lock + OBJECT.first);
    if (next === 0) before = exchange(lock, 0);
    else if ((before & HANDOFF) !== 0) {
      before = exchange(lock, i32[next + NODE.next] === 0 ? LOCKED : LOCKED | WAITERS);
      grant(next);
    } else {
      before = exchange(lock, WAITERS);
      poke(next);
    }
  }
  unlockGuard(lock + OBJECT.guard);
  if ((before & WAKE) !== 0) wakeNoted(lock);
  return (before & LOCKED) !== 0;
}

/**
 * Notes a blocked thread, whose node is granted already, to be woken when the lock is released. Returns false if there is no room: then the
 * caller wakes it.
 */
export function wakeAtRelease(lock: number, node: number): boolean {
  for (let slot = lock + WAKES; slot < lock + WAKES_END; slot++) {
    if (compareExchange(slot, 0, node) !== 0) continue;
    if ((or(lock, WAKE) & LOCKED) === 0) {
      and(lock, ~WAKE);
      wakeNoted(lock);
    }
    return true;
  }
  return false;
}

/** Wakes those who were noted; WAKE has been cleared before. A node is its agent's for ever, so waking it once too often is harmless. */
function wakeNoted(lock: number): void {
  for (let slot = lock + WAKES; slot < lock + WAKES_END; slot++) {
    const node = exchange(slot, 0);
    if (node !== 0) notify(node + NODE.state, 1);
  }
}

/** After a death under the guard: the words follow the chain, and a free lock with waiters pokes the first. */
export function repairLock(lock: number): void {
  mend(lock + OBJECT.first);
  const next = first(lock + OBJECT.first);
  if (next === 0) and(lock, ~(WAITERS | HANDOFF));
  else if ((or(lock, WAITERS) & LOCKED) === 0) poke(next);
}

/** Spins a little for the lock to come free before the caller joins the line. */
export function spinForLock(lock: number): boolean {
  for (let spin = 0; spin < SPINS; spin++) {
    const seen = load(lock);
    if ((seen & LOCKED) === 0) {
      if (compareExchange(lock, seen, seen | LOCKED) === seen) return true;
    } else if ((seen & HANDOFF) !== 0) return false;
    pause();
  }
  return false;
}

/**
 * A mutual exclusion lock between threads. Semantics: Python's `threading.Lock`, which any thread may release, with milliseconds for seconds.
 * Prefer `hold()`, which can't forget to release.
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
    if (compareExchange(this.at, 0, LOCKED) === 0) return true;
    const lock = this.live();
    const seen = load(lock);
    return (seen & LOCKED) === 0 && compareExchange(lock, seen, seen | LOCKED) === seen;
  }

  /**
   * Blocks until the lock is acquired; returns true, or false when `timeout` milliseconds passed first. First come first served among all
   * that wait, blocked threads and promises alike, but a running thread may get in ahead of one that is just waking up, once.
   *
   * Throws `RangeError` for a negative or NaN timeout, and `BlockingNotAllowedError` if it would have to wait in a browser window.
   */
  acquire(options?: WaitOptions): boolean {
    if (options === undefined && compareExchange(this.at, 0, LOCKED) === 0) return true;
    return this.#acquireSlowly(options);
  }

  #acquireSlowly(options: WaitOptions | undefined): boolean {
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'Lock.acquire');
    return this.tryAcquire() || spinForLock(lock) || waitBlocking(lock, lockLine, deadline);
  }

  /**
   * As `acquire`, without blocking: resolves to true once acquired, to false after `timeout`, and rejects with `signal.reason` when aborted
   * (then the lock was not taken, or was handed on). Stands in the same line as blocked threads, and holds the event loop meanwhile.
   */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const lock = this.live();
    const deadline = deadlineOf(options?.timeout, 'Lock.acquireAsync');
    options?.signal?.throwIfAborted();
    return this.tryAcquire() || waitInLine(this, lock, lockLine, deadline, options?.signal);
  }

  /** Releases, whoever acquired. Never blocks. Throws `ThreadStateError` ("release unlocked lock") if it isn't locked. */
  release(): void {
    if (compareExchange(this.at, LOCKED, 0) === LOCKED) return;
    if (!releaseLock(this.live()))
      throw new ThreadStateError(`${describe('Lock', this)}: release unlocked lock`);
  }

  /** Whether it is locked now (snapshot). */
  get locked(): boolean {
    return (load(this.live()) & LOCKED) !== 0;
  }

  /**
   * Blocks until acquired and returns a guard that releases at the end of its `using` scope. Throws `TimeoutError` when `timeout` passed, and
   * what `acquire` throws.
   */
  hold(options?: WaitOptions): Guard {
    if (!this.acquire(options)) throw notAcquired('Lock', this, options);
    return new LockGuard(this);
  }

  /** As `hold`, without blocking. Rejects with `TimeoutError` or `signal.reason`. */
  async holdAsync(options?: AsyncWaitOptions): Promise<Guard> {
    if (!(await this.acquireAsync(options))) throw notAcquired('Lock', this, options);
    return new LockGuard(this);
  }

  /** @internal */
  releaseGuard(): void {
    this.release();
  }

  /** What a condition calls held: it can't be known by whom. @internal */
  get heldHere(): boolean {
    return this.locked;
  }

  /** Releases on behalf of a condition's waiter; doesn't mind if somebody else has just done so. @internal */
  releaseSave(): SavedHold {
    releaseLock(this.live());
    return UNOWNED;
  }

  /** Takes back what `releaseSave` gave up; waits as long as it takes. @internal */
  acquireRestore(_saved: SavedHold): void {
    this.acquire();
  }

  /** @internal */
  async acquireRestoreAsync(_saved: SavedHold): Promise<void> {
    await this.acquireAsync();
  }
}

/** How a lock was held before a condition's waiter gave it up. */
export interface SavedHold {
  readonly depth: number;
  readonly guardNumber: number;
}

const UNOWNED: SavedHold = { depth: 1, guardNumber: 0 };

/** `Lock "balance"`, or `Lock` when it has no name. */
export function describe(type: string, object: { name: string }): string {
  return object.name === '' ? type : `${type} "${object.name}"`;
}

export function notAcquired(
  type: string,
  object: { name: string },
  options: WaitOptions | undefined,
): TimeoutError {
  return new TimeoutError(`${describe(type, object)}: not acquired within ${options?.timeout} ms`);
}

registerKind(KIND.lock, {
  revive: pointer => new Lock(new Existing(pointer) as NameOptions),
  lines: [lockLine],
  repair: repairLock,
});
