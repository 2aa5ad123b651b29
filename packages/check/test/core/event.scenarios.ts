import assert from 'node:assert/strict';
import { CountDownLatch, Event } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { event: Event } & WithCells;
const make = (): { event: Event } => ({ event: new Event() });
const empty = ({ event }: State): void => assert.equal(waitingFor(event), 0, 'somebody still stands in line');

export const sets: Scenario = coreScenario(import.meta, {
  name: 'Event: set wakes all who wait',
  make,
  threads: [
    ({ event }: State) => event.wait(),
    ({ event }: State) => event.wait(),
    ({ event, cells }: State) => {
      cells[0] = 1;
      event.set();
    },
  ],
  check(state, { results }) {
    empty(state);
    assert.deepEqual(results.slice(0, 2), [true, true]);
  },
});

export const clears: Scenario = coreScenario(import.meta, {
  name: 'Event: a set that is cleared at once still wakes those who waited',
  make,
  threads: [
    ({ event }: State) => event.wait(),
    ({ event }: State): void => {
      while (waitingFor(event) === 0) Atomics.pause();
      event.set();
      event.clear();
    },
  ],
  check: empty,
});

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Event: timeouts and promises',
  make,
  threads: [
    ({ event }: State) => event.wait({ timeout: 5 }),
    async ({ event }: State) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      return Promise.all([
        event.waitAsync(),
        event.waitAsync({ signal: controller.signal }).catch(() => 'aborted'),
      ]);
    },
    ({ event }: State) => {
      event.set();
      event.clear();
      event.set();
    },
  ],
  check: empty,
});

type Latched = { latch: CountDownLatch } & WithCells;

export const latch: Scenario = coreScenario(import.meta, {
  name: 'CountDownLatch: opens for all when counted down',
  make: () => ({ latch: new CountDownLatch(2) }),
  threads: [
    ({ latch }: Latched) => latch.wait(),
    ({ latch }: Latched) => latch.countDown(),
    async ({ latch }: Latched) => {
      const promise = latch.waitAsync();
      latch.countDown();
      return promise;
    },
  ],
  check({ latch }) {
    assert.equal(waitingFor(latch), 0);
  },
});
