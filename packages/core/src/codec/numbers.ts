/**
 * The seam between the codec and the memory layer for shapes that have a number: a list of keys that all threads can look up, so that a message says the number in
 * place of the list. Only for messages that stay within shared memory (`mode`); others bring their keys along, as does a shape that has no number.
 */

export interface ShapeNumbers {
  /** Makes a list of keys known to all threads for good, and returns its number; −1 if that can't be done. */
  publish(blob: Int32Array): number;
  /** A copy of the list that has this number; undefined if there is none. */
  find(number: number): Int32Array | undefined;
}

export let numbers: ShapeNumbers = { publish: () => -1, find: () => undefined };

/** Is called once per thread by the memory layer. */
export function setShapeNumbers(memory: ShapeNumbers): void {
  numbers = memory;
}

/** Of the message being written: whether shapes may be said by their numbers. */
export const mode = { numbered: false };
