import assert from 'node:assert/strict';
import { Queue, QueueEmptyError, QueueFullError, QueueShutDownError } from '../../../core/src/index.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

type State = { queue: Queue<number> } & WithCells;

function orElse<T>(action: () => T): T | string {
  try {
    return action();
  } catch (error) {
    return nameOf(error);
  }
}

function nameOf(error: unknown): string {
  if (error instanceof QueueEmptyError) return 'empty';
  if (error instanceof QueueFullError) return 'full';
  if (error instanceof QueueShutDownError) return 'shut down';
  throw error;
}

function numbers(results: readonly unknown[]): number[] {
  return results.flat().filter((each): each is number => typeof each === 'number');
}

export const bounded: Scenario = coreScenario(import.meta, {
  name: 'Queue: one place, two producers, one consumer',
  make: () => ({ queue: new Queue<number>({ maxsize: 1 }) }),
  threads: [
    ({ queue }: State): void => {
      queue.put(1);
      queue.put(2);
    },
    ({ queue }: State) => queue.put(10),
    ({ queue }: State) => [queue.get(), queue.get(), queue.get()],
  ],
  check({ queue }, { results }) {
    const got = numbers(results);
    assert.deepEqual(
      got.toSorted((a, b) => a - b),
      [1, 2, 10],
    );
    assert.ok(got.indexOf(1) < got.indexOf(2), `out of order: ${got.join(', ')}`);
    assert.equal(queue.size, 0);
  },
});

export const many: Scenario = coreScenario(import.meta, {
  name: 'Queue: two places, putMany beside put, getMany takes what there is',
  make: () => ({ queue: new Queue<number>({ maxsize: 2 }) }),
  threads: [
    ({ queue }: State) => queue.putMany([1, 2, 3]),
    ({ queue }: State) => queue.put(10),
    ({ queue }: State) => {
      const got: number[] = [];
      while (got.length < 4) {
        const some = queue.getMany(3);
        assert.ok(some.length > 0 && some.length <= 3, `getMany(3) took ${some.length}`);
        got.push(...some);
      }
      return got;
    },
  ],
  check({ queue }, { results }) {
    const got = numbers(results);
    assert.deepEqual(
      got.filter(each => each < 10),
      [1, 2, 3],
    );
    assert.equal(got.length, 4);
    assert.equal(queue.size, 0);
  },
});

export const consumers: Scenario = coreScenario(import.meta, {
  name: 'Queue: two consumers, one of them asynchronous',
  make: () => ({ queue: new Queue<number>() }),
  threads: [
    ({ queue }: State) => queue.get(),
    async ({ queue }: State) => queue.getAsync(),
    ({ queue }: State): void => {
      queue.put(1);
      queue.put(2);
    },
  ],
  check({ queue }, { results }) {
    assert.deepEqual(
      numbers(results).toSorted((a, b) => a - b),
      [1, 2],
    );
    assert.equal(queue.size, 0);
  },
});

export const timeouts: Scenario = coreScenario(import.meta, {
  name: 'Queue: timeouts lose and double nothing',
  make: () => ({ queue: new Queue<number>({ maxsize: 1 }) }),
  threads: [
    ({ queue }: State) => orElse(() => queue.get({ timeout: 5 })),
    ({ queue }: State) => orElse(() => queue.get({ timeout: 6 })),
    ({ queue }: State): number => {
      let put = 0;
      for (const item of [1, 2]) {
        try {
          queue.put(item, { timeout: 7 });
          put++;
        } catch (error) {
          nameOf(error);
        }
      }
      return put;
    },
  ],
  check({ queue }, { results }) {
    const got = numbers(results.slice(0, 2)).length;
    assert.equal(got + queue.size, results[2], 'items in and out differ');
  },
});

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'Queue: an aborted get takes nothing',
  make: () => ({ queue: new Queue<number>() }),
  threads: [
    async ({ queue }: State): Promise<unknown> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 3);
      try {
        return await queue.getAsync({ signal: controller.signal });
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error;
        return 'aborted';
      }
    },
    ({ queue }: State) => queue.get(),
    ({ queue }: State): void => {
      queue.put(1);
      queue.put(2);
    },
  ],
  check({ queue }, { results }) {
    assert.equal(numbers(results).length + queue.size, 2, 'an item was lost');
  },
});

export const shutdown: Scenario = coreScenario(import.meta, {
  name: 'Queue: shutdown wakes all, and what was put is got',
  make: () => ({ queue: new Queue<number>({ maxsize: 1 }) }),
  threads: [
    ({ queue }: State) => [orElse(() => queue.get()), orElse(() => queue.get())],
    ({ queue }: State) =>
      [1, 2].map(item =>
        orElse(() => {
          queue.put(item);
          return 'put';
        }),
      ),
    ({ queue }: State) => queue.shutdown(),
  ],
  check({ queue }, { results }) {
    const [got, put] = results as [unknown[], string[]];
    assert.equal(numbers(got).length + queue.size, put.filter(each => each === 'put').length);
  },
});

export const joins: Scenario = coreScenario(import.meta, {
  name: 'Queue: join returns when all is done',
  make: () => ({ queue: new Queue<number>() }),
  threads: [
    ({ queue, cells }: State): void => {
      queue.put(1);
      queue.join();
      assert.equal(Atomics.load(cells, 0), 1, 'join() returned too early');
    },
    ({ queue, cells }: State): void => {
      queue.get();
      Atomics.store(cells, 0, 1);
      queue.taskDone();
    },
  ],
});
