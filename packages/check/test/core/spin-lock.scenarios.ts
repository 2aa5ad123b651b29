import assert from 'node:assert/strict';
import { SpinLock } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { lock: SpinLock } & WithCells;

function inside({ lock, cells }: State): void {
  const others = Atomics.add(cells, 0, 1);
  Atomics.sub(cells, 0, 1);
  cells[1]! += 1;
  lock.release();
  assert.equal(others, 0, 'somebody else is inside');
}

function enter(state: State): void {
  assert.equal(state.lock.acquire(), true);
  inside(state);
}

export const parks: Scenario = coreScenario(import.meta, {
  name: 'SpinLock: two threads and a promise, which spin twice and park',
  make: () => ({ lock: new SpinLock({ spins: 2 }) }),
  threads: [
    enter,
    (state: State): void => {
      if (state.lock.acquire({ timeout: 5 })) inside(state);
    },
    async (state: State): Promise<void> => {
      assert.equal(await state.lock.acquireAsync(), true);
      inside(state);
    },
  ],
  check({ lock, cells }) {
    assert.equal(lock.locked, false);
    assert.equal(waitingFor(lock), 0);
    assert.ok(cells[1]! >= 2);
  },
});
