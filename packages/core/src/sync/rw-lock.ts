/**
 * A lock that many hold together to read, or one alone to write. Strictly first come first served, so neither readers nor writers starve.
 * Uncontended, each acquire and release is a load and a compare-exchange.
 *
 * State word (OBJECT.state):
 * ```
 *   bits 0…30  held: 0 free · 1 … MOST that many share it · EXCLUSIVE (bit 30) one holds it alone, and below it is the slot + 1 of the agent whose
 *              guard that is, 0 for a plain acquire
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
import { ownerOf } from '../memory/agent.ts';
import { free } from '../memory/allocator.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT, OWNER_SHIFT } from '../memory/layout.ts';
import { readName, writeName } from '../memory/name.ts';
import { Existing, SharedObject, payPostponed } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { beforeTaking, noteTaken } from '../owners/developer.ts';
import { linkHeld, setHolding, unlinkHeld } from '../owners/held.ts';
import { forgetOrder } from '../owners/order.ts';
import { addShare, dropShare, hasShare, prepareShare, sharersOf } from '../owners/shares.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, selfAgent, selfBits, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineIn, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/wait.ts';
import { grant } from '../parking/wake.ts';
import { abandonedError } from './abandoned-lock.ts';
import { describe, notAcquired } from './describe.ts';
import type { Guard } from './guard.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { and, compareExchange, load, or, store } = hot;

const WAITERS = -0x8000_0000;
const EXCLUSIVE = 0x4000_0000;
const HELD = 0x7fff_ffff;
/** The most that may share it; one more waits. */
const MOST = 0x3fff_ffff;

/** NODE.wanted of a waiter that wants to share; the others want EXCLUSIVE, and their slot below it if they want it for a guard. */
const SHARED = 1;

/** Node that is being served, else 0; and what the state word will be then. Guarded by the guard. */
const SERVING: number = OBJECT.own;
const THEN: number = OBJECT.own + 1;
const BYTES = 64;
const { abandonedBy: ABANDONED_BY, guardNumber: GENERATION } = OBJECT;
/** Of those who look at a line that is being changed, so that it may lead in circles. */
const LONGEST_LINE = 1000;
/** In place of the dead one's name, where there was no memory for it. */
const UNNAMED = -1;

/** What `held` becomes when one more comes in; −1 if it can't. */
function admitted(held: number, wanted: number): number {
  if (wanted >= EXCLUSIVE) return held === 0 ? wanted : -1;
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
  ownersOf,
  isFor: node => i32[node + NODE.wanted] === SHARED,
  rival: () => exclusiveLine,
  announce: lock => void or(lock, WAITERS),
  transferable: true,
};

/** What this thread wants, or has, alone for a guard of its own. */
function aloneForGuard(): number {
  return EXCLUSIVE | (selfBits >> OWNER_SHIFT);
}

/** The agent whose guard holds the lock alone, 0 for none. */
function exclusiveOwner(lock: number): number {
  const held = load(lock) & HELD;
  return held > EXCLUSIVE ? ownerOf((held & ~EXCLUSIVE) << OWNER_SHIFT) : 0;
}

/**
 * Who must run before the waiter can get anything: who holds the lock alone; those who share it, if it isn't to share; and those who stand in front
 * and can't come in together with it. Of promises in front only those that will hold it alone by a guard: what a plain acquire is given, anybody may
 * release.
 */
function ownersOf(lock: number, node: number): readonly number[] {
  const owner = exclusiveOwner(lock);
  // It has the lock and is about to be told: the owner may be itself, and out of the line it has nobody in front. (Read after the word, see `serve`.)
  if (load(lock + SERVING) === node) return [];
  const wantsToShare = i32[node + NODE.wanted] === SHARED;
  const owners = owner !== 0 ? [owner] : wantsToShare ? [] : sharersOf(lock);
  let steps = 0;
  for (
    let other = first(lock + OBJECT.first);
    other !== 0 && other !== node;
    other = i32[other + NODE.next]!
  ) {
    ensureMapped(other);
    if (++steps > LONGEST_LINE) break;
    const wanted = i32[other + NODE.wanted]!;
    const isCertain = i32[other + NODE.isAsync] === 0 || wanted > EXCLUSIVE;
    if (isCertain && !(wantsToShare && wanted === SHARED)) owners.push(i32[other + NODE.agent]!);
  }
  return owners;
}

/** The same line of people, with another name in errors, and not to be confused with it: what one who shares was given is no use to a writer. */
const exclusiveLine: Line = {
  ...sharedLine,
  blocking: 'RWLock.acquireExclusive()',
  twin: 'acquireExclusiveAsync() or holdExclusiveAsync()',
  isFor: node => i32[node + NODE.wanted] !== SHARED,
  rival: () => sharedLine,
  adopt(lock, wanted) {
    lockGuard(lock + OBJECT.guard);
    store(lock, (load(lock) & WAITERS) | wanted);
    unlockGuard(lock + OBJECT.guard);
  },
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
    // An atomic store, so that whoever looks for a deadlock sees it only after the grant.
    store(lock + SERVING, 0);
  }
  and(lock, HELD);
}

/** What `held` becomes when one goes; −1 if nobody holds it in that way. */
function vacated(held: number, wanted: number): number {
  if (wanted >= EXCLUSIVE) return held === wanted ? 0 : -1;
  return held === 0 || held >= EXCLUSIVE ? -1 : held - 1;
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

const downgraded = (held: number, wanted: number): number => (held === wanted ? 1 : -1);

/** Makes a lock held alone, without a guard or as `held` says, a shared one; returns false if it isn't held so. */
export function downgradeRWLock(lock: number, held: number = EXCLUSIVE): boolean {
  return alter(lock, downgraded, held);
}

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
    if (!release(this.live(), SHARED)) throw this.#notHeld('releaseShared', 'to share it');
  }

  /** Gives up the lock held alone, whoever acquired. Never blocks. Throws `ThreadStateError` if nobody holds it alone. */
  releaseExclusive(): void {
    const lock = this.live();
    if (release(lock, EXCLUSIVE)) return;
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
    const by = pickUp(lock);
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
      by = pickUp(lock);
    };
    setHolding(lock);
    if (compareExchange(lock, 0, alone) === 0) taken();
    else if (!(await waitInLine(this, lock, exclusiveLine, deadline, options?.signal, alone, taken)))
      throw notAcquired('RWLock', this, options);
    if (by !== undefined) throw abandonedError('RWLock', this, by, guard);
    return guard!;
  }
}

/** Who died while it held the lock alone, if nobody has held it alone since. */
function abandonedBy(lock: number): string | undefined {
  const block = i32[lock + ABANDONED_BY]!;
  if (block === 0) return undefined;
  return block === UNNAMED ? 'a thread' : readName(block);
}

/** As `abandonedBy`, for this thread, which holds the lock alone: then it is an ordinary one again. */
function pickUp(lock: number): string | undefined {
  const by = abandonedBy(lock);
  const block = i32[lock + ABANDONED_BY]!;
  if (block === 0) return undefined;
  i32[lock + ABANDONED_BY] = 0;
  if (block !== UNNAMED) free(block);
  return by;
}

function abandonRWLock(lock: number, agent: number, by: string): void {
  if (exclusiveOwner(lock) !== agent) return;
  if (i32[lock + ABANDONED_BY] === 0) {
    let block = UNNAMED;
    try {
      block = writeName(by);
    } catch {
      // No memory for the name: then it isn't said who died.
    }
    i32[lock + ABANDONED_BY] = block;
  }
  i32[lock + OBJECT.heldNext] = 0;
  i32[lock + GENERATION]! += 1;
  release(lock, load(lock) & HELD);
}

/** What both guards have in common: they are released once, and hold the handle so that it isn't collected meanwhile. */
abstract class Hold implements Guard {
  #lock: RWLock | undefined;
  protected readonly at: number;

  constructor(lock: RWLock, at: number) {
    this.#lock = lock;
    this.at = at;
  }

  /** Tells the codec to refuse it: in another thread it would release what it doesn't hold. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    return this.#lock !== undefined && this.isLinked;
  }

  /** Whether the lock is still written down as this guard's: not when its thread has ended. */
  protected abstract readonly isLinked: boolean;
  protected abstract letGo(): void;

  /** Takes the lock out: it can be given back or changed once. */
  protected take(): RWLock {
    const lock = this.#lock;
    if (lock === undefined)
      throw new ThreadStateError('guard: released already; a guard releases its lock once');
    if (!this.isLinked)
      throw new ThreadStateError(`guard: ${describe('RWLock', lock)} isn't held by it any more`);
    this.#lock = undefined;
    return lock;
  }

  release(): void {
    const lock = this.take();
    this.letGo();
    if (lock.disposed) payPostponed();
  }

  [Symbol.dispose](): void {
    if (this.held) this.release();
  }
}

class SharedHold extends Hold {
  readonly #record: number;

  /** Writes down that this thread shares the lock. */
  constructor(lock: RWLock, at: number) {
    super(lock, at);
    this.#record = addShare(at);
  }

  protected get isLinked(): boolean {
    return hasShare(this.#record);
  }

  protected letGo(): void {
    dropShare(this.#record);
    release(this.at, SHARED);
  }
}

class ExclusiveHold extends Hold implements ExclusiveGuard {
  readonly #generation: number;

  /** Writes down that this thread holds the lock alone. */
  constructor(lock: RWLock, at: number) {
    super(lock, at);
    this.#generation = i32[at + GENERATION]!;
    linkHeld(at);
    noteTaken(at);
  }

  protected get isLinked(): boolean {
    return exclusiveOwner(this.at) === selfAgent && i32[this.at + GENERATION] === this.#generation;
  }

  protected letGo(): void {
    unlinkHeld(this.at);
    release(this.at, aloneForGuard());
  }

  downgrade(): Guard {
    prepareShare();
    const lock = this.take();
    unlinkHeld(this.at);
    downgradeRWLock(this.at, aloneForGuard());
    return new SharedHold(lock, this.at);
  }
}

registerKind(KIND.rwLock, {
  revive: pointer => new RWLock(new Existing(pointer) as NameOptions),
  lines: [sharedLine, exclusiveLine],
  repair: repairRWLock,
  abandon: abandonRWLock,
  unshare: lock => void release(lock, SHARED),
  ownerOf: exclusiveOwner,
  takenBy: lock => ((load(lock) & HELD) === EXCLUSIVE ? 0 : undefined),
  destroy(lock) {
    const block = i32[lock + ABANDONED_BY]!;
    if (block !== 0 && block !== UNNAMED) free(block);
    forgetOrder(lock);
  },
});
