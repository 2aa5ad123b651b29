import { describe, expect, it } from 'vitest';
import { AtomicCounter, AtomicFlag, CountDownLatch, Thread, ThreadStateError } from '../../src/index.ts';
import { SOON, until, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('CountDownLatch', () => {
  it('opens when it was counted down often enough, for threads, for promises and for main, and stays open', async () => {
    const latch = new CountDownLatch(4000);
    const waiters = [1, 2].map(() => start(tasks.awaitLatch, latch));
    const promise = latch.waitAsync(SOON);
    await until(() => waitingAt(latch) === 3, 'all wait');
    const counters = [1, 2, 3, 4].map(() => start(tasks.countDownTimes, latch, 1000));
    expect(latch.wait(SOON)).toBe(true);
    expect(await promise).toBe(true);
    for (const thread of waiters) expect(thread.result(SOON)).toBe(true);
    for (const thread of counters) expect(thread.join(SOON)).toBe(true);
    expect([latch.count, latch.wait(), await latch.waitAsync(), latch.wait({ timeout: 0 })]).toEqual([
      0,
      true,
      true,
      true,
    ]);
  });

  it('counts down by more than one, and never below 0', () => {
    const latch = new CountDownLatch(5);
    latch.countDown(3);
    expect([latch.count, latch.wait({ timeout: 0 }), latch.wait({ timeout: 2 })]).toEqual([2, false, false]);
    latch.countDown(2 ** 31 - 1);
    expect(latch.count).toBe(0);
    latch.countDown();
    expect(latch.count).toBe(0);
  });

  it('is open from the beginning with 0', async () => {
    const latch = new CountDownLatch(0);
    expect([latch.wait(), await latch.waitAsync()]).toEqual([true, true]);
  });

  it('rejects with the reason of a signal, and is not changed by that', async () => {
    const latch = new CountDownLatch(1);
    const controller = new AbortController();
    const wait = latch.waitAsync({ signal: controller.signal });
    controller.abort('enough');
    await expect(wait).rejects.toBe('enough');
    expect([await latch.waitAsync({ timeout: 2 }), latch.count, waitingAt(latch)]).toEqual([false, 1, 0]);
  });

  it('forgets waiters whose thread was killed', async () => {
    const latch = new CountDownLatch(1);
    const threads = [1, 2].map(() => start(tasks.parkForever, latch));
    await until(() => waitingAt(latch) === 2, 'both wait');
    threads[0]!.terminate();
    await threads[0]!.joinAsync(SOON);
    latch.countDown();
    expect(threads[1]!.join(SOON)).toBe(true);
  });

  it.each([
    [
      'a negative count',
      () => new CountDownLatch(-1),
      RangeError,
      'CountDownLatch: count must be a whole number from 0, got -1 (number)',
    ],
    ['no count', () => new CountDownLatch(undefined as never), TypeError, 'got undefined (undefined)'],
    ['NaN', () => new CountDownLatch(Number.NaN), RangeError, 'got NaN'],
    [
      'counting down nothing',
      () => new CountDownLatch(1).countDown(0),
      RangeError,
      'CountDownLatch.countDown: n must be a whole number from 1, got 0',
    ],
    ['counting up', () => new CountDownLatch(1).countDown(-1), RangeError, 'got -1'],
    [
      'a negative timeout',
      () => new CountDownLatch(1).wait({ timeout: -1 }),
      RangeError,
      'CountDownLatch.wait: timeout',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});

describe('AtomicCounter', () => {
  it('loses no update between four threads', () => {
    const counter = new AtomicCounter();
    const threads = [1, 2, 3, 4].map(() => start(tasks.incrementTimes, counter, 50_000));
    for (const thread of threads) expect(thread.join(SOON)).toBe(true);
    expect(counter.value).toBe(200_000);
  });

  it('returns the new value of what it adds, and the old one of what it replaces', () => {
    const counter = new AtomicCounter(5);
    expect([
      counter.increment(),
      counter.add(10),
      counter.decrement(),
      counter.add(-20),
      counter.add(0),
    ]).toEqual([6, 16, 15, -5, -5]);
    expect([counter.exchange(3), counter.value]).toEqual([-5, 3]);
    expect([counter.compareExchange(3, 4), counter.compareExchange(3, 9), counter.value]).toEqual([3, 4, 4]);
    counter.value = 8;
    expect(counter.value).toBe(8);
  });

  it('gives each of four threads other numbers', () => {
    const counter = new AtomicCounter();
    const threads = [1, 2, 3, 4].map(() =>
      new Thread((shared: AtomicCounter) => Array.from({ length: 2000 }, () => shared.increment()), {
        args: [counter],
      }).start(),
    );
    expect(new Set(threads.flatMap(thread => thread.result(SOON))).size).toBe(8000);
  });

  it('wraps around, as an element of an Int32Array does', () => {
    const counter = new AtomicCounter(2 ** 31 - 1);
    expect([counter.increment(), counter.decrement(), counter.add(2), counter.value]).toEqual([
      -(2 ** 31),
      2 ** 31 - 1,
      -(2 ** 31) + 1,
      -(2 ** 31) + 1,
    ]);
  });

  it.each([
    [
      'what is no integer',
      () => new AtomicCounter(0.5),
      RangeError,
      'AtomicCounter: value must be a 32-bit integer, got 0.5 (number)',
    ],
    [
      'what needs 33 bits',
      () => new AtomicCounter().add(2 ** 31),
      RangeError,
      'AtomicCounter.add: delta must be a 32-bit integer, got 2147483648',
    ],
    ['a text', () => new AtomicCounter().exchange('1' as never), TypeError, 'got 1 (string)'],
    ['a bigint', () => new AtomicCounter(1n as never), TypeError, 'got 1 (bigint)'],
    [
      'an expectation that can never hold',
      () => new AtomicCounter().compareExchange(Number.NaN, 0),
      RangeError,
      'expected must be',
    ],
    [
      'a bad replacement',
      () => new AtomicCounter().compareExchange(0, Infinity),
      RangeError,
      'replacement must be',
    ],
    ['a bad assignment', () => void (new AtomicCounter().value = 1.5), RangeError, 'got 1.5'],
    [
      'use after dispose',
      () => {
        const counter = new AtomicCounter();
        counter.dispose();
        counter.increment();
      },
      ThreadStateError,
      'AtomicCounter: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});

describe('AtomicFlag', () => {
  it('lets exactly one of four threads be the first, in each of 300 rounds', () => {
    const flags = Array.from({ length: 300 }, () => new AtomicFlag());
    const threads = [1, 2, 3, 4].map(() =>
      new Thread((all: AtomicFlag[]) => all.filter(flag => !flag.testAndSet()).length, {
        args: [flags],
      }).start(),
    );
    expect(threads.reduce((sum, thread) => sum + thread.result(SOON), 0)).toBe(300);
    expect(flags.every(flag => flag.isSet)).toBe(true);
  });

  it('says what it was before', () => {
    const flag = new AtomicFlag({ name: 'claimed' });
    expect([
      flag.isSet,
      flag.testAndSet(),
      flag.testAndSet(),
      flag.isSet,
      flag.clear(),
      flag.clear(),
      flag.isSet,
    ]).toEqual([false, false, true, true, true, false, false]);
    expect(flag.name).toBe('claimed');
  });
});
