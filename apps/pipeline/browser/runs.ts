// What was measured so far at one place. The speed-up is against the best run of one thread, so a better one changes the figures of all.

import type { RunResult } from './pipeline.ts';

const KEPT = 40;

export class Runs {
  #all: RunResult[] = [];

  /** The latest first. */
  get all(): readonly RunResult[] {
    return this.#all;
  }

  add(result: RunResult): void {
    const single = this.#all.filter(({ threads }) => threads === 1);
    this.#all.unshift(result);
    // The one that the others are compared with stays, however long ago it was.
    if (this.#all.length > KEPT) this.#all = [...this.#all.slice(0, KEPT - 1), ...single.slice(-1)];
  }

  clear(): void {
    this.#all = [];
  }

  /** How long one thread took at its best, in milliseconds; undefined if it wasn't tried. */
  get single(): number | undefined {
    return this.bestOf(1);
  }

  bestOf(threads: number): number | undefined {
    const times = this.#all.filter(run => run.threads === threads).map(({ milliseconds }) => milliseconds);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** How much faster it was than one thread; undefined as long as that isn't known. */
  speedup({ milliseconds }: Pick<RunResult, 'milliseconds'>): number | undefined {
    return this.single === undefined ? undefined : this.single / milliseconds;
  }
}
