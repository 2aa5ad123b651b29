import assert from 'node:assert/strict';
import { Exchanger, TimeoutError } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { exchanger: Exchanger<number> } & WithCells;

const make = (): { exchanger: Exchanger<number> } => ({ exchanger: new Exchanger<number>() });

/** What thread n gets, by the number that it brings: `undefined` if nobody came, or it was called off. */
type Got = number | undefined;

/** Whoever got something from another gave it something too, and nobody is left. */
function settled({ exchanger }: State, results: readonly unknown[]): void {
  assert.equal(waitingFor(exchanger), 0, 'somebody still waits');
  const got = results as readonly Got[];
  got.forEach((theirs, mine) => {
    if (typeof theirs === 'number')
      assert.equal(got[theirs], mine, `${mine} got from ${theirs}, not in return`);
  });
}

const swap =
  (mine: number) =>
  ({ exchanger }: State): number =>
    exchanger.exchange(mine);

const swapBriefly =
  (mine: number, timeout: number) =>
  ({ exchanger }: State): Got => {
    try {
      return exchanger.exchange(mine, { timeout });
    } catch (error) {
      assert.ok(error instanceof TimeoutError, String(error));
      return undefined;
    }
  };

export const two: Scenario = coreScenario(import.meta, {
  name: 'Exchanger: two threads',
  make,
  threads: [swap(0), swap(1)],
  check(state, { results }) {
    settled(state, results);
    assert.deepEqual(results, [1, 0]);
  },
});

export const four: Scenario = coreScenario(import.meta, {
  name: 'Exchanger: two pairs, one of them asynchronous',
  make,
  threads: [
    swap(0),
    swap(1),
    swap(2),
    async ({ exchanger }: State): Promise<number> => exchanger.exchangeAsync(3),
  ],
  check(state, { results }) {
    settled(state, results);
    assert.ok(results.every(each => typeof each === 'number'));
  },
});

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Exchanger: three who give up, at most one pair',
  make,
  threads: [swapBriefly(0, 5), swapBriefly(1, 5), swapBriefly(2, 4)],
  check: (state, { results }) => settled(state, results),
});

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'Exchanger: an abort comes in time or not at all',
  make,
  threads: [
    async ({ exchanger }: State): Promise<Got> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      return exchanger.exchangeAsync(0, { signal: controller.signal }).catch(() => undefined);
    },
    swapBriefly(1, 5),
    async ({ exchanger }: State): Promise<Got> =>
      exchanger.exchangeAsync(2, { timeout: 4 }).catch(() => undefined),
  ],
  check: (state, { results }) => settled(state, results),
});
