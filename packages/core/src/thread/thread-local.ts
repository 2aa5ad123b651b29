/**
 * A value for each thread. Ordinary module-level variables are per worker in JavaScript already, but workers are recycled: a `ThreadLocal` starts
 * anew in each thread.
 */
import { threadValues } from './scope.ts';

/**
 * Holds one value per thread. Semantics: Python's `threading.local`, with one value in place of attributes: `init` is called in each thread that asks
 * for the value before it has set one, as Python calls a subclass's `__init__`.
 *
 * It doesn't travel: declare it at module level, so that each thread that imports the module has it. Never blocks.
 *
 * @example
 * ```ts
 * const requests = new ThreadLocal(() => 0);
 * requests.value += 1;
 * requests.value; // => 1
 * ```
 */
export class ThreadLocal<T> {
  readonly #init: (() => T) | undefined;

  /** `init` makes the value of a thread that has none yet; without it that value is `undefined`. Throws `TypeError` for what is no function. */
  constructor(init?: () => T) {
    if (init !== undefined && typeof init !== 'function') {
      throw new TypeError(`ThreadLocal: init must be a function, got ${String(init)} (${typeof init})`);
    }
    this.#init = init;
  }

  /** The current thread's value. */
  get value(): T {
    const values = threadValues();
    if (!values.has(this) && this.#init !== undefined) values.set(this, this.#init());
    return values.get(this) as T;
  }

  set value(value: T) {
    threadValues().set(this, value);
  }

  /** Whether the current thread has a value: set, or made by `init`. */
  has(): boolean {
    return threadValues().has(this);
  }

  /** Tells the codec to refuse it: a copy would arrive without its value. */
  get [Symbol.toStringTag](): string {
    return 'ThreadLocal';
  }

  /** Forgets the current thread's value; returns whether there was one. */
  delete(): boolean {
    return threadValues().delete(this);
  }
}
