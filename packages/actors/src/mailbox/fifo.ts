/**
 * A ring of messages: first in, first out, unbounded. The other mailboxes are made of it. An empty one owns no memory but itself, since most actors of a
 * large system are idle; and nor does one with a single message, since most actors never have more waiting.
 *
 * ```
 *  first   c                        or NONE: then the oldest is in the ring like the others
 *  items   [ . . . d e f . . ]      length is 0 or a power of two; the place of what is in `first` stays empty
 *                ▲ head & mask      head only grows; what is put back in front goes to head - 1
 * ```
 */
const NONE: unknown[] = [];
/** An emptied ring larger than this is given back: one burst must not cost memory for ever. */
const KEPT_CAPACITY = 64;
const LARGE = 512;

export class Fifo {
  #first: unknown = NONE;
  #items: unknown[] = NONE;
  #head = 0;
  /** How many messages there are. */
  size = 0;

  push(message: unknown): void {
    if (this.size === 0) this.#first = message;
    else {
      if (this.size >= this.#items.length) Fifo.#grow(this);
      this.#items[(this.#head + this.size) & (this.#items.length - 1)] = message;
    }
    this.size += 1;
  }

  /** Takes the oldest. Must not be called on an empty ring: `undefined` is a message like any other. */
  shift(): unknown {
    let message = this.#first;
    if (message === NONE) {
      const at = this.#head & (this.#items.length - 1);
      message = this.#items[at];
      this.#items[at] = undefined;
    } else this.#first = NONE;
    this.#head = (this.#head + 1) | 0;
    this.size -= 1;
    if (this.size === 0 && this.#items.length > KEPT_CAPACITY) this.clear();
    return message;
  }

  /** Puts a message before all others. */
  unshift(message: unknown): void {
    if (this.size > 0) {
      if (this.size >= this.#items.length) Fifo.#grow(this);
      const second = this.#first;
      if (second !== NONE) this.#items[this.#head & (this.#items.length - 1)] = second;
    }
    this.#first = message;
    this.#head = (this.#head - 1) | 0;
    this.size += 1;
  }

  /** The position of the next message to be pushed, for `replace`; it stays right however many are taken before. */
  get end(): number {
    return (this.#head + this.size) | 0;
  }

  /** Puts another message at a position that `end` told and that hasn't been taken yet; returns the one that was there. */
  replace(position: number, message: unknown): unknown {
    let old = this.#first;
    if (old !== NONE && position === this.#head) this.#first = message;
    else {
      const at = position & (this.#items.length - 1);
      old = this.#items[at];
      this.#items[at] = message;
    }
    return old;
  }

  clear(): void {
    this.#first = NONE;
    this.#items = NONE;
    this.size = 0;
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (let n = 0; n < this.size; n++)
      yield n === 0 && this.#first !== NONE
        ? this.#first
        : this.#items[(this.#head + n) & (this.#items.length - 1)];
  }

  /** Static: a private method would be one more field of each. */
  static #grow(fifo: Fifo): void {
    const old = fifo.#items;
    if (old === NONE) {
      fifo.#items = [undefined, undefined];
      return;
    }
    // Large ones are half of what a long queue costs: to be made twice as large as needed, or filled, they would cost a third more. No place is read before it is written.
    const capacity = old.length * (old.length < LARGE ? 4 : 2);
    const items = new Array<unknown>(capacity);
    // Positions count on from the same head, so that `replace` finds what was pushed before.
    for (let n = 0; n < fifo.size; n++) {
      const position = fifo.#head + n;
      items[position & (capacity - 1)] = old[position & (old.length - 1)];
    }
    fifo.#items = items;
  }
}
