// Collects what one turn of the engine has to store, and stores it together: a job's next time and the runs for the time before are never apart.

import type { Op } from '../store/ops.ts';
import type { Store } from '../store/store.ts';

export class Journal {
  readonly #store: Pick<Store, 'commit'>;
  #ops: Op[] = [];
  #calls: (((changes: number) => void) | undefined)[] = [];

  constructor(store: Pick<Store, 'commit'>) {
    this.#store = store;
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
    this.#store.commit(ops).then(
      changes => {
        for (const [index, call] of calls.entries()) call?.(changes[index]!);
      },
      () => {
        // The store has come to its end, and says so itself. What isn't stored doesn't happen.
      },
    );
  }
}
