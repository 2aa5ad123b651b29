/** Pools that many use at once, and whose workers die now and then: each future settles, with what its task makes of the number it was given. */
import {
  AtomicCounter,
  CancelledError,
  Future,
  QueueFullError,
  ThreadDiedError,
  ThreadPoolExecutor,
  TimeoutError,
  wait,
} from '../../../src/index.ts';
import { double, perish } from '../pool-tasks.fixture.ts';
import { demand, notStuck, patience, type Random, type Scenario, STUCK_MS, whim } from '../scenario.ts';

interface Pools {
  /** One with room for all, one with little. */
  pools: ThreadPoolExecutor[];
  accepted: AtomicCounter;
  settled: AtomicCounter;
}

function submit({ pools, accepted }: Pools, random: Random): { future: Future<number>; n: number } {
  const n = random(1000);
  const pool = pools[random(pools.length)]!;
  // One in some thousands takes its thread with it.
  const target = random(5000) === 0 ? perish : double;
  const priority = random(4) === 0 ? random(3) : 0;
  const future = pool.submit({ target, args: [n], priority, roomTimeout: STUCK_MS });
  accepted.increment();
  return { future, n };
}

/** The future has settled: as it may. */
function judge({ settled }: Pools, future: Future<number>, n: number): void {
  demand(future.done, 'a future that was waited for has not settled');
  settled.increment();
  try {
    const result = future.result();
    demand(result === 2 * n, `twice ${n} is ${result}`);
  } catch (error) {
    demand(!(error instanceof QueueFullError), 'no room for a task: stuck');
    if (!(error instanceof CancelledError || error instanceof ThreadDiedError)) throw error;
  }
}

export const pools: Scenario<Pools> = {
  name: 'pools',
  create: () => ({
    pools: [
      new ThreadPoolExecutor({ maxWorkers: 2, threadNamePrefix: 'roomy' }),
      new ThreadPoolExecutor({ maxWorkers: 2, maxPending: 2, maxTasksPerWorker: 500, idleTimeout: 20 }),
    ],
    accepted: new AtomicCounter(),
    settled: new AtomicCounter(),
  }),
  step(shared, random) {
    const several = Array.from({ length: 1 + random(4) }, () => submit(shared, random));
    if (random(3) === 0) several[0]!.future.cancel();
    const options = patience(random);
    const futures = several.map(each => each.future);
    if (random(2) === 0) {
      const { notDone } = wait(futures, options);
      if (notDone.size > 0) notStuck(options, 'wait of futures');
    }
    for (const { future, n } of several) {
      try {
        future.exception({ timeout: STUCK_MS });
      } catch (error) {
        demand(!(error instanceof TimeoutError), 'a future: stuck');
      }
      judge(shared, future, n);
    }
  },
  async stepAsync(shared, random) {
    const n = random(1000);
    const { signal, reason } = whim(random);
    const pool = shared.pools[0]!;
    const future = pool.submit({ target: double, args: [n], signal });
    // One whose signal is aborted already isn't accepted.
    const ended = await future.promise().then(
      result => {
        demand(result === 2 * n, `twice ${n} is ${result}`);
        return true;
      },
      (error: unknown) => {
        if (error === reason || error instanceof ThreadDiedError) return true;
        throw error;
      },
    );
    demand(ended && future.done, 'a future that was awaited has not settled');
  },
  check(shared, over) {
    for (const pool of shared.pools) demand(!pool.broken, 'a pool is broken');
    if (!over) return;
    demand(
      shared.accepted.value === shared.settled.value,
      `${shared.settled.value} have settled, of ${shared.accepted.value}`,
    );
    for (const pool of shared.pools) {
      demand(pool.pending === 0, `${pool.pending} tasks are in line`);
      pool.shutdown({ wait: false });
    }
  },
  figures: ({ pools: all, settled }) =>
    `${settled.value} (${all.reduce((sum, pool) => sum + pool.died, 0)} died)`,
};
