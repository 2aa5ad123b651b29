/**
 * A bell for each thread, in shared memory: how a thread that sleeps learns that something was put into its inbox.
 *
 * | `STATE` | meaning | who leaves it, and how |
 * |---|---|---|
 * | `AWAKE` | the thread looks by itself | the thread: it stores another state, looks into its inbox once more, and then sleeps |
 * | `BLOCKED` | it must be woken out of `Atomics.wait` on this word | whoever has put something: stores `AWAKE` and then notifies; or the thread itself |
 * | `ASLEEP` | it must be woken through its event loop, by the word `LOOP` | the same |
 *
 * No lost wakeup: the thread stores `BLOCKED` or `ASLEEP` before its last look, a sender puts before it reads the word; so the look finds what was put, or the sender finds that it must notify.
 * `Atomics.wait` ends at once if the state has changed. `LOOP` never changes: the thread waits for it first and then reads the state, a sender exchanges that for `AWAKE` first and then notifies; so the
 * thread sees `AWAKE` and doesn't sleep, or the notification finds its wait. A sender that is killed between the exchange and the notification leaves a sleeper that nobody
 * wakes; a blocked one looks again after a slice, and the death of a thread is told with `loudly`.
 *
 * A thread whose event loop sleeps may say `AWAKE` for a while, after it has watched for an answer: as long as a turn of that loop is to come in which it stores `ASLEEP` and then looks
 * (`Reception.#sleepOn`). What was put before that store is found by that look, and whoever puts something after it finds `ASLEEP`.
 *
 * `LOOP` is a word of its own since a wait for it can't be taken back: one that is left over stays for the next sleep, and whoever wakes the thread out of `Atomics.wait` needn't send its event loop a message, which
 * costs more.
 */
import type { SharedInt32Array } from '@heddle/core';

const AWAKE = 0;
const BLOCKED = 1;
const ASLEEP = 2;
/** Words of a bell. */
const STATE = 0;
const HOLD_UNTIL = 1;
const LOOP = 2;
/** A cache line each. */
const WORDS = 16;

/** How many words so many bells take. */
export function bellWords(slots: number): number {
  return slots * WORDS;
}

/** Where it stands until when a thread shall hold on to its core, see `apart.ts`. */
export function holdUntilWord(slot: number): number {
  return slot * WORDS + HOLD_UNTIL;
}

/** Wakes the thread of a slot if it sleeps; `loudly` also if it seems not to. Costs one atomic load if it is awake. */
export function ring(bells: SharedInt32Array, slot: number, loudly = false): void {
  const { view } = bells;
  const at = slot * WORDS + STATE;
  if (Atomics.load(view, at) === AWAKE && !loudly) return;
  // What was read before may have changed: who has blocked then may sleep now.
  const state = Atomics.exchange(view, at, AWAKE);
  if (state !== ASLEEP) Atomics.notify(view, at);
  if (state !== BLOCKED) Atomics.notify(view, slot * WORDS + LOOP);
}

/** A thread's own bell. */
export class Bell {
  readonly #view: Int32Array;
  readonly #state: number;
  readonly #loop: number;
  /** The wait for `LOOP`, of which there is never more than one. */
  #armed: Promise<unknown> | undefined;

  constructor(bells: SharedInt32Array, slot: number) {
    this.#view = bells.view;
    this.#state = slot * WORDS + STATE;
    this.#loop = slot * WORDS + LOOP;
    this.awake();
  }

  /** From here on whoever puts something wakes this thread out of `block`. It must look once more before that. */
  announceBlock(): void {
    Atomics.store(this.#view, this.#state, BLOCKED);
  }

  /** The same out of `sleep`. */
  announceSleep(): void {
    Atomics.store(this.#view, this.#state, ASLEEP);
  }

  /** The thread looks by itself again. */
  awake(): void {
    Atomics.store(this.#view, this.#state, AWAKE);
  }

  /** Blocks until the bell rings, or for so many milliseconds; true if it rang. */
  block(ms: number): boolean {
    return (
      Atomics.wait(this.#view as Int32Array<SharedArrayBuffer>, this.#state, BLOCKED, ms) !== 'timed-out'
    );
  }

  /** Resolves when the bell rings. */
  sleep(): Promise<unknown> {
    if (this.#armed === undefined) {
      // Without a timeout: one would leak until its deadline.
      const waiting = Atomics.waitAsync(this.#view as Int32Array<SharedArrayBuffer>, this.#loop, 0);
      const forget = (): void => {
        this.#armed = undefined;
      };
      this.#armed = Promise.resolve(waiting.value).then(forget);
    }
    return Atomics.load(this.#view, this.#state) === AWAKE ? Promise.resolve() : this.#armed;
  }
}
