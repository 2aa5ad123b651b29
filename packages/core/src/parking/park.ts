/**
 * The sleep of a thread that stands in line: it watches its node for a while, then sleeps on it, in slices, until somebody has changed its state.
 */
import { explored, hot, i32, pause, wait } from '../atomics.ts';
import { NODE, NODE_STATE } from '../memory/layout.ts';
import { now, runtimeMilliseconds, steadyNow } from './deadline.ts';
import { wasDropped } from './standing.ts';

const { load } = hot;

/** A sleeper looks again by itself, so that a death that nobody announced, or a notify that got lost, costs this and not for ever. */
const SLICE_MS = 100;

/** Where somebody is known to hold what it waits for, a sleeper says sooner where it sleeps: so long after it fell asleep. */
const FIRST_SLICE_MS = 10;

/**
 * The longest that a thread spins before it sleeps, where another core can be running the one who will wake it. To wake a sleeper costs both sides
 * together 5 to 50 µs (the more, the deeper its core sleeps), so a spin that succeeds pays for one that doesn't.
 */
const LONGEST_SPIN_MS = longestSpin();

/**
 * How long this thread spins now: twice what the last successful spin took, halved by each that failed, down to not at all. On busy cores
 * a spinning thread takes the core that the other one needs.
 */
let spinMs = LONGEST_SPIN_MS;

const SHORTEST_SPIN_MS = 0.002;

/** Now and then it spins the full length, to see whether times have changed: once in so many parks, and more and more seldom while they haven't. */
const PROBE_EVERY = 32;
const PROBE_SELDOM = 256;

let parks = 0;
let probeEvery = PROBE_EVERY;

function longestSpin(): number {
  // One short round: to explore the schedules of the others' steps between a hundred looks at the same word finds nothing.
  if (explored) return 1e-6;
  return cores() > 1 ? 0.05 : 0;
}

function cores(): number {
  const scope = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return scope.navigator?.hardwareConcurrency ?? 2;
}

/** What watches over sleepers: set by `owners/watch.ts`. Under no guard; throws nothing. */
export interface Watch {
  /**
   * A thread is about to sleep without a deadline, its node standing in line. Returns what makes the error to give up with, if it would sleep for ever.
   * Left out, nobody looks.
   */
  readonly look?: ((node: number) => (() => Error) | undefined) | undefined;
  /** It has slept for a while. */
  slept(): void;
  /** It sleeps no longer. */
  woke(): void;
}

export let watch: Watch | undefined;

export function setWatch(newWatch: Watch): void {
  watch = newWatch;
}

/** Sleeps until the node's state is no longer `waiting` or the deadline has passed, or for one slice if `once`; returns the state. */
export function park(pointer: number, node: number, deadline: number, once: boolean): number {
  const word = node + NODE.state;
  let slice = SLICE_MS;
  if (i32[node + NODE.since] === 0) {
    const early = spin(word);
    if (early !== NODE_STATE.waiting) return early;
    i32[node + NODE.since] = runtimeMilliseconds() || 1;
    if (once) slice = FIRST_SLICE_MS;
  }
  for (;;) {
    const remaining = deadline === Infinity ? slice : deadline - now();
    if (remaining <= 0) return load(word);
    wait(word, NODE_STATE.waiting, Math.min(remaining, slice));
    const state = load(word);
    if (state !== NODE_STATE.waiting) return state;
    if (i32[node + NODE.line] === 0 && wasDropped(pointer, node)) return NODE_STATE.granted;
    if (remaining >= slice) watch?.slept();
    if (once) return state;
  }
}

/** Watches the word for a while, see `spinMs`; returns its state. */
function spin(word: number): number {
  parks += 1;
  const probe = parks >= probeEvery;
  if (probe) parks = 0;
  const longest = probe ? LONGEST_SPIN_MS : spinMs;
  if (longest === 0) return load(word);
  const start = steadyNow();
  for (let elapsed = 0; elapsed < longest; elapsed = steadyNow() - start) {
    for (let round = 0; round < 10; round++) {
      const state = load(word);
      if (state !== NODE_STATE.waiting) {
        spinMs = Math.min(LONGEST_SPIN_MS, Math.max(2 * elapsed, SHORTEST_SPIN_MS));
        probeEvery = PROBE_EVERY;
        return state;
      }
      pause();
    }
  }
  spinMs = spinMs > SHORTEST_SPIN_MS ? spinMs / 2 : 0;
  if (probe) probeEvery = Math.min(2 * probeEvery, PROBE_SELDOM);
  return NODE_STATE.waiting;
}
