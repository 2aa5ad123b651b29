/** What tasks hold of their pools: as much as before, when they have settled. */
import { afterEach, describe, expect, it } from 'vitest';
import { i32 } from '../../src/atomics.ts';
import { Event, ThreadPoolExecutor } from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { SOON, pointerOf, until } from '../support/state.ts';
import * as tasks from './executor.fixture.ts';

const pools: ThreadPoolExecutor[] = [];
const gates: Event[] = [];

async function open(): Promise<ThreadPoolExecutor> {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1, minWorkers: 1 });
  pools.push(pool);
  await pool.submit(tasks.add, 1, 1);
  // This thread's handle's, and its worker's: for its employer, and its handle's.
  await returned(pool, 3);
  return pool;
}

function occupy(pool: ThreadPoolExecutor): Event {
  const running = new Event();
  const go = new Event();
  gates.push(go);
  void pool.submit(tasks.gate, running, go);
  expect(running.wait(SOON)).toBe(true);
  return go;
}

/** A future that was looked at has settled before its block has arrived. */
const returned = (pool: ThreadPoolExecutor, before: number): Promise<void> =>
  until(() => referencesOf(pool) === before, 'the references are returned');

const referencesOf = (pool: ThreadPoolExecutor): number => i32[pointerOf(pool) + OBJECT.references]!;

function submitMany(pool: ThreadPoolExecutor, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => pool.submit(tasks.add, n, 1)));
}

afterEach(async () => {
  for (const go of gates.splice(0)) go.set();
  for (const pool of pools.splice(0)) await pool.shutdownAsync(SOON);
});

describe('references to a pool', () => {
  it('are as many as before when many tasks have settled', async () => {
    const pool = await open();
    const before = referencesOf(pool);
    for (const count of [1, 63, 64, 65, 500]) {
      expect((await submitMany(pool, count)).at(-1)).toBe(count);
      await returned(pool, before);
    }
  });

  it('are one for each task that is under way, at least', async () => {
    const pool = await open();
    const before = referencesOf(pool);
    const go = occupy(pool);
    const results = submitMany(pool, 200);
    expect(referencesOf(pool)).toBeGreaterThanOrEqual(before + 201);
    go.set();
    await results;
    await returned(pool, before);
  });

  it('are not kept for the sake of another pool, of which a task is still under way', async () => {
    const [first, second] = [await open(), await open()];
    const before = referencesOf(first);
    const go = occupy(second);
    await submitMany(first, 200);
    await returned(first, before);
    go.set();
  });

  it('come out right when tasks of two pools alternate', async () => {
    const both = [await open(), await open()];
    const before = both.map(referencesOf);
    const all: Array<PromiseLike<number>> = [];
    for (let n = 0; n < 400; n++) all.push(both[n % 2]!.submit(tasks.add, n, 1));
    for (let n = 0; n < 100; n++) all.push(both[0]!.submit(tasks.add, n, 1));
    await Promise.all(all);
    await returned(both[0]!, before[0]!);
    await returned(both[1]!, before[1]!);
  });

  it('stay with a task whose future has travelled', async () => {
    const pool = await open();
    const before = referencesOf(pool);
    const go = occupy(pool);
    const future = pool.submit(tasks.add, 1, 2);
    const other = new ThreadPoolExecutor({ maxWorkers: 1 });
    pools.push(other);
    const seen = other.submit(tasks.resultOf, future);
    const results = submitMany(pool, 100);
    go.set();
    expect(await seen).toBe(3);
    await results;
    expect(referencesOf(pool)).toBeGreaterThan(before);
    expect(await future).toBe(3);
  });
});
