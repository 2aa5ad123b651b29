// What the threads of a stream show of themselves, in shared memory, so that it can be read at any time, also of a thread that hangs or
// has died. One thread writes each row; everybody reads.
//
//   state     what it is doing                                               word 0
//   begun     inputs that it has begun, modulo 2^32                          word 1    transform threads only
//   done      inputs whose results are in the sink's queue, modulo 2^32      word 2    begun - done: results that nobody has yet
//   current   1 while the transform is running                               word 3
//   ms        working, waiting to get, waiting to put: summed, float64

import { SharedFloat64Array, SharedInt32Array } from '@heddle/core';

export const STATES = ['starting', 'working', 'waiting to get', 'waiting to put', 'ended'] as const;
export type State = (typeof STATES)[number];

// One cache line for each row.
const WORDS = 16;
const FLOATS = 8;
const [STATE, BEGUN, DONE, CURRENT] = [0, 1, 2, 3];
/** Times of the three states from `working` on, and since when the present state lasts. */
const SINCE = 3;

/** The memory of all rows; it travels. */
export interface Cells {
  readonly words: SharedInt32Array;
  readonly floats: SharedFloat64Array;
}

export function makeCells(rows: number): Cells {
  return { words: new SharedInt32Array(rows * WORDS), floats: new SharedFloat64Array(rows * FLOATS) };
}

/** One thread's row. */
export class Cell {
  readonly #words: Int32Array;
  readonly #floats: Float64Array;

  constructor(cells: Cells, row: number) {
    this.#words = cells.words.view.subarray(row * WORDS, (row + 1) * WORDS);
    this.#floats = cells.floats.view.subarray(row * FLOATS, (row + 1) * FLOATS);
  }

  get state(): State {
    return STATES[Atomics.load(this.#words, STATE)]!;
  }

  /** Enters a state, and adds the time in the last one to its sum. */
  set state(state: State) {
    const now = performance.timeOrigin + performance.now();
    const last = Atomics.load(this.#words, STATE);
    if (last >= 1 && last <= 3) this.#floats[last - 1]! += now - this.#floats[SINCE]!;
    this.#floats[SINCE] = now;
    Atomics.store(this.#words, STATE, STATES.indexOf(state));
  }

  /** Milliseconds at work, waiting to get and waiting to put, up to now. */
  get times(): [working: number, get: number, put: number] {
    const times: [number, number, number] = [this.#floats[0]!, this.#floats[1]!, this.#floats[2]!];
    const state = Atomics.load(this.#words, STATE);
    if (state >= 1 && state <= 3)
      times[state - 1]! += Math.max(0, performance.timeOrigin + performance.now() - this.#floats[SINCE]!);
    return times;
  }

  get begun(): number {
    return Atomics.load(this.#words, BEGUN);
  }

  get done(): number {
    return Atomics.load(this.#words, DONE);
  }

  get isCurrent(): boolean {
    return Atomics.load(this.#words, CURRENT) === 1;
  }

  begin(): void {
    Atomics.add(this.#words, BEGUN, 1);
    Atomics.store(this.#words, CURRENT, 1);
  }

  leave(): void {
    Atomics.store(this.#words, CURRENT, 0);
  }

  /** Says that so many results are with the sink. */
  deliver(count: number): void {
    Atomics.add(this.#words, DONE, count);
  }

  /** Prepares the row for a new thread. Only when the last one is certainly dead. The times go on. */
  reset(): void {
    this.state = 'starting';
    for (const word of [BEGUN, DONE, CURRENT]) Atomics.store(this.#words, word, 0);
  }
}
