/** `map`: an iterator that blocks for the next result (`map-plan.ts`). By hand, since a generator ends when it throws, and this goes on after a call that failed. */
import type { Origin } from './call-site.ts';
import { END, Plan, give } from './map-plan.ts';
import type { MapOptions } from './options.ts';
import type { ThreadPoolExecutor } from './thread-pool-executor.ts';

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

export function mapInOrder(
  ...parameters: ConstructorParameters<typeof OrderedMap>
): IterableIterator<never> & Disposable {
  return new OrderedMap(...parameters) as unknown as IterableIterator<never> & Disposable;
}
