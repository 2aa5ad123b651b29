/**
 * What `map` and `mapAsync` share: one call for each row of inputs, results in the order of the inputs.
 *
 * ```
 *  inputs ─▶ rows ─▶ chunks of rows ─▶ submitted, at most `window` ahead ─▶ the oldest future ─▶ its results, one by one
 * ```
 */
import { TimeoutError } from '../errors.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { wholeNumber } from '../sync/options.ts';
import { currentBindings } from '../thread/context.ts';
import type { ThreadContext } from '../thread/context.ts';
import type { Future } from './future.ts';
import type { MapOptions } from './options.ts';
import type { Call } from './order.ts';
import type { ChunkOutcome } from './worker-loop.ts';

const MOST = 0x7fff_ffff;

/** One result. */
type Result = { readonly value: unknown } | { readonly error: unknown };

/** Calls that make one task. */
interface Chunk {
  readonly future: Future;
  readonly calls: number;
}

/** What both iterators share: the options, and what of the results is here. */
export class Plan {
  readonly #target: unknown;
  /** Of the caller of `map`: rows are submitted later, from wherever results are asked for. */
  readonly #context: ThreadContext = currentBindings() ?? 'empty';
  readonly chunkSize: number;
  /** Chunks that may be ahead. */
  readonly window: number;
  readonly deadline: number;
  /** Submitted, oldest first. Those before `#first` have been taken. */
  #ahead: Chunk[] = [];
  #first = 0;
  /** Of the oldest chunk. */
  results: Result[] = [];
  #next = 0;
  readonly #timeout: number | undefined;
  readonly #place: string;

  constructor(target: unknown, iterables: unknown, options: MapOptions | undefined, place: string) {
    this.#target = target;
    this.#place = place;
    this.#timeout = options?.timeout;
    this.chunkSize = wholeNumber(options?.chunkSize ?? 1, 1, MOST, `${place}: chunkSize`);
    const buffer = options?.bufferSize;
    this.window =
      buffer === undefined || buffer === Infinity
        ? Infinity
        : Math.ceil(wholeNumber(buffer, 1, MOST, `${place}: bufferSize`) / this.chunkSize);
    this.deadline = deadlineIn(options, place);
    checkInputs(target, iterables, place);
  }

  /** What to submit for so many rows of inputs. */
  callFor(rows: readonly unknown[][]): Call {
    const isChunk = this.chunkSize > 1;
    return { target: this.#target, args: isChunk ? rows : rows[0]!, isChunk, context: this.#context };
  }

  get hasRoom(): boolean {
    return this.#ahead.length - this.#first < this.window;
  }

  add(future: Future, calls: number): void {
    this.#ahead.push({ future, calls });
  }

  get oldest(): Future | undefined {
    return this.#ahead[this.#first]?.future;
  }

  /** Makes the oldest chunk's outcome the results to give. It has settled. */
  unfold(): void {
    const { future, calls } = this.#ahead[this.#first++]!;
    if (this.#first > 1000 && this.#first * 2 > this.#ahead.length) {
      this.#ahead = this.#ahead.slice(this.#first);
      this.#first = 0;
    }
    this.#next = 0;
    let value: unknown;
    try {
      value = future.result();
    } catch (error) {
      this.results = Array.from({ length: calls }, () => ({ error }));
      return;
    }
    if (this.chunkSize === 1) {
      this.results = [{ value }];
      return;
    }
    const { values, failed } = value as ChunkOutcome;
    this.results = values.map(each => ({ value: each }));
    for (const index of failed) this.results[index] = { error: values[index] };
  }

  /** The next result that is here. */
  take(): Result | undefined {
    return this.#next < this.results.length ? this.results[this.#next++] : undefined;
  }

  cancelAll(): void {
    this.results = [];
    // The last first: none of those in line has the time to begin meanwhile.
    for (const { future } of this.#ahead.slice(this.#first).reverse()) future.cancel();
    this.#ahead = [];
    this.#first = 0;
  }

  late(): TimeoutError {
    return new TimeoutError(
      `${this.#place}: the next result was not there ${this.#timeout} ms after the call`,
    );
  }
}

function checkInputs(target: unknown, iterables: unknown, place: string): void {
  if (!Array.isArray(iterables))
    throw new TypeError(
      `${place}: the inputs must be an array of iterables, one for each parameter of the task, got ${String(iterables)} (${typeof iterables})`,
    );
  if (iterables.length === 0)
    throw new TypeError(`${place}: at least one iterable is needed: without one there is no end`);
  for (const [index, each] of (iterables as unknown[]).entries()) {
    const isIterable =
      each !== undefined &&
      each !== null &&
      (Symbol.iterator in Object(each) || Symbol.asyncIterator in Object(each));
    if (!isIterable)
      throw new TypeError(
        `${place}: input ${index} must be an iterable, got ${String(each)} (${typeof each})${
          index === 0 ? '; write [[1, 2, 3]] for a task with one parameter' : ''
        }`,
      );
  }
  if (typeof target === 'function' && target.length > iterables.length) {
    const name = target.name === '' ? 'the task' : `"${target.name}"`;
    throw new TypeError(
      `${place}: ${name} has ${target.length} parameters, and there are inputs for ${iterables.length} of them`,
    );
  }
}

export const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

export function give(result: Result): IteratorYieldResult<unknown> {
  if ('error' in result) throw result.error;
  return { done: false, value: result.value };
}
