/** What the tests of the scheduler run in threads. */
import { type Event, Scheduler, task } from '../../src/index.ts';

/** Blocks until two events of its own are done; the last one sets the event. Returns how long that took. */
export const runInThread = task(import.meta, function runInThread(event: Event): number {
  const scheduler = new Scheduler();
  const begin = performance.now();
  scheduler.enter(20, 1, () => event.set());
  scheduler.enter(10, 1, () => event.clear());
  scheduler.run();
  return performance.now() - begin;
});
