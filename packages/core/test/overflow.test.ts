import { describe, expect, it } from 'vitest';
import { Condition, Event, Lock, Queue, Semaphore, Thread } from '../src/index.ts';
import { lengthOf } from '../src/parking/line.ts';
import { OBJECT } from '../src/memory/layout.ts';
import * as tasks from './overflow.fixture.ts';
import { SOON } from './support/state.ts';

/** How many stand in an object's line. */
function waiting(object: object): number {
  return lengthOf((object as { at: number }).at + OBJECT.first);
}

describe('a stack overflow, caught, at every depth at which it can come', () => {
  it('in put leaves a queue whole: what was put is there once and in order', () => {
    const queue = new Queue<number>();
    const { returned, threw } = new Thread(tasks.putAtEveryDepth, { args: [queue] }).start().result(SOON);
    expect(threw).toBeGreaterThan(0);
    const items = queue.getMany(100_000, { timeout: 0 });
    expect(items.length).toBeGreaterThanOrEqual(returned);
    expect(items.length).toBeLessThanOrEqual(returned + threw);
    expect(items).toEqual([...new Set(items)].sort((a, b) => a - b));
    queue.put(-1);
    expect([queue.get(SOON), queue.size]).toEqual([-1, 0]);
  });

  it('in get gives nothing twice and keeps the rest', () => {
    const queue = new Queue<number>();
    const all = Array.from({ length: 2000 }, (_, n) => n);
    queue.putMany(all);
    const { got, threw } = new Thread(tasks.getAtEveryDepth, { args: [queue, []] }).start().result(SOON);
    expect(threw).toBeGreaterThan(0);
    const rest = queue.getMany(100_000, { timeout: 0 });
    const seen = [...got, ...rest];
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(all.length - threw);
    expect(rest).toEqual(all.slice(-rest.length));
  });

  it('in a wait leaves nobody in line and no guard held', () => {
    const lock = new Lock();
    lock.acquire();
    const semaphore = new Semaphore(0);
    const event = new Event();
    const condition = new Condition(new Lock());
    const thread = new Thread(tasks.waitAtEveryDepth, { args: [lock, semaphore, event, condition] }).start();
    expect(thread.result(SOON)).toBeGreaterThan(0);
    expect([lock, semaphore, event, condition].map(waiting)).toEqual([0, 0, 0, 0]);
    lock.release();
    semaphore.release();
    event.set();
    expect([lock.acquire(SOON), semaphore.acquire(SOON), event.wait(SOON)]).toEqual([true, true, true]);
  });

  it('in release with a long line wakes as many as it released', async () => {
    const semaphore = new Semaphore(0);
    let acquired = 0;
    const giveUp = new AbortController();
    const waiters = Array.from({ length: 1000 }, () =>
      semaphore.acquireAsync({ signal: giveUp.signal }).then(() => acquired++),
    );
    const releaser = new Thread(tasks.releaseAtEveryDepth, { args: [semaphore] }).start();
    const { returned, threw } = await releaser.resultAsync(SOON);
    expect(threw).toBeGreaterThan(0);
    giveUp.abort();
    await Promise.allSettled(waiters);
    // Those that had been chosen when they gave up have returned their permits.
    const permits = acquired + semaphore.value;
    expect(permits).toBeGreaterThanOrEqual(returned);
    expect(permits).toBeLessThanOrEqual(returned + threw);
    expect(waiting(semaphore)).toBe(0);
  });
});
