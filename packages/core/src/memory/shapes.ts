/**
 * The lists of keys that all threads know by their numbers, in the otherwise empty part of the slab's first page. A list is written once and stays: whoever
 * has its number finds it, and a number is only told after the list is there.
 * ```
 *  first word of a slot   0 ──compareExchange──▶ WRITING ──store, when the list is there──▶ its length in words
 * ```
 * A thread that dies in between leaves a slot that nobody uses, and of two that write the same list at the same time each may get a number of its own; neither does
 * any harm. When all slots are taken, messages bring their keys along.
 */
import { compareExchange, i32, load, store } from '../atomics.ts';
import { setShapeNumbers } from '../codec/numbers.ts';
import { SHAPES } from './layout.ts';

const WRITING = -1;

/** Makes a list known; −1 if it is too long, there is no slot left or no slab yet. */
export function publishShape(blob: Int32Array): number {
  const count = blob.length;
  if (count >= SHAPES.words || i32.length === 0) return -1;
  for (let number = 0; number < SHAPES.most; number++) {
    const at = SHAPES.first + number * SHAPES.words;
    if (load(at) === count && blob.every((word, i) => i32[at + 1 + i] === word)) return number;
    if (compareExchange(at, 0, WRITING) !== 0) continue;
    i32.set(blob, at + 1);
    store(at, count);
    return number;
  }
  return -1;
}

export function findShape(number: number): Int32Array | undefined {
  if (number >= SHAPES.most) return undefined;
  const at = SHAPES.first + number * SHAPES.words;
  const count = load(at);
  return count > 0 ? new Int32Array(i32.subarray(at + 1, at + 1 + count)) : undefined;
}

setShapeNumbers({ publish: publishShape, find: findShape });
