/** One call in a history: who called what, when it began and when it ended, on a clock that all threads share. */
export interface Operation {
  /** Who called: a name or a number. */
  readonly thread: string | number;
  /** Which object, where a history speaks of several: each is checked by itself, which is enough (Herlihy and Wing's locality). */
  readonly object?: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** When it was called. */
  readonly from: number;
  /** When it returned; `Infinity` for one that never did: it may have taken effect, at any time, or not at all. */
  readonly to: number;
  /** What it returned. */
  readonly result?: unknown;
  /** The name of the error that it threw. */
  readonly threw?: string;
}

/** A value as text, such that equal values have equal texts. */
export function text(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    try {
      return JSON.stringify(value);
    } catch {
      return String(value);
    }
  }
  if (typeof value === 'string') return JSON.stringify(value);
  return Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : String(value);
}

/** `put(7)`, `get() → 7`, `get() threw QueueEmptyError`, `get() never returned`. */
export function describe({ name, args, to, result, threw }: Operation): string {
  const call = `${name}(${args.map(text).join(', ')})`;
  if (to === Infinity) return `${call} never returned`;
  if (threw !== undefined) return `${call} threw ${threw}`;
  return result === undefined ? call : `${call} → ${text(result)}`;
}
