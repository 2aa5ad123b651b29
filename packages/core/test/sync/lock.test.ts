import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  Event,
  Lock,
  TIMEOUT_MAX,
  Thread,
  ThreadStateError,
  TimeoutError,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('Lock, as CPython tests its own', () => {
  it('is acquired, released, and tried', () => {
    const lock = new Lock();
    expect([lock.acquire(), lock.locked, lock.tryAcquire()]).toEqual([true, true, false]);
    lock.release();
    expect([lock.locked, lock.tryAcquire(), lock.locked]).toEqual([false, true, true]);
  });

  it('cannot be got by another thread that tries while it is held', () => {
    const lock = new Lock();
    lock.acquire();
    expect(start(tasks.tryTwice, lock).result(SOON)).toEqual([false, false]);
    lock.release();
    expect(start(tasks.tryTwice, lock).result(SOON)).toEqual([true, false]);
  });

  it('keeps five threads waiting until it is released, and then lets all of them in', () => {
    const lock = new Lock();
    const finished = new AtomicCounter();
    lock.acquire();
    const threads = Array.from({ length: 5 }, () => start(tasks.acquireAndRelease, lock, finished));
    untilBlocked(() => waitingAt(lock) === 5, 'all wait');
    expect(finished.value).toBe(0);
    lock.release();
    for (const thread of threads) expect(thread.result(SOON)).toBe(true);
    expect([finished.value, lock.locked, waitingAt(lock)]).toEqual([5, false, 0]);
  });

  it('is not reentrant: who acquires it twice waits until somebody releases it', () => {
    const lock = new Lock();
    const thread = new Thread(
      (one: Lock) => {
        one.acquire();
        return one.acquire({ timeout: 20_000 });
      },
      { args: [lock] },
    ).start();
    untilBlocked(() => waitingAt(lock) === 1, 'it waits for itself');
    lock.release();
    expect(thread.result(SOON)).toBe(true);
  });

  it('can be released by another thread', () => {
    const lock = new Lock();
    lock.acquire();
    new Thread((one: Lock) => one.release(), { args: [lock] }).start().join(SOON);
    expect([lock.locked, lock.acquire()]).toEqual([false, true]);
  });

  it('waits as long as it takes with TIMEOUT_MAX and with any number, however large', async () => {
    const lock = new Lock();
    for (const timeout of [TIMEOUT_MAX, Number.MAX_VALUE, 2 ** 31, 9_223_372_036_001]) {
      lock.acquire();
      const promise = lock.acquireAsync({ timeout });
      expect(await Promise.race([promise, new Promise(resolve => setTimeout(resolve, 20, 'waits'))])).toBe(
        'waits',
      );
      lock.release();
      expect(await promise).toBe(true);
      lock.release();
    }
  });

  it('gives up after its timeout, no sooner, and is in a proper state then', () => {
    const lock = new Lock();
    expect(lock.acquire({ timeout: 5000 })).toBe(true);
    const begin = performance.now();
    expect(lock.acquire({ timeout: 50 })).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
    lock.release();
    expect([lock.locked, lock.acquire({ timeout: 0 }), lock.acquire({ timeout: 0 })]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('is released at the end of a using scope, also by an exception', () => {
    const lock = new Lock();
    const failing = (): void => {
      using held = lock.hold();
      expect([held.held, lock.locked]).toEqual([true, true]);
      throw new TypeError('on purpose');
    };
    expect(failing).toThrow('on purpose');
    expect(lock.locked).toBe(false);
  });

  it('says "release unlocked lock"', () => {
    expect(() => new Lock({ name: 'mine' }).release()).toThrow(
      new ThreadStateError('Lock "mine": release unlocked lock'),
    );
  });
});

describe('Lock', () => {
  it('stays acquired when the thread that acquired it dies, as in Python', async () => {
    const lock = new Lock();
    const held = new Event();
    const thread = start(tasks.holdUntil, lock, held, new Event());
    held.wait(SOON);
    thread.terminate();
    await thread.joinAsync(SOON);
    expect(lock.tryAcquire()).toBe(false);
    lock.release();
    expect(lock.tryAcquire()).toBe(true);
  });

  it('throws and rejects with its own error when a hold takes too long', async () => {
    const lock = new Lock({ name: 'busy' });
    lock.acquire();
    expect(() => lock.hold({ timeout: 2 })).toThrow(
      new TimeoutError('Lock "busy": not acquired within 2 ms'),
    );
    await expect(lock.holdAsync({ timeout: 2 })).rejects.toThrow(TimeoutError);
    await expect(lock.holdAsync({ signal: AbortSignal.abort(0) })).rejects.toBe(0);
  });

  it('excludes six impatient threads and the event loop', async () => {
    const lock = new Lock();
    const [inside, total] = [new AtomicCounter(), new AtomicCounter()];
    const threads = Array.from({ length: 6 }, (_, index) =>
      start(tasks.countImpatiently, lock, inside, total, 1000, index + 1, false),
    );
    let [clashes, counted] = [0, 0];
    const end = performance.now() + 1000;
    const loop = async (): Promise<void> => {
      for (let round = 0; performance.now() < end; round++) {
        const controller = new AbortController();
        const wanted = lock.holdAsync({ timeout: round % 3 === 0 ? 1 : 20_000, signal: controller.signal });
        if (round % 5 === 0) setImmediate(() => controller.abort());
        const held = await wanted.catch(() => undefined);
        if (held !== undefined) {
          if (inside.increment() !== 1) clashes += 1;
          total.value = total.value + 1;
          counted += 1;
        }
        await new Promise(resolve => setImmediate(resolve));
        if (held === undefined) continue;
        inside.decrement();
        held.release();
      }
    };
    await Promise.all([loop(), loop(), loop()]);
    for (const thread of threads) {
      const [threadClashes, turns] = await thread.resultAsync(SOON);
      clashes += threadClashes;
      counted += turns;
    }
    expect(clashes).toBe(0);
    expect(total.value).toBe(counted);
    expect([lock.locked, waitingAt(lock), pendingWaits()]).toEqual([false, 0, 0]);
  });

  it('forgets waiters whose thread was killed', async () => {
    const lock = new Lock();
    lock.acquire();
    const threads = [1, 2].map(() => start(tasks.parkForever, lock));
    await until(() => waitingAt(lock) === 2, 'both wait');
    const last = lock.acquireAsync(SOON);
    for (const thread of threads) thread.terminate();
    for (const thread of threads) await thread.joinAsync(SOON);
    lock.release();
    expect(await last).toBe(true);
  });

  it.each([
    [
      'a negative timeout',
      (lock: Lock) => lock.acquire({ timeout: -1 }),
      RangeError,
      'Lock.acquire: timeout',
    ],
    ['NaN', (lock: Lock) => lock.hold({ timeout: Number.NaN }), RangeError, 'got NaN'],
    ['a text', (lock: Lock) => lock.acquire({ timeout: '1' as never }), TypeError, 'got 1 (string)'],
    ['a guard released twice', (lock: Lock) => twice(lock), ThreadStateError, 'guard: released already'],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new Lock())).toThrow(type);
    expect(() => use(new Lock())).toThrow(message);
  });
});

function twice(lock: Lock): void {
  const held = lock.hold();
  held.release();
  held.release();
}
