/**
 * An iterator that threads share: each item goes to exactly one of them.
 *
 * The state word is the number of items taken, of a sequence whose length is fixed; it is raised by a compare-exchange, never beyond the length, so
 * nobody waits for anybody. Over a queue it is the queue that gives each item to one.
 *
 * Words, written before anybody else can see the iterator:
 * ```
 *   SOURCE    which of the four below
 *   LENGTH    how many items
 *   FROM, +1  LIST: block with a message for each item; whoever takes the item empties the word.  RANGE: two doubles, first and step
 *   OBJECT    ARRAY, QUEUE: the shared object that has the items; counted as a reference
 * ```
 * An item that a thread has taken is gone when the thread dies, as with a queue.
 */
import { f64, hot, i32 } from '../atomics.ts';
import { shareableAddress } from '../codec/shareable.ts';
import { QueueShutDownError } from '../errors.ts';
import { SharedArray } from '../array/shared-array.ts';
import { allocateZeroed, free } from '../memory/allocator.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { LINE_WORDS, OBJECT } from '../memory/layout.ts';
import { dropMessage, storeMessage, takeMessage } from '../memory/message.ts';
import { Existing, SharedObject, release, retain, revive } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import type { Range } from '../parallel/range.ts';
import { turnsOfRange } from '../parallel/range.ts';
import { AnyQueue } from '../queue/any-queue.ts';

const { compareExchange, exchange, load } = hot;

const SOURCE: number = OBJECT.own;
const LENGTH: number = OBJECT.own + 1;
const OBJECT_WITH_ITEMS: number = OBJECT.own + 2;
const LIST_BLOCK: number = OBJECT.own + 3;
/** Two doubles, on the second cache line. */
const RANGE_FROM: number = LINE_WORDS;
const RANGE_STEP: number = LINE_WORDS + 2;
const BYTES = 128;

const LIST = 1;
const RANGE = 2;
const ARRAY = 3;
const QUEUE = 4;

/** What a `SharedIterator` may go over: values (copied once, at construction), a range of numbers, a shared array, or a queue. */
export type SharedItems<T> = Iterable<T> | Range | AnyQueue<T>;

const FINISHED: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * An iterator that any number of threads go through together: each item goes to exactly one caller. It travels, and `for (const item of iterator)` in each
 * thread is all there is to it; leaving such a loop early ends that loop only. Source: Python 3.15's `serialize_iterator`; generators can't cross
 * threads, so it goes over a sequence that is there, or over a queue that others fill.
 *
 * Over a queue, `next()` blocks until there is an item, and ends when the queue was shut down and is empty; `for await` waits without
 * blocking. Over anything else nothing ever blocks. The order in which items are taken is that of the sequence.
 *
 * @example
 * ```ts
 * const pages = new SharedIterator(['a', 'b', 'c']);
 * pages.next(); // => { done: false, value: 'a' }
 * [...pages]; // => ['b', 'c']
 * pages.next(); // => { done: true, value: undefined }
 * ```
 */
export class SharedIterator<T>
  extends SharedObject
  implements IterableIterator<T, undefined>, AsyncIterable<T>
{
  #source: SharedArray | AnyQueue<T> | undefined;

  /**
   * Prepares to go over the items. Values are encoded now, one after the other, and decoded in the thread that takes them.
   *
   * Throws `TypeError` for what has no items, `RangeError` for a bad range, `NotShareableError` for a value that can't travel (`items[3]…`), and
   * `SharedMemoryExhaustedError`, also for a sequence without end. Never blocks.
   */
  constructor(items: SharedItems<T>, options?: NameOptions) {
    if ((items as unknown) instanceof Existing) {
      super(KIND.sharedIterator, 0, items as unknown as Existing);
      return;
    }
    const hasItems = items instanceof SharedArray || items instanceof AnyQueue;
    const messages = !hasItems && isIterable(items) ? store(items) : undefined;
    const range = hasItems || messages !== undefined ? undefined : rangeOf(items);
    super(KIND.sharedIterator, BYTES, options);
    const at = this.at;
    if (messages !== undefined) {
      i32[at + SOURCE] = LIST;
      i32[at + LENGTH] = messages.length;
      i32[at + LIST_BLOCK] = writeTable(messages);
    } else if (range !== undefined) {
      i32[at + SOURCE] = RANGE;
      i32[at + LENGTH] = range.count;
      f64[(at + RANGE_FROM) / 2] = range.from;
      f64[(at + RANGE_STEP) / 2] = range.step;
    } else {
      const source = items as SharedArray | AnyQueue<T>;
      const pointer = (source as unknown as Record<typeof shareableAddress, () => number>)[
        shareableAddress
      ]();
      retain(pointer);
      i32[at + OBJECT_WITH_ITEMS] = pointer;
      i32[at + SOURCE] = source instanceof SharedArray ? ARRAY : QUEUE;
      if (source instanceof SharedArray) i32[at + LENGTH] = source.length;
      this.#source = source;
    }
  }

  /** How many items nobody has taken yet (snapshot): of a queue, those that are in it. */
  get remaining(): number {
    const at = this.live();
    if (i32[at + SOURCE] === QUEUE) return this.#queue(at).size;
    return i32[at + LENGTH]! - load(at);
  }

  /**
   * Takes the next item. Blocks over a queue that is empty, and throws `BlockingNotAllowedError` there in a browser window; otherwise never blocks.
   */
  next(): IteratorResult<T, undefined> {
    const at = this.live();
    if (i32[at + SOURCE] === QUEUE) {
      try {
        return { done: false, value: this.#queue(at).get() };
      } catch (error) {
        if (error instanceof QueueShutDownError) return FINISHED;
        throw error;
      }
    }
    for (;;) {
      const taken = load(at);
      if (taken === i32[at + LENGTH]) return FINISHED;
      if (compareExchange(at, taken, taken + 1) === taken)
        return { done: false, value: this.#item(at, taken) };
    }
  }

  #item(at: number, index: number): T {
    const source = i32[at + SOURCE];
    if (source === RANGE) return (f64[(at + RANGE_FROM) / 2]! + index * f64[(at + RANGE_STEP) / 2]!) as T;
    if (source === ARRAY) return (this.#revived(at) as SharedArray).view[index] as T;
    const word = i32[at + LIST_BLOCK]! + index;
    ensureMapped(word);
    return takeMessage(exchange(word, 0)) as T;
  }

  #revived(at: number): SharedArray | AnyQueue<T> {
    if (this.#source === undefined) {
      const pointer = i32[at + OBJECT_WITH_ITEMS]!;
      retain(pointer);
      this.#source = revive(pointer) as SharedArray | AnyQueue<T>;
    }
    return this.#source;
  }

  #queue(at: number): AnyQueue<T> {
    return this.#revived(at) as AnyQueue<T>;
  }

  /** Itself: each item to one caller, however many loops go through it. */
  [Symbol.iterator](): this {
    return this;
  }

  /** Goes through the items without blocking: over a queue it waits for them asynchronously. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const at = this.live();
    if (i32[at + SOURCE] === QUEUE)
      return this.#queue(at)[Symbol.asyncIterator]() as AsyncIterator<T, undefined>;
    return { next: async () => this.next() };
  }
}

function rangeOf(items: unknown): { from: number; step: number; count: number } {
  if (typeof items !== 'object' || items === null || !('to' in items)) {
    throw new TypeError(
      `SharedIterator: expected values, a range { from, to, step }, a shared array or a queue, got ${String(items)} (${typeof items})`,
    );
  }
  return turnsOfRange('SharedIterator', items);
}

function isIterable(items: unknown): items is Iterable<unknown> {
  return (
    (typeof items === 'object' && items !== null && Symbol.iterator in items) || typeof items === 'string'
  );
}

/** Stores each item; if one can't be, none is kept. */
function store(items: Iterable<unknown>): number[] {
  const messages: number[] = [];
  try {
    for (const item of items) messages.push(storeMessage(item, `items[${messages.length}]`));
  } catch (error) {
    for (const message of messages) dropMessage(message);
    throw error;
  }
  return messages;
}

function writeTable(messages: readonly number[]): number {
  const block = allocateZeroed(4 * Math.max(1, messages.length));
  ensureMapped(block + messages.length);
  i32.set(messages, block);
  return block;
}

registerKind(KIND.sharedIterator, {
  revive: pointer => new SharedIterator(new Existing(pointer) as unknown as Iterable<unknown>),
  lines: [],
  destroy(at) {
    const source = i32[at + OBJECT_WITH_ITEMS]!;
    if (source !== 0) release(source);
    const block = i32[at + LIST_BLOCK]!;
    if (block === 0) return;
    const length = i32[at + LENGTH]!;
    ensureMapped(block + length);
    for (let word = block; word < block + length; word++) {
      const message = i32[word]!;
      if (message !== 0) dropMessage(message);
    }
    free(block);
  },
});
