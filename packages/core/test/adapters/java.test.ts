/** What Java's kit of tests for java.util.concurrent (JSR-166) asserts of what we have too, wherever those who wait are. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Barrier, CountDownLatch, Queue, Semaphore } from '../../src/index.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { SOON, until, waitingAt } from '../support/state.ts';
import { Caller, PLACEMENTS, interruptible, startThreads } from './adapters.fixture.ts';

// Where threads are slow to start, all together are sooner there than one after the other.
beforeAll(startThreads);

function sorted(outcomes: readonly unknown[]): unknown[] {
  return outcomes.toSorted((a, b) => Number(a) - Number(b));
}

describe.each(PLACEMENTS)('waiters: %s', placement => {
  describe('Semaphore', () => {
    it('lets in, fairly, in the order of arrival, and nobody who comes by', async () => {
      const caller = new Caller(placement);
      const semaphore = new Semaphore(0);
      const order: number[] = [];
      const calls: Promise<unknown>[] = [];
      for (let index = 0; index < 5; index++) {
        calls.push(caller.begin(semaphore, 'acquire', SOON).then(got => got === true && order.push(index)));
        await until(() => waitingAt(semaphore) === index + 1, 'it waits');
      }
      for (let index = 0; index < 5; index++) {
        semaphore.release();
        expect(semaphore.tryAcquire()).toBe(false);
        await until(() => order.length === index + 1, 'the next is in');
      }
      await Promise.all(calls);
      expect([order, semaphore.value]).toEqual([[0, 1, 2, 3, 4], 0]);
    });

    it('is not acquired within 0 and 1 ms without a permit', async () => {
      const caller = new Caller(placement);
      const semaphore = new Semaphore(0);
      for (const timeout of [0, 1, 0, 1])
        expect(await caller.begin(semaphore, 'acquire', { timeout })).toBe(false);
      semaphore.release();
      expect([await caller.begin(semaphore, 'acquire', { timeout: 0 }), semaphore.value]).toEqual([true, 0]);
    });

    it('loses nothing to one that is interrupted or times out between the others', async () => {
      const caller = new Caller(placement);
      const semaphore = new Semaphore(0);
      const first = caller.begin(semaphore, 'acquire', SOON);
      await until(() => waitingAt(semaphore) === 1, 'the first waits');
      const doomed = interruptible(options => semaphore.acquireAsync(options));
      const late = caller.begin(semaphore, 'acquire', { timeout: 50 });
      const last = caller.begin(semaphore, 'acquire', SOON);
      doomed.interrupt();
      expect([await doomed.outcome, await late]).toEqual(['InterruptedError', false]);
      await until(() => waitingAt(semaphore) === 2, 'two wait');
      semaphore.release(2);
      expect([await first, await last, semaphore.value, waitingAt(semaphore)]).toEqual([true, true, 0, 0]);
    });
  });

  describe('CyclicBarrier', () => {
    it('trips again and again, each index once', async () => {
      const caller = new Caller(placement);
      const barrier = new Barrier(3);
      for (let cycle = 0; cycle < 5; cycle++) {
        const calls = [0, 1, 2].map(() => caller.begin(barrier, 'wait', SOON));
        expect(sorted(await Promise.all(calls))).toEqual([0, 1, 2]);
        expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
      }
    });

    it.each(['abort', 'reset'] as const)(
      'throws at those who wait by %s, and works after a reset',
      async how => {
        const caller = new Caller(placement);
        const barrier = new Barrier(3);
        for (let cycle = 0; cycle < 3; cycle++) {
          const two = [0, 1].map(() => caller.begin(barrier, 'wait', SOON));
          await until(() => barrier.waiting === 2, 'two wait');
          barrier[how]();
          expect(await Promise.all(two)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
          expect([barrier.broken, barrier.waiting]).toEqual([how === 'abort', 0]);
          if (how === 'abort') expect(await caller.begin(barrier, 'wait', SOON)).toBe('BrokenBarrierError');
          barrier.reset();
          const three = [0, 1, 2].map(() => caller.begin(barrier, 'wait', SOON));
          expect(sorted(await Promise.all(three))).toEqual([0, 1, 2]);
        }
      },
    );

    it('is broken for all, timed or not, by one that is interrupted, and by one that times out', async () => {
      const caller = new Caller(placement);
      const barrier = new Barrier(4);
      const two = [SOON, { timeout: 15_000 }].map(options => caller.begin(barrier, 'wait', options));
      const doomed = interruptible(options => barrier.waitAsync(options));
      await until(() => barrier.waiting === 3, 'three wait');
      doomed.interrupt();
      const [own, ...others] = await Promise.all([doomed.outcome, ...two]);
      expect([own, others, barrier.broken]).toEqual([
        'InterruptedError',
        ['BrokenBarrierError', 'BrokenBarrierError'],
        true,
      ]);
      barrier.reset();
      const one = caller.begin(barrier, 'wait', SOON);
      const impatient = caller.begin(barrier, 'wait', { timeout: 20 });
      const third = caller.begin(barrier, 'wait', SOON);
      expect(await Promise.all([one, impatient, third])).toEqual([
        'BrokenBarrierError',
        'BrokenBarrierError',
        'BrokenBarrierError',
      ]);
    });

    it('is broken by an action that throws, for the others too, until it is reset', async () => {
      const caller = new Caller(placement);
      let runs = 0;
      const barrier = new Barrier(3, {
        action: () => {
          runs += 1;
          if (runs === 1) throw new RangeError('the action failed');
        },
      });
      const two = [0, 1].map(() => caller.begin(barrier, 'wait', SOON));
      await until(() => barrier.waiting === 2, 'two wait');
      expect(() => barrier.wait(SOON)).toThrow('the action failed');
      expect(await Promise.all(two)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
      expect([barrier.broken, runs]).toEqual([true, 1]);
      barrier.reset();
      const again = [0, 1].map(() => caller.begin(barrier, 'wait', SOON));
      await until(() => barrier.waiting === 2, 'two wait again');
      expect([await barrier.waitAsync(SOON), runs]).toEqual([2, 2]);
      expect(sorted(await Promise.all(again))).toEqual([0, 1]);
    });
  });

  it('CountDownLatch: opens for all at zero, not before, and times out without being changed', async () => {
    const caller = new Caller(placement);
    const latch = new CountDownLatch(2);
    expect(await caller.begin(latch, 'wait', { timeout: 20 })).toBe(false);
    const doomed = interruptible(options => latch.waitAsync(options));
    const calls = [0, 1, 2].map(() => caller.begin(latch, 'wait', SOON));
    await until(() => waitingAt(latch) === 4, 'four wait');
    latch.countDown();
    doomed.interrupt();
    expect([await doomed.outcome, latch.count, waitingAt(latch)]).toEqual(['InterruptedError', 1, 3]);
    latch.countDown();
    expect(await Promise.all(calls)).toEqual([true, true, true]);
    latch.countDown();
    expect([latch.count, await caller.begin(latch, 'wait', { timeout: 0 })]).toEqual([0, true]);
  });

  describe('BlockingQueue', () => {
    it('offers and polls in vain for their time, and leaves the queue as it was', async () => {
      const caller = new Caller(placement);
      const queue = new Queue<unknown>({ maxsize: 2 });
      for (const timeout of [0, 10])
        expect(await caller.begin(queue, 'get', { timeout })).toBe('QueueEmptyError');
      queue.put('a');
      queue.put('b');
      for (const timeout of [0, 10]) {
        expect(await caller.begin(queue, 'put', 'c', { timeout })).toBe('QueueFullError');
        expect([queue.size, queue.full, queue.unfinishedTasks]).toEqual([2, true, 2]);
      }
      expect([queue.get(), queue.get(), queue.empty]).toEqual(['a', 'b', true]);
    });

    it('keeps the order of puts that wait for room, and lets in none that was interrupted', async () => {
      const caller = new Caller(placement);
      const queue = new Queue<unknown>({ maxsize: 1 });
      const waiting = (): number => waitingAt(queue, QUEUE.putters);
      queue.put(0);
      const first = caller.begin(queue, 'put', 1, SOON);
      await until(() => waiting() === 1, 'one waits');
      const doomed = interruptible(options => queue.putAsync('never', options));
      const second = caller.begin(queue, 'put', 2, SOON);
      await until(() => waiting() === 3, 'three wait');
      doomed.interrupt();
      expect([await doomed.outcome, queue.size]).toEqual(['InterruptedError', 1]);
      expect([await queue.getAsync(SOON), await queue.getAsync(SOON), await queue.getAsync(SOON)]).toEqual([
        0, 1, 2,
      ]);
      expect([await first, await second, queue.size, queue.unfinishedTasks]).toEqual([
        undefined,
        undefined,
        0,
        3,
      ]);
    });

    it('hands the items to those who wait, in the order of arrival, past one that was interrupted', async () => {
      const caller = new Caller(placement);
      const queue = new Queue<unknown>();
      const calls: Promise<unknown>[] = [caller.begin(queue, 'get', SOON)];
      await until(() => waitingAt(queue) === 1, 'one waits');
      const doomed = interruptible(options => queue.getAsync(options));
      for (const count of [3, 4]) {
        calls.push(caller.begin(queue, 'get', SOON));
        await until(() => waitingAt(queue) === count, 'the next waits');
      }
      // In the same turn: the one in the middle is told of an item, and called off.
      for (const item of ['a', 'b', 'c']) queue.put(item);
      doomed.interrupt();
      expect(await doomed.outcome).toBe('InterruptedError');
      expect((await Promise.all(calls)).map(String).toSorted()).toEqual(['a', 'b', 'c']);
      expect(queue.size).toBe(0);
    });

    it('is drained at once, by which puts that wait go on', async () => {
      const caller = new Caller(placement);
      const queue = new Queue<unknown>({ maxsize: 2 });
      for (const item of [0, 1]) queue.put(item);
      const put = caller.begin(queue, 'put', 2, SOON);
      await until(() => waitingAt(queue, QUEUE.putters) === 1, 'it waits');
      const drained = queue.getMany(10);
      expect(await put).toBeUndefined();
      drained.push(...(queue.empty ? [] : queue.getMany(10)));
      expect(drained).toEqual([0, 1, 2]);
    });
  });
});
