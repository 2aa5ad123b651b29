/** What threads do in `overflow.test.ts`: go as deep as the stack allows, and call something at every depth on the way back. */
import { task } from '../src/index.ts';
import type { Condition, Event, Lock, Queue, Semaphore } from '../src/index.ts';

/** Calls `action` at every depth of the stack, deepest first, for the first `levels` at which it doesn't all fail. Returns how often it returned and how often it threw. */
export function atEveryDepth(action: () => void): { returned: number; threw: number } {
  const count = { returned: 0, threw: 0 };
  const dive = (): void => {
    try {
      dive();
    } catch {
      // The stack is full.
    }
    // Far from the end of the stack nothing new happens.
    if (count.returned > 300) return;
    try {
      action();
      count.returned += 1;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      count.threw += 1;
    }
  };
  dive();
  return count;
}

export const putAtEveryDepth = task(import.meta, function putAtEveryDepth(queue: Queue<number>): {
  returned: number;
  threw: number;
} {
  let next = 0;
  return atEveryDepth(() => queue.put(next++));
});

export const getAtEveryDepth = task(
  import.meta,
  function getAtEveryDepth(
    queue: Queue<number>,
    got: number[],
  ): { returned: number; threw: number; got: number[] } {
    const counts = atEveryDepth(() => {
      const item = queue.get();
      got.push(item);
    });
    return { ...counts, got };
  },
);

/** Waits in vain for a moment at every depth. */
export const waitAtEveryDepth = task(
  import.meta,
  function waitAtEveryDepth(lock: Lock, semaphore: Semaphore, event: Event, condition: Condition): number {
    const impatient = { timeout: 0.1 };
    let threw = 0;
    threw += atEveryDepth(() => void lock.acquire(impatient)).threw;
    threw += atEveryDepth(() => void semaphore.acquire(impatient)).threw;
    threw += atEveryDepth(() => void event.wait(impatient)).threw;
    condition.acquire();
    threw += atEveryDepth(() => void condition.wait(impatient)).threw;
    return threw;
  },
);

/** Releases at every depth, mostly to a thread that waits. */
export const releaseAtEveryDepth = task(import.meta, function releaseAtEveryDepth(semaphore: Semaphore): {
  returned: number;
  threw: number;
} {
  return atEveryDepth(() => semaphore.release());
});
