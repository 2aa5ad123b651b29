/**
 * The lookout: before an event loop falls asleep over its promises, its thread looks whether they are about to be served. To be woken out of
 * `Atomics.waitAsync` costs both sides 30 to 60 µs together, out of `Atomics.wait` a fraction of that, and nothing if the thread is awake.
 *
 * `AGENT.looking`:
 *
 * | | whoever pushes a node on the agent's ready stack | who leaves this state, and how |
 * |---|---|---|
 * | ASLEEP | wakes the event loop | the agent: a promise begins to wait, and looking has paid lately |
 * | LOOKING | does nothing | the agent: stores another state, then looks at the stack once more |
 * | BLOCKED | stores LOOKING, and notifies this word | whoever has pushed; or the agent, as above |
 *
 * No lost wakeup: a waker pushes, then reads the word; the agent stores BLOCKED or ASLEEP, then looks at the stack. So the waker reads that state and wakes, or the
 * agent finds the node. `Atomics.wait` ends at once if the state has changed. While it is LOOKING and somebody waits, a microtask or a turn of the event
 * loop is pending that will look, and a loop that doesn't turn couldn't serve a promise either.
 *
 * It looks in a microtask, since the code that began to wait is often about to ask for what it waits for: first in place for some microseconds, which is worth it if the other one runs on
 * another core; then blocked for a moment, which is if it answers soon, on whatever core. Each is given up where it doesn't pay. Once a millisecond the loop turns, so that timers, input and
 * messages have theirs.
 */
import { canBlock, explored, hot, pause, waitBriefly } from '../atomics.ts';
import { AGENT } from '../memory/layout.ts';
import { steadyNow as now } from './deadline.ts';
import { notifyLater, selfAgent } from './guard.ts';

const { compareExchange, load, store } = hot;

const ASLEEP = 0;
const LOOKING = 1;
const BLOCKED = 2;

/** So long it looks in place at least: a thread that is awake answers in a microsecond or two. */
const HERE_MS: number = explored ? 0 : 0.02;
/** And at most: time for a thread that sleeps on another core to wake up and answer. */
const LONGEST_HERE_MS: number = explored ? 0 : 0.06;
/** Looks between two readings of the clock. */
const LOOKS: number = explored ? 2 : 20;
/** So long it blocks at most. Shorter is dearer: the platform has to set an alarm for each wait. */
const BLOCK_MS = 0.2;
/** It was worth it to stop the event loop if that was for no longer. */
const QUICK_MS = 0.1;
/** So long promises may be served without a turn of the loop. */
const BURST_MS: number = explored ? Infinity : 1;
/** With more promises waiting, others have more use for the core. */
const FEW = 2;
/** What isn't worth it is tried every so manyth time; looking in place, which costs more than it gains while both share a core, more seldom. */
const PROBE_EVERY: number = explored ? 1 : 32;
const PROBE_HERE: number = explored ? 1 : 128;
/** So often in a row looking in place may fail. */
const PATIENCE_HERE = 2;
/** Blocking stops the event loop, so one failure costs as much as four successes earn, up to a limit. */
const PATIENCE_BLOCK = 16;
const FAILURE_BLOCK = 8;
const SUCCESS_BLOCK = 2;

const { setImmediate: nextTurn, clearImmediate: noTurn } = globalThis as {
  setImmediate?: (action: () => void) => unknown;
  clearImmediate?: (turn: unknown) => void;
};
const SEVERAL_CORES =
  ((globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2) > 1;
const SETTLED = Promise.resolve();

let looking = false;
/** Whether the microtask is on its way. */
let called = false;
/** Set if the next turn of the loop looks. Never when nobody waits: at its end a thread must leave nothing in its loop (see `worker-main.ts`). */
let turning: unknown;
/** When the first was served of those that followed each other without a turn of the loop; 0 for none. */
let burstSince = 0;
/** What is left of the patience for the one and the other; nothing: it isn't worth it. */
let here = PATIENCE_HERE;
let block = 0;
/** Whether the one that was told last was awake: then its answer may come in a moment. */
let answering = false;
let waits = 0;

/** Serves what is on the ready stack; returns how many promises still wait. Set by `async.ts`. */
let serve: () => number = () => 0;
/** Lets the event loop be woken. */
let sleep: () => void = () => {};

export function setLookout(newServe: () => number, newSleep: () => void): void {
  serve = newServe;
  sleep = newSleep;
}

/** Tells an agent of the node that has just been pushed on its ready stack, as soon as this thread holds no guard. */
export function tell(agent: number): void {
  const seen = compareExchange(agent + AGENT.looking, BLOCKED, LOOKING);
  if (seen === LOOKING) answering = agent !== selfAgent;
  else notifyLater(agent + (seen === BLOCKED ? AGENT.looking : AGENT.wake));
}

/** One of `waiting` promises has begun to wait. Returns whether somebody looks at the ready stack; otherwise the event loop must be woken. */
export function lookOut(waiting: number): boolean {
  waits = (waits + 1) % PROBE_HERE;
  if (!looking) {
    if (waiting > FEW || nextTurn === undefined) return false;
    if (waits % PROBE_EVERY !== 0 && here <= 0 && block <= 0 && !answering) return false;
    looking = true;
    store(selfAgent + AGENT.looking, LOOKING);
  }
  if (!called) {
    called = true;
    void SETTLED.then(look);
  }
  return true;
}

function found(): boolean {
  return load(selfAgent + AGENT.ready) !== 0;
}

function look(): void {
  called = false;
  if (!looking) return;
  const start = now();
  if (burstSince === 0) burstSince = start;
  else if (start - burstSince > BURST_MS) return lookInTurn();
  if (
    // Nothing to be learnt from: perhaps this thread did it itself.
    found() ||
    (SEVERAL_CORES && (here > 0 || waits === 0 || answering) && lookHere(start)) ||
    ((block > 0 || waits % PROBE_EVERY === 0) && lookBlocked())
  ) {
    if (serve() > 0) return lookInTurn();
  } else burstSince = 0; // The loop has its turn now.
  endLookout();
}

function lookInTurn(): void {
  turning ??= nextTurn!(turned);
}

function turned(): void {
  turning = undefined;
  burstSince = 0;
  look();
}

function lookHere(start: number): boolean {
  const longest = waits === 0 ? LONGEST_HERE_MS : HERE_MS;
  answering = false;
  let elapsed: number;
  do {
    for (let looks = LOOKS; looks > 0; looks--) {
      if (found()) {
        // What comes after this core was taken away for somebody else's good hasn't been worth it.
        here = now() - start < HERE_MS ? PATIENCE_HERE : here - 1;
        return true;
      }
      pause();
    }
    elapsed = now() - start;
  } while (elapsed < longest);
  here -= 1;
  return false;
}

function lookBlocked(): boolean {
  if (!canBlock()) return false;
  const word = selfAgent + AGENT.looking;
  const start = now();
  store(word, BLOCKED);
  if (!found()) waitBriefly(word, BLOCKED, BLOCK_MS);
  store(word, LOOKING);
  const some = found();
  block =
    some && now() - start < QUICK_MS
      ? Math.min(block + SUCCESS_BLOCK, PATIENCE_BLOCK)
      : Math.max(block - FAILURE_BLOCK, 0);
  return some;
}

/** From here on the event loop must be woken, or nobody waits any more. */
export function endLookout(): void {
  if (!looking) return;
  looking = false;
  if (turning !== undefined) noTurn!(turning);
  turning = undefined;
  store(selfAgent + AGENT.looking, ASLEEP);
  sleep();
}
