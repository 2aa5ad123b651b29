/** What the tests of exchangers run in threads. */
import { type Event, type Exchanger, TimeoutError, task } from '../../src/index.ts';
import { SOON, randomFrom } from '../support/state.ts';

export const swap = task(import.meta, function swap(exchanger: Exchanger, value: unknown): unknown {
  return exchanger.exchange(value, SOON);
});

/** Waits for a partner for ever, and is killed meanwhile. */
export const waitForever = task(
  import.meta,
  function waitForever(exchanger: Exchanger, value: unknown): void {
    exchanger.exchange(value);
  },
);

/** Swaps numbers of its own until told to stop; returns which it gave away and which it got. */
export const swapForever = task(
  import.meta,
  function swapForever(exchanger: Exchanger<number>, stop: Event, base: number): [number[], number[]] {
    const random = randomFrom(base + 1);
    const [given, got]: [number[], number[]] = [[], []];
    for (let next = base; !stop.isSet; next++) {
      try {
        got.push(exchanger.exchange(next, { timeout: random(20) / 10 }));
        given.push(next);
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
    }
    return [given, got];
  },
);
