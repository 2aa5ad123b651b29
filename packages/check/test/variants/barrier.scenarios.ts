import assert from 'node:assert/strict';
import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw = 'no draining state' | 'wakes before it counts back' | 'counts with load and store';

const COUNT = 0;
const GENERATION = 1;

function arrive(barrier: Int32Array, parties: number, flaw: Flaw | undefined): void {
  if (flaw === 'no draining state') {
    // One word for all rounds: whoever is slow to leave finds the next round in it.
    if (Atomics.add(barrier, COUNT, 1) + 1 === parties) {
      Atomics.store(barrier, COUNT, 0);
      Atomics.notify(barrier, COUNT);
      return;
    }
    for (let seen = Atomics.load(barrier, COUNT); seen !== 0; seen = Atomics.load(barrier, COUNT)) {
      Atomics.wait(barrier, COUNT, seen);
    }
    return;
  }
  const generation = Atomics.load(barrier, GENERATION);
  let count: number;
  if (flaw === 'counts with load and store') {
    count = Atomics.load(barrier, COUNT) + 1;
    Atomics.store(barrier, COUNT, count);
  } else count = Atomics.add(barrier, COUNT, 1) + 1;
  if (count < parties) {
    while (Atomics.load(barrier, GENERATION) === generation) Atomics.wait(barrier, GENERATION, generation);
    return;
  }
  if (flaw === 'wakes before it counts back') {
    Atomics.add(barrier, GENERATION, 1);
    Atomics.notify(barrier, GENERATION);
    Atomics.store(barrier, COUNT, 0);
    return;
  }
  Atomics.store(barrier, COUNT, 0);
  Atomics.add(barrier, GENERATION, 1);
  Atomics.notify(barrier, GENERATION);
}

interface State {
  barrier: Int32Array;
  arrived: Int32Array;
}

export const barrier: Variants = variants<Flaw, State>(
  import.meta,
  ['no draining state', 'wakes before it counts back', 'counts with load and store'],
  flaw => ({
    setup: () => ({ barrier: words(2), arrived: words(2) }),
    threads: [1, 2].map(() => (state: State): void => {
      for (const round of [0, 1]) {
        Atomics.add(state.arrived, round, 1);
        arrive(state.barrier, 2, flaw);
        assert.equal(Atomics.load(state.arrived, round), 2, `round ${round} ended too early`);
      }
    }),
  }),
);
