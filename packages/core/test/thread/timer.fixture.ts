/** What the tests of timers run in threads. */
import { type AtomicCounter, type Event, type Timer, currentThread, task } from '../../src/index.ts';

export const record = task(import.meta, function record(calls: AtomicCounter, called: Event): string {
  calls.increment();
  called.set();
  return currentThread().name;
});

export const cancelIt = task(import.meta, function cancelIt(timer: Timer): [string, number, boolean] {
  timer.cancel();
  return [timer.constructor.name, timer.interval, timer.finished.isSet];
});

export const fail = task(import.meta, function fail(): void {
  throw new RangeError('on purpose');
});

export const stay = task(import.meta, async function stay(begun: Event, go: Event): Promise<string> {
  begun.set();
  await go.waitAsync({ timeout: 20_000 });
  return 'stayed';
});

const loadedAt = performance.now();

/** Milliseconds since this worker loaded this module, which it does before it waits. */
export const sinceLoaded = task(import.meta, function sinceLoaded(): number {
  return performance.now() - loadedAt;
});
