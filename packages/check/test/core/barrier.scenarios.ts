import assert from 'node:assert/strict';
import { Barrier, BrokenBarrierError } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { barrier: Barrier } & WithCells;

function settled({ barrier }: State): void {
  assert.equal(waitingFor(barrier), 0, 'somebody still waits');
  assert.equal(barrier.waiting, 0);
}

/** Twice through; in each round nobody leaves before all have come. */
function rounds({ barrier, cells }: State, { index }: { index: number }): number[] {
  return [0, 1].map(round => {
    Atomics.add(cells, round, 1);
    const place = barrier.wait();
    assert.equal(
      Atomics.load(cells, round),
      barrier.parties,
      `thread ${index} left round ${round} too early`,
    );
    if (round === 1) assert.equal(barrier.waiting, 0, 'it may go on, and sees itself waiting');
    return place;
  });
}

export const twoRounds: Scenario = coreScenario(import.meta, {
  name: 'Barrier: two threads, two rounds',
  make: () => ({ barrier: new Barrier(2) }),
  threads: [rounds, rounds],
  check(state, { results }) {
    settled(state);
    for (const round of [0, 1]) {
      const places = (results as number[][]).map(each => each[round]!);
      assert.deepEqual(
        places.toSorted((a, b) => a - b),
        [0, 1],
      );
    }
  },
});

export const threeParties: Scenario = coreScenario(import.meta, {
  name: 'Barrier: three parties, one of them a promise, with an action',
  make: () => ({ barrier: new Barrier(3) }),
  threads: [
    (state: State) => state.barrier.wait(),
    (state: State): number => {
      state.barrier.action = () => void (state.cells[2]! += 1);
      return state.barrier.wait();
    },
    async (state: State) => state.barrier.waitAsync(),
  ],
  check(state, { results }) {
    settled(state);
    assert.deepEqual(
      (results as number[]).toSorted((a, b) => a - b),
      [0, 1, 2],
    );
    assert.ok(state.cells[2]! <= 1);
  },
});

function attempt(action: () => number): number | 'broken' {
  try {
    return action();
  } catch (error) {
    if (error instanceof BrokenBarrierError) return 'broken';
    throw error;
  }
}

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Barrier: a timeout breaks it for all or for nobody',
  make: () => ({ barrier: new Barrier(2) }),
  threads: [
    ({ barrier }: State) => attempt(() => barrier.wait({ timeout: 5 })),
    ({ barrier }: State) => attempt(() => barrier.wait()),
  ],
  check(state, { results }) {
    settled(state);
    const broken = results.filter(result => result === 'broken').length;
    assert.ok(broken === 0 || broken === 2, `one met the other, who did not: ${results.join(', ')}`);
    assert.equal(state.barrier.broken, broken === 2);
  },
});

export const resets: Scenario = coreScenario(import.meta, {
  name: 'Barrier: reset frees who waits and lets the next in',
  make: () => ({ barrier: new Barrier(2) }),
  threads: [
    ({ barrier }: State) => attempt(() => barrier.wait({ timeout: 5 })),
    ({ barrier }: State) => attempt(() => barrier.wait({ timeout: 6 })),
    ({ barrier }: State) => barrier.reset(),
  ],
  check: settled,
});
