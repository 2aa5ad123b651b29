// A binary heap whose items know their place, so that one can be moved or taken out without a search.

/** Has a place in one heap at a time; -1 when it is in none. */
export interface InHeap {
  place: number;
}

export class Heap<T extends InHeap> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** `before` says whether one item comes out earlier than another. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item stays where it is. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** All items, in no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }

  /** Puts an item in, or to its right place if what orders it has changed. */
  put(item: T): void {
    if (item.place === -1) {
      item.place = this.#items.length;
      this.#items.push(item);
      this.#up(item.place);
      return;
    }
    this.#up(item.place);
    this.#down(item.place);
  }

  /** Takes the first item out. */
  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes an item out, if it is in. */
  remove(item: T): void {
    const { place } = item;
    if (place === -1) return;
    item.place = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[place] = last;
    last.place = place;
    this.#up(place);
    this.#down(last.place);
  }

  #up(place: number): void {
    const item = this.#items[place]!;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above]!;
      if (!this.#before(item, parent)) break;
      this.#items[place] = parent;
      parent.place = place;
      place = above;
    }
    this.#items[place] = item;
    item.place = place;
  }

  #down(place: number): void {
    const item = this.#items[place]!;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= this.#items.length) break;
      if (below + 1 < this.#items.length && this.#before(this.#items[below + 1]!, this.#items[below]!))
        below += 1;
      const child = this.#items[below]!;
      if (!this.#before(child, item)) break;
      this.#items[place] = child;
      child.place = place;
      place = below;
    }
    this.#items[place] = item;
    item.place = place;
  }
}
