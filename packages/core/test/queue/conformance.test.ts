/** What CPython's test_queue says, of every class of queue, with each side of it in the main thread, in a thread, and as a promise. */
import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  Barrier,
  Event,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
  type QueueOptions,
  QueueShutDownError,
  SimpleQueue,
  Thread,
} from '../../src/index.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { LONG, SOON, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './queue.fixture.ts';

type Numbers = tasks.AnyQueue<number>;

const classes: Array<[name: string, make: (options?: QueueOptions) => Numbers, order: number[]]> = [
  ['Queue', options => new Queue<number>(options), [111, 333, 222]],
  ['LifoQueue', options => new LifoQueue<number>(options), [222, 333, 111]],
  ['PriorityQueue', options => new PriorityQueue<number>(options), [111, 222, 333]],
];

const SIZE = 5;

function start<F extends (...args: never[]) => unknown>(target: F, ...args: Parameters<F>): Thread<F> {
  return new Thread(target, { args } as never).start();
}

/** Blocks the main thread in `block` until a thread, having seen it wait, does `trigger`. */
function blocked<T>(block: () => T, trigger: Thread): T {
  const result = block();
  expect(trigger.join(SOON)).toBe(true);
  return result;
}

describe.each(classes)('%s', (name, make, order) => {
  const priority = name === 'PriorityQueue' ? { priority: 0 } : {};

  function basics(queue: Numbers): void {
    expect([queue.size, queue.empty, queue.full]).toEqual([0, true, false]);
    for (const number of [111, 333, 222]) queue.put(number);
    expect([queue.get(), queue.get(), queue.get()]).toEqual(order);
    for (let i = 0; i < SIZE - 1; i++) {
      queue.put(i);
      expect(queue.size).toBe(i + 1);
    }
    expect(queue.full).toBe(false);
    queue.put(2 * SIZE);
    expect([queue.full, queue.empty, queue.size]).toEqual([true, false, SIZE]);
    expect(() => queue.putNowait(30)).toThrow(QueueFullError);
    expect(queue.tryPut(30)).toBe(false);
    expect(() => queue.put(30, { timeout: 10 })).toThrow(QueueFullError);
    // Blocking puts.
    blocked(() => queue.put(30), start(tasks.getWhenAwaited, queue));
    blocked(() => queue.put(30, { timeout: LONG }), start(tasks.getWhenAwaited, queue));
    for (let i = 0; i < SIZE; i++) queue.get();
    expect(queue.size).toBe(0);
    expect(() => queue.getNowait()).toThrow(QueueEmptyError);
    expect(queue.tryGet()).toBeUndefined();
    expect(() => queue.get({ timeout: 10 })).toThrow(QueueEmptyError);
    // Blocking gets.
    expect(blocked(() => queue.get(), start(tasks.putWhenAwaited, queue, 7))).toBe(7);
    expect(blocked(() => queue.get({ timeout: LONG }), start(tasks.putWhenAwaited, queue, 8))).toBe(8);
  }

  it('hands out in its order, blocks, polls and gives up, twice on the same queue', () => {
    const queue = make({ maxsize: SIZE });
    basics(queue);
    basics(queue);
  });

  it('blocks a thread in get until the main thread puts', () => {
    const queue = make();
    const thread = start(tasks.get, queue);
    untilBlocked(() => waitingAt(queue) === 1, 'the thread waits');
    queue.put(5);
    expect(thread.result(SOON)).toBe(5);
  });

  it('blocks a thread in put until the main thread gets', () => {
    const queue = make({ maxsize: 1 });
    queue.put(1);
    const thread = start(tasks.put, queue, 2);
    untilBlocked(() => waitingAt(queue, QUEUE.putters) === 1, 'the thread waits');
    expect(queue.get()).toBe(1);
    expect(thread.join(SOON)).toBe(true);
    expect(queue.get()).toBe(2);
  });

  it('keeps a promise of get until a thread puts, and a promise of put until a thread gets', async () => {
    const queue = make({ maxsize: 1 });
    const got = queue.getAsync(SOON);
    const putter = start(tasks.putWhenAwaited, queue, 5);
    expect(await got).toBe(5);
    expect(await putter.joinAsync(SOON)).toBe(true);
    queue.put(1);
    const put = queue.putAsync(2, { ...SOON, ...priority });
    const getter = start(tasks.getWhenAwaited, queue);
    await put;
    expect(await getter.resultAsync(SOON)).toBe(1);
    expect(await queue.getAsync()).toBe(2);
  });

  it('refuses a negative or NaN timeout, in every call that takes one', async () => {
    const queue = make({ maxsize: SIZE });
    for (const timeout of [-1, Number.NaN]) {
      expect(() => queue.put(1, { timeout })).toThrow(RangeError);
      expect(() => queue.get({ timeout })).toThrow(RangeError);
      expect(() => queue.getMany(1, { timeout })).toThrow(RangeError);
      expect(() => queue.putMany([1], { timeout })).toThrow(RangeError);
      expect(() => queue.join({ timeout })).toThrow(RangeError);
      await expect(queue.putAsync(1, { timeout })).rejects.toThrow(RangeError);
      await expect(queue.getAsync({ timeout })).rejects.toThrow(RangeError);
      await expect(queue.getManyAsync(1, { timeout })).rejects.toThrow(RangeError);
      await expect(queue.putManyAsync([1], { timeout })).rejects.toThrow(RangeError);
      await expect(queue.joinAsync({ timeout })).rejects.toThrow(RangeError);
    }
    expect(queue.size).toBe(0);
  });

  it('puts and gets without waiting until it is full and empty', () => {
    const queue = make({ maxsize: SIZE });
    for (let i = 0; i < SIZE; i++) queue.putNowait(1);
    expect(() => queue.putNowait(1)).toThrow(QueueFullError);
    for (let i = 0; i < SIZE; i++) queue.getNowait();
    expect(() => queue.getNowait()).toThrow(QueueEmptyError);
  });

  it('says when taskDone() is called too many times', () => {
    const queue = make();
    expect(() => queue.taskDone()).toThrow(new RangeError(`${name}: taskDone() called too many times`));
  });

  it('lets join() go when all items are dealt with, twice, in the main thread', () => {
    const queue = make();
    for (let time = 0; time < 2; time++) {
      const sum = new AtomicCounter();
      const workers = [0, 1].map(() => start(tasks.addUp, queue, sum));
      for (let i = 0; i < 100; i++) queue.put(i);
      expect(queue.join(SOON)).toBe(true);
      expect(sum.value).toBe(4950);
      // All before the first -1, since either worker may take it.
      expect(workers.map(worker => worker.alive)).toEqual([true, true]);
      for (const _ of workers) queue.put(-1);
      expect(queue.join(SOON)).toBe(true);
      for (const worker of workers) expect(worker.join(SOON)).toBe(true);
      expect(queue.unfinishedTasks).toBe(0);
    }
    expect(() => queue.taskDone()).toThrow('called too many times');
  });

  it('lets a promise of join go, and returns false from a join whose time is up', async () => {
    const queue = make();
    expect(await queue.joinAsync()).toBe(true);
    queue.put(1);
    expect(queue.join({ timeout: 5 })).toBe(false);
    expect(queue.join({ timeout: 0 })).toBe(false);
    expect(await queue.joinAsync({ timeout: 5 })).toBe(false);
    const joined = queue.joinAsync(SOON);
    const other = start(tasks.join, queue);
    await until(() => waitingAt(queue, QUEUE.joiners) === 2, 'both wait');
    queue.get();
    expect(waitingAt(queue, QUEUE.joiners)).toBe(2);
    queue.taskDone();
    expect(await joined).toBe(true);
    expect(await other.resultAsync(SOON)).toBe(true);
  });

  describe('after shutdown()', () => {
    it('refuses put, and get when it is empty', () => {
      const queue = make();
      queue.shutdown();
      expect(() => queue.put(1)).toThrow(QueueShutDownError);
      expect(() => queue.get()).toThrow(QueueShutDownError);
    });

    it('hands out what is left first', () => {
      const queue = make();
      queue.put(1);
      queue.shutdown();
      expect(queue.get()).toBe(1);
      expect(() => queue.get()).toThrow(QueueShutDownError);
    });

    it('has nothing left when it is immediate', () => {
      const queue = make();
      queue.put(1);
      queue.shutdown({ immediate: true });
      expect(() => queue.get()).toThrow(QueueShutDownError);
      expect([queue.size, queue.empty]).toEqual([0, true]);
    });

    it('may be shut down again, immediately or not', () => {
      const queue = make();
      expect(queue.isShutdown).toBe(false);
      queue.shutdown();
      expect(queue.isShutdown).toBe(true);
      queue.shutdown({ immediate: true });
      expect(queue.isShutdown).toBe(true);
      queue.shutdown({ immediate: false });
      queue[Symbol.dispose]();
      expect(queue.isShutdown).toBe(true);
    });

    it.each([false, true])('refuses every method in its turn (immediate: %s)', async immediate => {
      const queue = make({ maxsize: 2 });
      queue.put(1);
      queue.putNowait(2);
      queue.shutdown({ immediate });
      const put = [
        () => queue.put(3),
        () => queue.putNowait(3),
        () => queue.tryPut(3),
        () => queue.putMany([3]),
      ];
      const get = [
        () => queue.get(),
        () => queue.getNowait(),
        () => queue.tryGet(),
        () => queue.getMany(1),
        () => queue.get({ timeout: 1000 }),
        () => queue.get({ timeout: 0 }),
      ];
      for (const call of put) expect(call).toThrow(QueueShutDownError);
      await expect(queue.putAsync(3)).rejects.toThrow(QueueShutDownError);
      await expect(queue.putManyAsync([3])).rejects.toThrow(QueueShutDownError);
      if (!immediate) {
        for (let i = 0; i < 2; i++) {
          expect([1, 2]).toContain(queue.get());
          queue.taskDone();
        }
      }
      expect(queue.join(SOON)).toBe(true);
      for (const call of get) expect(call).toThrow(QueueShutDownError);
      await expect(queue.getAsync()).rejects.toThrow(QueueShutDownError);
      await expect(queue.getManyAsync(1)).rejects.toThrow(QueueShutDownError);
      expect(() => queue.taskDone()).toThrow('called too many times');
      expect(queue.join(SOON)).toBe(true);
    });

    it.each([false, true])('lets all threads go in the middle of much traffic (immediate: %s)', immediate => {
      const queue = make();
      const [writers, readers, joiners] = [4, 6, immediate ? 2 : 0];
      const each = 4096;
      const event = new Event();
      const barrier = new Barrier(writers + readers + joiners);
      const messages = queue as tasks.AnyQueue;
      const writing = Array.from({ length: writers }, () =>
        start(tasks.writeMessages, messages, each, each >> 1, event, barrier),
      );
      const reading = Array.from({ length: readers }, () => start(tasks.readMessages, messages, barrier));
      const joining = Array.from({ length: joiners }, () => start(tasks.joinAfter, messages, barrier));
      const shutting = start(tasks.shutDownWhen, messages, event, immediate);
      const written = writing.map(thread => thread.result(SOON));
      expect(written.some(how => how === 'said when' || how === 'shut down')).toBe(true);
      for (const thread of reading) expect(thread.result(SOON)).toBeGreaterThan(0);
      for (const thread of joining) expect(thread.result(SOON)).toBe(true);
      const left = shutting.result(SOON);
      if (immediate) expect(left).toBe(0);
      expect(queue.empty).toBe(true);
      expect(queue.unfinishedTasks).toBe(0);
    });

    it.each([false, true])(
      'lets waiting getters have what is left, and no more (immediate: %s)',
      immediate => {
        const queue = make({ maxsize: 2 });
        const threads = [0, 1, 2].map(() => start(tasks.get, queue));
        untilBlocked(() => waitingAt(queue) === 3, 'three wait');
        queue.put(1);
        queue.put(2);
        queue.shutdown({ immediate });
        const results = threads.map(thread => thread.result(SOON));
        const items = results.filter(result => typeof result === 'number');
        expect(items.length).toBeLessThanOrEqual(2);
        if (!immediate) expect(items.sort((a, b) => a - b)).toEqual([1, 2]);
        for (const result of results) {
          if (typeof result !== 'number') {
            expect(result).toBe(`QueueShutDownError: ${name}: shut down, and no item is left`);
          }
        }
      },
    );

    it.each([false, true])(
      'refuses waiting putters, threads and promises (immediate: %s)',
      async immediate => {
        const queue = make({ maxsize: 2 });
        queue.putMany([1, 2]);
        const promise = queue.putAsync(3, SOON);
        const threads = [0, 1].map(() => start(tasks.put, queue, 4));
        await until(() => waitingAt(queue, QUEUE.putters) === 3, 'three wait');
        queue.shutdown({ immediate });
        await expect(promise).rejects.toThrow(QueueShutDownError);
        for (const thread of threads) {
          expect(thread.result(SOON)).toBe(
            `QueueShutDownError: ${name}: shut down, nothing can be put any more`,
          );
        }
        expect(queue.size).toBe(immediate ? 0 : 2);
      },
    );

    it('lets joiners go when it is immediate, with what was not taken', () => {
      const queue = make();
      queue.put(1);
      const threads = [0, 1].map(() => start(tasks.join, queue));
      untilBlocked(() => waitingAt(queue, QUEUE.joiners) === 2, 'two wait');
      queue.shutdown({ immediate: true });
      for (const thread of threads) expect(thread.result(SOON)).toBe(true);
    });

    it('lets joiners go when the last item is dealt with', () => {
      const queue = make();
      queue.put(1);
      const threads = [0, 1].map(() => start(tasks.join, queue));
      untilBlocked(() => waitingAt(queue, QUEUE.joiners) === 2, 'two wait');
      queue.shutdown();
      expect(waitingAt(queue, QUEUE.joiners)).toBe(2);
      expect(start(tasks.getThenDone, queue).result(SOON)).toBe(1);
      for (const thread of threads) expect(thread.result(SOON)).toBe(true);
    });

    it('still holds join() for an item that somebody is dealing with', () => {
      const queue = make();
      queue.putMany([1, 2, 3]);
      queue.get();
      queue.shutdown({ immediate: true });
      expect(queue.unfinishedTasks).toBe(1);
      expect(queue.join({ timeout: 5 })).toBe(false);
      queue.taskDone();
      expect(queue.join(SOON)).toBe(true);
      expect(() => queue.taskDone()).toThrow('called too many times');
    });

    it('counts what was reported done beforehand', () => {
      const queue = make();
      queue.putMany([1, 2]);
      queue.taskDone();
      queue.shutdown({ immediate: true });
      expect(queue.unfinishedTasks).toBe(0);
    });

    it('sends a thread away that waits to get', () => {
      const queue = make();
      const thread = start(tasks.get, queue);
      untilBlocked(() => waitingAt(queue) === 1, 'it waits');
      queue.shutdown();
      expect(thread.result(SOON)).toContain('QueueShutDownError');
      expect(waitingAt(queue)).toBe(0);
    });

    it('sends a promise away that waits to get', async () => {
      const queue = make();
      const got = queue.getAsync(SOON);
      queue.shutdown();
      await expect(got).rejects.toThrow(QueueShutDownError);
    });
  });
});

describe('SimpleQueue', () => {
  it('hands out in order, says its size, polls and gives up', () => {
    const queue = new SimpleQueue<number>();
    expect([queue.empty, queue.size]).toEqual([true, 0]);
    queue.put(1);
    expect([queue.empty, queue.size]).toEqual([false, 1]);
    queue.put(2);
    queue.putNowait(3);
    queue.putMany([4]);
    expect(queue.size).toBe(4);
    expect(queue.get()).toBe(1);
    expect(queue.getNowait()).toBe(2);
    expect(queue.tryGet()).toEqual({ value: 3 });
    expect(queue.get({ timeout: 100 })).toBe(4);
    expect([queue.empty, queue.size]).toEqual([true, 0]);
    expect(queue.tryGet()).toBeUndefined();
    expect(() => queue.get({ timeout: 1 })).toThrow(QueueEmptyError);
    expect(() => queue.getNowait()).toThrow(QueueEmptyError);
    expect([queue.empty, queue.size]).toEqual([true, 0]);
  });

  it('refuses a negative timeout, also when there is something to get', async () => {
    const queue = new SimpleQueue<number>();
    queue.put(1);
    expect(() => queue.get({ timeout: -1 })).toThrow(RangeError);
    await expect(queue.getAsync({ timeout: -1 })).rejects.toThrow(RangeError);
    expect(queue.size).toBe(1);
  });

  function run(threads: number, count: number, how: 'blocking' | 'polling' | 'timeout'): number[] {
    const queue = new SimpleQueue();
    const numbers = new SimpleQueue<number>();
    numbers.putMany(Array.from({ length: count }, (_, i) => i));
    const feeders = Array.from({ length: threads }, (_, i) => start(tasks.feed, queue, numbers, i + 1));
    const consumers = Array.from({ length: threads }, () => start(tasks.consume, queue, how));
    for (const feeder of feeders) expect(feeder.join(SOON)).toBe(true);
    const results = consumers.flatMap(consumer => consumer.result(SOON));
    expect([queue.empty, queue.size]).toEqual([true, 0]);
    return results;
  }

  it('keeps the order between one producer and one consumer', () => {
    expect(run(1, 100, 'blocking')).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it.each(['blocking', 'polling', 'timeout'] as const)(
    'loses and doubles nothing between many threads (%s)',
    how => {
      expect(run(6, 3000, how).sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    },
  );

  it('may be put into while it is being put into', () => {
    const queue = new SimpleQueue<unknown>();
    queue.put({
      get inner(): string {
        queue.put('from within');
        return 'inner';
      },
      after: 1,
    });
    expect([queue.get(), queue.get()]).toEqual(['from within', { inner: 'inner', after: 1 }]);
  });
});
