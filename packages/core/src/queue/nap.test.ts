import { expect, test } from 'vitest';
import { Queue } from '../index.ts';
import { QUEUE } from './layout.ts';
import { Naps } from './nap.ts';

/** Queues that must not be collected while only their pointers are in use. */
const kept: Queue<number>[] = [];

function makeQueue(maxsize = 0): number {
  const queue = new Queue<number>({ maxsize });
  kept.push(queue);
  return (queue as unknown as { at: number }).at;
}

/** Waits in vain until a nap is taken; returns how many waits that took. Waits that a busy machine keeps apart aren't hasty, and don't count. */
function waitsUntilNap(naps: Naps, queue: number, most = 100_000): number {
  for (let waits = 1; waits <= most; waits += 1) if (naps.nap(queue, Infinity)) return waits;
  return Infinity;
}

test('a thread naps only after several hasty waits in a row', () => {
  expect(waitsUntilNap(new Naps(QUEUE.taken, () => 1000), makeQueue())).toBeGreaterThanOrEqual(8);
});

test('it goes on napping while naps bring much, and loses patience slowly when they bring little', () => {
  const queue = makeQueue();
  let brought = 1000;
  const naps = new Naps(QUEUE.taken, () => brought);
  waitsUntilNap(naps, queue);
  expect(waitsUntilNap(naps, queue)).toBeLessThanOrEqual(9);
  brought = 0;
  waitsUntilNap(naps, queue);
  expect(waitsUntilNap(naps, queue)).toBeGreaterThanOrEqual(16);
  expect(waitsUntilNap(naps, queue)).toBeGreaterThanOrEqual(32);
});

test('nobody naps in front of a small queue, or shortly before the deadline', () => {
  const small = makeQueue(255);
  expect(waitsUntilNap(new Naps(QUEUE.taken, () => 1000), small, 1000)).toBe(Infinity);
  const queue = makeQueue(256);
  const naps = new Naps(QUEUE.taken, () => 1000);
  for (let waits = 0; waits < 1000; waits += 1) expect(naps.nap(queue, performance.now() + 0.1)).toBe(false);
  expect(waitsUntilNap(naps, queue)).toBeLessThan(Infinity);
});
