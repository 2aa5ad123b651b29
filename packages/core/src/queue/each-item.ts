/** `for await` over a queue. */
import { QueueShutDownError } from '../errors.ts';
import { turn } from '../parking/turn.ts';
import type { Taken } from './any-queue.ts';

/** What it needs of a queue. */
interface Source<T> {
  tryGet(): Taken<T> | undefined;
  getAsync(): Promise<T>;
}

/** Promises that are settled already would keep timers and input waiting for as long as items come. */
const LONGEST_BURST_MS = 10;
/** A look at the clock costs as much as a small item. */
const LOOK_EVERY = 16;

const prototypeOfAll = Object.getPrototypeOf(
  Object.getPrototypeOf((async function* none(): AsyncGenerator<never> {})()),
) as object;

/**
 * Takes items for ever, and ends when the queue is shut down and empty. Written by hand, since an `async function*` takes three turns of the microtask queue for each
 * item, half of what an item costs: one that is there is handed out in the same turn here.
 *
 * `next()` may be called again before the last has resolved: those that wait stand in the queue's line, in the order of the calls.
 */
class EachItem<T> implements AsyncIterableIterator<T> {
  readonly #source: Source<T>;
  #ended = false;
  #turned = performance.now();
  #untilLook = LOOK_EVERY;

  constructor(source: Source<T>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#ended) return finished();
    if (--this.#untilLook <= 0 && this.#isLate()) return turn().then(() => this.#take());
    return this.#take();
  }

  /** Is called when the loop is left: it takes nothing any more. */
  return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    return finished();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
  }

  /** Whether it is time for the event loop to turn. */
  #isLate(): boolean {
    this.#untilLook = LOOK_EVERY;
    const late = performance.now() - this.#turned > LONGEST_BURST_MS;
    if (late) this.#turned = Infinity;
    return late;
  }

  #take(): Promise<IteratorResult<T, void>> {
    if (this.#turned === Infinity) this.#turned = performance.now();
    let taken: Taken<T> | undefined;
    try {
      taken = this.#source.tryGet();
    } catch {
      // The slow way meets the same error, and knows what to do.
    }
    return taken === undefined ? this.#wait() : Promise.resolve({ value: taken.value, done: false });
  }

  async #wait(): Promise<IteratorResult<T, void>> {
    try {
      return { value: await this.#source.getAsync(), done: false };
    } catch (error) {
      this.#ended = true;
      if (error instanceof QueueShutDownError) return { value: undefined, done: true };
      throw error;
    }
  }
}
Object.setPrototypeOf(EachItem.prototype, prototypeOfAll);

function finished(): Promise<IteratorReturnResult<void>> {
  return Promise.resolve({ value: undefined, done: true });
}

export function eachItem<T>(source: Source<T>): AsyncIterableIterator<T> {
  return new EachItem(source);
}
