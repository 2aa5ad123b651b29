import { describe, expect, it } from 'vitest';
import { AtomicCounter, Event, SpinLock, Thread, ThreadStateError, TimeoutError } from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('SpinLock', () => {
  it('is acquired, tried and released, as a Lock', () => {
    const lock = new SpinLock();
    expect([lock.acquire(), lock.locked, lock.tryAcquire()]).toEqual([true, true, false]);
    lock.release();
    expect([lock.locked, lock.tryAcquire(), lock.locked]).toEqual([false, true, true]);
    new Thread((one: SpinLock) => one.release(), { args: [lock] }).start().join(SOON);
    expect(lock.locked).toBe(false);
  });

  it.each([0, 1, 1000])('parks after %i spins, and is woken by the release', spins => {
    const lock = new SpinLock({ spins });
    const finished = new AtomicCounter();
    lock.acquire();
    const threads = [1, 2, 3].map(() => start(tasks.acquireAndRelease, lock, finished));
    untilBlocked(() => waitingAt(lock) === 3, 'all have parked');
    lock.release();
    for (const thread of threads) expect(thread.result(SOON)).toBe(true);
    expect([finished.value, lock.locked, waitingAt(lock)]).toEqual([3, false, 0]);
  });

  it('gives up after its timeout, also with many spins', async () => {
    const lock = new SpinLock({ name: 'short' });
    lock.acquire();
    const begin = performance.now();
    expect([lock.acquire({ timeout: 30 }), lock.acquire({ timeout: 0 })]).toEqual([false, false]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(29);
    expect(() => lock.hold({ timeout: 1 })).toThrow(
      new TimeoutError('SpinLock "short": not acquired within 1 ms'),
    );
    await expect(lock.holdAsync({ timeout: 1 })).rejects.toThrow(TimeoutError);
    await expect(lock.acquireAsync({ signal: AbortSignal.abort(0) })).rejects.toBe(0);
    expect(waitingAt(lock)).toBe(0);
  });

  it('is given back at the end of a using scope', async () => {
    const lock = new SpinLock();
    {
      using held = await lock.holdAsync();
      expect([held.held, lock.locked]).toEqual([true, true]);
    }
    {
      using held = lock.hold();
      held.release();
      expect(() => held.release()).toThrow(ThreadStateError);
    }
    expect(lock.locked).toBe(false);
  });

  it('excludes six threads and the event loop', async () => {
    const lock = new SpinLock();
    const [inside, total] = [new AtomicCounter(), new AtomicCounter()];
    const threads = Array.from({ length: 6 }, (_, index) =>
      start(tasks.countImpatiently, lock, inside, total, 700, index + 1, false),
    );
    let [clashes, counted] = [0, 0];
    for (const end = performance.now() + 700; performance.now() < end;) {
      const held = await lock.holdAsync(SOON);
      if (inside.increment() !== 1) clashes += 1;
      total.value = total.value + 1;
      counted += 1;
      await new Promise(resolve => setImmediate(resolve));
      inside.decrement();
      held.release();
    }
    for (const thread of threads) {
      const [threadClashes, turns] = await thread.resultAsync(SOON);
      clashes += threadClashes;
      counted += turns;
    }
    expect([clashes, total.value]).toEqual([0, counted]);
    expect([lock.locked, waitingAt(lock), pendingWaits()]).toEqual([false, 0, 0]);
  });

  it('forgets waiters whose thread was killed, and stays acquired by a dead thread, as a Lock', async () => {
    const lock = new SpinLock();
    const held = new Event();
    const holder = start(tasks.holdUntil, lock, held, new Event());
    await held.waitAsync(SOON);
    const waiter = start(tasks.parkForever, lock);
    await until(() => waitingAt(lock) === 1, 'it waits');
    for (const thread of [holder, waiter]) {
      thread.terminate();
      await thread.joinAsync(SOON);
    }
    await until(() => waitingAt(lock) === 0, 'it has left the line');
    expect(lock.locked).toBe(true);
    lock.release();
    expect(lock.tryAcquire()).toBe(true);
  });

  it.each([
    [
      'a release of what is free',
      (lock: SpinLock) => lock.release(),
      ThreadStateError,
      'SpinLock: release unlocked lock',
    ],
    [
      'negative spins',
      () => new SpinLock({ spins: -1 }),
      RangeError,
      'SpinLock: spins must be a whole number from 0 to 1000000, got -1',
    ],
    ['endless spins', () => new SpinLock({ spins: Infinity }), RangeError, 'got Infinity'],
    ['a text as spins', () => new SpinLock({ spins: '1' as never }), TypeError, 'got 1 (string)'],
    [
      'a negative timeout',
      (lock: SpinLock) => lock.acquire({ timeout: -1 }),
      RangeError,
      'SpinLock.acquire: timeout',
    ],
    [
      'a name that is none',
      () => new SpinLock({ name: 1 as never }),
      TypeError,
      'SpinLock: name must be a string',
    ],
    [
      'use after dispose',
      (lock: SpinLock) => {
        lock.dispose();
        lock.acquire();
      },
      ThreadStateError,
      'SpinLock: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new SpinLock())).toThrow(type);
    expect(() => use(new SpinLock())).toThrow(message);
  });
});
