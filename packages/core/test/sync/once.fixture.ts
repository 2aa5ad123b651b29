/** What the tests of values that are made once run in threads. */
import { type AtomicCounter, type Event, type Once, task } from '../../src/index.ts';
import { SOON } from '../support/state.ts';

/** Asks for the value, which it would make of its number; counts those who make it. */
export const ask = task(
  import.meta,
  function ask(once: Once<number>, made: AtomicCounter, number: number): number {
    return once.run(() => {
      made.increment();
      return number;
    }, SOON);
  },
);

/** Makes the value when it is told to. */
export const makeWhenTold = task(
  import.meta,
  function makeWhenTold(once: Once<string>, making: Event, go: Event): string {
    return once.run(() => {
      making.set();
      go.wait(SOON);
      return 'made when told';
    });
  },
);

/** Begins to make the value and never gets anywhere. */
export const neverMake = task(import.meta, function neverMake(once: Once<unknown>, making: Event): void {
  once.run(() => {
    making.set();
    for (;;);
  });
});

/** As `neverMake`, asynchronously. */
export const neverMakeAsync = task(
  import.meta,
  async function neverMakeAsync(once: Once<unknown>, making: Event): Promise<void> {
    await once.runAsync(() => {
      making.set();
      return new Promise(() => setInterval(() => {}, 1000));
    });
  },
);

/** Fails `failures` times in all, whoever asks; then the value is made. Returns what this thread got. */
export const makeAfterFailures = task(
  import.meta,
  function makeAfterFailures(once: Once<number>, attempts: AtomicCounter, failures: number): number | string {
    try {
      return once.run(() => {
        const attempt = attempts.increment();
        if (attempt <= failures) throw new RangeError(`attempt ${attempt} failed`);
        return attempt;
      }, SOON);
    } catch (error) {
      return (error as Error).message;
    }
  },
);
