/**
 * `Apart`: gets two threads that talk to each other onto cores of their own.
 *
 * A kernel may wake a sleeper on the core of its waker although another core is idle, to save power or because it was told to pack. Two threads that sleep in turn then stay together: one of
 * them runs at a time, so one core does for both, and each message costs a switch. A kernel moves a thread away from those that *wait for a core*. So when a dense
 * conversation is seen to go by sleeping and waking, both threads hold on to their cores for a moment, watching instead of sleeping: whichever of the two doesn't have the core waits for it, and is moved
 * to the idle one within a tick or two. From then on they find each other's messages by watching. Where no core is idle nobody is moved, so each time in vain the next is twice as far away.
 *
 * | word | meaning | who changes it |
 * |---|---|---|
 * | `HOLD_UNTIL` of a thread | it shall watch until then, in ms of the wall clock modulo 2³² | whoever talks to it, by a store |
 *
 * Nothing depends on that word but how long is watched, at most `HOLD_MS`: a store that gets lost, or is left by a thread that has died, costs a chance.
 */
import type { SharedInt32Array } from '@heddle/core';
import { holdUntilWord } from './bell.ts';

/** Measured on Linux 6.18, two cores, one idle: until one of two that both want to run is moved, 1 to 12 ms, median 7. */
const HOLD_MS = 12;
/** So many messages in a row that the thread slept for, in so many milliseconds: by then as much has been lost by sleeping as will be by holding on. */
const DENSE = 32;
const DENSE_MS = 4;
/** From one time to the next. */
const LEAST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 2560;
/** After so many messages that were found by watching the threads are apart. */
const SETTLED = 256;

export class Apart {
  readonly #view: Int32Array;
  readonly #own: number;
  #slow = 0;
  #slowSince = 0;
  #quick = 0;
  #next = 0;
  #pause = LEAST_PAUSE_MS;

  constructor(bells: SharedInt32Array, slot: number) {
    this.#view = bells.view;
    this.#own = holdUntilWord(slot);
  }

  /** A message was found by watching. */
  foundAtOnce(): void {
    this.#slow = 0;
    if ((this.#quick += 1) === SETTLED) this.#pause = LEAST_PAUSE_MS;
  }

  /** A message came that the thread has slept for, at `now`; its answers go to the thread of slot `peer`. */
  sleptFor(now: number, peer: number): void {
    this.#quick = 0;
    if (this.#slow === 0 || now - this.#slowSince > DENSE_MS) {
      this.#slow = 0;
      this.#slowSince = now;
    }
    this.#slow += 1;
    if (this.#slow < DENSE || now < this.#next) return;
    this.#slow = 0;
    this.#next = now + HOLD_MS + this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE_MS, 2 * this.#pause);
    const until = wall(now) + HOLD_MS;
    Atomics.store(this.#view, this.#own, until);
    Atomics.store(this.#view, holdUntilWord(peer), until);
  }

  /** Whether the thread shall hold on to its core now. */
  holds(): boolean {
    const until = Atomics.load(this.#view, this.#own);
    if (until === 0) return false;
    const left = (until - wall(performance.now())) | 0;
    if (left > 0 && left <= HOLD_MS) return true;
    Atomics.store(this.#view, this.#own, 0);
    return false;
  }
}

function wall(now: number): number {
  return ((performance.timeOrigin + now) % 2 ** 32) | 0;
}
