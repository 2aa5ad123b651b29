// Measures how long a stage works, as opposed to waiting.

export class Stopwatch {
  readonly #born: number = performance.now();
  #busyMs = 0;

  /** Runs `work` and adds the time it took. */
  time<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#busyMs += performance.now() - start;
    }
  }

  get busyMs(): number {
    return this.#busyMs;
  }

  get livedMs(): number {
    return performance.now() - this.#born;
  }

  times(): { busyMs: number; livedMs: number } {
    return { busyMs: this.busyMs, livedMs: this.livedMs };
  }
}
