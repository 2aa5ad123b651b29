import { describe, expect, it } from 'vitest';
import { i32 } from '../../src/atomics.ts';
import {
  Lock,
  NotShareableError,
  Queue,
  SharedFloat64Array,
  SharedInt32Array,
  SharedIterator,
  SimpleQueue,
  Thread,
  ThreadStateError,
  memoryUsage,
} from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { SOON, pointerOf, until } from '../support/state.ts';
import * as tasks from './shared-iterator.fixture.ts';

const numbers = Array.from({ length: 5000 }, (_, n) => n);

function takers<T>(iterator: SharedIterator<T>, count: number): Array<Thread<() => T[] | Promise<T[]>>> {
  return Array.from({ length: count }, (_, n) =>
    new Thread((n % 2 === 0 ? tasks.takeAll : tasks.takeAllAsync) as (one: SharedIterator<T>) => T[], {
      args: [iterator],
    }).start(),
  ) as never;
}

function sorted(items: readonly number[]): number[] {
  return items.toSorted((a, b) => a - b);
}

describe('SharedIterator', () => {
  it.each([
    ['an array', () => numbers],
    ['a set', () => new Set(numbers)],
    ['a range', () => ({ to: 5000 })],
    ['a range with a step', () => ({ from: 4999, to: -1, step: -1 })],
    ['a shared array', () => new SharedInt32Array(numbers)],
    ['a shared array of doubles', () => new SharedFloat64Array(numbers)],
  ] as Array<[string, () => Iterable<number>]>)(
    'gives each item of %s to exactly one: four threads and the main thread',
    async (_what, items) => {
      const iterator = new SharedIterator(items());
      expect(iterator.remaining).toBe(5000);
      const threads = takers(iterator, 4);
      const all: number[] = [];
      for await (const item of iterator) all.push(item);
      for (const thread of threads) all.push(...(await thread.resultAsync(SOON)));
      expect(sorted(all)).toEqual(numbers);
      expect([iterator.remaining, iterator.next(), iterator.next()]).toEqual([
        0,
        { done: true, value: undefined },
        { done: true, value: undefined },
      ]);
    },
  );

  it.each([Queue, SimpleQueue])(
    'gives each item of a %o to exactly one, while others still fill it',
    async Class => {
      const queue = new Class<number>();
      const iterator = new SharedIterator<number>(queue);
      const threads = takers(iterator, 4);
      for (const number of numbers) queue instanceof Queue ? await queue.putAsync(number) : queue.put(number);
      if (queue instanceof Queue) queue.shutdown();
      else {
        // It can't be shut down: four are enough to get all, and are ended by force.
        await until(() => queue.empty, 'all were taken');
        for (const thread of threads) thread.terminate();
        for (const thread of threads) await thread.joinAsync(SOON);
        return;
      }
      const all: number[] = [];
      for (const thread of threads) all.push(...(await thread.resultAsync(SOON)));
      expect(sorted(all)).toEqual(numbers);
      expect([iterator.next().done, iterator.remaining]).toEqual([true, 0]);
    },
  );

  it('goes in order, and on where a loop was left', () => {
    const iterator = new SharedIterator('abcdef');
    for (const letter of iterator) if (letter === 'b') break;
    expect(new Thread(tasks.takeOne<string>, { args: [iterator] } as never).start().result(SOON)).toBe('c');
    expect([iterator.remaining, [...iterator]]).toEqual([3, ['d', 'e', 'f']]);
    expect([iterator[Symbol.iterator]() === iterator, [...iterator]]).toEqual([true, []]);
  });

  it('keeps falsy items, copies values and shares what can be shared', () => {
    const lock = new Lock();
    const list = [1];
    const iterator = new SharedIterator<unknown>([undefined, null, 0, '', false, list, { lock }]);
    list.push(2);
    expect([...iterator]).toEqual([undefined, null, 0, '', false, [1], { lock }]);
    expect([...new SharedIterator([])]).toEqual([]);
  });

  it('returns its memory, and the references of items that nobody took', () => {
    const lock = new Lock();
    const references = (): number => i32[pointerOf(lock) + OBJECT.references]!;
    const iterator = new SharedIterator([lock, lock, lock]);
    iterator.next();
    expect(references()).toBe(3);
    iterator.dispose();
    expect(references()).toBe(1);
    const array = new SharedInt32Array(3);
    const over = new SharedIterator(array);
    over.dispose();
    expect(i32[pointerOf(array) + OBJECT.references]).toBe(1);
    const use = (): void => new SharedIterator(numbers).dispose();
    use();
    const before = memoryUsage().used;
    for (let round = 0; round < 20; round++) use();
    expect(memoryUsage().used - before).toBeLessThan(500_000);
  });

  it.each([
    [
      'nothing',
      () => new SharedIterator(undefined as never),
      TypeError,
      'SharedIterator: expected values, a range { from, to, step }, a shared array or a queue, got undefined',
    ],
    ['a number', () => new SharedIterator(5 as never), TypeError, 'got 5 (number)'],
    [
      'an object without items',
      () => new SharedIterator({} as never),
      TypeError,
      'got [object Object] (object)',
    ],
    ['a lock', () => new SharedIterator(new Lock() as never), TypeError, 'got '],
    [
      'a step of 0',
      () => new SharedIterator({ to: 1, step: 0 }),
      RangeError,
      'SharedIterator: step must be a whole number other than 0, got 0',
    ],
    [
      'an item that cannot travel',
      () => new SharedIterator([1, { call: () => {} }]),
      NotShareableError,
      'items[1].call: functions cannot be shared',
    ],
    [
      'use after dispose',
      () => {
        const iterator = new SharedIterator([1]);
        iterator.dispose();
        iterator.next();
      },
      ThreadStateError,
      'SharedIterator: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});
