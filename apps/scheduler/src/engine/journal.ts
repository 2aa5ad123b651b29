// Collects what one turn of the engine has to store, and stores it together: a job's next time and the runs for the time before are never apart.

import type { Op } from '../store/ops.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';

/** The longest commit is remembered for this long, and up to as long again: one in many has to write the log back into the database, every few seconds under load. */
const MEMORY_MS = 15_000;
/** However slow the disk is. */
const MOST_AHEAD_MS = 500;

interface Outcome {
  readonly then: (changes: number) => void;
  readonly never: (() => void) | undefined;
}

export class Journal {
  readonly #store: Pick<Store, 'commit'>;
  readonly #clock: Clock;
  /** The longest commits of this span of time and of the one before. */
  #longest = 0;
  #longestBefore = 0;
  #spanEnds = 0;
  #ops: Op[] = [];
  #calls: (Outcome | undefined)[] = [];

  constructor(store: Pick<Store, 'commit'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** How many milliseconds before its time something should be stored, so that it is on the disk by then: more than the longest commit of late. */
  get ahead(): number {
    return Math.min(MOST_AHEAD_MS, Math.ceil(Math.max(this.#longest, this.#longestBefore) * 1.5));
  }

  /** Adds one. `then` is called when it is on the disk, with the number of rows that it changed; `never` when the store has come to its end before. */
  write(op: Op, then?: (changes: number) => void, never?: () => void): void {
    this.#ops.push(op);
    this.#calls.push(then === undefined ? undefined : { then, never });
  }

  /** Stores what was added since the last time, as one. */
  flush(): void {
    if (this.#ops.length === 0) return;
    const calls = this.#calls;
    const ops = this.#ops;
    this.#ops = [];
    this.#calls = [];
    const begun = this.#clock.monotonic();
    this.#store.commit(ops).then(
      changes => {
        this.#took(begun);
        for (const [index, call] of calls.entries()) call?.then(changes[index]!);
      },
      () => {
        // The store has come to its end, and says so itself. What isn't stored doesn't happen.
        for (const call of calls) call?.never?.();
      },
    );
  }

  #took(begun: number): void {
    const now = this.#clock.monotonic();
    if (now >= this.#spanEnds) {
      this.#longestBefore = this.#longest;
      this.#longest = 0;
      this.#spanEnds = now + MEMORY_MS;
    }
    this.#longest = Math.max(this.#longest, now - begun);
  }
}
