/** Options that waiting calls share, and the checks of arguments that classes share. */

/** The longest timeout there is: with it, a call waits for ever, as without one. No number is too large for a timeout, where Python has an `OverflowError`. */
export const TIMEOUT_MAX: number = Infinity;

/**
 * How long a blocking call may wait. There is no `signal` here: a blocked thread runs nothing, so it would hear of no abort. One that is passed all the same throws: its
 * reason if it is aborted already, else `TypeError`.
 */
export interface WaitOptions {
  /** Milliseconds on a monotonic clock; omitted or `Infinity` waits for ever, 0 only tries. Negative or NaN is a `RangeError`. */
  timeout?: number | undefined;
}

/** How long an async call may wait, and what may call it off. */
export interface AsyncWaitOptions extends WaitOptions {
  /** Rejects the promise with `signal.reason`; then nothing was taken. */
  signal?: AbortSignal | undefined;
}

/** Returns the value if it is a whole number from `low` to `high`, else throws an error that quotes it. */
export function wholeNumber(value: unknown, low: number, high: number, place: string): number {
  if (typeof value !== 'number')
    throw new TypeError(
      `${place} must be a whole number from ${low}, got ${String(value)} (${typeof value})`,
    );
  if (!Number.isInteger(value) || value < low || value > high) {
    const range = high === 0x7fff_ffff && !(value > high) ? `from ${low}` : `from ${low} to ${high}`;
    throw new RangeError(`${place} must be a whole number ${range}, got ${value} (number)`);
  }
  return value;
}
