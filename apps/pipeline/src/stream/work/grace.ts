// How long the supervisor waits: for a job, and before it starts a thread again.

import { setTimeout as delay } from 'node:timers/promises';

/** Returns a function that is told which job is under way and when, and says whether that one has been for too long. */
export function deadlineOf(milliseconds: number): (job: number | undefined, now: number) => boolean {
  let current: number | undefined;
  let since = 0;
  return (job, now) => {
    if (job !== current) {
      current = job;
      since = now;
    }
    return job !== undefined && now - since > milliseconds;
  };
}

const PERIOD_MS = 10_000;
/** So many deaths in a period are restarted at once; each one beyond waits longer, to `LONGEST_MS`. */
const AT_ONCE = 10;
const FIRST_MS = 50;
const LONGEST_MS = 2000;
/** A thread that so often in a row doesn't even begin won't. */
const MOST_UNREADY = 3;

/** Lets a poisoned stream go on, slowly, but gives up on a thread that can't start. */
export class Grace {
  #deaths: number[] = [];
  #unready = 0;
  #everReady = false;

  /** Resolves when the next thread may start. Throws the error if there is no use in it. */
  async restart(ready: boolean, error: unknown): Promise<void> {
    this.#unready = ready ? 0 : this.#unready + 1;
    this.#everReady ||= ready;
    // What never worked is a mistake in the transform; what did work may have met something that passes.
    if (this.#unready >= (this.#everReady ? MOST_UNREADY : 1)) throw error;
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter(each => now - each < PERIOD_MS), now];
    const beyond = this.#deaths.length - AT_ONCE;
    if (beyond > 0) await delay(Math.min(FIRST_MS * 2 ** (beyond - 1), LONGEST_MS));
  }
}
