// How late runs begin, of the last ten thousand that were due at a time and had not been missed; and how long those were held up that had to wait for room in
// their group, or for the run before them. The one is up to the scheduler and its threads, the other is what the user has asked for.

import type { Run } from './job.ts';

const KEPT = 10_000;

/** Percentiles in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

class Series {
  readonly #values = new Float64Array(KEPT);
  #count = 0;

  add(ms: number): void {
    this.#values[this.#count % KEPT] = Math.max(0, ms);
    this.#count += 1;
  }

  /** Undefined as long as there were none. */
  summary(): Percentiles | undefined {
    if (this.#count === 0) return undefined;
    const sorted = this.#values.slice(0, Math.min(KEPT, this.#count)).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
    return { count: this.#count, p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
  }
}

export class Lateness {
  readonly #late = new Series();
  readonly #heldUp = new Series();

  /** A run has begun. Only first attempts of runs that were due at a time, and on time, tell how late the scheduler is. */
  note(run: Run, beganAt: number): void {
    const { attempt, cause, isRecovered, missed, scheduledFor, letGoAt } = run;
    if (attempt !== 1 || cause !== 'schedule' || isRecovered || missed > 0) return;
    this.#late.add(beganAt - Math.max(scheduledFor, letGoAt ?? 0));
    if (letGoAt !== undefined) this.#heldUp.add(letGoAt - scheduledFor);
  }

  /** From when a run could begin, but for a free thread, to its beginning. */
  get late(): Percentiles | undefined {
    return this.#late.summary();
  }

  /** For how long its group, or the run before it, kept a run from beginning; only of those that were kept. */
  get heldUp(): Percentiles | undefined {
    return this.#heldUp.summary();
  }
}
