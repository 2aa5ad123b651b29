/** What janus asserts of a queue with a face that blocks, for threads, and one of promises, for the event loop: here they are one. */
import { describe, expect, it } from 'vitest';
import { LifoQueue, PriorityQueue, Queue, QueueShutDownError, Thread } from '../../src/index.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { SOON, until, waitingAt } from '../support/state.ts';
import { callThere, getAll, putAll } from './adapters.fixture.ts';

const COUNT = 5;
const ITEMS = Array.from({ length: COUNT }, (_, item) => item);

async function getAllHere(queue: Queue<number>): Promise<number[]> {
  const items: number[] = [];
  for (let count = 0; count < COUNT; count++) {
    items.push(await queue.getAsync(SOON));
    queue.taskDone();
  }
  return items;
}

async function putAllHere(queue: Queue<number>): Promise<void> {
  for (const item of ITEMS) await queue.putAsync(item, SOON);
}

function startPutting(queue: Queue<number>, join: boolean): Promise<boolean> {
  return new Thread(putAll, { args: [queue, COUNT, join] }).start().resultAsync(SOON);
}

function startGetting(queue: Queue<number>): Promise<number[]> {
  return new Thread(getAll, { args: [queue, COUNT] }).start().resultAsync(SOON);
}

function callInThread(queue: Queue<number>, method: string, ...args: readonly unknown[]): Promise<unknown> {
  return new Thread(callThere, { args: [queue, method, args] }).start().resultAsync(SOON);
}

describe.each([0, 1])('a queue between a thread and the event loop, maxsize %i', maxsize => {
  it('is put into by the thread and got from by promises, three times', async () => {
    const queue = new Queue<number>({ maxsize });
    for (let round = 0; round < 3; round++) {
      const putting = startPutting(queue, false);
      expect([await getAllHere(queue), await putting, queue.empty]).toEqual([ITEMS, true, true]);
    }
  });

  it('is put into by promises and got from by the thread, three times', async () => {
    const queue = new Queue<number>({ maxsize });
    for (let round = 0; round < 3; round++) {
      const getting = startGetting(queue);
      await putAllHere(queue);
      expect([await getting, queue.empty]).toEqual([ITEMS, true]);
    }
  });

  it('is joined by the thread until promises are done with the items', async () => {
    const queue = new Queue<number>({ maxsize });
    const joined = startPutting(queue, true);
    expect([await getAllHere(queue), await joined, queue.unfinishedTasks]).toEqual([ITEMS, true, 0]);
  });

  it('is joined by a promise until the thread is done with the items', async () => {
    const queue = new Queue<number>({ maxsize });
    const getting = startGetting(queue);
    await putAllHere(queue);
    expect([await queue.joinAsync(SOON), queue.unfinishedTasks, await getting]).toEqual([true, 0, ITEMS]);
  });

  it('is joined by both at once, by all of them, and again when new work has come', async () => {
    const queue = new Queue<number>({ maxsize });
    for (let round = 0; round < 2; round++) {
      queue.put(round);
      const joins = [callInThread(queue, 'join', SOON), queue.joinAsync(SOON), queue.joinAsync(SOON)];
      await until(() => waitingAt(queue, QUEUE.joiners) === 3, 'three join');
      expect(queue.get()).toBe(round);
      expect(await queue.joinAsync({ timeout: 0 })).toBe(false);
      queue.taskDone();
      expect(await Promise.all(joins)).toEqual([true, true, true]);
      expect(() => queue.taskDone()).toThrow('called too many times');
    }
  });
});

describe.each([
  ['Queue', () => new Queue<number>({ maxsize: 2 })],
  ['LifoQueue', () => new LifoQueue<number>({ maxsize: 2 })],
  ['PriorityQueue', () => new PriorityQueue<number>({ maxsize: 2, key: item => item })],
] as const)('shutting down a %s that threads and promises wait for', (_type, make) => {
  it('sends all away who wait to get, in threads and here', async () => {
    const queue = make() as unknown as Queue<number>;
    const calls = [
      callInThread(queue, 'get', SOON),
      queue.getAsync(SOON).catch((error: Error) => error.name),
      callInThread(queue, 'get', SOON),
      queue.getAsync(SOON).catch((error: Error) => error.name),
    ];
    await until(() => waitingAt(queue) === 4, 'four wait');
    queue.shutdown();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 4 }, () => 'QueueShutDownError'));
  });

  it('sends all away who wait to put; what is there is still handed out, and joiners go on when it is done', async () => {
    const queue = make() as unknown as Queue<number>;
    queue.put(1);
    queue.put(2);
    const calls = [
      callInThread(queue, 'put', 3, SOON),
      queue.putAsync(4, SOON).catch((error: Error) => error.name),
    ];
    const joins = [callInThread(queue, 'join', SOON), queue.joinAsync(SOON)];
    await until(
      () => waitingAt(queue, QUEUE.putters) === 2 && waitingAt(queue, QUEUE.joiners) === 2,
      'all wait',
    );
    queue.shutdown();
    expect(await Promise.all(calls)).toEqual(['QueueShutDownError', 'QueueShutDownError']);
    expect(
      [await queue.getAsync(SOON), await callInThread(queue, 'get', SOON)]
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual([1, 2]);
    await expect(queue.getAsync(SOON)).rejects.toThrow(QueueShutDownError);
    queue.taskDone();
    expect(await callInThread(queue, 'taskDone')).toBeUndefined();
    expect(await Promise.all(joins)).toEqual([true, true]);
  });

  it('drops at once what is there, if it is immediate, and joiners wait only for what was taken', async () => {
    const queue = make() as unknown as Queue<number>;
    queue.put(1);
    queue.put(2);
    queue.get();
    const joins = [callInThread(queue, 'join', SOON), queue.joinAsync(SOON)];
    await until(() => waitingAt(queue, QUEUE.joiners) === 2, 'both wait');
    await callInThread(queue, 'shutdown', { immediate: true });
    expect([queue.size, queue.unfinishedTasks, queue.isShutdown]).toEqual([0, 1, true]);
    expect(waitingAt(queue, QUEUE.joiners)).toBe(2);
    queue.taskDone();
    expect(await Promise.all(joins)).toEqual([true, true]);
  });
});
