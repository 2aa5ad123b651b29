/** What every class has in common: options that are none, and a signal that is none, are refused with what was expected. Ignored, they would mean to wait for ever. */
import { describe, expect, it } from 'vitest';
import * as heddle from '../src/index.ts';

const { AtomicCounter, AtomicFlag, Barrier, BoundedSemaphore, Condition, CountDownLatch, Event } = heddle;
const { Exchanger, LifoQueue, Lock, Once, PriorityQueue, Queue, RLock, RWLock, Semaphore } = heddle;
const { SimpleQueue, SpinLock, SettableFuture, Thread, ThreadPoolExecutor } = heddle;

const condition = (): InstanceType<typeof Condition> => {
  const made = new Condition();
  made.acquire();
  return made;
};
const queue = (): InstanceType<typeof Queue> => {
  const made = new Queue();
  made.put(1);
  return made;
};
const done = (): InstanceType<typeof Thread> => {
  const made = new Thread().start();
  made.join({ timeout: 20_000 });
  return made;
};

type Call = (options: never) => unknown;

const calls: Array<[name: string, call: Call]> = [
  ['Lock.acquire', o => new Lock().acquire(o)],
  ['Lock.hold', o => new Lock().hold(o)],
  ['RLock.acquire', o => new RLock().acquire(o)],
  ['RLock.hold', o => new RLock().hold(o)],
  ['Condition.wait', o => condition().wait(o)],
  ['Condition.waitFor', o => condition().waitFor(() => true, o)],
  ['Semaphore.acquire', o => new Semaphore().acquire(o)],
  ['BoundedSemaphore.acquire', o => new BoundedSemaphore().acquire(o)],
  ['Event.wait', o => new Event().wait(o)],
  ['Barrier.wait', o => new Barrier(1).wait(o)],
  ['CountDownLatch.wait', o => new CountDownLatch(0).wait(o)],
  ['RWLock.acquireShared', o => new RWLock().acquireShared(o)],
  ['RWLock.acquireExclusive', o => new RWLock().acquireExclusive(o)],
  ['SpinLock.acquire', o => new SpinLock().acquire(o)],
  ['Exchanger.exchange', o => new Exchanger().exchange(1, o)],
  ['Queue.get', o => queue().get(o)],
  ['Queue.put', o => new Queue().put(1, o)],
  ['Queue.join', o => new Queue().join(o)],
  ['SimpleQueue.get', o => new SimpleQueue().get(o)],
  ['LifoQueue.get', o => new LifoQueue().get(o)],
  ['PriorityQueue.get', o => new PriorityQueue().get(o)],
  ['Thread.join', o => done().join(o)],
  ['Future.result', o => new SettableFuture().result(o)],
];

const asyncCalls: Array<[name: string, call: Call]> = [
  ['Lock.acquireAsync', o => new Lock().acquireAsync(o)],
  ['Lock.holdAsync', o => new Lock().holdAsync(o)],
  ['RLock.holdAsync', o => new RLock().holdAsync(o)],
  ['Condition.waitAsync', o => condition().waitAsync(o)],
  ['Semaphore.acquireAsync', o => new Semaphore().acquireAsync(o)],
  ['Semaphore.holdAsync', o => new Semaphore().holdAsync(o)],
  ['Event.waitAsync', o => new Event().waitAsync(o)],
  ['Barrier.waitAsync', o => new Barrier(1).waitAsync(o)],
  ['CountDownLatch.waitAsync', o => new CountDownLatch(0).waitAsync(o)],
  ['RWLock.acquireSharedAsync', o => new RWLock().acquireSharedAsync(o)],
  ['RWLock.holdExclusiveAsync', o => new RWLock().holdExclusiveAsync(o)],
  ['SpinLock.holdAsync', o => new SpinLock().holdAsync(o)],
  ['Queue.getAsync', o => queue().getAsync(o)],
  ['Queue.putAsync', o => new Queue().putAsync(1, o)],
  ['Queue.joinAsync', o => new Queue().joinAsync(o)],
  ['Thread.joinAsync', o => done().joinAsync(o)],
];

const constructors: Array<[name: string, make: Call, example: string]> = [
  ['Lock', o => new Lock(o), "{ name: 'mine' }"],
  ['RLock', o => new RLock(o), "{ name: 'mine' }"],
  ['RWLock', o => new RWLock(o), "{ name: 'mine' }"],
  ['SpinLock', o => new SpinLock(o), "{ name: 'mine' }"],
  ['Semaphore', o => new Semaphore(1, o), "{ name: 'mine' }"],
  ['Event', o => new Event(o), "{ name: 'mine' }"],
  ['Once', o => new Once(o), "{ name: 'mine' }"],
  ['Exchanger', o => new Exchanger(o), "{ name: 'mine' }"],
  ['AtomicCounter', o => new AtomicCounter(0, o), "{ name: 'mine' }"],
  ['AtomicFlag', o => new AtomicFlag(o), "{ name: 'mine' }"],
  ['Queue', o => new Queue(o), '{ maxsize: 100 }'],
  ['LifoQueue', o => new LifoQueue(o), '{ maxsize: 100 }'],
  ['PriorityQueue', o => new PriorityQueue(o), '{ maxsize: 100 }'],
  ['ThreadPoolExecutor', o => new ThreadPoolExecutor(o), '{ maxWorkers: 4 }'],
];

describe('options that are none', () => {
  it.each(calls)('are refused by %s, which would wait for ever', (name, call) => {
    for (const [bad, got] of [
      [5, '5 (number)'],
      [false, 'false (boolean)'],
      ['5', '5 (string)'],
      [[5], 'an array'],
    ] as const) {
      expect(() => call(bad as never)).toThrow(TypeError);
      expect(() => call(bad as never)).toThrow(
        `${name}: options must be an object, such as { timeout: 100 }, got ${got}`,
      );
    }
  });

  it.each(asyncCalls)('are refused by %s, and so is a signal that is none', async (name, call) => {
    await expect((async () => call(5 as never))()).rejects.toThrow(
      `${name}: options must be an object, such as { timeout: 100 }, got 5 (number)`,
    );
    for (const signal of [1, {}, 'abort']) {
      await expect((async () => call({ signal } as never))()).rejects.toThrow(
        `${name}: signal must be an AbortSignal, got ${String(signal)} (${typeof signal})`,
      );
    }
  });

  it.each(constructors)('are refused by new %s', (name, make, example) => {
    expect(() => make(100 as never)).toThrow(TypeError);
    expect(() => make(100 as never)).toThrow(
      `${name}: options must be an object, such as ${example}, got 100 (number)`,
    );
  });

  it('are refused by shutdown(), which Python tells by its place', () => {
    const pool = new ThreadPoolExecutor();
    expect(() => new Queue().shutdown(true as never)).toThrow(
      'Queue.shutdown: options must be an object, such as { immediate: true }, got true (boolean)',
    );
    expect(() => pool.shutdown(false as never)).toThrow(
      'ThreadPoolExecutor.shutdown: options must be an object, such as { wait: false }, got false (boolean)',
    );
    pool.shutdown();
  });
});
