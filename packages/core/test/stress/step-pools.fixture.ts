/** As `step-operations.fixture.ts`, for pools: killed are threads that use one, and one that works for one. */
import { i32 } from '../../src/atomics.ts';
import { Event, Future, Thread, ThreadPoolExecutor, TimeoutError } from '../../src/index.ts';
import { POOL, SLOT } from '../../src/executor/layout.ts';
import { poolWorker } from '../../src/executor/worker-loop.ts';
import { AGENT, THREAD } from '../../src/memory/layout.ts';
import { retain } from '../../src/memory/shared-object.ts';
import { selfAgent } from '../../src/parking/guard.ts';
import { add, gate } from '../executor/executor.fixture.ts';
import { pointerOf } from '../support/state.ts';
import { demand } from './scenario.ts';
import { LONG, type Operation } from './step-operation.ts';

interface Pooled {
  pool: ThreadPoolExecutor;
}

interface Occupied extends Pooled {
  /** Runs until `go`. */
  running: Future<string>;
  pending: Future<number>;
  go: Event;
}

/** What came of a future, in a word; throws when nothing did. */
async function outcomeOf(future: Future): Promise<string> {
  const late = AbortSignal.timeout(LONG.timeout);
  const outcome = await Promise.race([
    future.then(String, (error: unknown) => (error instanceof Error ? error.name : String(error))),
    new Promise<undefined>(resolve => late.addEventListener('abort', () => resolve(undefined))),
  ]);
  demand(outcome !== undefined, `${String(future)} never settled`);
  return outcome;
}

/** Everybody is served, the pool comes to its end, and the counts agree: at least `least` tasks were accepted, and at most one more. */
async function closeInOrder(pool: ThreadPoolExecutor, least: number, deaths = 0): Promise<void> {
  let accepted = least;
  if (!pool.isShutdown && !pool.broken) {
    demand((await outcomeOf(pool.submit(add, 1, 2))) === '3', 'the pool runs nothing more');
    accepted += 1;
  }
  await pool.shutdownAsync(LONG);
  demand(pool.workers === 0, `${pool.workers} workers never left`);
  demand(pool.pending === 0 && pool.unfinished === 0, `${pool.unfinished} tasks are unfinished`);
  const settled = pool.completed + pool.failed + pool.cancelled;
  demand(
    settled >= accepted && settled <= accepted + 1 + deaths,
    `${settled} tasks have settled, of ${accepted}`,
  );
  demand(i32[pointerOf(pool) + POOL.holds] === 0, 'the pool holds the program open');
}

/** A pool with a worker that has nothing to do. */
async function ready(): Promise<Pooled> {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  await pool.submit(add, 1, 1);
  return { pool };
}

/** A pool whose one worker is busy, with a task in line. */
async function occupied(): Promise<Occupied> {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const [up, go] = [new Event(), new Event()];
  const running = pool.submit(gate, up, go);
  demand(await up.waitAsync(LONG), 'the task never began');
  return { pool, running, pending: pool.submit(add, 2, 3), go };
}

/** Whatever came of what was done to them, both futures settle. */
async function settleBoth(
  objects: Occupied,
  expected: { running: readonly string[]; pending: readonly string[] },
): Promise<void> {
  const { pool, running, pending, go } = objects;
  go.set();
  const [first, second] = [await outcomeOf(running), await outcomeOf(pending)];
  demand(expected.running.includes(first), `the running task: ${first}`);
  demand(expected.pending.includes(second), `the task in line: ${second}`);
  await closeInOrder(pool, 2);
}

export const poolSubmit: Operation<Pooled> = {
  prepare: ready,
  act: ({ pool }) => void pool.submit(add, 2, 2),
  survive: ({ pool }) => closeInOrder(pool, 1),
};

/** The first task of a pool: a worker has to be hired for it. */
export const poolHire: Operation<Pooled> = {
  prepare: () => ({ pool: new ThreadPoolExecutor({ maxWorkers: 1 }) }),
  act: ({ pool }) => void pool.submit(add, 2, 2),
  survive: ({ pool }) => closeInOrder(pool, 0),
};

/** As before, but nobody comes after the dead: only its end can see to it that its task is run. */
export const poolHireForTheDead: Operation<Pooled> = {
  prepare: () => ({ pool: new ThreadPoolExecutor({ maxWorkers: 1 }) }),
  act: ({ pool }) => void pool.submit(add, 2, 2),
  survive({ pool }) {
    pool.shutdown({ wait: false });
    return closeInOrder(pool, 0);
  },
};

export const poolResult: Operation<Pooled> = {
  prepare: ready,
  act({ pool }) {
    demand(pool.submit(add, 2, 2).result(LONG) === 4, 'a wrong result');
  },
  survive: ({ pool }) => closeInOrder(pool, 1),
};

/** The first of two that come to their end leaves its reference to the pool to the third. */
export const poolResults: Operation<Pooled> = {
  prepare: ready,
  act({ pool }) {
    const first = pool.submit(add, 2, 2);
    const second = pool.submit(add, 2, 3);
    first.result(LONG);
    pool.submit(add, 2, 4).result(LONG);
    second.result(LONG);
  },
  // The victim may have come as far as to hand in all three.
  survive: ({ pool }) => closeInOrder(pool, 1, 2),
};

export const futureResultInVain: Operation<Occupied> = {
  prepare: occupied,
  act({ running }) {
    try {
      running.result({ timeout: 3 });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  },
  survive: objects => settleBoth(objects, { running: ['through'], pending: ['5'] }),
};

export const futureCancel: Operation<Occupied> = {
  prepare: occupied,
  act: ({ pending }) => void pending.cancel(),
  survive: objects => settleBoth(objects, { running: ['through'], pending: ['5', 'CancelledError'] }),
};

export const futureCancelRunning: Operation<Occupied> = {
  prepare: occupied,
  act: ({ running }) => void running.cancel(),
  survive: objects => settleBoth(objects, { running: ['through'], pending: ['5'] }),
};

export const futureAbort: Operation<Occupied> = {
  prepare: occupied,
  act: ({ pending }) => pending.abort('no more'),
  survive: objects =>
    settleBoth(objects, { running: ['through'], pending: ['5', 'CancelledError', 'no more'] }),
};

export const futureAbortRunning: Operation<Occupied> = {
  prepare: occupied,
  act: ({ running }) => running.abort('no more'),
  survive: objects =>
    settleBoth(objects, { running: ['through', 'CancelledError', 'no more'], pending: ['5'] }),
};

export const poolShutdown: Operation<Pooled> = {
  prepare: ready,
  act: ({ pool }) => pool.shutdown(),
  survive: ({ pool }) => closeInOrder(pool, 1),
};

export const poolShutdownCancelling: Operation<Occupied> = {
  prepare: occupied,
  act: ({ pool }) => pool.shutdown({ wait: false, cancelFutures: true }),
  survive: objects => settleBoth(objects, { running: ['through'], pending: ['5', 'CancelledError'] }),
};

export const poolTerminateWorkers: Operation<Occupied> = {
  prepare: occupied,
  act: ({ pool }) => pool.terminateWorkers(),
  survive: objects =>
    settleBoth(objects, {
      running: ['through', 'ThreadDiedError'],
      pending: ['5', 'CancelledError'],
    }),
};

interface Employed extends Pooled {
  /** Its record is the victim's. */
  thread: Thread;
  first: Future<number>;
  second: Future<number>;
}

function nothing(): void {}

/** A pool whose one place is reserved for the victim, which is to run the tasks in line. */
function employ(): Employed {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1, maxTasksPerWorker: 2 });
  const thread = new Thread(nothing, { daemon: true });
  const [at, record] = [pointerOf(pool), pointerOf(thread)];
  // As hiring and starting would.
  retain(at);
  i32[record + THREAD.employer] = at;
  retain(record);
  const slot = i32[at + POOL.slots]!;
  i32[slot + SLOT.record] = record;
  i32[slot + SLOT.ready] = 1;
  i32[at + POOL.workers] = 1;
  return { pool, thread, first: pool.submit(add, 1, 2), second: pool.submit(add, 2, 3) };
}

export const poolWork: Operation<Employed> = {
  prepare: employ,
  before({ thread }) {
    i32[selfAgent + AGENT.thread] = pointerOf(thread);
  },
  act: ({ pool }) => poolWorker(pool),
  async survive({ pool, first, second }) {
    const outcomes = [await outcomeOf(first), await outcomeOf(second)];
    demand(['3', 'ThreadDiedError'].includes(outcomes[0]!), `the first task: ${outcomes[0]}`);
    demand(['5', 'ThreadDiedError'].includes(outcomes[1]!), `the second task: ${outcomes[1]}`);
    demand(outcomes.includes('3') || outcomes.includes('5'), 'one death took two tasks');
    await closeInOrder(pool, 2, 1);
  },
};
