/**
 * The words of a lock and their changes: how it is taken, waited for, given back and handed over. `Lock`, `RLock` and `SpinLock` are made of
 * them. Uncontended, taking it and giving it back are one atomic instruction each, with an owner's name in it or without.
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
import { ownerOf } from '../memory/agent.ts';
import { NODE, NODE_STATE, OBJECT, OWNER_MASK } from '../memory/layout.ts';
import '../owners/watch.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, mend, unlink } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { grant, poke } from '../parking/wake.ts';

const { and, compareExchange, exchange, load, or, store } = hot;

export const LOCKED = 1;
const WAITERS = 2;
const HANDOFF = 4;
const WAKE = 8;
export const ABANDONED = 16;

/** Nodes of blocked threads, 0 where there is none. Written by notifiers and emptied by releasers, with exchanges. */
const WAKES: number = OBJECT.own;
const WAKES_END: number = WAKES + 3;
/** Node of the waiter that is being handed the lock, else 0. Guarded by the guard. */
const SERVING: number = WAKES_END;

const { heldNext: HELD_NEXT, owner: TAKER } = OBJECT;

/** About a microsecond: most critical sections are shorter, and joining the line costs as much. */
const SPINS: number = explored ? 2 : 30;

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

/** Who acquired it plainly, see `Kind.takenBy`. */
export function takenBy(lock: number): number | undefined {
  const seen = load(lock);
  return (seen & LOCKED) === 0 || i32[lock + HELD_NEXT] !== 0 ? undefined : i32[lock + TAKER]!;
}
