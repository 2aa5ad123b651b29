import assert from 'node:assert/strict';
import { Once } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { once: Once<number> } & WithCells;

const make = (): { once: Once<number> } => ({ once: new Once<number>() });

/** Counts in the first cell those who run the initializer at the same time, in the second those who finished it. */
function initialize(cells: Int32Array, number: number): number {
  assert.equal(Atomics.add(cells, 0, 1), 0, 'two initializers run at once');
  Atomics.sub(cells, 0, 1);
  Atomics.add(cells, 1, 1);
  return number;
}

const ask =
  (number: number) =>
  ({ once, cells }: State): number =>
    once.run(() => initialize(cells, number));

function settled({ once, cells }: State, results: readonly unknown[]): void {
  assert.equal(once.done, true);
  assert.equal(waitingFor(once), 0, 'somebody still stands in line');
  assert.equal(cells[1], 1, 'the value was made more than once');
  for (const result of results) if (typeof result === 'number') assert.equal(result, once.tryGet()!.value);
}

export const asked: Scenario = coreScenario(import.meta, {
  name: 'Once: three threads ask',
  make,
  threads: [ask(1), ask(2), ask(3)],
  check: (state, { results }) => settled(state, results),
});

export const fails: Scenario = coreScenario(import.meta, {
  name: 'Once: an initializer fails, and another runs',
  make,
  threads: [
    ({ once, cells }: State): unknown => {
      try {
        return once.run(() => {
          Atomics.add(cells, 2, 1);
          throw new Error('on purpose');
        });
      } catch {
        return 'failed';
      }
    },
    ask(2),
    async ({ once, cells }: State): Promise<number> => once.runAsync(async () => initialize(cells, 3)),
  ],
  check: (state, { results }) => settled(state, results),
});

export const givesUp: Scenario = coreScenario(import.meta, {
  name: 'Once: one gives up, one is aborted, and nobody is forgotten',
  make,
  threads: [
    ({ once }: State): unknown => {
      try {
        return once.run(() => {
          throw new Error('on purpose');
        });
      } catch {
        return 'failed';
      }
    },
    ({ once, cells }: State): unknown => {
      try {
        return once.run(() => initialize(cells, 2), { timeout: 5 });
      } catch {
        return 'gave up';
      }
    },
    async ({ once, cells }: State): Promise<unknown> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      const aborted = once
        .runAsync(() => initialize(cells, 3), { signal: controller.signal })
        .catch(() => 'aborted');
      const [, last] = await Promise.all([aborted, once.runAsync(() => initialize(cells, 4))]);
      return last;
    },
  ],
  check: (state, { results }) => settled(state, results),
});
