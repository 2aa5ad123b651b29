/** Threads that make and take a lot, dispose of nothing, and never come to their event loop. */
import { Lock, Queue, SharedBuffer, memoryUsage, task } from '../../src/index.ts';

/** Takes buffers, and returns the sum of their first bytes. */
export const eat = task(import.meta, function eat(buffers: Queue<SharedBuffer>): number {
  let sum = 0;
  for (const { bytes } of buffers) sum += bytes[0]!;
  return sum;
});

/** Puts so many buffers. */
export const feed = task(
  import.meta,
  function feed(buffers: Queue<SharedBuffer>, count: number, size: number) {
    for (let n = 0; n < count; n++) {
      const buffer = new SharedBuffer(size);
      buffer.bytes[0] = 1;
      buffers.put(buffer);
    }
    buffers.shutdown();
  },
);

export interface Kept {
  /** The most that was in use, in bytes. */
  readonly most: number;
  /** How many of the locks that were kept could be taken and given back. */
  readonly usable: number;
  /** How many came back through a queue as the same object. */
  readonly same: number;
}

/** Drops a hundred times as many buffers as it keeps locks. */
export const keepSome = task(import.meta, function keepSome(count: number, size: number): Kept {
  const locks: Lock[] = [];
  const there = new Queue<Lock>();
  let most = 0;
  for (let n = 0; n < count; n++) {
    new SharedBuffer(size).bytes[0] = 1;
    if (n % 100 !== 0) continue;
    const lock = new Lock({ name: `lock ${n}` });
    locks.push(lock);
    there.put(lock);
    most = Math.max(most, memoryUsage().used);
  }
  let usable = 0;
  let same = 0;
  for (const [n, lock] of locks.entries()) {
    if (lock.name === `lock ${n * 100}` && lock.acquire({ timeout: 0 })) usable += 1;
    lock.release();
    if (there.get() === lock) same += 1;
  }
  return { most, usable, same };
});
