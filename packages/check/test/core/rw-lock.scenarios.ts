import assert from 'node:assert/strict';
import { RWLock } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { lock: RWLock } & WithCells;

const make = (): { lock: RWLock } => ({ lock: new RWLock() });

/** Readers count 1 each in the first cell, a writer this much. */
const WRITER = 100;

function reads({ lock, cells }: State): void {
  const others = Atomics.add(cells, 0, 1);
  Atomics.sub(cells, 0, 1);
  lock.releaseShared();
  assert.ok(others < WRITER, 'a reader is inside with a writer');
}

function writes({ lock, cells }: State): void {
  const others = Atomics.add(cells, 0, WRITER);
  Atomics.sub(cells, 0, WRITER);
  cells[1]! += 1;
  lock.releaseExclusive();
  assert.equal(others, 0, 'a writer is not alone');
}

function read(state: State): void {
  assert.equal(state.lock.acquireShared(), true);
  reads(state);
}

function write(state: State): void {
  assert.equal(state.lock.acquireExclusive(), true);
  writes(state);
}

function settled({ lock }: State): void {
  assert.equal(lock.locked, false, 'the lock stays locked');
  assert.equal(waitingFor(lock), 0, 'somebody still stands in line');
  assert.equal(lock.tryAcquireExclusive(), true);
  lock.releaseExclusive();
}

export const readersAndWriters: Scenario = coreScenario(import.meta, {
  name: 'RWLock: two readers and two writers',
  make,
  threads: [read, write, read, write],
  check(state) {
    settled(state);
    assert.equal(state.cells[1], 2);
  },
});

export const again: Scenario = coreScenario(import.meta, {
  name: 'RWLock: readers that come again while a writer waits',
  make,
  threads: [
    (state: State): void => {
      read(state);
      read(state);
    },
    (state: State): void => {
      read(state);
      write(state);
    },
    write,
  ],
  check(state) {
    settled(state);
    assert.equal(state.cells[1], 2);
  },
});

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'RWLock: a writer that gives up leaves no reader behind',
  make,
  threads: [
    read,
    (state: State): void => {
      if (state.lock.acquireExclusive({ timeout: 5 })) writes(state);
    },
    read,
    (state: State): void => {
      if (state.lock.acquireShared({ timeout: 5 })) reads(state);
    },
  ],
  check: settled,
});

async function readAsync(state: State): Promise<void> {
  assert.equal(await state.lock.acquireSharedAsync(), true);
  reads(state);
}

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'RWLock: promises that are aborted hand on what they got',
  make,
  threads: [
    write,
    async (state: State): Promise<void> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      const got = await state.lock.acquireExclusiveAsync({ signal: controller.signal }).catch(() => false);
      if (got) writes(state);
    },
    async (state: State): Promise<void> => {
      await Promise.all([readAsync(state), readAsync(state)]);
    },
  ],
  check: settled,
});

export const downgrades: Scenario = coreScenario(import.meta, {
  name: 'RWLock: no writer comes in between while a writer becomes a reader',
  make,
  threads: [
    (state: State): void => {
      const alone = state.lock.holdExclusive();
      const before = state.cells[1];
      const shared = alone.downgrade();
      const after = state.cells[1];
      shared.release();
      assert.equal(after, before, 'a writer came in between');
    },
    write,
    read,
  ],
  check: settled,
});
