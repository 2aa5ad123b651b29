/** What the pools of the stress program run. */
import { Event, ThreadPoolExecutor, task } from '../../src/index.ts';
import type { AtomicCounter } from '../../src/index.ts';
import { randomFrom } from '../support/state.ts';

export const double = task(import.meta, function double(n: number): number {
  return 2 * n;
});

/** Takes its thread with it. */
export const perish = task(import.meta, function perish(n: number): number {
  process.exit(n % 100);
});

/** Uses the pools in all ways until it is told to stop, or killed. Counts what the pools accepted for certain. */
export const usePools = task(
  import.meta,
  function usePools(
    pools: ThreadPoolExecutor[],
    running: AtomicCounter,
    accepted: AtomicCounter,
    stop: Event,
    seed: number,
  ): number {
    const random = randomFrom(seed);
    running.increment();
    let steps = 0;
    for (; !stop.isSet; steps++) {
      const pool = pools[random(pools.length)]!;
      const future = pool.submit(double, steps);
      accepted.increment();
      switch (random(4)) {
        case 0:
          future.cancel();
          break;
        case 1:
          future.abort('a whim');
          break;
        case 2:
          future.exception({ timeout: 20_000 });
          break;
        default:
          // Nobody waits for it.
          break;
      }
    }
    return steps;
  },
);
