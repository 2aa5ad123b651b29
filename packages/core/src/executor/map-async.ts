/** `mapAsync`: an iterator of promises for the next results (`map-plan.ts`). By hand, since a generator ends when it throws, and this goes on after a call that failed. */
import type { Origin } from './call-site.ts';
import { END, Plan, give } from './map-plan.ts';
import type { MapAsyncOptions } from './options.ts';
import type { ThreadPoolExecutor } from './thread-pool-executor.ts';
import { within } from './wait.ts';

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

export function mapInOrderAsync(
  ...parameters: ConstructorParameters<typeof OrderedMapAsync>
): AsyncIterableIterator<never> & AsyncDisposable {
  return new OrderedMapAsync(...parameters) as unknown as AsyncIterableIterator<never> & AsyncDisposable;
}
