/** How long to wait before the next restart: longer each time, with some chance in it, from the beginning again after quiet time. */

/** Waiting times between restarts, in milliseconds. */
export interface Backoff {
  /** Before the first restart. */
  readonly min: number;
  /** No wait is longer. */
  readonly max: number;
  /** Each wait is this much longer than the one before. Default: 2. */
  readonly factor?: number;
  /** A random part of this size is added: 0.2 makes 100 ms into 100 to 120 ms. Default: 0. */
  readonly jitter?: number;
  /** After so long without a failure the next wait is `min` again. Default: `max`. */
  readonly resetAfter?: number;
}

/** The wait before restart number `attempt`, counted from 0; `random` gives 0 to 1. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number): number {
  const { min, max, factor = 2, jitter = 0 } = backoff;
  return Math.min(max, min * factor ** attempt) * (jitter === 0 ? 1 : 1 + jitter * random());
}

/** Throws `RangeError` naming the field and the value. */
export function checkBackoff(backoff: Backoff, place: string): void {
  const { min, max, factor = 2, jitter = 0, resetAfter = 0 } = backoff;
  const fields = { min, max, factor, jitter, resetAfter };
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'number') {
      throw new TypeError(`${place}.${name} must be a number, got ${String(value)} (${typeof value})`);
    }
    const least = name === 'factor' ? 1 : 0;
    if (!(value >= least)) throw new RangeError(`${place}.${name} must be at least ${least}, got ${value}`);
  }
  if (max < min) throw new RangeError(`${place}.max must be at least min (${min}), got ${max}`);
  if (jitter > 1) throw new RangeError(`${place}.jitter must be at most 1, got ${jitter}`);
}
