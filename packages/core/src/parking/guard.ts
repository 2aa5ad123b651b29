/**
 * The guard of one shared object: a lock held for a few dozen instructions while its line or ring is changed.
 * It knows its holder, and each agent leaves a crumb for every guard that it holds, so that a holder's death is repaired, not waited for.
 *
 * ```
 * word = 0                free
 *      = agent            held by that agent (a pointer, a multiple of 64, so the low bits are free)
 *      = agent | SLEEPERS held, and somebody may be asleep on the word: the release must notify
 * ```
 *
 * Why nobody sleeps for ever: a thread sleeps only after it saw SLEEPERS set (or set it) and only while the word still says so;
 * whoever frees the word takes the old value in the same instruction and notifies if SLEEPERS was in it; who wakes takes
 * the guard *with* SLEEPERS, since others may sleep beside it. A holder that dies is replaced by the reaper (`reaper.ts`),
 * which follows the crumbs. A crumb is written before the guard is tried and wiped after it is freed: too wide, never too narrow.
 *
 * Rules that must stay true: no user code, no allocation that may throw and no parking under a guard; nesting only
 * object guard → the object's second guard, if it has one → allocator guard.
 *
 * One exception can come all the same: a stack overflow, at any call. Then a living thread has left a guard behind, and it repairs what that
 * guards as for the dead (`recover`): when it meets that guard again, when it is about to block, when its event loop turns, and at the
 * thread's end. Others wait until then.
 */
import { canBlock, explored, hot, i32, notify, pause, wait } from '../atomics.ts';
import { AGENT, AGENT_TABLE, AGENT_WORDS, GUARD_DEPTH, OWNER_SHIFT } from '../memory/layout.ts';

const { compareExchange, exchange, load } = hot;

const SLEEPERS = 1;
/** Few under exploration, which would otherwise hardly ever come as far as the sleep. */
const SPINS: number = explored ? 2 : 60;
/** In a window, which can't sleep: some milliseconds. */
const SPINS_BEFORE_STUCK = 100_000;
/** A sleeper looks again by itself, should the platform ever lose a notify. */
const SLICE_MS = 20;

/**
 * Pointer to this thread's agent record; 0 until the thread has joined the slab. Not called `self`: bundlers turn `import.meta.url` into
 * `self.location.href`, and in a file with everything in it would mean this one.
 */
export let selfAgent = 0;
/** This thread's agent as the state words of locks name their owner. */
export let selfBits = 0;
let depth = 0;

let whenStuck: (() => void) | undefined;

/**
 * Sets what this thread does when it finds a guard held for long: for the supervisor, which alone hears of deaths and settles them. It needs guards
 * itself, and were it to wait for one that a dead thread holds, of whose death it can't hear because it waits, everybody would wait for ever.
 */
export function onStuck(action: () => void): void {
  whenStuck = action;
}

/** Says who holds the guards that this thread takes from now on. */
export function setSelf(agent: number): void {
  selfAgent = agent;
  selfBits = ownerBits(agent);
  depth = 0;
}

/** How the state word of a lock names that agent as its owner: its slot, counted from 1, in the bits from OWNER_SHIFT on. */
export function ownerBits(agent: number): number {
  return ((agent - AGENT_TABLE) / AGENT_WORDS + 1) << OWNER_SHIFT;
}

let recovery: (() => void) | undefined;

/** Sets what frees the guards that an exception left this thread holding, and repairs what they guard. */
export function onLeftBehind(action: () => void): void {
  recovery = action;
}

/** Frees what an exception left behind, if there is anything. To be called where no guard may be held. */
export function recover(): void {
  if (depth !== 0) recovery?.();
}

/** Whether this thread holds any. */
export function holdsGuards(): boolean {
  return depth !== 0;
}

/** Forgets which guards are held: they are about to be taken over. */
export function resetDepth(): void {
  depth = 0;
}

/** Takes the guard. Waits for as long as another thread's few instructions last; the only wait that is allowed on every thread. */
export function lockGuard(guard: number): void {
  if (depth === GUARD_DEPTH) recover();
  i32[selfAgent + AGENT.guards + depth++] = guard;
  if (compareExchange(guard, 0, selfAgent) !== 0) lockContended(guard);
}

function lockContended(guard: number): void {
  if ((load(guard) & ~SLEEPERS) === selfAgent) {
    depth--;
    recover();
    lockGuard(guard);
    return;
  }
  for (let spin = 0; spin < SPINS; spin++) {
    if (load(guard) === 0 && compareExchange(guard, 0, selfAgent) === 0) return;
    pause();
  }
  const mayBlock = canBlock();
  let spins = 0;
  for (;;) {
    const seen = load(guard);
    if (seen === 0) {
      if (compareExchange(guard, 0, selfAgent | SLEEPERS) === 0) return;
    } else if ((seen & SLEEPERS) !== 0 || compareExchange(guard, seen, seen | SLEEPERS) === seen) {
      if (!mayBlock) {
        pause();
        if (++spins % SPINS_BEFORE_STUCK === 0) whenStuck?.();
      } else if (wait(guard, seen | SLEEPERS, SLICE_MS) === 'timed-out') whenStuck?.();
    }
  }
}

/** Frees the guard and wakes one sleeper, if there may be one, and, if it was the last, those of `notifyLater`. */
export function unlockGuard(guard: number): void {
  if ((exchange(guard, 0) & SLEEPERS) !== 0) notify(guard, 1);
  i32[selfAgent + AGENT.guards + --depth] = 0;
  if (laterCount !== 0 && depth === 0) notifyNow();
}

/** Words to notify when no guard is held any more; the first `laterCount` count. */
const later: number[] = [0, 0, 0, 0];
let laterCount = 0;

/**
 * Notifies the word when this thread has freed its guard. Under the guard, the thread that is woken would run into it at once and go to sleep again
 * (measured, hand-offs between two threads with a `Lock`: 29 µs notified under the guard, 12 µs after it).
 *
 * Nobody is forgotten: what the sleeper waits for has been stored under the guard, so whoever goes to sleep later sees it, and whoever sleeps already
 * is notified by the same thread a few instructions later. Should that thread be killed in between, the reaper wakes everybody.
 * The word must be one that is never freed: an agent's. Two are notified, see `wakeAgent`.
 */
export function notifyLater(word: number): void {
  later[laterCount++] = word;
}

function notifyNow(): void {
  const count = laterCount;
  laterCount = 0;
  for (let index = 0; index < count; index++) notify(later[index]!, 2);
}

export function isHeldBy(guard: number, agent: number): boolean {
  return (load(guard) & ~SLEEPERS) === agent;
}

/** Takes over a guard from an agent that is known to be dead; returns false if that agent didn't hold it. */
export function inheritGuard(guard: number, dead: number): boolean {
  for (;;) {
    const seen = load(guard);
    if ((seen & ~SLEEPERS) !== dead) return false;
    i32[selfAgent + AGENT.guards + depth] = guard;
    if (compareExchange(guard, seen, selfAgent | SLEEPERS) === seen) {
      depth++;
      return true;
    }
  }
}
