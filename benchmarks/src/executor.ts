/**
 * Tiny tasks in a pool of two threads: what it costs to hand in a task and to get its result, against the pools that people use. The task adds one to a
 * number, and the results are added up, so that every side can be checked.
 *
 * The threads of all sides are up and have run the task before a round is timed. Each side waits as its users do: with `await`, on the event loop.
 */
import { ThreadPoolExecutor, task } from '@heddle/core';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { FixedThreadPool } from 'poolifier';
import { Tinypool } from 'tinypool';
import workerpool from 'workerpool';
import { SPEED, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';

const WORKERS = 2;
const WARM_UP = 1000;
/** Of the batch. A task is so little that a hundred thousand go by before all that it runs through, on three threads, is compiled for good: see the notes. */
const WARM_UP_ROUNDS = 12;
/** Calls that make one task of `mapAsync`. */
const CHUNK = 50;
const fileOf = (name: string): string => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
const FILE = fileOf('executor-task');

export const increment = task(import.meta, function increment(n: number): number {
  return n + 1;
});

export const incrementIn = task(
  import.meta,
  function incrementIn({ n, by }: { n: number; by: number }): number {
    return n + by;
  },
);

type Run = (n: number) => PromiseLike<number>;

const pool = (): ThreadPoolExecutor => new ThreadPoolExecutor({ maxWorkers: WORKERS, minWorkers: WORKERS });

const heddle = (): Run => {
  const threads = pool();
  return n => threads.submit(increment, n);
};

/** What is handed in is an object, and what does it a function written on the spot, a new one each time. */
const heddleOtherwise = {
  object: (): Run => {
    const threads = pool();
    return n => threads.submit(incrementIn, { n, by: 1 });
  },
  inline: (): Run => {
    const threads = pool();
    return n => threads.submit((m: number) => m + 1, n);
  },
};

const others = {
  piscina: (): Run => {
    const pool = new Piscina({ filename: FILE, minThreads: WORKERS, maxThreads: WORKERS });
    return n => pool.run(n) as Promise<number>;
  },
  tinypool: (): Run => {
    const pool = new Tinypool({ filename: FILE, minThreads: WORKERS, maxThreads: WORKERS });
    return n => pool.run(n) as Promise<number>;
  },
  workerpool: (): Run => {
    const options = { minWorkers: WORKERS, maxWorkers: WORKERS, workerType: 'thread' } as const;
    const pool = workerpool.pool(fileOf('workerpool-task'), options);
    return n => pool.exec('increment', [n]) as PromiseLike<number>;
  },
  poolifier: (): Run => {
    const pool = new FixedThreadPool<number, number>(WORKERS, fileOf('poolifier-task'));
    return n => pool.execute(n) as Promise<number>;
  },
};

async function allTogether(run: Run, tasks: number): Promise<number> {
  const results = await Promise.all(Array.from({ length: tasks }, (_, n) => run(n)));
  return results.reduce((sum, n) => sum + n, 0);
}

async function oneByOne(run: Run, tasks: number): Promise<number> {
  let sum = 0;
  for (let n = 0; n < tasks; n++) sum += await run(n);
  return sum;
}

/** A side that does its tasks in one way, with a pool that stays. */
function side(make: () => Run, work: (run: Run, tasks: number) => Promise<number>): () => Promise<Round> {
  return async () => {
    const run = make();
    await allTogether(run, WARM_UP);
    return tasks => timedAsync(() => work(run, tasks));
  };
}

async function mapped(): Promise<Round> {
  const threads = pool();
  const work = async (tasks: number): Promise<number> => {
    let sum = 0;
    const inputs = Array.from({ length: tasks }, (_, n) => n);
    for await (const n of threads.mapAsync(increment, [inputs], { chunkSize: CHUNK })) sum += n;
    return sum;
  };
  await work(WARM_UP);
  return tasks => timedAsync(() => work(tasks));
}

const expected = (tasks: number): number => (tasks * (tasks + 1)) / 2;

const subject: Subject = {
  batch: {
    operation: 'a tiny task, of many handed in together',
    operations: 10_000,
    quick: 2000,
    warmUps: WARM_UP_ROUNDS,
    expected,
    sides: {
      submit: side(heddle, allTogether),
      'submit({…})': side(heddleOtherwise.object, allTogether),
      'submit(() => …)': side(heddleOtherwise.inline, allTogether),
      mapAsync: mapped,
      piscina: side(others.piscina, allTogether),
      tinypool: side(others.tinypool, allTogether),
      workerpool: side(others.workerpool, allTogether),
      poolifier: side(others.poolifier, allTogether),
    },
    rows: [
      { what: 'submit, all at once', ours: 'submit', against: 'piscina', bar: { atLeast: 10 } },
      { what: 'submit, all at once', ours: 'submit', against: 'tinypool', bar: { atLeast: 10 } },
      { what: 'submit, all at once', ours: 'submit', against: 'workerpool', bar: { atLeast: 10 } },
      { what: 'submit, all at once', ours: 'submit', against: 'poolifier', bar: { atLeast: 10 } },
      { what: 'an object as argument', ours: 'submit({…})', against: 'piscina', bar: SPEED },
      { what: 'a function on the spot', ours: 'submit(() => …)', against: 'piscina', bar: SPEED },
      { what: 'mapAsync in chunks', ours: 'mapAsync', against: 'piscina', bar: { atLeast: 10 } },
      { what: 'mapAsync in chunks', ours: 'mapAsync', against: 'tinypool', bar: { atLeast: 10 } },
    ],
  },
  one: {
    operation: 'a tiny task, the next when its result is there',
    operations: 5000,
    quick: 1000,
    expected,
    sides: {
      submit: side(heddle, oneByOne),
      piscina: side(others.piscina, oneByOne),
      tinypool: side(others.tinypool, oneByOne),
      workerpool: side(others.workerpool, oneByOne),
      poolifier: side(others.poolifier, oneByOne),
    },
    rows: [
      { what: 'submit, one by one', ours: 'submit', against: 'piscina', bar: { atLeast: 2 } },
      { what: 'submit, one by one', ours: 'submit', against: 'tinypool', bar: { atLeast: 2 } },
      { what: 'submit, one by one', ours: 'submit', against: 'workerpool', bar: { atLeast: 2 } },
      { what: 'submit, one by one', ours: 'submit', against: 'poolifier', bar: { atLeast: 2 } },
    ],
  },
};
export default subject;
