import assert from 'node:assert/strict';
import {
  CancelledError,
  Event,
  Thread,
  ThreadPoolExecutor,
  ThreadStateError,
} from '../../../core/src/index.ts';
import type { Future } from '../../../core/src/index.ts';
import { i32, load } from '../../../core/src/atomics.ts';
import { POOL, SLOT } from '../../../core/src/executor/layout.ts';
import { poolWorker } from '../../../core/src/executor/worker-loop.ts';
import { AGENT, REGISTRY, THREAD } from '../../../core/src/memory/layout.ts';
import { retain } from '../../../core/src/memory/shared-object.ts';
import { selfAgent } from '../../../core/src/parking/guard.ts';
import type { Scenario } from '../../src/index.ts';
import { coreScenario } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';
import { double, pass } from './pool.fixture.ts';

type One = { pool: ThreadPoolExecutor; thread: Thread } & WithCells;
type Two = One & { other: Thread };

function nothing(): void {}

function at(object: object): number {
  return (object as { at: number }).at;
}

/**
 * A pool whose workers are threads of the scenario: it has as many as it may have, so that it hires none, and no supervisor comes up, which would be beyond
 * the explorer's reach.
 */
function employ(places: number, maxPending?: number): { pool: ThreadPoolExecutor; threads: Thread[] } {
  i32[REGISTRY.rootAgent] = selfAgent;
  i32[REGISTRY.supervisor] = -1;
  const pool = new ThreadPoolExecutor({ maxWorkers: places, idleTimeout: Infinity, maxPending });
  const threads = Array.from({ length: places }, (_, place) => {
    const thread = new Thread(nothing, { daemon: true });
    retain(at(pool));
    i32[at(thread) + THREAD.employer] = at(pool);
    const slot = i32[at(pool) + POOL.slots]! + place * SLOT.words;
    i32[slot + SLOT.record] = at(thread);
    i32[at(pool) + POOL.workers]! += 1;
    i32[at(pool) + POOL.starting]! += 1;
    return thread;
  });
  return { pool, threads };
}

function one(maxPending?: number): { pool: ThreadPoolExecutor; thread: Thread } {
  const { pool, threads } = employ(1, maxPending);
  return { pool, thread: threads[0]! };
}

async function serve(pool: ThreadPoolExecutor, thread: Thread): Promise<void> {
  i32[selfAgent + AGENT.thread] = at(thread);
  try {
    await poolWorker(pool);
  } finally {
    i32[selfAgent + AGENT.thread] = 0;
  }
}

const worker = ({ pool, thread }: One): Promise<void> => serve(pool, thread);
const otherWorker = ({ pool, other }: Two): Promise<void> => serve(pool, other);

/** Lets the event loop turn until it no longer watches for outcomes: the next schedule begins with a loop that sleeps. */
async function atRest(): Promise<void> {
  while (load(selfAgent + AGENT.polling) !== 0) await new Promise(resolve => setImmediate(resolve));
}

function refusal(error: unknown): 'refused' {
  if (error instanceof ThreadStateError) return 'refused';
  throw error;
}

function outcome(future: Future<number>): number | string {
  try {
    return future.result();
  } catch (error) {
    if (error instanceof CancelledError) return 'cancelled';
    throw error;
  }
}

/** Nothing is left, and as many have settled as were accepted. */
function settled({ pool }: One, accepted: number): void {
  assert.equal(pool.workers, 0, 'a worker never left');
  assert.equal(pool.pending, 0, 'a task is still in line');
  assert.equal(pool.unfinished, 0, 'a task is unfinished');
  assert.equal(pool.completed + pool.cancelled, accepted);
  assert.equal(i32[at(pool) + POOL.holds], 0, 'the pool holds the program open');
}

export const cancels: Scenario = coreScenario(import.meta, {
  name: 'ThreadPoolExecutor: submit, cancel and wait',
  make: () => one(),
  threads: [
    worker,
    ({ pool }: One): unknown[] => {
      const [first, second] = [pool.submit(double, 1), pool.submit(double, 2)];
      const cancelled = second.cancel();
      const results = [outcome(first), outcome(second)];
      pool.shutdown();
      return [...results, cancelled];
    },
  ],
  check(state, { results }) {
    const [first, second, cancelled] = results[1] as [unknown, unknown, boolean];
    assert.equal(first, 2);
    assert.equal(second, cancelled ? 'cancelled' : 4);
    settled(state, 2);
  },
});

export const shutDown: Scenario = coreScenario(import.meta, {
  name: 'ThreadPoolExecutor: one submits while another shuts down',
  make: () => one(),
  threads: [
    worker,
    ({ pool }: One): unknown => {
      try {
        return outcome(pool.submit(double, 3));
      } catch (error) {
        return refusal(error);
      }
    },
    ({ pool }: One): void => pool.shutdown(),
  ],
  check(state, { results }) {
    assert.ok(results[1] === 6 || results[1] === 'refused', String(results[1]));
    settled(state, results[1] === 6 ? 1 : 0);
  },
});

export const cancelsAll: Scenario = coreScenario(import.meta, {
  name: 'ThreadPoolExecutor: a shutdown that cancels, a worker and who cancels himself',
  make: () => one(),
  threads: [
    worker,
    ({ pool }: One): unknown[] => {
      const futures: Array<Future<number>> = [];
      try {
        for (const n of [1, 2]) futures.push(pool.submit(double, n));
      } catch (error) {
        refusal(error);
      }
      futures[0]?.cancel();
      return futures.map(outcome);
    },
    ({ pool }: One): void => pool.shutdown({ cancelFutures: true }),
  ],
  check(state, { results }) {
    const outcomes = results[1] as unknown[];
    for (const [n, each] of outcomes.entries())
      assert.ok(each === 2 * (n + 1) || each === 'cancelled', String(each));
    settled(state, outcomes.length);
  },
});

export const twoWorkers: Scenario = coreScenario(import.meta, {
  name: 'ThreadPoolExecutor: two workers, and a task that needs both',
  make(): { pool: ThreadPoolExecutor; thread: Thread; other: Thread; gate: Event } {
    const { pool, threads } = employ(2);
    return { pool, thread: threads[0]!, other: threads[1]!, gate: new Event() };
  },
  threads: [
    worker,
    otherWorker,
    ({ pool, gate }: Two & { gate: Event }): string => {
      // The first waits for what comes after it: for a worker that sleeps, or is about to.
      const waits = pool.submit(pass, gate);
      const last = pool.submit(double, 1);
      assert.equal(last.result(), 2);
      gate.set();
      const result = waits.result();
      pool.shutdown();
      return result;
    },
  ],
  check(state, { results }) {
    assert.equal(results[2], 'passed');
    settled(state, 2);
  },
});

export const room: Scenario = coreScenario(import.meta, {
  name: 'ThreadPoolExecutor: room for one, two who submit',
  make: () => one(1),
  threads: [
    worker,
    ({ pool, cells }: One): unknown[] => {
      const futures = [pool.submit(double, 1), pool.submit(double, 2)];
      const results = futures.map(outcome);
      if (Atomics.add(cells, 0, 1) === 1) pool.shutdown();
      return results;
    },
    async ({ pool, cells }: One): Promise<unknown> => {
      const { future } = await pool.submitAsync(double, 3);
      const result = await future;
      if (Atomics.add(cells, 0, 1) === 1) await pool.shutdownAsync();
      await atRest();
      return result;
    },
  ],
  check(state, { results }) {
    assert.deepEqual(results.slice(1), [[2, 4], 6]);
    settled(state, 3);
  },
});

export const aborts: Scenario = coreScenario(import.meta, {
  name: 'ThreadPoolExecutor: an abort against the end of the task',
  make: () => one(),
  threads: [
    worker,
    async ({ pool }: One): Promise<unknown> => {
      const controller = new AbortController();
      const future = pool.submit({ target: double, args: [4], signal: controller.signal });
      setTimeout(() => controller.abort('enough'), 2);
      const result = await future.promise().catch((error: unknown) => error);
      await pool.shutdownAsync();
      await atRest();
      return result;
    },
  ],
  check(state, { results }) {
    assert.ok(results[1] === 8 || results[1] === 'enough', String(results[1]));
    settled(state, 1);
  },
});
