/** The task of a scheduler thread. What only such a thread needs (`scheduler.ts`) is loaded there: a page that starts it needn't. */
import { task } from '@heddle/core';
import type { Task } from '@heddle/core';
import type { Wiring } from './node/packet.ts';

/** `generations`: how many threads have died in each slot, this one's too, when it was started. */
export const schedulerThread: Task<
  (wiring: Wiring, slot: number, generations: readonly number[]) => Promise<void>
> = task(
  import.meta,
  async function schedulerThread(
    wiring: Wiring,
    slot: number,
    generations: readonly number[],
  ): Promise<void> {
    const { runScheduler } = await import('./scheduler.ts');
    await runScheduler(wiring, slot, generations);
  },
);
