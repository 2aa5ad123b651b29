// How late runs begin: of the last ten thousand that were due at a time and had not been missed.

const KEPT = 10_000;

export class Lateness {
  readonly #values = new Float64Array(KEPT);
  #count = 0;

  add(ms: number): void {
    this.#values[this.#count % KEPT] = Math.max(0, ms);
    this.#count += 1;
  }

  /** Percentiles in milliseconds; undefined as long as there were none. */
  summary(): { count: number; p50: number; p99: number; max: number } | undefined {
    if (this.#count === 0) return undefined;
    const sorted = this.#values.slice(0, Math.min(KEPT, this.#count)).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
    return { count: this.#count, p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
  }
}
