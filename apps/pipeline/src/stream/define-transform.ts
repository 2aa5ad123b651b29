// What a user's transform is: the interface that `--transform ./my.ts` exports.

import type { Format } from './record.ts';

/** One input, as a transform gets it. */
export interface TransformInput<V = unknown> {
  /** The parsed JSON, the text of the line, or a `SyslogMessage`, by the source's format. */
  readonly value: V;
  /** The line as it came, without its line feed. */
  readonly text: string;
  /** The name of the source. */
  readonly source: string;
  readonly format: Format;
  /** What makes the line the same after a restart. */
  readonly key: string;
  /** When it came: milliseconds since 1970. */
  readonly receivedAt: number;
}

/** What a transform may use. */
export interface TransformContext {
  /** The name of this thread. */
  readonly thread: string;
  /** Logs a line with the name of this thread. */
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What is stored: anything that JSON can hold. A sink with columns takes an object's properties. */
export type TransformOutput = object | string | number | boolean;

/** Nothing leaves the input out; an array is several outputs, each stored by itself. */
export type Transformed<O extends TransformOutput> = O | readonly O[] | null | undefined | void;

/** A transform with a beginning and an end. */
export interface Transform<V = unknown, O extends TransformOutput = TransformOutput> {
  /** Runs once in each thread, before its first input; also in the thread that replaces one that died. */
  start?(context: TransformContext): void | Promise<void>;
  /**
   * Makes outputs of an input. What it throws makes the input a dead letter and nothing more; the thread goes on. It may run a second time for an
   * input if a thread died meanwhile.
   */
  transform(input: TransformInput<V>, context: TransformContext): Transformed<O> | Promise<Transformed<O>>;
  /** Runs in each thread when all inputs have been transformed. Not if the thread was ended by force. */
  stop?(): void | Promise<void>;
}

/**
 * Declares a transform: the default export of the module that `--transform` names. Takes an object, or only its `transform` function. Returns the
 * object; throws `TypeError` for anything else.
 *
 * @example
 * ```ts
 * export default defineTransform<{ level: string; text: string }>(({ value }) =>
 *   value.level === 'debug' ? undefined : { level: value.level.toUpperCase(), text: value.text });
 * ```
 */
export function defineTransform<V = unknown, O extends TransformOutput = TransformOutput>(
  transform: Transform<V, O> | Transform<V, O>['transform'],
): Transform<V, O> {
  const whole = typeof transform === 'function' ? { transform } : transform;
  if (typeof whole !== 'object' || whole === null || typeof whole.transform !== 'function') {
    throw new TypeError(
      `defineTransform: expected a function, or an object with one named transform, got ${String(transform)} (${typeof transform})`,
    );
  }
  for (const name of ['start', 'stop'] as const) {
    if (whole[name] !== undefined && typeof whole[name] !== 'function')
      throw new TypeError(`defineTransform: ${name} must be a function, got ${typeof whole[name]}`);
  }
  return whole;
}
