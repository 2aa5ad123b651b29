/**
 * Last in, first out: items in blocks of their own, each pointing to the one beneath. QUEUE.tail is the top, and storing it commits a put or a take.
 * The chain from the top is the truth. A put that committed and wasn't counted shows by its number, which QUEUE.put hasn't passed yet.
 */
import { i32 } from '../atomics.ts';
import { ensureMapped } from '../memory/slab.ts';
import { ITEM, LENGTH_MASK, OUTCOME, QUEUE } from './layout.ts';
import { inbox } from './message.ts';
import { seemsCounted } from './store.ts';
import type { Store } from './store.ts';

const { tail: TOP, put: PUT, taken: TAKEN } = QUEUE;

export const lifo: Store = {
  inlineBytes: -1,
  offerShort: () => OUTCOME.unclear,
  grabShort: () => OUTCOME.unclear,

  append(queue, message) {
    const item = message.block;
    ensureMapped(item);
    const number = i32[queue + PUT]!;
    i32[item + ITEM.number] = number;
    i32[item + ITEM.next] = i32[queue + TOP]!;
    i32[queue + TOP] = item;
    i32[queue + PUT] = number + 1;
    return true;
  },

  take(queue) {
    const item = i32[queue + TOP]!;
    ensureMapped(item);
    inbox.block = item;
    inbox.length = i32[item + ITEM.head]! & LENGTH_MASK;
    i32[queue + TOP] = i32[item + ITEM.next]!;
    i32[queue + TAKEN]! += 1;
  },

  seemsFilled: seemsCounted,
  holds: queue => i32[queue + TOP] !== 0,

  repair(queue) {
    let count = 0;
    let bytes = 0;
    let put = i32[queue + PUT]!;
    for (let item = i32[queue + TOP]!; item !== 0; item = i32[item + ITEM.next]!) {
      ensureMapped(item);
      count += 1;
      bytes += i32[item + ITEM.head]! & LENGTH_MASK;
      if (((i32[item + ITEM.number]! - put) | 0) >= 0) put = i32[item + ITEM.number]! + 1;
    }
    i32[queue + QUEUE.bytes] = bytes;
    i32[queue + PUT] = put;
    i32[queue + TAKEN] = put - count;
  },

  destroy() {},
};
