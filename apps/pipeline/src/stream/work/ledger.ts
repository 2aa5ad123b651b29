// What was given to one transform thread and isn't with the sink yet, in order.

import type { Job } from '../record.ts';

/** A thread that dies so often with the same job as the oldest, though not while it was at one, is taken to die of it: by what it left behind. */
const MOST_DEATHS = 3;

export class Ledger {
  #jobs: Job[] = [];
  /** How many of the present thread's were settled, modulo 2^32. */
  #settled = 0;
  #oldest: number | undefined;
  #deaths = 0;

  /** The jobs that aren't with the sink, as far as is known. */
  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  add(jobs: readonly Job[]): void {
    this.#jobs.push(...jobs);
  }

  /** Forgets what is with the sink: the thread has delivered so many results, modulo 2^32. */
  settle(done: number): void {
    this.#jobs.splice(0, (done - this.#settled) >>> 0);
    this.#settled = done;
  }

  /** A new thread begins to count. */
  restart(): void {
    this.#settled = 0;
  }

  /**
   * Marks a job as the one that killed the thread, so that the next makes a dead letter of it: the one at the place `at`, or, if the thread was at
   * none, the oldest, when it has been that for the third death. Returns it.
   */
  condemn(at: number | undefined, reason: string): Job | undefined {
    const oldest = this.#jobs[0]?.seq;
    this.#deaths = oldest === this.#oldest ? this.#deaths + 1 : 1;
    this.#oldest = oldest;
    const place = at ?? (this.#deaths >= MOST_DEATHS && oldest !== undefined ? 0 : undefined);
    if (place === undefined || place >= this.#jobs.length) return undefined;
    const job = this.#jobs[place]!;
    this.#jobs[place] = { ...job, fault: reason };
    this.#deaths = 0;
    return job;
  }
}
