import assert from 'node:assert/strict';
import { type Condition, DeadlockError, Lock, RLock, RWLock, TimeoutError } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type Holdable = Lock | RLock | Condition;
type State = { a: Lock; b: RLock; c: Lock } & WithCells;

const make = (): { a: Lock; b: RLock; c: Lock } => ({ a: new Lock(), b: new RLock(), c: new Lock() });

/** Holds one and wants the other; whoever gives up says so in cell 0, whoever is inside both in cell 1. */
function holdBoth(own: Holdable, other: Holdable, { cells }: State): void {
  using first = own.hold();
  try {
    using second = other.hold();
    assert.equal(second.held, true);
    cells[1]! += 1;
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    Atomics.add(cells, 0, 1);
  }
  assert.equal(first.held, true);
}

function settled({ a, b, c }: State): void {
  for (const lock of [a, b, c]) {
    assert.equal(lock.locked, false, 'a lock stays locked');
    assert.equal(waitingFor(lock), 0, 'somebody still stands in line');
    lock.hold().release();
  }
}

export const twoOrders: Scenario = coreScenario(import.meta, {
  name: 'guards: two threads in opposite orders: at most one gives up, nobody hangs',
  make,
  threads: [
    (state: State): void => holdBoth(state.a, state.b, state),
    (state: State): void => holdBoth(state.b, state.a, state),
  ],
  check(state) {
    settled(state);
    assert.ok(state.cells[0]! <= 1, 'both gave up');
    assert.equal(state.cells[0]! + state.cells[1]!, 2);
  },
});

export const threeInACircle: Scenario = coreScenario(import.meta, {
  name: 'guards: three threads in a circle: at most one gives up, nobody hangs',
  make,
  threads: [
    (state: State): void => holdBoth(state.a, state.b, state),
    (state: State): void => holdBoth(state.b, state.c, state),
    (state: State): void => holdBoth(state.c, state.a, state),
  ],
  check(state) {
    settled(state);
    assert.ok(state.cells[0]! <= 1, 'more than one gave up');
    assert.equal(state.cells[0]! + state.cells[1]!, 3);
  },
});

type Shared = { one: RWLock; two: RWLock } & WithCells;

function readThenWrite(own: RWLock, other: RWLock, { cells }: Shared): void {
  using shared = own.holdShared();
  try {
    using alone = other.holdExclusive();
    assert.equal(alone.held, true);
    Atomics.add(cells, 1, 1);
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    Atomics.add(cells, 0, 1);
  }
  assert.equal(shared.held, true);
}

export const readersAndWriters: Scenario = coreScenario(import.meta, {
  name: 'guards: two who read one and want to write the other, and a third who reads both',
  make: (): { one: RWLock; two: RWLock } => ({ one: new RWLock(), two: new RWLock() }),
  threads: [
    (state: Shared): void => readThenWrite(state.one, state.two, state),
    (state: Shared): void => readThenWrite(state.two, state.one, state),
    ({ one }: Shared): void => one.holdShared().release(),
  ],
  check({ one, two, cells }) {
    for (const lock of [one, two]) {
      assert.equal(lock.locked, false, 'a lock stays locked');
      assert.equal(waitingFor(lock), 0, 'somebody still stands in line');
    }
    assert.ok(cells[0]! <= 1, 'both gave up');
    assert.equal(cells[0]! + cells[1]!, 2);
  },
});

export const handedOver: Scenario = coreScenario(import.meta, {
  name: 'guards: an RWLock is handed on while a third waits: nobody is told of a deadlock',
  make: (): { one: RWLock } => ({ one: new RWLock() }),
  threads: [
    ({ one }: { one: RWLock }): void => one.holdExclusive().release(),
    ({ one }: { one: RWLock }): void => one.holdExclusive().release(),
    ({ one }: { one: RWLock }): void => one.holdShared().release(),
  ],
  check({ one }) {
    assert.equal(one.locked, false, 'the lock stays locked');
    assert.equal(waitingFor(one), 0, 'somebody still stands in line');
  },
});

export const oneOrder: Scenario = coreScenario(import.meta, {
  name: 'guards: three threads in one order, one of them impatient: nobody is told of a deadlock',
  make,
  threads: [
    (state: State): void => holdBoth(state.a, state.b, state),
    ({ a, b }: State): void => {
      using _a = a.hold();
      try {
        using _b = b.hold({ timeout: 2 });
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
    },
    (state: State): void => {
      holdBoth(state.b, state.c, state);
      holdBoth(state.a, state.c, state);
    },
  ],
  check(state) {
    settled(state);
    assert.equal(state.cells[0], 0, 'a false alarm');
    assert.equal(state.cells[1], 3);
  },
});

export const mixed: Scenario = coreScenario(import.meta, {
  name: 'guards: guards, plain acquires and promises exclude each other',
  make,
  threads: [
    ({ a, cells }: State): void => {
      using _held = a.hold();
      inside(cells);
    },
    ({ a, cells }: State): void => {
      a.acquire();
      inside(cells);
      a.release();
    },
    async ({ a, cells }: State): Promise<void> => {
      const held = await a.holdAsync();
      inside(cells);
      held.release();
    },
  ],
  check(state) {
    settled(state);
    assert.equal(state.cells[3], 3);
  },
});

function inside(cells: Int32Array): void {
  const others = Atomics.add(cells, 2, 1);
  Atomics.sub(cells, 2, 1);
  cells[3]! += 1;
  assert.equal(others, 0, 'somebody else is inside');
}
