/**
 * `map` and `mapAsync`: one call for each row of inputs, results in the order of the inputs. Iterators by hand, since a generator ends when it throws, and
 * these go on after a call that failed.
 *
 * ```
 *  inputs ─▶ rows ─▶ chunks of rows ─▶ submitted, at most `window` ahead ─▶ the oldest future ─▶ its results, one by one
 * ```
 */
import { TimeoutError } from '../errors.ts';
import { deadlineIn } from '../parking/wait.ts';
import { wholeNumber } from '../sync/options.ts';
import type { Future, Origin } from './future.ts';
import type { MapAsyncOptions, MapOptions } from './options.ts';
import { currentBindings } from '../thread/context.ts';
import type { ThreadContext } from '../thread/context.ts';
import type { Call, ThreadPoolExecutor } from './thread-pool-executor.ts';
import { within } from './wait.ts';
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
class Plan {
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

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

function give(result: Result): IteratorYieldResult<unknown> {
  if ('error' in result) throw result.error;
  return { done: false, value: result.value };
}

class OrderedMap implements IterableIterator<unknown>, Disposable {
  readonly #pool: ThreadPoolExecutor;
  readonly #plan: Plan;
  readonly #inputs: Array<Iterator<unknown>>;
  readonly #origin: Origin;
  #exhausted = false;
  /** What stopped it: the pool was shut down, or an input threw. Comes after the results of what was submitted before. */
  #broken: { readonly error: unknown } | undefined;

  constructor(
    pool: ThreadPoolExecutor,
    target: unknown,
    iterables: ReadonlyArray<Iterable<unknown>>,
    options: MapOptions | undefined,
    origin: Origin,
  ) {
    this.#pool = pool;
    this.#plan = new Plan(target, iterables, options, 'ThreadPoolExecutor.map');
    this.#inputs = iterables.map(each => each[Symbol.iterator]());
    this.#origin = origin;
    this.#fill();
  }

  /** The next value of each input; undefined when one has ended. */
  #row(): unknown[] | undefined {
    const row: unknown[] = [];
    for (const input of this.#inputs) {
      const { done, value } = input.next();
      if (done === true) {
        this.#closeInputs(input);
        return undefined;
      }
      row.push(value);
    }
    return row;
  }

  #closeInputs(ended?: Iterator<unknown>): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    for (const input of this.#inputs) if (input !== ended) input.return?.();
  }

  #fill(): void {
    const { chunkSize } = this.#plan;
    while (!this.#exhausted && this.#plan.hasRoom) {
      const chunk: unknown[][] = [];
      for (let row = this.#row(); row !== undefined; row = this.#row()) {
        chunk.push(row);
        if (chunk.length === chunkSize) break;
      }
      if (chunk.length === 0) return;
      this.#plan.add(this.#pool.submitCall(this.#plan.callFor(chunk), this.#origin), chunk.length);
    }
  }

  next(): IteratorResult<unknown, undefined> {
    const plan = this.#plan;
    const here = plan.take();
    if (here !== undefined) return give(here);
    const { oldest } = plan;
    if (oldest === undefined) return this.#end();
    if (!oldest.waitUntil(plan.deadline)) {
      this.return();
      throw plan.late();
    }
    plan.unfold();
    try {
      this.#fill();
    } catch (error) {
      this.#broken = { error };
      this.#closeInputs();
    }
    return give(plan.take()!);
  }

  #end(): IteratorReturnResult<undefined> {
    if (this.#broken === undefined) return END;
    const { error } = this.#broken;
    this.#broken = undefined;
    throw error;
  }

  return(): IteratorReturnResult<undefined> {
    this.#broken = undefined;
    this.#closeInputs();
    this.#plan.cancelAll();
    return END;
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.return();
  }
}

type Input = Iterator<unknown> | AsyncIterator<unknown>;

class OrderedMapAsync implements AsyncIterableIterator<unknown>, AsyncDisposable {
  readonly #pool: ThreadPoolExecutor;
  readonly #plan: Plan;
  readonly #inputs: Input[];
  readonly #origin: Origin;
  readonly #signal: AbortSignal | undefined;
  /** Nothing has to be awaited in order to submit. */
  readonly #immediate: boolean;
  #exhausted = false;
  /** Left early. */
  #ended = false;
  /** Reading async inputs and waiting for room, which goes on by itself. */
  #filling = false;
  /** Called when that has brought something, or has come to its end. */
  #progress: (() => void) | undefined;
  /** What stopped it: the pool was shut down, or an input threw. */
  #broken: { readonly error: unknown } | undefined;
  /** Calls of `next` take turns: what the last one is waited for by. */
  #turn: Promise<unknown> | undefined;

  constructor(
    pool: ThreadPoolExecutor,
    target: unknown,
    iterables: ReadonlyArray<Iterable<unknown> | AsyncIterable<unknown>>,
    options: MapAsyncOptions | undefined,
    origin: Origin,
  ) {
    this.#pool = pool;
    this.#plan = new Plan(target, iterables, options, 'ThreadPoolExecutor.mapAsync');
    this.#signal = options?.signal;
    this.#signal?.throwIfAborted();
    this.#inputs = iterables.map(each =>
      Symbol.asyncIterator in each ? each[Symbol.asyncIterator]() : each[Symbol.iterator](),
    );
    this.#immediate =
      pool.maxPending === Infinity && iterables.every(each => !(Symbol.asyncIterator in Object(each)));
    this.#origin = origin;
    this.#fill();
  }

  #fill(): void {
    if (this.#filling || this.#exhausted || this.#broken !== undefined || !this.#plan.hasRoom) return;
    if (this.#immediate) {
      try {
        while (!this.#exhausted && this.#plan.hasRoom) this.#submitChunk();
      } catch (error) {
        this.#stop(error);
      }
    } else {
      this.#filling = true;
      void this.#fillAsync();
    }
  }

  #stop(error: unknown): void {
    this.#broken = { error };
    this.#exhausted = true;
  }

  #submitChunk(): void {
    const { chunkSize } = this.#plan;
    const chunk: unknown[][] = [];
    while (chunk.length < chunkSize && !this.#exhausted) {
      const row: unknown[] = [];
      for (const input of this.#inputs as Array<Iterator<unknown>>) {
        const { done, value } = input.next();
        if (done === true) {
          this.#exhausted = true;
          for (const other of this.#inputs) if (other !== input) void other.return?.();
          break;
        }
        row.push(value);
      }
      if (!this.#exhausted) chunk.push(row);
    }
    if (chunk.length === 0) return;
    this.#plan.add(this.#pool.submitCall(this.#plan.callFor(chunk), this.#origin), chunk.length);
  }

  async #fillAsync(): Promise<void> {
    try {
      while (!this.#exhausted && this.#plan.hasRoom) await this.#submitChunkAsync();
    } catch (error) {
      this.#stop(error);
    }
    this.#filling = false;
    this.#progress?.();
  }

  async #submitChunkAsync(): Promise<void> {
    const { chunkSize } = this.#plan;
    const chunk: unknown[][] = [];
    while (chunk.length < chunkSize) {
      const row = await this.#row();
      if (row === undefined) break;
      chunk.push(row);
    }
    if (chunk.length === 0) return;
    const call = this.#plan.callFor(chunk);
    const { future } = await this.#pool.submitCallAsync(call, this.#origin, this.#signal);
    this.#plan.add(future, chunk.length);
    if (this.#ended) this.#plan.cancelAll();
    this.#progress?.();
  }

  async #row(): Promise<unknown[] | undefined> {
    const row: unknown[] = [];
    for (const input of this.#inputs) {
      const { done, value } = await input.next();
      // Left early meanwhile.
      if (this.#exhausted) return undefined;
      if (done === true) {
        this.#exhausted = true;
        for (const other of this.#inputs) if (other !== input) await other.return?.();
        return undefined;
      }
      row.push(value);
    }
    return row;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const before = this.#turn;
    if (before === undefined) {
      const here = this.#plan.take();
      if (here !== undefined) {
        if ('error' in here) return Promise.reject(here.error);
        return Promise.resolve({ done: false, value: here.value });
      }
    }
    const step = before === undefined ? this.#next() : before.then(() => this.#next());
    const over = (): void => {
      if (this.#turn === turn) this.#turn = undefined;
    };
    const turn: Promise<unknown> = step.then(over, over);
    this.#turn = turn;
    return step;
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    const plan = this.#plan;
    for (;;) {
      const here = plan.take();
      if (here !== undefined) return give(here);
      const { oldest } = plan;
      if (oldest === undefined) {
        if (!this.#filling) return this.#end();
        await this.#orLate(new Promise<void>(resolve => (this.#progress = resolve)));
        continue;
      }
      if (!oldest.done) await this.#orLate(new Promise<void>(resolve => oldest.onDone(() => resolve())));
      // Left early meanwhile.
      if (plan.oldest !== oldest) continue;
      plan.unfold();
      this.#fill();
    }
  }

  #end(): IteratorReturnResult<undefined> {
    if (this.#broken === undefined) return END;
    const { error } = this.#broken;
    this.#broken = undefined;
    throw error;
  }

  /** Waits; if the time is up or the signal aborted meanwhile, cancels what is left and throws. */
  async #orLate(promise: Promise<void>): Promise<void> {
    const { deadline } = this.#plan;
    if (deadline === Infinity && this.#signal === undefined) return promise;
    try {
      this.#signal?.throwIfAborted();
      if (await within(promise, deadline, this.#signal)) return;
    } catch (error) {
      await this.return();
      throw error;
    }
    await this.return();
    throw this.#plan.late();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#ended = true;
    this.#broken = undefined;
    if (!this.#exhausted) {
      this.#exhausted = true;
      // Not awaited: one that is being read ends when its current step does.
      for (const input of this.#inputs) void Promise.resolve(input.return?.()).catch(() => {});
    }
    this.#plan.cancelAll();
    this.#progress?.();
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

export function mapInOrder(
  ...parameters: ConstructorParameters<typeof OrderedMap>
): IterableIterator<never> & Disposable {
  return new OrderedMap(...parameters) as unknown as IterableIterator<never> & Disposable;
}

export function mapInOrderAsync(
  ...parameters: ConstructorParameters<typeof OrderedMapAsync>
): AsyncIterableIterator<never> & AsyncDisposable {
  return new OrderedMapAsync(...parameters) as unknown as AsyncIterableIterator<never> & AsyncDisposable;
}
