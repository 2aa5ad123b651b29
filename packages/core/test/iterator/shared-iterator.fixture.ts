/** What the tests of shared iterators run in threads. */
import { type SharedIterator, task } from '../../src/index.ts';

/** Takes all that it can get. */
export const takeAll = task(import.meta, function takeAll<T>(iterator: SharedIterator<T>): T[] {
  return [...iterator];
});

export const takeAllAsync = task(import.meta, async function takeAllAsync<
  T,
>(iterator: SharedIterator<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterator) items.push(item);
  return items;
});

/** Takes one and is gone. */
export const takeOne = task(import.meta, function takeOne<T>(iterator: SharedIterator<T>): T | undefined {
  for (const item of iterator) return item;
  return undefined;
});
