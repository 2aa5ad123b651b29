/** The restart budget: more than `intensity` restarts within `period` and the supervisor gives up. Source: OTP's `add_restart`. */

/** How many restarts are allowed in which time. */
export interface Budget {
  /** Restarts allowed within the period; 0 allows none. */
  readonly intensity: number;
  /** Milliseconds, more than 0. */
  readonly period: number;
}

/** Counts one restart more; returns the restarts within the period, or `undefined` if they are too many. A restart exactly `period` ago counts. */
export function addRestart(restarts: readonly number[], now: number, budget: Budget): number[] | undefined {
  const recent = [now, ...restarts.filter(at => now - at <= budget.period)];
  return recent.length > budget.intensity ? undefined : recent;
}

/** Throws `RangeError` or `TypeError` naming the field and the value. */
export function checkBudget(budget: Partial<Budget>, place: string): void {
  const { intensity, period } = budget;
  if (
    intensity !== undefined &&
    intensity !== Infinity &&
    !(Number.isSafeInteger(intensity) && intensity >= 0)
  ) {
    throw wrong(intensity, `${place}: intensity must be a whole number from 0`);
  }
  if (period !== undefined && !(typeof period === 'number' && period > 0)) {
    throw wrong(period, `${place}: period must be more than 0 milliseconds`);
  }
}

function wrong(value: unknown, message: string): Error {
  const text = `${message}, got ${String(value)} (${typeof value})`;
  return typeof value === 'number' ? new RangeError(text) : new TypeError(text);
}
