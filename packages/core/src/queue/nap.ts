/**
 * Naps: how two threads that hand over much don't wake each other for each item.
 *
 * A consumer that is faster than its producer finds the queue empty after each item. If it joins the line each time, each put has to wake it (a system call, and a
 * switch when both share a core, which the kernel keeps them doing: the woken one runs where its waker runs). So a thread whose waits are hasty, one soon after the
 * other and each for little, sleeps a moment *without* standing in line, and then takes in one go what has come meanwhile. Likewise a producer in front of a
 * full queue. It is what network cards call interrupt moderation.
 *
 * No wakeup can be lost, since nobody is asked for one: a napper waits for time to pass, on a word that nobody notifies, and then attempts and joins the line as
 * if it had just arrived. Nobody is overtaken either: who finds others in line joins it at once. What a nap can cost is `NAP_MS` and the kernel's slack, about
 * 0.1 ms, for the item that would have come sooner; one that brought little doubles how many hasty waits it takes until the next is tried.
 * ```
 *  awake ──`patience` hasty waits in a row──▶ napping ──a nap brings little──▶ awake, patience doubled
 *                                              │  ▲ brings much: patience as at first
 *                                              └──┘
 * ```
 */
import { blockFor, canBlock, explored, i32 } from '../atomics.ts';
import { now } from '../parking/deadline.ts';
import { QUEUE } from './layout.ts';
import { countOf } from './store.ts';

/** The kernel adds its timer slack, 50 µs on Linux. */
const NAP_MS = 0.05;
/** A nap, and what it costs to fall asleep and to wake up, are worth so many items. */
const MUCH = 32;
/** Waits further apart are not hasty: to wake somebody costs little of the time between them. */
const HASTY_MS = 0.25;
/** Who naps goes on napping if it is back so soon: much was brought, and something was done with it. */
const BACK_MS = 2;
const LEAST_PATIENCE = 8;
const MOST_PATIENCE = 4096;

/** What one thread remembers of its waits at one end of queues. */
export class Naps {
  /** Counts what passed this end: `QUEUE.taken` or `QUEUE.put`. */
  readonly #counter: number;
  /** How many items could be moved through this end now. */
  readonly #available: (queue: number) => number;
  #patience = LEAST_PATIENCE;
  #hasty = 0;
  #napping = false;
  #queue = 0;
  #moved = 0;
  #at = 0;

  constructor(counter: number, available: (queue: number) => number) {
    this.#counter = counter;
    this.#available = available;
  }

  /** Is called by a thread that is about to join the line at this end. Blocks for a moment if that seems to pay; then the caller should try again. */
  nap(queue: number, deadline: number): boolean {
    if (explored || !this.#seemsToPay(queue) || deadline - this.#at <= HASTY_MS || !canBlock()) return false;
    blockFor(NAP_MS);
    this.#napping = this.#available(queue) >= MUCH;
    this.#patience = this.#napping ? LEAST_PATIENCE : Math.min(2 * this.#patience, MOST_PATIENCE);
    this.#at = now();
    this.#hasty = 0;
    return true;
  }

  #seemsToPay(queue: number): boolean {
    const at = now();
    const moved = i32[queue + this.#counter]!;
    const soon = queue === this.#queue && at - this.#at < HASTY_MS;
    this.#hasty = soon && ((moved - this.#moved) | 0) < MUCH ? this.#hasty + 1 : 0;
    this.#napping &&= queue === this.#queue && at - this.#at < BACK_MS;
    this.#queue = queue;
    this.#moved = moved;
    this.#at = at;
    return (this.#napping || this.#hasty >= this.#patience) && isRoomy(queue) && nobodyWaits(queue);
  }
}

/** In a smaller queue the other side comes to the end of it during a nap, and waits for the napper (measured: with 64 places twice as slow, with 128 equal). */
const ROOMY = 256;

function isRoomy(queue: number): boolean {
  const maxsize = i32[queue + QUEUE.maxsize]!;
  return maxsize === 0 || maxsize >= ROOMY;
}

function nobodyWaits(queue: number): boolean {
  return (i32[queue + QUEUE.nextGetter]! | i32[queue + QUEUE.nextPutter]!) === 0;
}

/** This thread's, in front of empty queues. */
export const getNaps: Naps = new Naps(QUEUE.taken, countOf);

/** This thread's, in front of full queues. Only such as have a `maxsize` have a known number of free places. */
export const putNaps: Naps = new Naps(QUEUE.put, queue => {
  const maxsize = i32[queue + QUEUE.maxsize]!;
  return maxsize === 0 ? 0 : maxsize - countOf(queue);
});
