import assert from 'node:assert/strict';
import { Condition, Lock } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { lock: Lock; condition: Condition } & WithCells;

function make(): { lock: Lock; condition: Condition } {
  const lock = new Lock();
  return { lock, condition: new Condition(lock) };
}

function settled({ lock, condition }: State): void {
  assert.equal(waitingFor(condition), 0, 'somebody still waits for the condition');
  assert.equal(waitingFor(lock), 0, 'somebody still waits for the lock');
  assert.equal(lock.locked, false);
}

/** Takes one of what `cells[0]` counts, under the lock. */
function take({ condition, cells }: State, timeout?: number): boolean {
  condition.acquire();
  const got = condition.waitFor(() => cells[0]! > 0, timeout === undefined ? {} : { timeout });
  if (got) cells[0]! -= 1;
  condition.release();
  return got;
}

function give({ condition, cells }: State): void {
  condition.acquire();
  cells[0]! += 1;
  condition.notify();
  condition.release();
}

export const producer: Scenario = coreScenario(import.meta, {
  name: 'Condition: each notification wakes one',
  make,
  threads: [
    (state: State) => take(state),
    (state: State) => take(state),
    (state: State): void => {
      give(state);
      give(state);
    },
  ],
  check(state) {
    settled(state);
    assert.equal(state.cells[0], 0);
  },
});

/** One notification, two who wait: the one that gives up must not have swallowed it, and what it got it passes on. */
export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Condition: a timeout swallows no notification',
  make,
  threads: [
    (state: State): void => {
      if (take(state, 5)) give(state);
    },
    (state: State) => take(state),
    give,
  ],
  check: settled,
});

export const everybody: Scenario = coreScenario(import.meta, {
  name: 'Condition: notifyAll wakes all',
  make,
  threads: [
    ({ condition, cells }: State): void => {
      condition.acquire();
      condition.waitFor(() => cells[0] === 1);
      condition.release();
    },
    async ({ condition, cells }: State): Promise<void> => {
      await condition.acquireAsync();
      await condition.waitForAsync(() => cells[0] === 1);
      condition.release();
    },
    ({ condition, cells }: State): void => {
      condition.acquire();
      cells[0] = 1;
      condition.notifyAll();
      condition.release();
    },
  ],
  check: settled,
});

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'Condition: an abort hands its notification on',
  make,
  threads: [
    async ({ condition, cells }: State): Promise<boolean> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      await condition.acquireAsync();
      let got = false;
      try {
        got = await condition.waitForAsync(() => cells[0]! > 0, { signal: controller.signal });
        if (got) condition.notify();
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error;
      } finally {
        condition.release();
      }
      return got;
    },
    (state: State) => take(state),
    give,
  ],
  check: settled,
});
