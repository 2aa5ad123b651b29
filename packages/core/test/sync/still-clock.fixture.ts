import type { Event, Queue } from '../../src/index.ts';
import { task } from '../../src/index.ts';
import { SOON } from '../support/state.ts';

export const next = task(import.meta, function next(n: number): number {
  return n + 1;
});

/** Waits until it is asked, answers, and puts which time it was. */
export const answer = task(
  import.meta,
  function answer(here: Event, there: Event, queue: Queue<number>, times: number): void {
    for (let n = 0; n < times; n++) {
      there.wait(SOON);
      there.clear();
      here.set();
      queue.put(n);
    }
  },
);
