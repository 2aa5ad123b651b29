/** What the tests of shared arrays run in threads. */
import {
  type Barrier,
  type Lock,
  type Queue,
  type SharedArray,
  type SharedFloat64Array,
  type SharedInt32Array,
  task,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';

/** Says what arrived, and doubles every element in place. */
export const double = task(import.meta, function double(array: SharedArray): [
  type: string,
  view: string,
  length: number,
] {
  const view = array.view as unknown as Record<number, number | bigint>;
  for (let index = 0; index < array.length; index++) {
    const value = view[index]!;
    view[index] = typeof value === 'bigint' ? value * 2n : value * 2;
  }
  return [array.constructor.name, array.view.constructor.name, array.length];
});

/** Adds one to the first element, atomically, that many times. */
export const count = task(import.meta, function count(array: SharedInt32Array, times: number): void {
  for (let time = 0; time < times; time++) Atomics.add(array.view, 0, 1);
});

/** Adds 10 to every element, pass after pass, from the front; a partner halves them from the back. */
export const addOrHalve = task(
  import.meta,
  function addOrHalve(
    array: SharedFloat64Array,
    adds: boolean,
    start: Barrier,
    lock: Lock | undefined,
    passes: number,
  ): void {
    const { view } = array;
    start.wait(SOON);
    for (let pass = 0; pass < passes; pass++) {
      using _ = lock?.hold(SOON);
      if (adds) for (let index = 0; index < view.length; index++) view[index]! += 10;
      else for (let index = view.length - 1; index >= 0; index--) view[index]! /= 2;
    }
  },
);

/** Sends back what it gets, at depth. */
export const sendBack = task(
  import.meta,
  function sendBack(from: Queue<{ arrays: Map<string, SharedArray> }>, to: Queue<unknown>): void {
    const { arrays } = from.get(SOON);
    const array = arrays.get('one')!;
    array.view[0] = 7;
    to.put([{ array }]);
  },
);
