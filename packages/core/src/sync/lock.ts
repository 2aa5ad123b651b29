/**
 * A mutual exclusion lock, as Python's `threading.Lock`: unowned, so any thread may release it, and not reentrant; and owned, when a guard
 * holds it. Uncontended, `acquire` and `release` are one atomic instruction each, and so are taking it with a guard and giving it back.
 *
 * State word (OBJECT.state):
 * ```
 *   bit 0 LOCKED    set by whoever acquires; cleared by release — or left set, and the lock thereby handed to the first waiter
 *   bit 1 WAITERS   the line isn't empty; set and cleared under the guard only. While set, release takes the slow path
 *   bit 2 HANDOFF   the first waiter was told to try, and somebody barged in: the next release hands over. Only while LOCKED
 *   bit 3 WAKE      the words WAKES name threads that the next release shall wake. Set by a condition's notify, cleared by whoever wakes
 *   bit 4 ABANDONED the owner died. Set with the release on the dead one's behalf; cleared by the next guard that takes the lock, which says so
 *   bits 8…19       owner: slot + 1 of the agent whose guard holds it, 0 for a plain acquire. Only while LOCKED, and changed together with it
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
 * every release would cost a context switch each time), but each waiter loses at most once: then HANDOFF gives it the lock itself. So a promise
 * waits for two awakenings of its event loop at most, whatever others do. With four threads that take the lock again as soon as they have released it, on two
 * cores that ten other programs wanted: 49 ms half of the time, 141 ms in 99 of 100, 0.8 s at worst, which were 650 turns of the others (asserted: 0.25 s, 5 s).
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
 *
 * Handing over takes several stores: the state word names the new owner, and its node leaves the line. Whoever does it notes first whom it serves
 * (SERVING), so that after its death `repairLock` can tell a release that has begun from one that hasn't, and do the rest.
 */
import { explored, hot, i32, notify, pause } from '../atomics.ts';
import { AbandonedLockError, ThreadStateError, TimeoutError } from '../errors.ts';
import { ident, ownerOf } from '../memory/agent.ts';
import { free } from '../memory/allocator.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { AGENT, NODE, NODE_STATE, OBJECT, OWNER_MASK, REGISTRY } from '../memory/layout.ts';
import { readName, writeName } from '../memory/name.ts';
import { Existing, SharedObject, payPostponed } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { isHeldHere, linkHeld, setHolding, unlinkHeld } from '../owners/held.ts';
import { beforeTaking, noteTaken } from '../owners/developer.ts';
import { forgetOrder } from '../owners/order.ts';
import '../owners/watch.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, ownerBits, selfAgent, selfBits, unlockGuard } from '../parking/guard.ts';
import { first, mend, unlink } from '../parking/line.ts';
import { deadlineIn, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/wait.ts';
import { grant, poke } from '../parking/wake.ts';
import type { Guard } from './guard.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { and, compareExchange, exchange, load, or, store } = hot;

export const LOCKED = 1;
const WAITERS = 2;
const HANDOFF = 4;
const WAKE = 8;
const ABANDONED = 16;

/** Nodes of blocked threads, 0 where there is none. Written by notifiers and emptied by releasers, with exchanges. */
const WAKES: number = OBJECT.own;
const WAKES_END: number = WAKES + 3;
/** Node of the waiter that is being handed the lock, else 0. Guarded by the guard. */
const SERVING: number = WAKES_END;

/** GENERATION: of guards that hold the lock; changes when a guard that isn't released stops holding it, which so can't be taken for a later one. */
const { abandonedBy: ABANDONED_BY, guardNumber: GENERATION, heldNext: HELD_NEXT, owner: TAKER } = OBJECT;
const WATCH_WORD: number = REGISTRY.watch;
const { holding: HOLDING } = AGENT;

const BYTES = 64;
/** About a microsecond: most critical sections are shorter, and joining the line costs as much. */
const SPINS: number = explored ? 2 : 30;

export const lockLine: Line = {
  blocking: 'Lock.acquire()',
  twin: 'acquireAsync() or holdAsync()',
  offset: OBJECT.first,
  attempt(lock, node) {
    const mine = LOCKED | i32[node + NODE.wanted]!;
    for (;;) {
      const seen = load(lock);
      if ((seen & LOCKED) === 0) {
        if (compareExchange(lock, seen, seen | mine) === seen) return true;
      } else if ((seen & WAITERS) !== 0 || compareExchange(lock, seen, seen | WAITERS) === seen) {
        return false;
      }
    }
  },
  retry(lock, node) {
    const line = lock + OBJECT.first;
    const others = i32[node + NODE.next] !== 0 || i32[line] !== node ? WAITERS : 0;
    const mine = LOCKED | i32[node + NODE.wanted]!;
    for (;;) {
      const seen = load(lock);
      if ((seen & LOCKED) !== 0) {
        // Whoever barged in can't have released meanwhile: with WAITERS set it needs the guard, which is ours.
        or(lock, HANDOFF);
        return false;
      }
      if (compareExchange(lock, seen, (seen & (WAKE | ABANDONED)) | mine | others) === seen) {
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
  giveBack: (lock, node) => void releaseLock(lock, i32[node + NODE.wanted]!),
  ownersOf(lock, node) {
    const seen = load(lock);
    // It has the lock and is about to be told: the owner that was read may be itself. (Read after the word, see `releaseLock`.)
    if (load(lock + SERVING) === node) return [];
    const owner = (seen & LOCKED) === 0 ? promisedTo(lock) : ownerOf(seen);
    return owner === 0 ? [] : [owner];
  },
  adopt(lock, wanted) {
    and(lock, ~OWNER_MASK);
    or(lock, wanted);
  },
  transferable: true,
};

/** The agent whose promise was told to take a free lock, if that is the next in line: until its event loop turns, nobody else in line gets the lock. */
function promisedTo(lock: number): number {
  const next = first(lock + OBJECT.first);
  if (next === 0 || i32[next + NODE.isAsync] === 0) return 0;
  return load(next + NODE.state) === NODE_STATE.poked ? i32[next + NODE.agent]! : 0;
}

/** Releases what is held in the name of `owner`: 0 for a plain acquire, or the bits of a guard's agent. Returns false if it isn't held so. */
export function releaseLock(lock: number, owner: number = 0): boolean {
  const held = LOCKED | owner;
  if (compareExchange(lock, held, 0) === held) return true;
  lockGuard(lock + OBJECT.guard);
  let before = load(lock);
  const isHeld = (before & (LOCKED | OWNER_MASK)) === held;
  if (isHeld) {
    const next = first(lock + OBJECT.first);
    const abandoned = before & ABANDONED;
    if (next === 0) before = exchange(lock, abandoned);
    else if ((before & HANDOFF) !== 0) {
      i32[lock + SERVING] = next;
      const others = i32[next + NODE.next] === 0 ? 0 : WAITERS;
      before = exchange(lock, abandoned | LOCKED | i32[next + NODE.wanted]! | others);
      grant(next);
      // An atomic store, so that whoever looks for a deadlock sees it only after the grant.
      store(lock + SERVING, 0);
    } else {
      before = exchange(lock, abandoned | WAITERS);
      poke(next);
    }
  }
  unlockGuard(lock + OBJECT.guard);
  if (isHeld && (before & WAKE) !== 0) wakeNoted(lock);
  return isHeld;
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
  const line = lock + OBJECT.first;
  mend(line);
  const served = i32[lock + SERVING]!;
  // HANDOFF goes with the exchange that names the new owner. `mend` has just said of each node that stands in the line that it does.
  if (served !== 0 && (load(lock) & HANDOFF) === 0 && i32[served + NODE.line] === line) grant(served);
  i32[lock + SERVING] = 0;
  const next = first(line);
  if (next === 0) and(lock, ~(WAITERS | HANDOFF));
  else if ((or(lock, WAITERS) & LOCKED) === 0) poke(next);
}

/** Takes the lock if it is free, in the name of `owner` (0 for a plain acquire). */
export function takeLock(lock: number, owner: number): boolean {
  if (compareExchange(lock, 0, LOCKED | owner) === 0) return true;
  const seen = load(lock);
  return (seen & LOCKED) === 0 && compareExchange(lock, seen, seen | LOCKED | owner) === seen;
}

/** Spins a little for the lock to come free before the caller joins the line. */
export function spinForLock(lock: number, owner: number = 0): boolean {
  for (let spin = 0; spin < SPINS; spin++) {
    const seen = load(lock);
    if ((seen & LOCKED) === 0) {
      if (compareExchange(lock, seen, seen | LOCKED | owner) === seen) return true;
    } else if ((seen & HANDOFF) !== 0) return false;
    pause();
  }
  return false;
}

/** Lets go of a lock on behalf of a guard of an agent that will never run again: the next guard that takes it hears of that. */
export function abandonLock(lock: number, agent: number, by: string): void {
  const owner = ownerBits(agent);
  if ((load(lock) & (LOCKED | OWNER_MASK)) !== (LOCKED | owner)) return;
  if (i32[lock + ABANDONED_BY] === 0) {
    try {
      i32[lock + ABANDONED_BY] = writeName(by);
    } catch {
      // No memory for the name: then it isn't said who died.
    }
  }
  i32[lock + HELD_NEXT] = 0;
  i32[lock + GENERATION]! += 1;
  or(lock, ABANDONED);
  releaseLock(lock, owner);
}

/** If the lock, which this thread has just taken with a guard, was abandoned: makes it an ordinary one and returns who left it. */
export function pickUp(lock: number): string | undefined {
  if ((load(lock) & ABANDONED) === 0) return undefined;
  const block = i32[lock + ABANDONED_BY]!;
  const by = block === 0 ? 'a thread' : readName(block);
  i32[lock + ABANDONED_BY] = 0;
  and(lock, ~ABANDONED);
  if (block !== 0) free(block);
  return by;
}

/** Who acquired it plainly, see `Kind.takenBy`. */
export function takenBy(lock: number): number | undefined {
  const seen = load(lock);
  return (seen & LOCKED) === 0 || i32[lock + HELD_NEXT] !== 0 ? undefined : i32[lock + TAKER]!;
}

/** Frees what a lock owns besides its block. */
export function destroyLock(lock: number): void {
  if (i32[lock + ABANDONED_BY] !== 0) free(i32[lock + ABANDONED_BY]!);
  forgetOrder(lock);
}

export function abandonedError(type: string, object: { name: string }, by: string, guard?: Guard): Error {
  return new AbandonedLockError(
    `${describe(type, object)}: ${by} died while it held the lock, so what it protects may be half changed. ` +
      'This thread holds the lock now: repair that, go on, and release error.guard',
    guard,
  );
}

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
    if (compareExchange(this.at, 0, LOCKED) !== 0 && !takeLock(this.live(), 0)) return false;
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
    if (options === undefined && compareExchange(this.at, 0, LOCKED) === 0) {
      i32[this.at + TAKER] = ident;
      return true;
    }
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
    if (compareExchange(this.at, LOCKED, 0) === LOCKED) return;
    const lock = this.live();
    if (releaseLock(lock)) return;
    throw new ThreadStateError(
      (load(lock) & LOCKED) === 0
        ? `${describe('Lock', this)}: release unlocked lock`
        : `${describe('Lock', this)}: a guard holds it, and only the guard releases it; call release() of what hold() returned`,
    );
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
   * Costs as much as `acquire` and `release`. To hold it twice in one thread is a deadlock, and throws `DeadlockError`.
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
    const deadline = deadlineIn(options, 'Lock.hold');
    beforeTaking(lock, deadline);
    if (!holdState(lock, lockLine, deadline)) throw notAcquired('Lock', this, options);
    const guard = new HeldLock(this, lock);
    noteTaken(lock);
    const by = pickUp(lock);
    if (by !== undefined) throw abandonedError('Lock', this, by, guard);
    return guard;
  }

  /** As `hold`, without blocking. Rejects with `TimeoutError` or `signal.reason`, and with `AbandonedLockError` as `hold` does. */
  async holdAsync(options?: AsyncWaitOptions): Promise<Guard> {
    const lock = this.live();
    const deadline = deadlineIn(options, 'Lock.holdAsync');
    options?.signal?.throwIfAborted();
    let guard: Guard | undefined;
    let by: string | undefined;
    const taken = (): void => {
      guard = new HeldLock(this, lock);
      noteTaken(lock);
      by = pickUp(lock);
    };
    if (!(await holdStateAsync(this, lock, lockLine, deadline, options?.signal, taken)))
      throw notAcquired('Lock', this, options);
    if (by !== undefined) throw abandonedError('Lock', this, by, guard);
    return guard!;
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

/** Takes the state word in the name of this thread; blocks. On true the caller must write down what is held (`linkHeld`). */
export function holdState(lock: number, line: Line, deadline: number): boolean {
  setHolding(lock);
  return (
    takeLock(lock, selfBits) || spinForLock(lock, selfBits) || waitBlocking(lock, line, deadline, selfBits)
  );
}

/** As `holdState`, without blocking. `taken` writes down what is held at the very moment when it is. */
export function holdStateAsync(
  owner: object,
  lock: number,
  line: Line,
  deadline: number,
  signal: AbortSignal | undefined,
  taken: () => void,
): Promise<boolean> {
  setHolding(lock);
  if (!takeLock(lock, selfBits)) return waitInLine(owner, lock, line, deadline, signal, selfBits, taken);
  taken();
  return Promise.resolve(true);
}

/** Gives back a lock that this thread holds with a guard. */
function letGo(lock: number): void {
  unlinkHeld(lock);
  if (compareExchange(lock, LOCKED | selfBits, 0) !== (LOCKED | selfBits)) releaseLock(lock, selfBits);
}

/** The guard of a `Lock`, or of what is made like one. */
export class HeldLock implements Guard {
  /** The handle, so that it isn't collected meanwhile; `undefined` when this guard was released. */
  #lock: Held | undefined;
  readonly #at: number;
  readonly #generation: number;

  /** Writes down that this thread holds the lock, which it has just taken. */
  constructor(lock: Held, at: number) {
    this.#lock = lock;
    this.#at = at;
    this.#generation = i32[at + GENERATION]!;
    linkHeld(at);
  }

  /** Tells the codec to refuse it: in another thread it would release what it doesn't hold. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    const at = this.#at;
    return this.#lock !== undefined && isHeldHere(at) && i32[at + GENERATION] === this.#generation;
  }

  release(): void {
    if (!this.#release()) throw notHeldByGuard(this.#lock);
  }

  [Symbol.dispose](): void {
    // Not if it was released, or if a condition's waiter gave it up and couldn't take it back.
    this.#release();
  }

  #release(): boolean {
    if (!this.held) return false;
    const lock = this.#lock!;
    this.#lock = undefined;
    letGo(this.#at);
    if (lock.disposed) payPostponed();
    return true;
  }
}

/** What a guard needs of the handle of its lock. */
interface Held {
  readonly name: string;
  readonly disposed: boolean;
  readonly type: string;
}

function notHeldByGuard(lock: Held | undefined): ThreadStateError {
  return new ThreadStateError(
    lock === undefined
      ? 'guard: released already; a guard releases its lock once'
      : `guard: ${describe(lock.type, lock)} isn't held by it any more`,
  );
}

/** How a lock was held before a condition's waiter gave it up. */
export interface SavedHold {
  readonly depth: number;
  readonly guardNumber: number;
  /** Whether a guard held it. */
  readonly guarded: boolean;
}

const UNOWNED: SavedHold = { depth: 1, guardNumber: 0, guarded: false };

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
  abandon: abandonLock,
  ownerOf: lock => ownerOf(load(lock)),
  takenBy,
  destroy: destroyLock,
});
