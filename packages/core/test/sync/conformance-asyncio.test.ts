/** Cases of CPython's test_asyncio about cancelling that have no other place; see CONFORMANCE.md. */
import { describe, expect, it } from 'vitest';
import { Queue, Semaphore } from '../../src/index.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { SOON, until, waitingAt } from '../support/state.ts';

/** A wait that can be cancelled, and what came of it. */
function cancellable<T>(begin: (signal: AbortSignal) => Promise<T>): {
  cancel(): void;
  outcome: Promise<unknown>;
} {
  const controller = new AbortController();
  const outcome = begin(controller.signal).catch((error: unknown) => error);
  return { cancel: () => controller.abort('cancelled'), outcome };
}

describe('a semaphore whose waiters are cancelled', () => {
  it('wakes the next when those in front are cancelled before they hear of their permits', async () => {
    const semaphore = new Semaphore(0);
    const waits = Array.from({ length: 4 }, () =>
      cancellable(signal => semaphore.acquireAsync({ signal, ...SOON })),
    );
    // Two are given a permit, and cancelled before their event loop turns.
    semaphore.release();
    semaphore.release();
    waits[0]!.cancel();
    waits[1]!.cancel();
    expect(await Promise.all(waits.map(each => each.outcome))).toEqual([
      'cancelled',
      'cancelled',
      true,
      true,
    ]);
    expect(semaphore.value).toBe(0);
    // And it isn't stuck: test_acquire_hang.
    const last = semaphore.acquireAsync(SOON);
    semaphore.release();
    expect([await last, semaphore.value]).toEqual([true, 0]);
  });
});

describe('a queue whose waiters are cancelled', () => {
  it('hands each item to one getter although others are cancelled as it comes', async () => {
    const queue = new Queue<number>();
    const getters = Array.from({ length: 10 }, () =>
      cancellable(signal => queue.getAsync({ signal, ...SOON })),
    );
    for (let n = 0; n < 5; n++) queue.put(n);
    for (const index of [0, 2, 4, 6, 8]) getters[index]!.cancel();
    const outcomes = await Promise.all(getters.map(each => each.outcome));
    expect(outcomes.filter(each => each === 'cancelled')).toHaveLength(5);
    expect(outcomes.filter(each => each !== 'cancelled')).toEqual([0, 1, 2, 3, 4]);
    expect(queue.size).toBe(0);
  });

  it('puts nothing for a putter that was cancelled, and lets the next one in', async () => {
    const queue = new Queue<string>({ maxsize: 1 });
    queue.put('first');
    const [lost, also, kept] = ['lost', 'also lost', 'kept'].map(value =>
      cancellable(signal => queue.putAsync(value, { signal, ...SOON })),
    );
    lost!.cancel();
    expect(queue.get()).toBe('first');
    // It was told that there is room, in this very turn.
    also!.cancel();
    expect([await lost!.outcome, await also!.outcome]).toEqual(['cancelled', 'cancelled']);
    expect([await kept!.outcome, queue.get(), queue.size]).toEqual([undefined, 'kept', 0]);
    expect(queue.unfinishedTasks).toBe(2);
  });
});

describe('a queue with a limit', () => {
  it('keeps a putter waiting at its limit, and goes on by itself when there is room', async () => {
    const queue = new Queue<number>({ maxsize: 2 });
    const put: number[] = [];
    const putter = (async () => {
      for (const item of [0, 1, 2]) {
        await queue.putAsync(item, SOON);
        put.push(item);
      }
    })();
    await until(() => waitingAt(queue, QUEUE.putters) === 1, 'it waits');
    expect(put).toEqual([0, 1]);
    expect(await queue.getAsync(SOON)).toBe(0);
    await putter;
    expect(put).toEqual([0, 1, 2]);
    expect([await queue.getAsync(SOON), await queue.getAsync(SOON), queue.empty]).toEqual([1, 2, true]);
  });

  it('gives a getter what putters wait to put, in their order', async () => {
    const queue = new Queue<string>({ maxsize: 1 });
    const puts = ['a', 'b', 'c'].map(item => queue.putAsync(item, SOON));
    expect([await queue.getAsync(SOON), await queue.getAsync(SOON), await queue.getAsync(SOON)]).toEqual([
      'a',
      'b',
      'c',
    ]);
    await Promise.all(puts);
  });
});
