/** Threads that are killed while they put, get and wait: what was accepted comes out, and nobody waits for the dead. */
import { describe, expect, it, vi } from 'vitest';
import { AtomicCounter, LifoQueue, PriorityQueue, Queue, Thread } from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { amount } from '../support/amount.ts';
import { pointerOf, randomFrom, SOON, until, waitingAt } from '../support/state.ts';
import * as tasks from './queue.fixture.ts';

const classes: Array<[string, (options?: object) => tasks.AnyQueue<tasks.Blow>]> = [
  ['Queue', options => new Queue<tasks.Blow>(options)],
  ['LifoQueue', options => new LifoQueue<tasks.Blow>(options)],
  ['PriorityQueue', options => new PriorityQueue<tasks.Blow>(options)],
];

const KILLS = amount(2, 10);
// Each kill costs a worker, and a new one takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

function expectAtRest(queue: object): void {
  const at = pointerOf(queue);
  const words = [
    QUEUE.promisedItems,
    QUEUE.nextGetter,
    QUEUE.promisedSlots,
    QUEUE.promisedBytes,
    QUEUE.nextPutter,
    QUEUE.bytes,
    OBJECT.guard,
    QUEUE.putGuard,
  ];
  expect(words.map(word => i32[at + word])).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
}

describe.each(classes)('%s', (name, make) => {
  it.each([
    ['without limits', {}],
    ['full most of the time', { maxsize: 3, maxBytes: 10_000 }],
  ])('keeps what killed producers had put, once, in order (%s)', async (_what, options) => {
    const queue = make(options);
    const random = randomFrom(7);
    const received = new Map<number, number[]>();
    const take = (): boolean => {
      const taken = queue.tryGet();
      if (taken === undefined) return false;
      const [producer, number] = taken.value;
      const numbers = received.get(producer) ?? [];
      numbers.push(number);
      received.set(producer, numbers);
      return true;
    };
    const dead: AtomicCounter[] = [];
    for (let producer = 0; producer < KILLS; producer++) {
      const accepted = new AtomicCounter();
      dead.push(accepted);
      const thread = new Thread(tasks.putForever, { args: [queue, producer, accepted] }).start();
      const enough = 1 + random(200);
      await until(() => take() && accepted.value >= enough, 'it has put some');
      for (let more = random(100); more > 0; more--) take();
      thread.terminate();
      while (!(await thread.joinAsync({ timeout: 1 }))) take();
    }
    while (take());
    dead.forEach((accepted, producer) => {
      const numbers = received.get(producer)!;
      const sorted = numbers.toSorted((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length: sorted.length }, (_, i) => i));
      if (name === 'Queue') expect(numbers).toEqual(sorted);
      // It may have died between putting and counting.
      expect(sorted.length - accepted.value).toBeOneOf([0, 1]);
    });
    expect(queue.size).toBe(0);
    expectAtRest(queue);
  });

  it('loses nothing to killed consumers but what they had taken', async () => {
    for (const consume of [tasks.getForever, tasks.getAsyncForever]) {
      const queue = make();
      const counts: AtomicCounter[] = [];
      let put = 0;
      const random = randomFrom(11);
      for (let kill = 0; kill < KILLS; kill++) {
        const taken = new AtomicCounter();
        counts.push(taken);
        const thread = new Thread(consume, { args: [queue, taken] }).start();
        const enough = 1 + random(300);
        await until(() => {
          for (let more = random(5); more > 0 && queue.size < 500; more--) queue.put([0, put++, 'x']);
          return taken.value >= enough;
        }, 'it has taken some');
        thread.terminate();
        while (!(await thread.joinAsync({ timeout: 1 }))) queue.put([0, put++, 'x']);
      }
      const known = counts.reduce((sum, count) => sum + count.value, 0);
      const missing = put - known - queue.size;
      expect(missing).toBeGreaterThanOrEqual(0);
      // Each may have died between taking one and counting it.
      expect(missing).toBeLessThanOrEqual(counts.length);
      const { size } = queue;
      expect(queue.unfinishedTasks).toBe(put);
      for (let at = 0; at < size; at++) expect(queue.tryGet()).toBeDefined();
      expect(queue.tryGet()).toBeUndefined();
      expectAtRest(queue);
    }
  });

  it('gives items to the living when those who waited before them are dead', async () => {
    const queue = make();
    const blocked = new Thread(tasks.get, { args: [queue] }).start();
    await until(() => waitingAt(queue) === 1, 'a thread waits');
    const promising = new Thread(tasks.awaitMany, { args: [queue as tasks.AnyQueue, 5] }).start();
    await until(() => waitingAt(queue) === 6, 'promises wait');
    const living = [queue.getAsync(SOON), queue.getAsync(SOON)];
    blocked.terminate();
    promising.terminate();
    // Some of these are promised to the dying.
    for (let number = 0; number < 8; number++) queue.put([0, number, 'x']);
    await Promise.all([blocked.joinAsync(SOON), promising.joinAsync(SOON), ...living]);
    await until(() => waitingAt(queue) === 0, 'the dead are out of the line');
    // What they didn't take before they died is there.
    const { size } = queue;
    for (let at = 0; at < size; at++) expect(queue.tryGet()).toBeDefined();
    expect(queue.tryGet()).toBeUndefined();
    expectAtRest(queue);
  });

  it('gives room to the living when those who waited before them are dead', async () => {
    const queue = make({ maxsize: 2 });
    const untyped = queue as tasks.AnyQueue;
    const options = { ...SOON, priority: 0 };
    queue.put([0, 0, 'x']);
    queue.put([0, 1, 'x']);
    const blocked = new Thread(tasks.put, { args: [untyped, [0, 2, 'of the dead']] }).start();
    await until(() => waitingAt(queue, QUEUE.putters) === 1, 'a thread waits');
    const living = queue.putAsync([0, 3, 'of the living'], options);
    blocked.terminate();
    expect(await blocked.joinAsync(SOON)).toBe(true);
    await until(() => waitingAt(queue, QUEUE.putters) === 1, 'the dead one is out of the line');
    queue.get();
    await living;
    const rest = [queue.get(), queue.get()].map(item => item[2]);
    expect(rest.toSorted()).toEqual(['of the living', 'x']);
    expect(queue.size).toBe(0);
    expectAtRest(queue);
  });

  it('lets those join who wait when another joiner dies', async () => {
    const queue = make();
    queue.put([0, 0, 'x']);
    const dying = new Thread(tasks.join, { args: [queue] }).start();
    await until(() => waitingAt(queue, QUEUE.joiners) === 1, 'it waits');
    const joined = queue.joinAsync(SOON);
    dying.terminate();
    expect(await dying.joinAsync(SOON)).toBe(true);
    queue.taskDone();
    expect(await joined).toBe(true);
  });
});
