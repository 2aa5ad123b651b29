// Computes when a job that repeats at a fixed rate runs next. It has no state: the answer depends on the arguments only.

/**
 * Returns the first time after `nowMs` that is a whole number of periods of `everyMs` from `startMs`, or `startMs` itself while
 * that lies ahead. Runs that were missed meanwhile are skipped.
 *
 * @throws RangeError when a time isn't finite or the period isn't above zero.
 *
 * @example
 * nextFixedRate(1000, 60, 1130); // => 1180
 */
export function nextFixedRate(startMs: number, everyMs: number, nowMs: number): number {
  if (!Number.isFinite(startMs))
    throw new RangeError(`nextFixedRate: startMs must be a finite number, got ${startMs}`);
  if (!Number.isFinite(nowMs))
    throw new RangeError(`nextFixedRate: nowMs must be a finite number, got ${nowMs}`);
  if (!(everyMs > 0 && Number.isFinite(everyMs))) {
    throw new RangeError(`nextFixedRate: everyMs must be a finite number above 0, got ${everyMs}`);
  }
  if (nowMs < startMs) return startMs;
  return startMs + (Math.floor((nowMs - startMs) / everyMs) + 1) * everyMs;
}
