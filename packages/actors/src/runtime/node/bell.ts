/**
 * A bell for each thread, in shared memory: how a thread that sleeps learns that something was put into its inbox.
 *
 * | word | meaning | who leaves it, and how |
 * |---|---|---|
 * | `AWAKE` | the thread looks by itself | the thread: it stores `SLEEPING`, looks into its inbox once more, and then sleeps |
 * | `SLEEPING` | it must be woken | whoever has put something: exchanges it for `AWAKE` and then notifies; or the thread itself |
 *
 * No lost wakeup: the thread stores `SLEEPING` before its last look, a sender puts before it reads the word; so the look finds what was put, or the sender finds
 * `SLEEPING`. The sleep itself ends at once if the word has changed. A sender that is killed between the exchange and the notification leaves a sleeper that nobody
 * wakes; a blocked one looks again after a slice, and the death of a thread is told with `loudly`.
 *
 * All sleepers of a word are notified: the thread that blocks and its own `waitAsync`, which may be left over from an earlier sleep.
 */
import type { SharedInt32Array } from '@heddle/core';

const AWAKE = 0;
const SLEEPING = 1;
/** A cache line each. */
const WORDS = 16;

/** How many words so many bells take. */
export function bellWords(slots: number): number {
  return slots * WORDS;
}

/** Wakes the thread of a slot if it sleeps; `loudly` also if it seems not to. Costs one atomic load if it is awake. */
export function ring(bells: SharedInt32Array, slot: number, loudly = false): void {
  const { view } = bells;
  const at = slot * WORDS;
  if (Atomics.load(view, at) === AWAKE && !loudly) return;
  Atomics.store(view, at, AWAKE);
  Atomics.notify(view, at);
}

/** A thread's own bell. */
export class Bell {
  readonly #view: Int32Array;
  readonly #at: number;
  #armed: Promise<unknown> | undefined;

  constructor(bells: SharedInt32Array, slot: number) {
    this.#view = bells.view;
    this.#at = slot * WORDS;
    this.quiet();
  }

  /** From here on whoever puts something wakes this thread. It must look once more before it sleeps. */
  announceSleep(): void {
    Atomics.store(this.#view, this.#at, SLEEPING);
  }

  /** The thread looks by itself again. */
  quiet(): void {
    Atomics.store(this.#view, this.#at, AWAKE);
  }

  /** Blocks until the bell rings, or for so many milliseconds. */
  block(ms: number): void {
    Atomics.wait(this.#view as Int32Array<SharedArrayBuffer>, this.#at, SLEEPING, ms);
  }

  /** Resolves when the bell rings. There is never more than one wait under way, since it can't be taken back. */
  sleep(): Promise<unknown> {
    if (this.#armed !== undefined) return this.#armed;
    // Without a timeout: one would leak until its deadline.
    const waiting = Atomics.waitAsync(this.#view as Int32Array<SharedArrayBuffer>, this.#at, SLEEPING);
    if (!waiting.async) return Promise.resolve();
    const forget = (): void => {
      this.#armed = undefined;
    };
    this.#armed = waiting.value.then(forget);
    return this.#armed;
  }
}
