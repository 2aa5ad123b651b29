// Collects what one turn of the engine has to store, and stores it together: a job's next time and the runs for the time before are never apart.

import type { Op } from '../store/ops.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';

/** How much of the longest commit is remembered at the next: half of it after 140. */
const MEMORY = 0.995;
/** However slow the disk is. */
const MOST_AHEAD_MS = 500;

export class Journal {
  readonly #store: Pick<Store, 'commit'>;
  readonly #clock: Clock;
  #latency = 0;
  #ops: Op[] = [];
  #calls: (((changes: number) => void) | undefined)[] = [];

  constructor(store: Pick<Store, 'commit'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** How many milliseconds before its time something should be stored, so that it is on the disk by then: more than the longest commit of late. */
  get ahead(): number {
    return Math.min(MOST_AHEAD_MS, Math.ceil(this.#latency * 1.5));
  }

  /** Adds one. `then` is called when it is on the disk, with the number of rows that it changed. */
  write(op: Op, then?: (changes: number) => void): void {
    this.#ops.push(op);
    this.#calls.push(then);
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
        this.#latency = Math.max(this.#clock.monotonic() - begun, this.#latency * MEMORY);
        for (const [index, call] of calls.entries()) call?.(changes[index]!);
      },
      () => {
        // The store has come to its end, and says so itself. What isn't stored doesn't happen.
      },
    );
  }
}
