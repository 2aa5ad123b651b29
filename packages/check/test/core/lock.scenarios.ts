import assert from 'node:assert/strict';
import { Lock, RLock } from '../../../core/src/index.ts';
import { pendingWaits } from '../../../core/src/parking/async.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { lock: Lock } & WithCells;

/** Enters, finds itself alone, and leaves. */
function inside({ lock, cells }: State): void {
  const others = Atomics.add(cells, 0, 1);
  Atomics.sub(cells, 0, 1);
  cells[1]! += 1;
  lock.release();
  assert.equal(others, 0, 'somebody else is inside');
}

function settled({ lock }: State): void {
  assert.equal(lock.locked, false, 'the lock stays locked');
  assert.equal(waitingFor(lock), 0, 'somebody still stands in line');
  assert.equal(lock.tryAcquire(), true);
  lock.release();
}

const make = (): { lock: Lock } => ({ lock: new Lock() });

function blocking(state: State): void {
  assert.equal(state.lock.acquire(), true);
  inside(state);
}

export const excludes: Scenario = coreScenario(import.meta, {
  name: 'Lock: blocking threads',
  make,
  threads: [blocking, blocking],
  check(state) {
    settled(state);
    assert.equal(state.cells[1], 2);
  },
});

export const three: Scenario = coreScenario(import.meta, {
  name: 'Lock: three blocking threads, twice each',
  make,
  threads: [1, 2, 3].map(() => (state: State) => {
    blocking(state);
    blocking(state);
  }),
  check(state) {
    settled(state);
    assert.equal(state.cells[1], 6);
  },
});

function timed(state: State): boolean {
  const got = state.lock.acquire({ timeout: 5 });
  if (got) inside(state);
  return got;
}

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Lock: a timeout swallows no wakeup',
  make,
  threads: [blocking, timed, blocking],
  check(state, { results }) {
    settled(state);
    assert.equal(state.cells[1], 2 + Number(results[1]));
  },
});

/** A lock that is taken already, and a thread that releases it once this many stand in line (or have given up). */
const makeTaken = (): { lock: Lock } => {
  const lock = new Lock();
  lock.acquire();
  return { lock };
};

const releaseWhen =
  (waiters: number) =>
  ({ lock, cells }: State): void => {
    while (waitingFor(lock) + Atomics.load(cells, 2) < waiters) Atomics.pause();
    lock.release();
  };

/** Counts those who gave up, for `releaseWhen`. */
function orGivesUp(state: State, got: boolean): void {
  Atomics.add(state.cells, 2, 1);
  if (got) inside(state);
}

export const givesUp: Scenario = coreScenario(import.meta, {
  name: 'Lock: the first gives up when it is released, and the second hears of it',
  make: makeTaken,
  threads: [
    (state: State): void => orGivesUp(state, state.lock.acquire({ timeout: 5 })),
    blocking,
    releaseWhen(2),
  ],
  check: settled,
});

export const givesUpAsync: Scenario = coreScenario(import.meta, {
  name: 'Lock: a promise is aborted when it is released, and the next hears of it',
  make: makeTaken,
  threads: [
    async (state: State): Promise<void> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      const got = await state.lock.acquireAsync({ signal: controller.signal }).catch(() => false);
      orGivesUp(state, got);
    },
    promised,
    releaseWhen(2),
  ],
  check: settled,
});

async function promised(state: State): Promise<void> {
  assert.equal(await state.lock.acquireAsync(), true);
  inside(state);
}

export const promises: Scenario = coreScenario(import.meta, {
  name: 'Lock: promises and a blocking thread in one line',
  make,
  threads: [
    blocking,
    async (state: State): Promise<void> => {
      await Promise.all([promised(state), promised(state)]);
    },
  ],
  check(state) {
    settled(state);
    assert.equal(state.cells[1], 3);
  },
});

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'Lock: an abort swallows no wakeup',
  make,
  threads: [
    blocking,
    async (state: State): Promise<boolean> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      try {
        await state.lock.acquireAsync({ signal: controller.signal });
      } catch {
        return false;
      }
      inside(state);
      return true;
    },
    promised,
  ],
  check(state, { results }) {
    settled(state);
    assert.equal(state.cells[1], 2 + Number(results[1]));
  },
});

export const asyncTimeouts: Scenario = coreScenario(import.meta, {
  name: 'Lock: promises that time out',
  make,
  threads: [
    blocking,
    async (state: State): Promise<boolean> => {
      const got = await state.lock.acquireAsync({ timeout: 3 });
      if (got) inside(state);
      return got;
    },
    async (state: State): Promise<boolean> => {
      const got = await state.lock.acquireAsync({ timeout: 4 });
      if (got) inside(state);
      return got;
    },
  ],
  check(state, { results }) {
    settled(state);
    assert.equal(state.cells[1], 1 + Number(results[1]) + Number(results[2]));
  },
});

export const ownThread: Scenario = coreScenario(import.meta, {
  name: 'Lock: a thread blocks while a promise of its own waits',
  make,
  threads: [
    blocking,
    async (state: State): Promise<void> => {
      const promise = promised(state);
      // If the promise has the lock already, blocking for it would be a deadlock of our own making.
      if (pendingWaits() === 1) blocking(state);
      else state.cells[1]! += 1;
      await promise;
    },
  ],
  check(state) {
    settled(state);
    assert.equal(state.cells[1], 3);
  },
});

type Reentrant = { lock: RLock } & WithCells;

function twice({ lock, cells }: Reentrant): void {
  lock.acquire();
  lock.acquire();
  const others = Atomics.add(cells, 0, 1);
  Atomics.sub(cells, 0, 1);
  lock.release();
  cells[1]! += 1;
  lock.release();
  assert.equal(others, 0, 'somebody else is inside');
}

export const reentrant: Scenario = coreScenario(import.meta, {
  name: 'RLock: threads and async tasks',
  make: () => ({ lock: new RLock() }),
  threads: [
    twice,
    async (state: Reentrant): Promise<void> => {
      const task = async (): Promise<void> => {
        const guard = await state.lock.holdAsync();
        const others = Atomics.add(state.cells, 0, 1);
        await Promise.resolve();
        Atomics.sub(state.cells, 0, 1);
        state.cells[1]! += 1;
        guard.release();
        assert.equal(others, 0, 'somebody else is inside');
      };
      await Promise.all([task(), task()]);
    },
  ],
  check({ lock, cells }) {
    assert.equal(cells[1], 3);
    assert.equal(lock.locked, false);
    assert.equal(waitingFor(lock), 0);
  },
});
