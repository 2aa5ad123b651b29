/**
 * The user lane of an actor, with its policy for when it is full. Signals don't come here: they have a lane of their own, which has no bound
 * and is served first.
 *
 * | policy | what happens to a message that finds `capacity` messages there |
 * |---|---|
 * | `fail` | it is refused: a dead letter, and `send` rejects with `MailboxFullError` |
 * | `dropNew` | it becomes a dead letter, silently for the sender |
 * | `dropOld` | the oldest message becomes a dead letter instead |
 * | `latestByKey` | a queued message of the same key is replaced at any fill; if there is none, as `dropNew` |
 * | `block` | `send` waits for credit; `tell`, which never waits, is refused as by `fail` |
 *
 * The sender is never thrown at: `offer` says what became of the message, and the actor's cell makes dead letters.
 */
import { checkNames } from '../behavior/names.ts';
import { Envelope } from '../runtime/envelope.ts';
import { Fifo } from './fifo.ts';

/** When a mailbox is full. */
export type FullPolicy = 'fail' | 'dropNew' | 'dropOld' | 'latestByKey' | 'block';

/** How an actor's mailbox is bounded and ordered. Without options it is unbounded and first in, first out. */
export interface MailboxOptions<M = never> {
  /**
   * How many messages may wait, from 1; unbounded if omitted. What is being handled doesn't count, nor what another thread has told the actor and its own, which a handler keeps, hasn't taken yet.
   */
  readonly capacity?: number;
  /** What happens when it is full. Default: `fail`. */
  readonly whenFull?: FullPolicy;
  /** The key of a message, for `latestByKey`; compared as a `Map` does. */
  readonly key?: (message: M) => unknown;
  /** Lower is served first, equals in the order of arrival. A message for which it throws, or returns no number, is a dead letter (`faulty`). */
  readonly priority?: (message: M) => number;
}

export const ACCEPTED = 0;
export const REFUSED = 1;
export const DROPPED = 2;
export const DISPLACED = 3;
/** The user's own `priority` or `key` function threw, or there was no priority in what it returned; `displaced` holds the error. */
export const FAULTY = 4;

/** What became of a message that was offered. */
export type Offered = typeof ACCEPTED | typeof REFUSED | typeof DROPPED | typeof DISPLACED | typeof FAULTY;

export interface Mailbox {
  readonly size: number;
  /** Whether `send` waits instead of being refused. */
  readonly blocks: boolean;
  offer(message: unknown): Offered;
  /** After `DISPLACED`, the message that made way; after `FAULTY`, the error. */
  takeDisplaced(): unknown;
  /** Must not be called when `size` is 0. */
  shift(): unknown;
  /** Puts back in front, without regard to the capacity. */
  unshift(message: unknown): void;
  hasRoom(): boolean;
  clear(): void;
  [Symbol.iterator](): Iterator<unknown>;
}

/** Makes a mailbox, or takes the one that is there if it needs neither bound nor order. Throws `RangeError` or `TypeError` naming the option that is wrong. */
export function createMailbox(options: MailboxOptions | undefined, open: OpenMailbox): Mailbox {
  if (options === undefined) return open;
  checkMailbox(options);
  if (options.capacity === undefined && options.priority === undefined && options.key === undefined)
    return open;
  return new BoundedMailbox(options as MailboxOptions<unknown>);
}

const NAMES = ['capacity', 'whenFull', 'key', 'priority'] satisfies (keyof MailboxOptions)[];
const POLICIES: readonly string[] = ['fail', 'dropNew', 'dropOld', 'latestByKey', 'block'];

export function checkMailbox(options: MailboxOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`mailbox must be options, got ${String(options)} (${typeof options})`);
  checkNames(options, NAMES, 'mailbox');
  const { capacity, whenFull = 'fail', key, priority } = options;
  if (capacity !== undefined && (!Number.isSafeInteger(capacity) || capacity < 1)) {
    throw new RangeError(
      `mailbox.capacity must be a whole number from 1, got ${String(capacity)} (${typeof capacity})`,
    );
  }
  if (!POLICIES.includes(whenFull)) {
    throw new TypeError(`mailbox.whenFull must be one of ${POLICIES.join(', ')}, got ${String(whenFull)}`);
  }
  if (capacity === undefined && options.whenFull !== undefined && whenFull !== 'latestByKey')
    throw new TypeError(`mailbox.whenFull "${whenFull}" has no meaning without a capacity`);
  for (const [name, value] of Object.entries({ key, priority })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`mailbox.${name} must be a function, got ${String(value)} (${typeof value})`);
    }
  }
  if (whenFull === 'latestByKey' && key === undefined) {
    throw new TypeError('mailbox.key must be a function when whenFull is latestByKey');
  }
  if (whenFull === 'latestByKey' && priority !== undefined) {
    throw new TypeError('mailbox.priority cannot be combined with latestByKey');
  }
}

/** Unbounded, first in, first out: what nearly every actor has. */
export class OpenMailbox extends Fifo implements Mailbox {
  get blocks(): boolean {
    return false;
  }

  offer(message: unknown): Offered {
    this.push(message);
    return ACCEPTED;
  }

  takeDisplaced(): unknown {
    return undefined;
  }

  hasRoom(): boolean {
    return true;
  }
}

/** A queue in order of priority, stable among equals: a binary heap of (priority, arrival). */
class Ranked {
  #heap: { rank: number; arrival: number; message: unknown }[] = [];
  #arrivals = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(message: unknown, rank: number): void {
    const heap = this.#heap;
    const entry = { rank, arrival: this.#arrivals++, message };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (before(heap[above]!, entry)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  }

  shift(): unknown {
    const heap = this.#heap;
    const { message } = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let next = at * 2 + 1;
        if (next >= heap.length) break;
        if (next + 1 < heap.length && before(heap[next + 1]!, heap[next]!)) next += 1;
        if (before(last, heap[next]!)) break;
        heap[at] = heap[next]!;
        at = next;
      }
      heap[at] = last;
    }
    return message;
  }

  /** Takes the one that arrived first, whatever its rank. */
  shiftOldest(): unknown {
    const oldest = this.#heap.reduce((a, b) => (a.arrival < b.arrival ? a : b));
    const rest = this.#heap.filter(entry => entry !== oldest);
    // A sorted array is a heap.
    this.#heap = rest.sort((a, b) => (before(a, b) ? -1 : 1));
    return oldest.message;
  }

  clear(): void {
    this.#heap = [];
  }

  *[Symbol.iterator](): Generator<unknown> {
    const sorted = this.#heap.toSorted((a, b) => (before(a, b) ? -1 : 1));
    for (const { message } of sorted) yield message;
  }
}

function before(a: { rank: number; arrival: number }, b: { rank: number; arrival: number }): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.arrival < b.arrival);
}

/** Of a message whose key can't be known yet. */
const NO_KEY: unique symbol = Symbol('no key');

/** The message as its handler will see it. */
function look(message: unknown): { readonly message: unknown } | undefined {
  return message instanceof Envelope ? message.preview() : { message };
}

/** Every mailbox with options: what was put back stands before the line, which is a ring or a heap. */
class BoundedMailbox implements Mailbox {
  readonly blocks: boolean;
  readonly #capacity: number;
  readonly #policy: FullPolicy;
  readonly #key: ((message: unknown) => unknown) | undefined;
  readonly #rank: ((message: unknown) => number) | undefined;
  readonly #front = new Fifo();
  readonly #fifo = new Fifo();
  readonly #ranked: Ranked | undefined;
  /** Where the queued message of each key stands in the ring. */
  readonly #positions = new Map<unknown, number>();
  /** The keys of what is in the ring, in its order: a message may have another by the time it is taken. */
  readonly #keys = new Fifo();
  #displaced: unknown;

  constructor(options: MailboxOptions<unknown>) {
    this.#capacity = options.capacity ?? Infinity;
    this.#policy = options.whenFull ?? 'fail';
    this.#key = this.#policy === 'latestByKey' ? options.key : undefined;
    this.#rank = options.priority;
    this.#ranked = options.priority === undefined ? undefined : new Ranked();
    this.blocks = this.#policy === 'block';
  }

  get size(): number {
    return this.#front.size + this.#fifo.size + (this.#ranked?.size ?? 0);
  }

  hasRoom(): boolean {
    return this.size < this.#capacity;
  }

  offer(message: unknown): Offered {
    let rank = 0;
    let key: unknown = NO_KEY;
    try {
      // Here and not when it is taken: the place in the line depends on it.
      if (this.#rank !== undefined) rank = this.#rankOf(this.#rank, message);
      if (this.#key !== undefined) key = this.#keyOf(this.#key, message);
    } catch (error) {
      this.#displaced = error;
      return FAULTY;
    }
    if (key !== NO_KEY) {
      const position = this.#positions.get(key);
      if (position !== undefined) {
        this.#displaced = this.#fifo.replace(position, message);
        return DISPLACED;
      }
    }
    if (this.size >= this.#capacity) {
      if (this.#policy === 'fail' || this.#policy === 'block') return REFUSED;
      if (this.#policy !== 'dropOld') return DROPPED;
      this.#displaced = this.#takeOldest();
      this.#push(message, rank, key);
      return DISPLACED;
    }
    this.#push(message, rank, key);
    return ACCEPTED;
  }

  #rankOf(rank: (message: unknown) => number, message: unknown): number {
    const seen = look(message);
    // What can't be looked at yet is before all others.
    if (seen === undefined) return -Infinity;
    const found = rank(seen.message);
    if (typeof found === 'number' && !Number.isNaN(found)) return found;
    throw new TypeError(`mailbox.priority must return a number, it returned ${String(found)}`);
  }

  #keyOf(key: (message: unknown) => unknown, message: unknown): unknown {
    const seen = look(message);
    return seen === undefined ? NO_KEY : key(seen.message);
  }

  #push(message: unknown, rank: number, key: unknown): void {
    if (this.#ranked !== undefined) return this.#ranked.push(message, rank);
    if (key !== NO_KEY) this.#positions.set(key, this.#fifo.end);
    if (this.#key !== undefined) this.#keys.push(key);
    this.#fifo.push(message);
  }

  #takeOldest(): unknown {
    if (this.#front.size > 0) return this.#front.shift();
    return this.#ranked === undefined ? this.#fifo.shift() : this.#ranked.shiftOldest();
  }

  takeDisplaced(): unknown {
    const displaced = this.#displaced;
    this.#displaced = undefined;
    return displaced;
  }

  shift(): unknown {
    if (this.#front.size > 0) return this.#front.shift();
    if (this.#ranked !== undefined) return this.#ranked.shift();
    if (this.#key !== undefined) this.#positions.delete(this.#keys.shift());
    return this.#fifo.shift();
  }

  unshift(message: unknown): void {
    this.#front.unshift(message);
  }

  clear(): void {
    this.#front.clear();
    this.#fifo.clear();
    this.#ranked?.clear();
    this.#positions.clear();
    this.#keys.clear();
  }

  *[Symbol.iterator](): Generator<unknown> {
    yield* this.#front;
    yield* this.#fifo;
    if (this.#ranked !== undefined) yield* this.#ranked;
  }
}
