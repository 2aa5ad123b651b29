/** Histories of four real threads that use the real objects, and of a queue that is broken. */
import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  CountDownLatch,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  SharedInt32Array,
  Thread,
} from '../../../core/src/index.ts';
import {
  checkLinearizable,
  findNonLinearizable,
  lifoQueueModel,
  lockModel,
  priorityQueueModel,
  queueModel,
  semaphoreModel,
} from '../../src/index.ts';
import type { Model, Operation } from '../../src/index.ts';
import * as tasks from './recorded.fixture.ts';

const THREADS = 4;
/** Workers come up slowly on a busy machine. */
const SOON = { timeout: 110_000 };
const PATIENCE_MS = 120_000;

type Use = typeof tasks.useQueue | typeof tasks.useLock | typeof tasks.useBrokenQueue;

async function record(use: Use, object: object, calls: number): Promise<Operation[]> {
  const [clock, ready] = [new AtomicCounter(), new CountDownLatch(THREADS)];
  const threads = Array.from({ length: THREADS }, (_, thread) =>
    new Thread(use as typeof tasks.useQueue, {
      args: [object as Queue<tasks.Item>, clock, ready, thread, calls],
    }).start(),
  );
  return (await Promise.all(threads.map(thread => thread.resultAsync(SOON)))).flat();
}

/** How many calls began before one of another thread ended that had begun earlier. */
function overlapping(history: readonly Operation[]): number {
  const byBegin = history.toSorted((a, b) => a.from - b.from);
  return byBegin.filter(({ from, thread }, n) =>
    byBegin.slice(Math.max(0, n - 8), n).some(earlier => earlier.thread !== thread && earlier.to > from),
  ).length;
}

describe('four threads', () => {
  const queues: Array<[string, () => object, Model<readonly unknown[]>]> = [
    ['Queue', () => new Queue<tasks.Item>(), queueModel({ fair: true })],
    ['Queue of 3', () => new Queue<tasks.Item>({ maxsize: 3 }), queueModel({ maxsize: 3, fair: true })],
    ['LifoQueue', () => new LifoQueue<tasks.Item>(), lifoQueueModel({ fair: true })],
    [
      'LifoQueue of 3',
      () => new LifoQueue<tasks.Item>({ maxsize: 3 }),
      lifoQueueModel({ maxsize: 3, fair: true }),
    ],
    ['PriorityQueue', () => new PriorityQueue<tasks.Item>(), priorityQueueModel({ fair: true })],
  ];

  it.each(queues)(
    'use a %s as if one after the other',
    async (_name, make, model) => {
      const history = await record(tasks.useQueue, make(), 300);
      expect(history.length).toBe(THREADS * 300);
      expect(overlapping(history)).toBeGreaterThan(0);
      checkLinearizable(history, model);
    },
    PATIENCE_MS,
  );

  it(
    'use a Lock as if one after the other',
    async () => {
      const history = await record(tasks.useLock, new Lock(), 300);
      expect(overlapping(history)).toBeGreaterThan(0);
      checkLinearizable(history, lockModel());
    },
    PATIENCE_MS,
  );

  it(
    'use a Semaphore as if one after the other',
    async () => {
      const history = await record(tasks.useLock, new Semaphore(2), 300);
      expect(overlapping(history)).toBeGreaterThan(0);
      checkLinearizable(history, semaphoreModel(2));
      // And not by chance: it had two permits, not one.
      expect(findNonLinearizable(history, semaphoreModel(1))).toBeDefined();
    },
    PATIENCE_MS,
  );
});

describe('a queue that is broken', () => {
  it(
    'is found out by the history of its threads',
    async () => {
      const memory = new SharedInt32Array(1026);
      for (let attempt = 1; attempt <= 20; attempt++) {
        memory.view.fill(0);
        const history = await record(tasks.useBrokenQueue, memory, 400);
        const failure = findNonLinearizable(history, queueModel());
        if (failure === undefined) continue;
        expect(failure.message).toMatch(
          /^not linearizable as a first-in, first-out queue: T\d called get\(\) → /,
        );
        expect(failure.operations.length).toBeLessThan(30);
        return;
      }
      expect.unreachable('twenty histories of a broken queue looked right');
    },
    PATIENCE_MS,
  );
});
