import assert from 'node:assert/strict';
import { Semaphore } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { semaphore: Semaphore } & WithCells;

function inside({ semaphore, cells }: State, most: number): void {
  const before = Atomics.add(cells, 0, 1);
  Atomics.sub(cells, 0, 1);
  semaphore.release();
  assert.ok(before < most, `${before + 1} are inside, ${most} may be`);
}

function settled({ semaphore }: State, value: number): void {
  assert.equal(semaphore.value, value);
  assert.equal(waitingFor(semaphore), 0, 'somebody still stands in line');
}

const enter =
  (most: number) =>
  (state: State): void => {
    assert.equal(state.semaphore.acquire(), true);
    inside(state, most);
  };

export const bounds: Scenario = coreScenario(import.meta, {
  name: 'Semaphore: two permits, three threads',
  make: () => ({ semaphore: new Semaphore(2) }),
  threads: [enter(2), enter(2), enter(2)],
  check: state => settled(state, 2),
});

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Semaphore: a timeout swallows no permit',
  make: () => ({ semaphore: new Semaphore(1) }),
  threads: [
    enter(1),
    (state: State): void => {
      if (state.semaphore.acquire({ timeout: 5 })) inside(state, 1);
    },
    enter(1),
  ],
  check: state => settled(state, 1),
});

export const many: Scenario = coreScenario(import.meta, {
  name: 'Semaphore: two permits released at once wake two',
  make: () => ({ semaphore: new Semaphore(0) }),
  threads: [
    ({ semaphore }: State) => semaphore.acquire(),
    ({ semaphore }: State) => semaphore.acquire(),
    ({ semaphore }: State) => semaphore.release(2),
  ],
  check: state => settled(state, 0),
});

export const three: Scenario = coreScenario(import.meta, {
  name: 'Semaphore: of three permits released at once, one is left',
  make: () => ({ semaphore: new Semaphore(0) }),
  threads: [
    ({ semaphore }: State) => semaphore.acquire(),
    ({ semaphore }: State) => semaphore.acquire(),
    ({ semaphore }: State) => semaphore.release(3),
  ],
  check: state => settled(state, 1),
});

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'Semaphore: an abort swallows no permit',
  make: () => ({ semaphore: new Semaphore(1) }),
  threads: [
    enter(1),
    async (state: State): Promise<void> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      try {
        await state.semaphore.acquireAsync({ signal: controller.signal });
      } catch {
        return;
      }
      inside(state, 1);
    },
    async (state: State): Promise<void> => {
      await state.semaphore.acquireAsync();
      inside(state, 1);
    },
  ],
  check: state => settled(state, 1),
});
