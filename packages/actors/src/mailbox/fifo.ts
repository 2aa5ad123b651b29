/**
 * A ring of messages: first in, first out, unbounded. The other mailboxes are made of it. An empty one owns no memory but itself, since most actors of a
 * large system are idle.
 *
 * ```
 *  items   [ . . c d e f . . ]      length is 0 or a power of two
 *                ▲ head & mask      head only grows; what is put back in front goes to head - 1
 * ```
 */
const NONE: unknown[] = [];
/** Few: most actors that live shortly, and most that are many, never have more messages waiting. */
const FIRST_CAPACITY = 2;
/** An emptied ring larger than this is given back: one burst must not cost memory for ever. */
const KEPT_CAPACITY = 64;

export class Fifo {
  #items: unknown[] = NONE;
  #mask = -1;
  #head = 0;
  /** How many messages there are. */
  size = 0;

  push(message: unknown): void {
    if (this.size > this.#mask) this.#grow();
    this.#items[(this.#head + this.size) & this.#mask] = message;
    this.size += 1;
  }

  /** Takes the oldest. Must not be called on an empty ring: `undefined` is a message like any other. */
  shift(): unknown {
    const at = this.#head & this.#mask;
    const message = this.#items[at];
    this.#items[at] = undefined;
    this.#head = (this.#head + 1) | 0;
    this.size -= 1;
    if (this.size === 0 && this.#mask >= KEPT_CAPACITY) this.clear();
    return message;
  }

  /** Puts a message before all others. */
  unshift(message: unknown): void {
    if (this.size > this.#mask) this.#grow();
    this.#head = (this.#head - 1) | 0;
    this.#items[this.#head & this.#mask] = message;
    this.size += 1;
  }

  /** The position of the next message to be pushed, for `replace`; it stays right however many are taken before. */
  get end(): number {
    return (this.#head + this.size) | 0;
  }

  /** Puts another message at a position that `end` told and that hasn't been taken yet; returns the one that was there. */
  replace(position: number, message: unknown): unknown {
    const at = position & this.#mask;
    const old = this.#items[at];
    this.#items[at] = message;
    return old;
  }

  clear(): void {
    this.#items = NONE;
    this.#mask = -1;
    this.size = 0;
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (let n = 0; n < this.size; n++) yield this.#items[(this.#head + n) & this.#mask];
  }

  #grow(): void {
    if (this.#mask === -1) {
      this.#items = [undefined, undefined];
      this.#mask = FIRST_CAPACITY - 1;
      return;
    }
    const capacity = this.#items.length * 4;
    const items = new Array<unknown>(capacity).fill(undefined);
    // Positions count on from the same head, so that `replace` finds what was pushed before.
    for (let n = 0; n < this.size; n++) {
      const position = this.#head + n;
      items[position & (capacity - 1)] = this.#items[position & this.#mask];
    }
    this.#items = items;
    this.#mask = capacity - 1;
  }
}
