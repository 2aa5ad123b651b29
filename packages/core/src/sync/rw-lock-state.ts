/**
 * The words of an `RWLock` and their changes: who is let in beside whom, and in which order. Strictly first come first served, so neither readers
 * nor writers starve. Uncontended, each acquire and release is a load and a compare-exchange.
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
import { ownerOf } from '../memory/agent.ts';
import { NODE, OBJECT, OWNER_SHIFT } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { sharersOf } from '../owners/shares.ts';
import { lockGuard, selfBits, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { grant } from '../parking/wake.ts';

const { and, compareExchange, load, or, store } = hot;

const WAITERS = -0x8000_0000;
export const EXCLUSIVE = 0x4000_0000;
export const HELD = 0x7fff_ffff;
/** The most that may share it; one more waits. */
export const MOST = 0x3fff_ffff;

/** NODE.wanted of a waiter that wants to share; the others want EXCLUSIVE, and their slot below it if they want it for a guard. */
export const SHARED = 1;

/** Node that is being served, else 0; and what the state word will be then. Guarded by the guard. */
const SERVING: number = OBJECT.own;
const THEN: number = OBJECT.own + 1;
/** Of those who look at a line that is being changed, so that it may lead in circles. */
const LONGEST_LINE = 1000;

/** What `held` becomes when one more comes in; −1 if it can't. */
function admitted(held: number, wanted: number): number {
  if (wanted >= EXCLUSIVE) return held === 0 ? wanted : -1;
  return held < MOST ? held + 1 : -1;
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

export function releaseRWLock(lock: number, wanted: number): boolean {
  return alter(lock, vacated, wanted);
}

const downgraded = (held: number, wanted: number): number => (held === wanted ? 1 : -1);

/** Makes a lock held alone, without a guard or as `held` says, a shared one; returns false if it isn't held so. */
export function downgradeRWLock(lock: number, held: number = EXCLUSIVE): boolean {
  return alter(lock, downgraded, held);
}

export const sharedLine: Line = {
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
  giveBack: (lock, node) => void releaseRWLock(lock, i32[node + NODE.wanted]!),
  ownersOf,
  isFor: node => i32[node + NODE.wanted] === SHARED,
  rival: () => exclusiveLine,
  announce: lock => void or(lock, WAITERS),
  transferable: true,
};

/** The same line of people, with another name in errors, and not to be confused with it: what one who shares was given is no use to a writer. */
export const exclusiveLine: Line = {
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

/** After a death under the guard. */
export function repairRWLock(lock: number): void {
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

/** What this thread wants, or has, alone for a guard of its own. */
export function aloneForGuard(): number {
  return EXCLUSIVE | (selfBits >> OWNER_SHIFT);
}

/** The agent whose guard holds the lock alone, 0 for none. */
export function exclusiveOwner(lock: number): number {
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
