/** Operations in whose middle a thread dies, and what must hold for the others then. */
import {
  AtomicCounter,
  Barrier,
  Condition,
  CountDownLatch,
  Event,
  Lock,
  RLock,
  Semaphore,
  Thread,
} from '../../src/index.ts';
import * as tasks from '../sync/sync.fixture.ts';
import { waitingAt } from '../support/state.ts';
import { demand } from './scenario.ts';
import { LONG, type Operation, expectLines, outcome, outcomes, settledNow, waits } from './step-operation.ts';
import { guards } from './step-guards.fixture.ts';
import * as pools from './step-pools.fixture.ts';
import * as primitives from './step-primitives.fixture.ts';
import { isolatedThreadStart, threadStart } from './step-threads.fixture.ts';

/** Serves those who wait for a lock, one by one, although its holder may be dead. */
async function serveAll(lock: Lock, objects: object, count: number): Promise<void> {
  for (let served = await settledNow(objects); served < count; served = await settledNow(objects)) {
    demand(lock.locked || served < count, 'a free lock has waiters');
    if (lock.locked) lock.release();
  }
  demand(
    (await outcomes(objects)).every(got => got === true),
    'a waiter was not served',
  );
  if (lock.locked) lock.release();
  demand(lock.tryAcquire() && !lock.tryAcquire(), 'the lock is out of order');
  lock.release();
  expectLines(lock);
}

const lockRelease: Operation<{ lock: Lock }> = {
  prepare() {
    const objects = { lock: new Lock() };
    objects.lock.acquire();
    waits.set(objects, [objects.lock.acquireAsync(LONG), objects.lock.acquireAsync(LONG)]);
    return objects;
  },
  act: ({ lock }) => lock.release(),
  survive: objects => serveAll(objects.lock, objects, 2),
};

/** The lock is handed to the first waiter, which lost a race before. */
const lockHandOff: Operation<{ lock: Lock }> = {
  async prepare() {
    const objects = { lock: new Lock() };
    objects.lock.acquire();
    waits.set(objects, [objects.lock.acquireAsync(LONG), objects.lock.acquireAsync(LONG)]);
    objects.lock.release();
    demand(objects.lock.tryAcquire(), 'nobody can barge in');
    await new Promise(resolve => setTimeout(resolve, 5));
    return objects;
  },
  act: ({ lock }) => lock.release(),
  survive: objects => serveAll(objects.lock, objects, 2),
};

const lockAcquire: Operation<{ lock: Lock }> = {
  prepare() {
    const objects = { lock: new Lock() };
    objects.lock.acquire();
    waits.set(objects, [objects.lock.acquireAsync(LONG)]);
    return objects;
  },
  act: ({ lock }) => void lock.acquire({ timeout: 3 }),
  survive: objects => serveAll(objects.lock, objects, 1),
};

const rlockCycle: Operation<{ lock: RLock }> = {
  prepare() {
    const objects = { lock: new RLock() };
    waits.set(objects, []);
    return objects;
  },
  act({ lock }) {
    lock.acquire();
    lock.acquire();
    lock.release();
    lock.release();
  },
  async survive({ lock }) {
    // It stays acquired, or it is free: nothing in between.
    demand(lock.tryAcquire() !== lock.locked || lock.heldByCurrentThread, 'the RLock is out of order');
    if (lock.heldByCurrentThread) lock.release();
    expectLines(lock);
  },
};

const semaphoreRelease: Operation<{ semaphore: Semaphore }> = {
  prepare() {
    const objects = { semaphore: new Semaphore(0) };
    waits.set(
      objects,
      [1, 2, 3].map(() => objects.semaphore.acquireAsync(LONG)),
    );
    return objects;
  },
  act: ({ semaphore }) => semaphore.release(2),
  async survive(objects) {
    const { semaphore } = objects;
    const served = await settledNow(objects);
    demand(
      served <= 2 && semaphore.value === 0,
      `${served} were served, ${semaphore.value} permits are left`,
    );
    semaphore.release(5);
    demand(
      (await outcomes(objects)).every(got => got === true),
      'a waiter was not served',
    );
    demand(semaphore.value === 5 - (3 - served), `${semaphore.value} permits are left`);
    expectLines(semaphore);
  },
};

const semaphoreAcquire: Operation<{ semaphore: Semaphore }> = {
  prepare() {
    const objects = { semaphore: new Semaphore(0) };
    waits.set(objects, [objects.semaphore.acquireAsync(LONG)]);
    return objects;
  },
  act: ({ semaphore }) => void semaphore.acquire({ timeout: 3 }),
  async survive(objects) {
    const { semaphore } = objects;
    semaphore.release(2);
    demand(
      (await outcomes(objects))[0] === true && semaphore.value === 1,
      `${semaphore.value} permits are left`,
    );
    expectLines(semaphore);
  },
};

/** Nobody else waits: the word must not claim so. */
const semaphoreAcquireAlone: Operation<{ semaphore: Semaphore }> = {
  prepare() {
    const objects = { semaphore: new Semaphore(0) };
    waits.set(objects, []);
    return objects;
  },
  act: ({ semaphore }) => void semaphore.acquire({ timeout: 3 }),
  async survive({ semaphore }) {
    demand(!semaphore.tryAcquire(), 'a permit was made');
    semaphore.release();
    demand(semaphore.tryAcquire(), 'a permit was lost');
    expectLines(semaphore);
  },
};

const eventSet: Operation<{ event: Event }> = {
  prepare() {
    const objects = { event: new Event() };
    waits.set(
      objects,
      [1, 2, 3].map(() => objects.event.waitAsync(LONG)),
    );
    return objects;
  },
  act({ event }) {
    event.set();
    event.clear();
  },
  async survive(objects) {
    const { event } = objects;
    const woken = await settledNow(objects);
    demand(woken === 0 || woken === 3, `only ${woken} of 3 were woken`);
    demand(!event.isSet || woken === 3, 'it is set, and somebody waits');
    event.set();
    demand(
      (await outcomes(objects)).every(got => got === true),
      'a waiter was not woken',
    );
    event.clear();
    demand(!(await event.waitAsync({ timeout: 1 })), 'it cannot be cleared');
    expectLines(event);
  },
};

const eventWait: Operation<{ event: Event }> = {
  prepare() {
    const objects = { event: new Event() };
    waits.set(objects, [objects.event.waitAsync(LONG)]);
    return objects;
  },
  act: ({ event }) => void event.wait({ timeout: 3 }),
  async survive(objects) {
    objects.event.set();
    demand((await outcomes(objects))[0] === true && objects.event.isSet, 'the waiter was not woken');
    expectLines(objects.event);
  },
};

const latchOpen: Operation<{ latch: CountDownLatch }> = {
  prepare() {
    const objects = { latch: new CountDownLatch(2) };
    waits.set(
      objects,
      [1, 2, 3].map(() => objects.latch.waitAsync(LONG)),
    );
    return objects;
  },
  act({ latch }) {
    latch.countDown();
    latch.countDown();
  },
  async survive(objects) {
    const { latch } = objects;
    const woken = await settledNow(objects);
    demand(woken === (latch.count === 0 ? 3 : 0), `${woken} of 3 were woken at ${latch.count}`);
    latch.countDown(2);
    demand(
      (await outcomes(objects)).every(got => got === true),
      'a waiter was not woken',
    );
    expectLines(latch);
  },
};

function barrierOf(parties: number, inside: number): { barrier: Barrier } {
  const objects = { barrier: new Barrier(parties) };
  waits.set(
    objects,
    Array.from({ length: inside }, () => outcome(objects.barrier.waitAsync(LONG))),
  );
  return objects;
}

/** All got in, or all are broken, or nothing has happened yet; and then the barrier can be used again. */
async function surviveBarrier(objects: { barrier: Barrier }, count: number): Promise<void> {
  const { barrier } = objects;
  const settled = await settledNow(objects);
  demand(settled === 0 || settled === count, `only ${settled} of ${count} have settled`);
  demand(settled === count || barrier.waiting === count, `${barrier.waiting} wait`);
  if (settled === 0) barrier.abort();
  const values = await outcomes(objects);
  const broken = values.filter(value => value === 'broken').length;
  demand(broken === 0 || broken === count, `${broken} of ${count} are broken`);
  demand(settled === 0 || broken === 0 || barrier.broken, 'broken, but not for those who come later');
  barrier.reset();
  const again = await Promise.all(Array.from({ length: barrier.parties }, () => barrier.waitAsync(LONG)));
  demand(new Set(again).size === barrier.parties && barrier.waiting === 0, `met as ${again.join(', ')}`);
  expectLines(barrier);
}

const barrierTrip: Operation<{ barrier: Barrier }> = {
  prepare: () => barrierOf(3, 2),
  act: ({ barrier }) => void barrier.wait(),
  survive: objects => surviveBarrier(objects, 2),
};

const barrierAction: Operation<{ barrier: Barrier }> = {
  prepare: () => barrierOf(3, 2),
  act({ barrier }) {
    barrier.action = () => {};
    barrier.wait();
  },
  survive: objects => surviveBarrier(objects, 2),
};

const barrierTimeout: Operation<{ barrier: Barrier }> = {
  prepare: () => barrierOf(3, 1),
  act: ({ barrier }) => void barrier.wait({ timeout: 3 }),
  survive: objects => surviveBarrier(objects, 1),
};

const barrierAbort: Operation<{ barrier: Barrier }> = {
  prepare: () => barrierOf(3, 2),
  act: ({ barrier }) => barrier.abort(),
  survive: objects => surviveBarrier(objects, 2),
};

const barrierReset: Operation<{ barrier: Barrier }> = {
  prepare: () => barrierOf(3, 2),
  act: ({ barrier }) => barrier.reset(),
  async survive(objects) {
    // After a reset nobody is broken who comes later: surviveBarrier would take that for a mistake.
    const settled = await settledNow(objects);
    demand(settled === 0 || settled === 2, `only ${settled} of 2 have settled`);
    if (settled === 0) objects.barrier.reset();
    demand(
      (await outcomes(objects)).every(value => value === 'broken'),
      'somebody met nobody',
    );
    demand(!objects.barrier.broken && objects.barrier.waiting === 0, 'it is not as new');
    expectLines(objects.barrier);
  },
};

interface Conditional {
  lock: Lock;
  condition: Condition;
}

/** Three promises wait; the lock is held, for the victim to notify. */
async function conditional(): Promise<Conditional> {
  const lock = new Lock();
  const objects = { lock, condition: new Condition(lock) };
  const all: Array<Promise<unknown>> = [];
  for (let count = 0; count < 3; count++) {
    lock.acquire();
    all.push(
      objects.condition.waitAsync(LONG).then(got => {
        lock.release();
        return got;
      }),
    );
  }
  waits.set(objects, all);
  lock.acquire();
  return objects;
}

/** Whoever hasn't been notified is so now; all must come back with the lock, and with a notification. */
async function surviveCondition(objects: Conditional, most: number): Promise<void> {
  const { lock, condition } = objects;
  // The victim's lock may be locked for ever: then somebody has to open it.
  if (lock.locked) lock.release();
  const settled = await settledNow(objects);
  demand(settled <= most, `${settled} were notified`);
  if (settled < 3) {
    demand(await lock.acquireAsync(LONG), 'the lock is stuck');
    demand(condition.notifyAll() === 3 - settled, 'somebody who was not notified does not wait');
    lock.release();
  }
  demand(
    (await outcomes(objects)).every(got => got === true),
    'a waiter was not woken',
  );
  demand(!lock.locked, 'the lock is locked');
  expectLines(lock, condition);
}

const notifyOne: Operation<Conditional> = {
  prepare: conditional,
  act({ condition }) {
    condition.notify();
    condition.release();
  },
  survive: objects => surviveCondition(objects, 1),
};

const notifyAll: Operation<Conditional> = {
  prepare: conditional,
  act({ condition }) {
    condition.notifyAll();
    condition.release();
  },
  survive: objects => surviveCondition(objects, 3),
};

const conditionWait: Operation<Conditional> = {
  prepare: conditional,
  act: ({ condition }) => void condition.wait({ timeout: 3 }),
  survive: objects => surviveCondition(objects, 0),
};

/** Threads that are blocked, in place of promises: nobody looks for them but they themselves. */
function blocked<T extends (...args: never[]) => unknown>(
  count: number,
  target: T,
  ...args: Parameters<T>
): Array<Promise<unknown>> {
  return Array.from({ length: count }, () => new Thread(target, { args } as never).start().resultAsync(LONG));
}

async function untilWaiting(object: object, count: number): Promise<void> {
  for (const end = performance.now() + 10_000; waitingAt(object) < count;) {
    demand(performance.now() < end, 'the threads do not wait');
    await new Promise(resolve => setTimeout(resolve, 1));
  }
}

const eventSetForThreads: Operation<{ event: Event }> = {
  async prepare() {
    const objects = { event: new Event() };
    waits.set(
      objects,
      blocked(2, tasks.waitEvent, objects.event, [10_000]).map(each =>
        each.then(results => (results as boolean[][])[0]![0]),
      ),
    );
    await untilWaiting(objects.event, 2);
    return objects;
  },
  act: ({ event }) => event.set(),
  async survive(objects) {
    const { event } = objects;
    event.set();
    demand(
      (await outcomes(objects)).every(got => got === true),
      'a thread was not woken',
    );
    expectLines(event);
  },
};

const semaphoreReleaseToThreads: Operation<{ semaphore: Semaphore }> = {
  async prepare() {
    const objects = { semaphore: new Semaphore(0) };
    waits.set(objects, blocked(2, tasks.acquireAndRelease, objects.semaphore, new AtomicCounter()));
    await untilWaiting(objects.semaphore, 2);
    return objects;
  },
  act: ({ semaphore }) => semaphore.release(),
  async survive(objects) {
    const { semaphore } = objects;
    semaphore.release();
    demand(
      (await outcomes(objects)).every(got => got === true),
      'a thread was not served',
    );
    demand(semaphore.value <= 2 && semaphore.value >= 1, `${semaphore.value} permits are left`);
    expectLines(semaphore);
  },
};

const notifyThreads: Operation<Conditional> = {
  async prepare() {
    const lock = new Lock();
    const objects = { lock, condition: new Condition(lock) };
    const counters = [new AtomicCounter(), new AtomicCounter()] as const;
    waits.set(
      objects,
      blocked(2, tasks.waitTimes, objects.condition, ...counters, 1).map(each =>
        each.then(results => (results as boolean[])[0]),
      ),
    );
    await untilWaiting(objects.condition, 2);
    demand(await lock.acquireAsync(LONG), 'the lock is stuck');
    return objects;
  },
  act({ condition }) {
    condition.notify(2);
    condition.release();
  },
  async survive(objects) {
    const { lock, condition } = objects;
    if (lock.locked) lock.release();
    demand(await lock.acquireAsync(LONG), 'the lock is stuck');
    condition.notifyAll();
    lock.release();
    demand(
      (await outcomes(objects)).every(got => got === true),
      'a thread was not notified',
    );
    demand(!lock.locked, 'the lock is locked');
    expectLines(lock, condition);
  },
};

export const operations: Readonly<Record<string, Operation>> = {
  lockRelease,
  lockHandOff,
  lockAcquire,
  rlockCycle,
  semaphoreRelease,
  semaphoreAcquire,
  semaphoreAcquireAlone,
  eventSet,
  eventWait,
  latchOpen,
  barrierTrip,
  barrierAction,
  barrierTimeout,
  barrierAbort,
  barrierReset,
  notifyOne,
  notifyAll,
  conditionWait,
  eventSetForThreads,
  semaphoreReleaseToThreads,
  notifyThreads,
  threadStart,
  isolatedThreadStart,
  ...guards,
  ...primitives,
  ...pools,
} as Readonly<Record<string, unknown>> as Readonly<Record<string, Operation>>;
