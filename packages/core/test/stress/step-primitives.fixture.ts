/** As `step-operations.fixture.ts`, for the primitives beyond Python's. */
import { Exchanger, Once, RWLock } from '../../src/index.ts';
import { load } from '../../src/atomics.ts';
import { downgradeRWLock } from '../../src/sync/rw-lock-state.ts';
import { pointerOf } from '../support/state.ts';
import { demand } from './scenario.ts';
import { LONG, type Operation, expectLines, outcomes, settledNow, waits } from './step-operation.ts';

/** Lets all who wait for the lock have their turn, whoever holds it now; then it is free. */
async function serveAllTurns(lock: RWLock, objects: object): Promise<void> {
  const all = waits.get(objects)!.length;
  for (let turn = 0; turn <= all && (await settledNow(objects)) < all; turn++) {
    demand(lock.locked, 'a free lock has waiters');
    if (lock.exclusive) lock.releaseExclusive();
    else while (lock.sharedBy > 0) lock.releaseShared();
  }
  demand(
    (await outcomes(objects)).every(got => got === true),
    'a waiter was not served',
  );
  if (lock.exclusive) lock.releaseExclusive();
  while (lock.sharedBy > 0) lock.releaseShared();
  demand(lock.tryAcquireExclusive() && !lock.tryAcquireShared(), 'the lock is out of order');
  lock.releaseExclusive();
  demand(lock.tryAcquireShared(), 'the lock is out of order');
  lock.releaseShared();
  expectLines(lock);
}

/** Two who want to share, one alone, one to share: as many are counted as were let in. */
function heldWithLine(): { lock: RWLock } {
  const objects = { lock: new RWLock() };
  const { lock } = objects;
  lock.acquireExclusive();
  waits.set(objects, [
    lock.acquireSharedAsync(LONG),
    lock.acquireSharedAsync(LONG),
    lock.acquireExclusiveAsync(LONG),
    lock.acquireSharedAsync(LONG),
  ]);
  return objects;
}

export const rwLockReleaseExclusive: Operation<{ lock: RWLock }> = {
  prepare: heldWithLine,
  act: ({ lock }) => lock.releaseExclusive(),
  async survive(objects) {
    const { lock } = objects;
    const served = await settledNow(objects);
    demand(served === 0 || served === 2, `${served} were served`);
    demand(lock.exclusive === (served === 0) && lock.sharedBy === served, `${lock.sharedBy} are counted`);
    await serveAllTurns(lock, objects);
  },
};

export const rwLockReleaseShared: Operation<{ lock: RWLock }> = {
  prepare() {
    const objects = { lock: new RWLock() };
    const { lock } = objects;
    lock.acquireShared();
    waits.set(objects, [lock.acquireExclusiveAsync(LONG), lock.acquireSharedAsync(LONG)]);
    return objects;
  },
  act: ({ lock }) => lock.releaseShared(),
  async survive(objects) {
    const { lock } = objects;
    const served = await settledNow(objects);
    demand(lock.exclusive === (served === 1) && lock.sharedBy === 1 - served, 'who holds it is not counted');
    await serveAllTurns(lock, objects);
  },
};

export const rwLockDowngrade: Operation<{ lock: RWLock }> = {
  prepare: heldWithLine,
  act: ({ lock }) => void downgradeRWLock(pointerOf(lock)),
  async survive(objects) {
    const { lock } = objects;
    const served = await settledNow(objects);
    demand(served === 0 || served === 2, `${served} were served`);
    demand(lock.sharedBy === (served === 0 ? 0 : 3), `${lock.sharedBy} are counted, ${served} were served`);
    await serveAllTurns(lock, objects);
  },
};

/** It gives up as the first in line: those behind it come in. */
export const rwLockGiveUp: Operation<{ lock: RWLock }> = {
  prepare() {
    const objects = { lock: new RWLock() };
    objects.lock.acquireShared();
    const later = new Promise(resolve => setTimeout(resolve, 2)).then(() =>
      objects.lock.acquireSharedAsync(LONG),
    );
    waits.set(objects, [later]);
    return objects;
  },
  act: ({ lock }) => void lock.acquireExclusive({ timeout: 5 }),
  async survive(objects) {
    const { lock } = objects;
    demand((await settledNow(objects)) === 1, 'a reader waits for a writer that has gone');
    demand(lock.sharedBy === 2, `${lock.sharedBy} are counted`);
    await serveAllTurns(lock, objects);
  },
};

export const onceRun: Operation<{ once: Once<number> }> = {
  prepare() {
    const objects = { once: new Once<number>() };
    waits.set(objects, []);
    return objects;
  },
  act: ({ once }) => void once.run(() => 1),
  async survive({ once }) {
    const { done } = once;
    const value = await once.runAsync(() => 2, LONG);
    demand(value === (done ? 1 : 2) || value === 1, `the value is ${value}`);
    expectLines(once);
  },
};

/** Opened when the victim is dead and buried. */
const graves = new WeakMap<object, { readonly closed: Promise<void>; close(): void; isClosed: boolean }>();

function dig(objects: object): Promise<void> {
  let close!: () => void;
  const closed = new Promise<void>(resolve => (close = resolve));
  const grave = {
    closed,
    isClosed: false,
    close() {
      grave.isClosed = true;
      close();
    },
  };
  graves.set(objects, grave);
  return closed;
}

/** Asks when somebody is making the value, or will never make it. */
async function askLater(objects: { once: Once<number> }, number: number): Promise<unknown> {
  while (load(pointerOf(objects.once)) === 0 && !graves.get(objects)!.isClosed)
    await new Promise(resolve => setTimeout(resolve, 1));
  return (await objects.once.runAsync(() => number, LONG)) > 0;
}

function onceWithLine(): { once: Once<number> } {
  const objects = { once: new Once<number>() };
  void dig(objects);
  waits.set(objects, [askLater(objects, 2), askLater(objects, 3)]);
  return objects;
}

/** Others join the line meanwhile. */
function takeYourTime(): void {
  for (const end = performance.now() + 15; performance.now() < end;);
}

async function surviveOnce(objects: { once: Once<number> }): Promise<void> {
  graves.get(objects)!.close();
  demand(
    (await outcomes(objects)).every(got => got === true),
    'nobody made the value',
  );
  demand(objects.once.done, 'the value is not there');
  expectLines(objects.once);
}

export const onceReturns: Operation<{ once: Once<number> }> = {
  prepare: onceWithLine,
  act: ({ once }) =>
    void once.run(() => {
      takeYourTime();
      return 1;
    }),
  survive: surviveOnce,
};

export const onceFails: Operation<{ once: Once<number> }> = {
  prepare: onceWithLine,
  act({ once }) {
    try {
      once.run(() => {
        takeYourTime();
        throw new Error('on purpose');
      });
    } catch {
      // As it should be.
    }
  },
  survive: surviveOnce,
};

export const onceGivesUp: Operation<{ once: Once<number> }> = {
  prepare() {
    const objects = { once: new Once<number>() };
    const buried = dig(objects);
    const failing = objects.once.runAsync(async () => {
      await buried;
      throw new Error('on purpose');
    });
    waits.set(objects, [failing.catch(() => true), askLater(objects, 2)]);
    return objects;
  },
  act({ once }) {
    try {
      once.run(() => 1, { timeout: 3 });
    } catch {
      // As it should be.
    }
  },
  survive: surviveOnce,
};

async function surviveExchange(objects: { exchanger: Exchanger<string> }): Promise<void> {
  const { exchanger } = objects;
  const all = waits.get(objects)!.length;
  if ((await settledNow(objects)) < all) {
    demand((await exchanger.exchangeAsync('survivor', LONG)) === 'waiting', 'it got what nobody brought');
  }
  for (const got of await outcomes(objects))
    demand(got === 'victim' || got === 'survivor', `it got ${String(got)}`);
  const pair = [exchanger.exchangeAsync('a', LONG), exchanger.exchangeAsync('b', LONG)];
  demand((await Promise.all(pair)).join() === 'b,a', 'the exchanger is out of order');
  expectLines(exchanger);
}

export const exchange: Operation<{ exchanger: Exchanger<string> }> = {
  prepare() {
    const objects = { exchanger: new Exchanger<string>() };
    waits.set(objects, [objects.exchanger.exchangeAsync('waiting', LONG)]);
    return objects;
  },
  act: ({ exchanger }) => void exchanger.exchange('victim'),
  survive: surviveExchange,
};

export const exchangeAlone: Operation<{ exchanger: Exchanger<string> }> = {
  prepare() {
    const objects = { exchanger: new Exchanger<string>() };
    waits.set(objects, []);
    return objects;
  },
  act({ exchanger }) {
    try {
      exchanger.exchange('victim', { timeout: 3 });
    } catch {
      // As it should be.
    }
  },
  survive: surviveExchange,
};
