/** Bodies of the tests' parallel loops. */
import {
  type AtomicCounter,
  type Event,
  type SharedInt32Array,
  currentThread,
  parallelMap,
  task,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';

/** Counts each index where it belongs. */
export const mark = task(import.meta, function mark(index: number, marks: SharedInt32Array): void {
  Atomics.add(marks.view, index, 1);
});

export const square = task(import.meta, function square(index: number): number {
  return index * index;
});

export const squareSlowly = task(import.meta, async function squareSlowly(index: number): Promise<number> {
  await new Promise(resolve => setImmediate(resolve));
  return index * index;
});

export class Rejected extends Error {
  readonly code = 'REJECTED';
  readonly index: number;
  constructor(index: number) {
    super(`turn ${index} failed`, { cause: new RangeError('on purpose') });
    this.index = index;
  }
}

/** Fails at one index; counts its calls. */
export const failAt = task(
  import.meta,
  function failAt(index: number, bad: number, calls: AtomicCounter): number {
    calls.increment();
    if (index === bad) throw new Rejected(index);
    return index;
  },
);

export const throwFunction = task(import.meta, function throwFunction(): void {
  throw Object.assign(new Error('with a callback'), { callback: () => {} });
});

export const throwUndefined = task(import.meta, function throwUndefined(): void {
  throw undefined;
});

export const returnFunction = task(import.meta, function returnFunction(): unknown {
  return () => {};
});

export const exit = task(import.meta, function exit(index: number): void {
  if (index === 3) process.exit(7);
});

/** Comes to a stop at its first call, until told to go on. */
export const standStill = task(
  import.meta,
  function standStill(_index: number, calls: AtomicCounter, go: Event): void {
    calls.increment();
    go.wait(SOON);
  },
);

export const whoAmI = task(import.meta, function whoAmI(_index: number): string {
  return currentThread().name;
});

/** Adds 10 and halves, in place, with a lock of nobody: each element belongs to one turn. */
export const addAndHalve = task(
  import.meta,
  function addAndHalve(value: number, index: number, view: Float64Array, add: number): void {
    view[index] = (value + add) / 2;
  },
);

export const nested = task(import.meta, function nested(index: number): number {
  return parallelMap(4, square).reduce((sum, each) => sum + each, index);
});
