// What the sink counts, in shared memory. It alone writes; float64 holds more than 2^31, which a stream reaches in hours.

import { SharedFloat64Array, SharedInt32Array } from '@heddle/core';

const NAMES = [
  /** Results committed, each once. */
  'results',
  /** Of these: with rows. */
  'stored',
  /** Of these: left out by the transform. */
  'filtered',
  /** Of these: dead letters. */
  'dead',
  /** Rows stored; an input may make several. */
  'rows',
  /** Rows that were there already, by their key. */
  'duplicates',
  'commits',
  /** Attempts that had to be repeated. */
  'retries',
] as const;
export type TotalName = (typeof NAMES)[number];

/** Eight buckets for each doubling: within 9 % of the truth. */
const PER_OCTAVE = 8;
const BUCKETS = 160;

/** The memory; it travels. */
export interface TotalCells {
  readonly counts: SharedFloat64Array;
  readonly latency: SharedInt32Array;
}

export function makeTotalCells(): TotalCells {
  return { counts: new SharedFloat64Array(NAMES.length), latency: new SharedInt32Array(BUCKETS) };
}

export class Totals {
  readonly #counts: Float64Array;
  readonly #latency: Int32Array;

  constructor(cells: TotalCells) {
    this.#counts = cells.counts.view;
    this.#latency = cells.latency.view;
  }

  count(name: TotalName, amount: number): void {
    this.#counts[NAMES.indexOf(name)]! += amount;
  }

  /** Counts a result that took so long from its source to its commit. */
  latency(milliseconds: number): void {
    const bucket = Math.floor(PER_OCTAVE * Math.log2(1 + Math.max(0, milliseconds)));
    this.#latency[Math.min(bucket, BUCKETS - 1)]! += 1;
  }

  /** All counts (snapshot). */
  get counts(): Record<TotalName, number> {
    return Object.fromEntries(NAMES.map((name, i) => [name, this.#counts[i]!])) as Record<TotalName, number>;
  }

  /** How many results took how long (snapshot). */
  get histogram(): Int32Array {
    return this.#latency.slice();
  }
}

/** Returns the quantiles of what was counted between two histograms, in milliseconds; undefined if nothing was. */
export function quantiles(
  before: Int32Array,
  after: Int32Array,
  shares: readonly number[],
): number[] | undefined {
  const counts = Array.from(after, (count, i) => (count - before[i]!) >>> 0);
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum === 0) return undefined;
  return shares.map(share => {
    let left = share * sum;
    const bucket = counts.findIndex(count => (left -= count) <= 0);
    return 2 ** ((bucket + 0.5) / PER_OCTAVE) - 1;
  });
}
