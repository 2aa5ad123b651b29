/** What the guard of a dead thread held becomes free, and the next guard says so, once. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AbandonedLockError,
  AtomicCounter,
  Condition,
  Event,
  Lock,
  RLock,
  SpinLock,
  Thread,
  ThreadStateError,
  setExceptHook,
} from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { SOON, pointerOf, until, untilBlocked, waitingAt } from '../support/state.ts';
import { type Holdable, tasks } from './owners.fixture.ts';

function start<T extends (...args: never[]) => unknown>(
  name: string,
  target: T,
  ...args: Parameters<T>
): Thread<T> {
  return new Thread(target, { args, name } as never).start();
}

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

// Some threads here throw on purpose, and it is their results that are looked at.
beforeAll(() => setExceptHook(() => {}));

const makers: Array<[string, () => Holdable]> = [
  ['Lock', () => new Lock({ name: 'account' })],
  ['RLock', () => new RLock({ name: 'account' })],
  ['SpinLock', () => new SpinLock({ name: 'account' })],
];

const ways: Array<[string, (lock: Holdable) => Thread]> = [
  [
    'terminated',
    lock => {
      const [holds, never] = [new Event(), new Event()];
      const thread = start('owner', tasks.holdForEver, lock, holds, never);
      holds.wait(SOON);
      setImmediate(() => thread.terminate());
      return thread;
    },
  ],
  [
    'terminated, with an async guard',
    lock => {
      const [holds, never] = [new Event(), new Event()];
      const thread = start('owner', tasks.holdAsyncForEver, lock, holds, never);
      holds.wait(SOON);
      setImmediate(() => thread.terminate());
      return thread;
    },
  ],
  [
    'process.exit',
    lock => {
      const go = new Event();
      const thread = start('owner', tasks.holdAndExit, lock, go);
      untilBlocked(() => lock.locked, 'it holds');
      setImmediate(() => go.set());
      return thread;
    },
  ],
  [
    'ended without releasing',
    lock => {
      const thread = start('owner', tasks.holdAndForget, lock);
      return thread;
    },
  ],
];

describe.each(makers)('%s of a dead owner', (type, make) => {
  it.each(ways)('%s: the next guard hears of it, once, and goes on', async (_, kill) => {
    const lock = make();
    const owner = kill(lock);
    await owner.joinAsync(SOON);
    const error = caught(() => lock.hold()) as AbandonedLockError;
    expect(error).toBeInstanceOf(AbandonedLockError);
    expect(error.message).toBe(
      `${type} "account": Thread "owner" died while it held the lock, so what it protects may be half changed. ` +
        'This thread holds the lock now: repair that, go on, and release error.guard',
    );
    expect([error.guard!.held, lock.locked]).toEqual([true, true]);
    error.guard!.release();
    expect(lock.locked).toBe(false);
    using again = lock.hold();
    expect(again.held).toBe(true);
  });

  it('goes to those who wait, blocked or not, of whom the first hears of it', async () => {
    const lock = make();
    const [holds, never] = [new Event(), new Event()];
    const owner = start('owner', tasks.holdForEver, lock, holds, never);
    holds.wait(SOON);
    const waiters = [tasks.wantAndTell, tasks.wantAsyncAndTell, tasks.wantAndTell].map((target, index) =>
      start(`waiter ${index}`, target, lock),
    );
    untilBlocked(() => waitingAt(lock) === 3, 'all wait');
    owner.terminate();
    const outcomes = waiters.map(thread => thread.result(SOON)).sort();
    expect(outcomes.slice(0, 2)).toEqual(['got it', 'got it']);
    expect(outcomes[2]).toMatch(/^held: .*Thread "owner" died while it held the lock/);
    expect([lock.locked, waitingAt(lock)]).toEqual([false, 0]);
  });

  it('is an ordinary lock for those who acquire it plainly, who leave the message for the next guard', async () => {
    const lock = make();
    await start('owner', tasks.holdAndForget, lock).joinAsync(SOON);
    expect([lock.locked, lock.acquire(), lock.locked]).toEqual([false, true, true]);
    lock.release();
    const error = (await lock.holdAsync().catch((reason: unknown) => reason)) as AbandonedLockError;
    expect(error).toBeInstanceOf(AbandonedLockError);
    error.guard!.release();
    lock.acquire();
    lock.release();
    lock.hold().release();
  });

  it('that nobody takes any more leaves nothing behind', async () => {
    const lock = make();
    await start('owner', tasks.holdAndForget, lock).joinAsync(SOON);
    expect(i32[pointerOf(lock) + OBJECT.abandonedBy]).not.toBe(0);
    lock.dispose();
  });
});

describe('an abandoned lock', () => {
  it('is told as the error that it is to whoever asks for the result of a thread that did not catch it', async () => {
    const lock = new Lock({ name: 'account' });
    await start('owner', tasks.holdAndForget, lock).joinAsync(SOON);
    const thread = new Thread(tasks.want, { args: [lock], name: 'careless' }).start();
    const error = caught(() => thread.result(SOON)) as AbandonedLockError;
    expect(error).toBeInstanceOf(AbandonedLockError);
    expect([error.name, error.guard]).toEqual(['AbandonedLockError', undefined]);
    // Nobody released it there, and so it was abandoned again.
    expect((caught(() => lock.hold()) as Error).message).toContain('Thread "careless" died');
  });

  it('is told to a condition that takes its lock back', () => {
    const condition = new Condition(new Lock());
    const ready = new AtomicCounter();
    const waiter = start('waiter', tasks.waitToBeNotified, condition, ready);
    untilBlocked(() => waitingAt(condition) === 1, 'it waits');
    // Not by `locked`: the waiter stands in line a moment before it gives the lock back.
    const holds = new Event();
    const notifier = start('notifier', tasks.holdForEver, condition, holds, new Event());
    expect(holds.wait(SOON)).toBe(true);
    notifier.terminate();
    notifier.join(SOON);
    expect(condition.tryAcquire()).toBe(true);
    condition.notify();
    condition.release();
    expect(waiter.result(SOON)).toBe('AbandonedLockError, held, no guard');
    condition.hold().release();
  });

  it('stays acquired if it was acquired plainly, RLocks too, as in Python', async () => {
    const [lock, rlock] = [new Lock(), new RLock()];
    const thread = new Thread(
      (one: Lock, other: RLock) => {
        one.acquire();
        other.acquire();
      },
      { args: [lock, rlock] },
    ).start();
    await thread.joinAsync(SOON);
    expect([lock.tryAcquire(), rlock.tryAcquire()]).toEqual([false, false]);
  });
});

describe('only the guard', () => {
  it('releases what it holds', () => {
    const lock = new Lock({ name: 'mine' });
    const held = lock.hold();
    const refusal = new ThreadStateError(
      'Lock "mine": a guard holds it, and only the guard releases it; call release() of what hold() returned',
    );
    expect(() => lock.release()).toThrow(refusal);
    const thread = new Thread((one: Lock) => one.release(), { args: [lock] }).start();
    expect(caught(() => thread.result(SOON))).toMatchObject({ message: refusal.message });
    expect(held.held).toBe(true);
    held.release();
    expect(() => held.release()).toThrow('guard: released already; a guard releases its lock once');
  });

  it('keeps a lock that was disposed of meanwhile', async () => {
    const lock = new Lock();
    const pointer = pointerOf(lock);
    const held = lock.hold();
    lock.dispose();
    expect([i32[pointer + OBJECT.references], held.held]).toEqual([1, true]);
    held.release();
    expect([i32[pointer + OBJECT.references], held.held]).toEqual([0, false]);
  });

  it('is needed, and released in any order', () => {
    const locks = [new Lock(), new RLock(), new Lock(), new RLock()];
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const guards = locks.map(lock => lock.hold());
      for (const index of order) guards[index]!.release();
      expect(locks.map(lock => [lock.locked, i32[pointerOf(lock) + OBJECT.heldNext]])).toEqual(
        locks.map(() => [false, 0]),
      );
    }
  });

  it('of a thread that has ended holds nothing any more, though its worker runs another one', async () => {
    const lock = new Lock();
    const keep = new Thread(
      (one: Lock) => {
        (globalThis as { kept?: unknown }).kept = one.hold();
      },
      { args: [lock], name: 'keeper' },
    ).start();
    await keep.joinAsync(SOON);
    await until(() => !lock.locked, 'it is abandoned');
    const heir = new Thread(
      (one: Lock) => {
        const stale = (globalThis as { kept?: { held: boolean; release(): void } }).kept;
        let error: unknown;
        try {
          one.hold();
        } catch (thrown) {
          error = thrown;
        }
        const { guard } = error as { guard: { held: boolean; release(): void } };
        const seen = [stale?.held, guard.held];
        guard.release();
        return seen;
      },
      { args: [lock], name: 'heir' },
    ).start();
    expect(heir.result(SOON)).toEqual([false, true]);
  });
});
