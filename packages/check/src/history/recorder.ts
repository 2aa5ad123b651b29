/**
 * Writes down what one thread calls and when. The clock is one word of shared memory that each call and each return advances, so that of two
 * calls of which one returned before the other began, the times say so: `Atomics.add` puts all in one order.
 */
import type { Operation } from './operation.ts';

/**
 * Records the calls of one thread; what it recorded can be posted to others. Several recorders with the same clock make one history.
 *
 * @example
 * ```ts
 * const clock = new Int32Array(new SharedArrayBuffer(4)); // one for all threads
 * const log = new Recorder(clock, 'A');
 * const items = [1, 2];
 * log.call('get', [], () => items.shift()); // => 1
 * log.operations.length; // => 1
 * ```
 */
export class Recorder {
  /** What was called so far, in this order. A call in progress isn't there yet. */
  readonly operations: Operation[] = [];
  readonly #now: () => number;
  readonly #thread: string | number;
  readonly #object: string | undefined;

  /**
   * `clock` is a shared word, or a function whose results grow from call to call, whichever thread calls it. `object` names what is called, where a
   * history speaks of several.
   */
  constructor(clock: Int32Array | (() => number), thread: string | number, object?: string) {
    this.#now = typeof clock === 'function' ? clock : () => Atomics.add(clock, 0, 1);
    this.#thread = thread;
    this.#object = object;
  }

  /** Calls `action`, and records how it ended. Returns or throws what it does. Blocks as long as it does. */
  call<T>(name: string, args: readonly unknown[], action: () => T): T {
    const from = this.#now();
    try {
      const result = action();
      this.#note(name, args, from, { result });
      return result;
    } catch (error) {
      this.#note(name, args, from, { threw: nameOf(error) });
      throw error;
    }
  }

  /** As `call`, for what returns a promise: the call ends when that settles. */
  async callAsync<T>(name: string, args: readonly unknown[], action: () => PromiseLike<T>): Promise<T> {
    const from = this.#now();
    try {
      const result = await action();
      this.#note(name, args, from, { result });
      return result;
    } catch (error) {
      this.#note(name, args, from, { threw: nameOf(error) });
      throw error;
    }
  }

  #note(
    name: string,
    args: readonly unknown[],
    from: number,
    outcome: { result: unknown } | { threw: string },
  ): void {
    const to = this.#now();
    const object = this.#object === undefined ? {} : { object: this.#object };
    this.operations.push({ thread: this.#thread, ...object, name, args, from, to, ...outcome });
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
