/** Ranges of whole numbers, as Python's `range`. */

/** Whole numbers `from`, `from + step`, … up to but not including `to`. Source: Python's `range`. */
export interface Range {
  /** Default 0. */
  readonly from?: number | undefined;
  readonly to: number;
  /** Default 1; negative counts down; not 0. */
  readonly step?: number | undefined;
}

/** Turns are counted in 32 bits, and each thread of a loop counts one beyond the last. */
const MOST_TURNS = 0x7fff_0000;

/** Checks a range (a number `n` is the one from 0 to `n − 1`) and says where it begins, how it goes on, and how many numbers it has. */
export function turnsOfRange(place: string, over: unknown): { from: number; step: number; count: number } {
  if (typeof over !== 'number' && (typeof over !== 'object' || over === null || !('to' in over))) {
    throw new TypeError(
      `${place}: expected a number, a range { from, to, step } or a shared array, got ${String(over)} (${typeof over})`,
    );
  }
  const { from = 0, to, step = 1 } = typeof over === 'number' ? { to: over } : (over as Range);
  for (const [what, value] of Object.entries({ from, to, step })) {
    if (typeof value !== 'number')
      throw new TypeError(`${place}: ${what} must be a whole number, got ${String(value)} (${typeof value})`);
    if (!Number.isSafeInteger(value) || (what === 'step' && value === 0))
      throw new RangeError(
        `${place}: ${what} must be a whole number${what === 'step' ? ' other than 0' : ''}, got ${value} (number)`,
      );
  }
  if (typeof over === 'number' && over < 0)
    throw new RangeError(`${place}: the number of turns must be 0 or more, got ${over} (number)`);
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (count > MOST_TURNS)
    throw new RangeError(`${place}: a range has at most ${MOST_TURNS} numbers here, got ${count}`);
  return { from, step, count };
}
