import { describe, expect, it } from 'vitest';
import { load, store } from '../../src/atomics.ts';
import {
  AtomicCounter,
  BoundedSemaphore,
  Event,
  Semaphore,
  Thread,
  ThreadStateError,
  TimeoutError,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, pointerOf, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

const MOST = 2 ** 31 - 1;

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe.each([
  ['Semaphore', Semaphore],
  ['BoundedSemaphore', BoundedSemaphore],
])('%s, as CPython tests its own', (type, Class) => {
  it('has one permit by default', () => {
    const semaphore = new Class();
    expect([semaphore.value, semaphore.acquire(), semaphore.value]).toEqual([1, true, 0]);
    const finished = new AtomicCounter();
    const thread = start(tasks.acquireAndRelease, semaphore, finished);
    untilBlocked(() => waitingAt(semaphore) === 1, 'the thread waits');
    expect(finished.value).toBe(0);
    semaphore.release();
    expect(thread.result(SOON)).toBe(true);
    expect(semaphore.value).toBe(1);
  });

  it('gives out as many permits as there are, and keeps the others waiting', () => {
    const semaphore = new Class(7);
    semaphore.acquire();
    const [first, second] = [new AtomicCounter(), new AtomicCounter()];
    const threads = Array.from({ length: 10 }, () => start(tasks.takeTwo, semaphore, first, second));
    const taken = (): number => first.value + second.value;
    untilBlocked(() => taken() === 6 && waitingAt(semaphore) >= 4, 'six are taken');
    for (let permit = 0; permit < 7; permit++) semaphore.release();
    untilBlocked(() => taken() === 13, 'seven more are taken');
    semaphore.release(6);
    untilBlocked(() => taken() === 19 && waitingAt(semaphore) === 1, 'six more are taken, by one release');
    expect([semaphore.tryAcquire(), semaphore.value]).toEqual([false, 0]);
    semaphore.release();
    for (const thread of threads) expect(thread.result(SOON)).toEqual([true, true]);
    expect([first.value, second.value, semaphore.value, waitingAt(semaphore)]).toEqual([10, 10, 0, 0]);
  });

  it('tries without waiting', () => {
    const semaphore = new Class(2);
    expect([semaphore.tryAcquire(), semaphore.tryAcquire(), semaphore.tryAcquire()]).toEqual([
      true,
      true,
      false,
    ]);
    semaphore.release();
    expect(semaphore.tryAcquire()).toBe(true);
  });

  it('gives five threads that try twice three permits and no more', () => {
    const semaphore = new Class(4);
    semaphore.acquire();
    const threads = Array.from({ length: 5 }, () => start(tasks.tryTwice, semaphore));
    const results = threads.flatMap(thread => thread.result(SOON));
    expect(results.filter(Boolean)).toHaveLength(3);
  });

  it('gives up after its timeout, no sooner', () => {
    const semaphore = new Class(2);
    expect([semaphore.acquire({ timeout: 5 }), semaphore.acquire({ timeout: 5 })]).toEqual([true, true]);
    expect([semaphore.acquire({ timeout: 5 }), semaphore.acquire({ timeout: 0 })]).toEqual([false, false]);
    semaphore.release();
    expect(semaphore.acquire({ timeout: 5 })).toBe(true);
    const begin = performance.now();
    expect(semaphore.acquire({ timeout: 50 })).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
    expect([semaphore.value, waitingAt(semaphore)]).toEqual([0, 0]);
  });

  it('gives its permit back at the end of a using scope, also by an exception', async () => {
    const semaphore = new Class(2);
    const nested = (error?: Error): void => {
      using one = semaphore.hold();
      expect([one.held, semaphore.tryAcquire()]).toEqual([true, true]);
      semaphore.release();
      using two = semaphore.hold();
      expect([two.held, semaphore.tryAcquire()]).toEqual([true, false]);
      if (error !== undefined) throw error;
    };
    nested();
    expect(semaphore.value).toBe(2);
    expect(() => nested(new TypeError('on purpose'))).toThrow('on purpose');
    expect(semaphore.value).toBe(2);
    semaphore.acquire();
    const held = await semaphore.holdAsync();
    expect(() => semaphore.hold({ timeout: 1 })).toThrow(
      new TimeoutError(`${type}: not acquired within 1 ms`),
    );
    await expect(semaphore.holdAsync({ timeout: 1 })).rejects.toThrow(TimeoutError);
    held.release();
    expect(() => held.release()).toThrow(ThreadStateError);
    expect(semaphore.value).toBe(1);
  });

  it('may begin without a permit', () => {
    const semaphore = new Class(0);
    expect([semaphore.value, semaphore.tryAcquire(), semaphore.acquire({ timeout: 1 })]).toEqual([
      0,
      false,
      false,
    ]);
  });

  it.each([
    [
      'no negative number to begin with',
      () => new Class(-1),
      RangeError,
      `${type}: initial value must be a whole number from 0, got -1 (number)`,
    ],
    ['no fraction', () => new Class(1.5), RangeError, 'got 1.5'],
    ['no number above 2³¹−1', () => new Class(2 ** 31), RangeError, 'got 2147483648'],
    ['no text', () => new Class('1' as never), TypeError, 'got 1 (string)'],
    [
      'no release of nothing',
      () => new Class(1).release(0),
      RangeError,
      `${type}.release: n must be one or more, got 0`,
    ],
    ['no negative release', () => new Class(1).release(-3), RangeError, 'n must be one or more, got -3'],
    ['no release of NaN', () => new Class(1).release(Number.NaN), RangeError, 'got NaN'],
    ['no release of a text', () => new Class(1).release('2' as never), TypeError, 'got 2 (string)'],
    [
      'no negative timeout',
      () => new Class(1).acquire({ timeout: -1 }),
      RangeError,
      `${type}.acquire: timeout must be 0 or more milliseconds, got -1`,
    ],
    [
      'no use after dispose',
      () => disposed(new Class(1)).acquire(),
      ThreadStateError,
      `${type}: used after dispose()`,
    ],
    [
      'no try after dispose',
      () => disposed(new Class(1)).tryAcquire(),
      ThreadStateError,
      `${type}: used after dispose()`,
    ],
    [
      'no release after dispose',
      () => disposed(new Class(1)).release(),
      ThreadStateError,
      `${type}: used after dispose()`,
    ],
  ])('takes %s', (_what, use, error, message) => {
    expect(use).toThrow(error);
    expect(use).toThrow(message);
  });

  it('serves threads and promises strictly in the order in which they came', async () => {
    const semaphore = new Class(1);
    semaphore.acquire();
    const order: string[] = [];
    const served = new AtomicCounter();
    const one = semaphore.acquireAsync(SOON).then(() => order.push('one'));
    const thread = start(tasks.acquireAndRelease, semaphore, served);
    await until(() => waitingAt(semaphore) === 2, 'the thread waits');
    const three = semaphore.acquireAsync(SOON).then(() => order.push('three'));
    // Nobody barges: a permit goes to the first in line even while that is still waking up.
    semaphore.release();
    expect(semaphore.tryAcquire()).toBe(false);
    await one;
    expect([order, served.value]).toEqual([['one'], 0]);
    semaphore.release();
    await three;
    expect(served.value).toBe(1);
    semaphore.release();
    await thread.joinAsync(SOON);
    expect(semaphore.value).toBe(1);
  });

  it('takes nothing when aborted, and hands on what came in the same turn', async () => {
    for (let round = 0; round < 200; round++) {
      const semaphore = new Class(1);
      semaphore.acquire();
      const controller = new AbortController();
      const aborted = semaphore.acquireAsync({ signal: controller.signal });
      const next = semaphore.acquireAsync(SOON);
      if (round % 2 === 0) controller.abort('no');
      semaphore.release();
      controller.abort('no');
      await expect(aborted).rejects.toBe('no');
      expect(await next).toBe(true);
      semaphore.release();
      expect([semaphore.value, waitingAt(semaphore)]).toEqual([1, 0]);
    }
  });

  it('never has more inside than permits, and leaves nobody behind: six threads and the event loop, impatient', async () => {
    const permits = 3;
    const semaphore = new Class(permits);
    const inside = new AtomicCounter();
    const threads = Array.from({ length: 6 }, (_, seed) =>
      start(tasks.usePermits, semaphore, inside, permits, 1000, seed + 1),
    );
    let [violations, turns] = [0, 0];
    const end = performance.now() + 1000;
    const loop = async (): Promise<void> => {
      while (performance.now() < end) {
        const controller = new AbortController();
        const wanted = semaphore.holdAsync({
          timeout: turns % 2 === 0 ? 1 : 20_000,
          signal: controller.signal,
        });
        if (turns % 3 === 0) setImmediate(() => controller.abort());
        const held = await wanted.catch(() => undefined);
        turns += 1;
        if (held !== undefined && inside.increment() > permits) violations += 1;
        await new Promise(resolve => setImmediate(resolve));
        if (held === undefined) continue;
        inside.decrement();
        held.release();
      }
    };
    await Promise.all([loop(), loop(), loop(), loop()]);
    for (const thread of threads) violations += (await thread.resultAsync(SOON))[0];
    expect([violations, semaphore.value, waitingAt(semaphore), inside.value, pendingWaits()]).toEqual([
      0,
      permits,
      0,
      0,
      0,
    ]);
  });

  it('hands on the permit of a thread that was killed as it got it, and forgets those killed while waiting', async () => {
    for (let round = 0; round < 3; round++) {
      const semaphore = new Class(1);
      semaphore.acquire();
      const threads = Array.from({ length: 3 }, () => start(tasks.parkForever, semaphore));
      await until(() => waitingAt(semaphore) === 3, 'all wait');
      const last = semaphore.acquireAsync(SOON);
      for (const thread of threads) thread.terminate();
      for (const thread of threads) await thread.joinAsync(SOON);
      await until(() => waitingAt(semaphore) === 1, 'only the promise waits');
      semaphore.release();
      expect(await last).toBe(true);
      expect(semaphore.value).toBe(0);
    }
  });
});

function disposed<T extends Semaphore>(semaphore: T): T {
  semaphore.dispose();
  return semaphore;
}

describe('Semaphore', () => {
  it('may have more permits than it began with', () => {
    const semaphore = new Semaphore(1);
    semaphore.release();
    expect([semaphore.value, semaphore.acquire(), semaphore.acquire()]).toEqual([2, true, true]);
    semaphore.release(5);
    expect(semaphore.value).toBe(5);
  });

  it('refuses to have more than 2³¹−1, and nothing has changed then', () => {
    const semaphore = new Semaphore(MOST - 2, { name: 'huge' });
    semaphore.release(2);
    expect(() => semaphore.release()).toThrow(
      new RangeError('Semaphore "huge": release(1) would make more than 2147483647 permits'),
    );
    expect(() => semaphore.release(MOST)).toThrow(RangeError);
    expect(semaphore.value).toBe(MOST);
    expect(semaphore.acquire()).toBe(true);
    expect(semaphore.value).toBe(MOST - 1);
  });

  it('gives the first waiters their permits and keeps the rest of a large release', async () => {
    const semaphore = new Semaphore(0);
    const waiters = [1, 2, 3].map(() => semaphore.acquireAsync(SOON));
    semaphore.release(MOST);
    expect(await Promise.all(waiters)).toEqual([true, true, true]);
    expect(semaphore.value).toBe(MOST - 3);
  });

  it('survives a thread that is killed while it holds the guard with waiters in line', async () => {
    const semaphore = new Semaphore(0);
    const waiter = semaphore.acquireAsync(SOON);
    const held = new Event();
    const thread = start(tasks.dieInGuard, semaphore, held);
    await until(() => held.isSet, 'it holds the guard');
    // As if it had been killed in the middle of granting.
    store(pointerOf(semaphore), 5);
    thread.terminate();
    await thread.joinAsync(SOON);
    expect(load(pointerOf(semaphore))).toBe(-(2 ** 31));
    semaphore.release(2);
    expect([await waiter, semaphore.value]).toEqual([true, 1]);
  });
});

describe('BoundedSemaphore', () => {
  it('refuses to be released more often than it was acquired, and nothing has changed then', async () => {
    const semaphore = new BoundedSemaphore(2, { name: 'seats' });
    const tooMany = 'BoundedSemaphore "seats": Semaphore released too many times';
    expect(() => semaphore.release()).toThrow(RangeError);
    expect(() => semaphore.release()).toThrow(tooMany);
    semaphore.acquire();
    expect(() => semaphore.release(2)).toThrow(tooMany);
    expect(semaphore.value).toBe(1);
    semaphore.acquire();
    const waiter = semaphore.acquireAsync(SOON);
    expect(() => semaphore.release(3)).toThrow(tooMany);
    expect(waitingAt(semaphore)).toBe(1);
    semaphore.release(2);
    expect([await waiter, semaphore.value]).toEqual([true, 1]);
    semaphore.release();
    expect(() => semaphore.release()).toThrow(tooMany);
  });

  it('is a Semaphore, also in another thread, where the bound is the same', () => {
    const semaphore = new BoundedSemaphore(1);
    expect(semaphore).toBeInstanceOf(Semaphore);
    const thread = new Thread(
      (one: BoundedSemaphore) => {
        try {
          one.release();
          return 'released';
        } catch (error) {
          return `${one.constructor.name}: ${(error as Error).message}`;
        }
      },
      { args: [semaphore] },
    ).start();
    expect(thread.result(SOON)).toContain(
      'BoundedSemaphore: BoundedSemaphore: Semaphore released too many times',
    );
  });
});
