/** As `step-operations.fixture.ts`, for guards: whenever their thread dies, the lock becomes free, and is told to be abandoned at most once. */
import { AbandonedLockError, Condition, type Guard, Lock, RLock, RWLock } from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { pointerOf } from '../support/state.ts';
import { demand } from './scenario.ts';
import { LONG, type Operation, expectLines, outcomes, settledNow, waits } from './step-operation.ts';

type Holdable = Lock | RLock | Condition;

/** Holds the lock for a moment, as soon as it can; returns whether it was abandoned. */
async function holdOnce(lock: Holdable): Promise<boolean> {
  let guard: Guard;
  let abandoned = false;
  try {
    guard = await lock.holdAsync(LONG);
  } catch (error) {
    if (!(error instanceof AbandonedLockError)) throw error;
    guard = error.guard!;
    abandoned = true;
  }
  demand(guard.held, 'the guard holds nothing');
  guard.release();
  return abandoned;
}

async function expectFree(...locks: Array<Lock | RLock>): Promise<void> {
  for (const lock of locks) {
    await holdOnce(lock);
    demand(!(await holdOnce(lock)), 'it was abandoned twice');
    demand(!lock.locked && lock.tryAcquire(), 'it is out of order');
    lock.release();
    demand(i32[pointerOf(lock) + OBJECT.heldNext] === 0, 'it stands in a list');
    expectLines(lock);
  }
}

const holdTwo: Operation<{ one: Lock; two: RLock }> = {
  prepare: () => ({ one: new Lock(), two: new RLock() }),
  act({ one, two }) {
    using _one = one.hold();
    using _two = two.hold();
    using _again = two.hold();
  },
  survive: ({ one, two }) => expectFree(one, two),
};

const releaseInAnyOrder: Operation<{ one: Lock; two: Lock; three: RLock }> = {
  prepare: () => ({ one: new Lock(), two: new Lock(), three: new RLock() }),
  act({ one, two, three }) {
    const guards = [one, two, three].map(lock => lock.hold());
    guards[1]!.release();
    guards[0]!.release();
    guards[2]!.release();
  },
  survive: ({ one, two, three }) => expectFree(one, two, three),
};

/** A promise takes the lock at once; the guard is never seen by anybody. */
const holdWithoutBlocking: Operation<{ one: Lock; two: RLock }> = {
  prepare: () => ({ one: new Lock(), two: new RLock() }),
  act({ one, two }) {
    void one.holdAsync();
    void two.holdAsync();
  },
  survive: ({ one, two }) => expectFree(one, two),
};

/** Others wait for a guard, and are there when the victim comes and goes. */
const holdInVain: Operation<{ lock: Lock }> = {
  prepare() {
    const objects = { lock: new Lock() };
    objects.lock.acquire();
    waits.set(objects, [holdOnce(objects.lock), holdOnce(objects.lock)]);
    return objects;
  },
  act({ lock }) {
    try {
      lock.hold({ timeout: 3 });
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') throw error;
    }
  },
  async survive(objects) {
    objects.lock.release();
    const told = await outcomes(objects);
    demand(
      told.every(each => each === false),
      'it was abandoned, but never held',
    );
    await expectFree(objects.lock);
  },
};

/** The victim's own promises wait for what its guard gives back. */
const releaseToPromises: Operation<{ lock: Lock }> = {
  prepare: () => ({ lock: new Lock() }),
  act({ lock }) {
    const guard = lock.hold();
    void lock.holdAsync();
    void lock.acquireAsync();
    guard.release();
  },
  survive: ({ lock }) => expectFree(lock),
};

/** Handing over makes the first waiter the owner: whoever dies in the middle of it has done it, or not begun. */
const handOverToGuard: Operation<{ lock: Lock }> = {
  async prepare() {
    const objects = { lock: new Lock() };
    objects.lock.acquire();
    waits.set(objects, [holdOnce(objects.lock), holdOnce(objects.lock)]);
    objects.lock.release();
    demand(objects.lock.tryAcquire(), 'nobody can barge in');
    await new Promise(resolve => setTimeout(resolve, 5));
    return objects;
  },
  act: ({ lock }) => lock.release(),
  async survive(objects) {
    const served = await settledNow(objects);
    demand(served === 0 || served === 2, `${served} were served`);
    if (served === 0) objects.lock.release();
    const told = await outcomes(objects);
    demand(
      told.every(each => each === false),
      'it was abandoned, but no guard held it',
    );
    await expectFree(objects.lock);
  },
};

const waitWithGuard: Operation<{ condition: Condition; lock: Lock }> = {
  prepare() {
    const lock = new Lock();
    return { condition: new Condition(lock), lock };
  },
  act({ condition }) {
    using _held = condition.hold();
    condition.wait({ timeout: 2 });
  },
  async survive({ condition, lock }) {
    await expectFree(lock);
    expectLines(condition);
  },
};

const waitWithGuardOfRLock: Operation<{ condition: Condition; lock: RLock }> = {
  prepare() {
    const lock = new RLock();
    return { condition: new Condition(lock), lock };
  },
  act({ condition }) {
    using _held = condition.hold();
    using _again = condition.hold();
    condition.wait({ timeout: 2 });
  },
  async survive({ condition, lock }) {
    await expectFree(lock);
    expectLines(condition);
  },
};

/** Shared holds leave nothing to repair, but may be counted for ever if the thread dies at the very moment of counting. */
const holdRWLock: Operation<{ lock: RWLock }> = {
  prepare: () => ({ lock: new RWLock() }),
  act({ lock }) {
    lock.holdExclusive().release();
    lock.holdExclusive().downgrade().release();
  },
  async survive({ lock }) {
    if (lock.sharedBy === 1) lock.releaseShared();
    try {
      lock.holdExclusive(LONG).release();
    } catch (error) {
      if (!(error instanceof AbandonedLockError)) throw error;
      error.guard!.release();
    }
    lock.holdExclusive(LONG).release();
    lock.holdShared(LONG).release();
    demand(!lock.locked, 'it is out of order');
    expectLines(lock);
  },
};

export const guards = {
  holdRWLock,
  holdTwo,
  releaseInAnyOrder,
  holdWithoutBlocking,
  holdInVain,
  releaseToPromises,
  handOverToGuard,
  waitWithGuard,
  waitWithGuardOfRLock,
};
