/** Tasks at module level, in a module of the application like any other. */
import { Lock, Queue, Thread, currentThread, task } from '@heddle/core';
import { square } from './square.js';

/** Blocks for its jobs and uses the lock; the classes that arrive are those that this module imports. */
export const work = task(import.meta, function work(lock, jobs, results) {
  if (!(lock instanceof Lock) || !(jobs instanceof Queue)) throw new Error('they arrive as another class');
  let count = 0;
  for (const n of jobs) {
    lock.acquire({ timeout: 10_000 });
    results.put([n, square(n)]);
    lock.release();
    count += 1;
  }
  return [count, currentThread().name];
});

/** Waits with a promise, in the thread, and starts a thread of its own. */
export const nested = task(import.meta, async function nested(event) {
  await event.waitAsync({ timeout: 10_000 });
  return new Thread(twice, { args: [21] }).start().result({ timeout: 10_000 });
});

export const twice = task(import.meta, function twice(n) {
  return n * 2;
});
