/**
 * Lowest priority first, ties first in first out: a binary heap of pointers to items, in an array that doubles.
 *
 * QUEUE.head is the array, QUEUE.tail the number of entries, QUEUE.spare the item on its way (`moving`). The truth is the *set* of the items in the
 * entries and in `moving` whose ITEM.taken is 0: while an item sinks or rises, one entry is doubled and `moving` holds the one that has no entry.
 * ```
 *  put    entry beyond the end; then QUEUE.tail + 1       ◀ commit;   then rise:  moving = item … entry; moving = 0
 *  take   ITEM.taken = 1 of the first                     ◀ commit;   then moving = last; QUEUE.tail − 1; sink … entry; moving = 0
 * ```
 * A repair collects the set, orders it anew, and counts as `lifo.ts` does.
 */
import { i32 } from '../atomics.ts';
import { blockBytes, free } from '../memory/allocator.ts';
import { ensureMapped } from '../memory/slab.ts';
import { ITEM, LENGTH_MASK, OUTCOME, QUEUE } from './layout.ts';
import { inbox, priorityOf, setPriority } from './message.ts';
import { allocateOrZero, seemsCounted } from './store.ts';
import type { Store } from './store.ts';

const { head: ENTRIES, tail: COUNT, put: PUT, taken: TAKEN, spare: MOVING } = QUEUE;

const FIRST_BYTES = 256;

/** Whether item `a` comes out before item `b`. */
function precedes(a: number, b: number): boolean {
  ensureMapped(a);
  ensureMapped(b);
  const first = priorityOf(a);
  const second = priorityOf(b);
  return first === second ? ((i32[a + ITEM.number]! - i32[b + ITEM.number]!) | 0) < 0 : first < second;
}

/** Makes room for one more entry; returns false when there is no memory for it. */
function grow(queue: number): boolean {
  const old = i32[queue + ENTRIES]!;
  const count = i32[queue + COUNT]!;
  if (old !== 0) {
    ensureMapped(old);
    if (count < blockBytes(old) >> 2) {
      ensureMapped(old + count);
      return true;
    }
  }
  const larger = allocateOrZero(old === 0 ? FIRST_BYTES : blockBytes(old) * 2);
  if (larger === 0) return false;
  ensureMapped(larger + count);
  if (old !== 0) i32.copyWithin(larger, old, old + count);
  i32[queue + ENTRIES] = larger;
  if (old !== 0) free(old);
  return true;
}

/** Moves an item up from an entry that is free. */
function rise(queue: number, item: number, from: number): void {
  const entries = i32[queue + ENTRIES]!;
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = i32[entries + parent]!;
    if (!precedes(item, above)) break;
    i32[entries + at] = above;
    at = parent;
  }
  i32[entries + at] = item;
}

/** Moves an item down from an entry that is free. */
function sink(queue: number, item: number, from: number, count: number): void {
  const entries = i32[queue + ENTRIES]!;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && precedes(i32[entries + child + 1]!, i32[entries + child]!)) child += 1;
    const below = i32[entries + child]!;
    if (!precedes(below, item)) break;
    i32[entries + at] = below;
    at = child;
  }
  i32[entries + at] = item;
}

export const heap: Store = {
  inlineBytes: -1,
  offerShort: () => OUTCOME.unclear,
  grabShort: () => OUTCOME.unclear,

  append(queue, message) {
    if (!grow(queue)) return false;
    const item = message.block;
    ensureMapped(item);
    const number = i32[queue + PUT]!;
    const count = i32[queue + COUNT]!;
    i32[item + ITEM.number] = number;
    setPriority(item, message.priority);
    i32[i32[queue + ENTRIES]! + count] = item;
    i32[queue + COUNT] = count + 1;
    i32[queue + PUT] = number + 1;
    i32[queue + MOVING] = item;
    rise(queue, item, count);
    i32[queue + MOVING] = 0;
    return true;
  },

  take(queue) {
    const entries = i32[queue + ENTRIES]!;
    const count = i32[queue + COUNT]! - 1;
    ensureMapped(entries + count);
    const item = i32[entries]!;
    const last = i32[entries + count]!;
    ensureMapped(item);
    i32[item + ITEM.taken] = 1;
    i32[queue + TAKEN]! += 1;
    inbox.block = item;
    inbox.length = i32[item + ITEM.head]! & LENGTH_MASK;
    i32[queue + MOVING] = last;
    i32[queue + COUNT] = count;
    if (count > 0) sink(queue, last, 0, count);
    i32[queue + MOVING] = 0;
  },

  seemsFilled: seemsCounted,
  holds: queue => i32[queue + COUNT]! > 0,

  repair(queue) {
    const entries = i32[queue + ENTRIES]!;
    const items = new Set<number>();
    const collect = (item: number): void => {
      ensureMapped(item);
      if (i32[item + ITEM.taken] === 0) items.add(item);
    };
    ensureMapped(entries + i32[queue + COUNT]!);
    for (let at = 0; at < i32[queue + COUNT]!; at++) collect(i32[entries + at]!);
    if (i32[queue + MOVING] !== 0) collect(i32[queue + MOVING]!);
    let bytes = 0;
    let put = i32[queue + PUT]!;
    let count = 0;
    for (const item of items) {
      bytes += i32[item + ITEM.head]! & LENGTH_MASK;
      if (((i32[item + ITEM.number]! - put) | 0) >= 0) put = i32[item + ITEM.number]! + 1;
    }
    // Sorted entries are a heap.
    for (const item of [...items].sort((a, b) => (precedes(a, b) ? -1 : 1))) i32[entries + count++] = item;
    i32[queue + COUNT] = count;
    i32[queue + MOVING] = 0;
    i32[queue + QUEUE.bytes] = bytes;
    i32[queue + PUT] = put;
    i32[queue + TAKEN] = put - count;
  },

  destroy(queue) {
    const entries = i32[queue + ENTRIES]!;
    if (entries !== 0) free(entries);
  },
};
