/** Many producers and consumers at once, in every way there is: what goes in comes out, once, in order. */
import { describe, expect, it } from 'vitest';
import { LifoQueue, PriorityQueue, Queue, type QueueOptions, Thread } from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { amount } from '../support/amount.ts';
import { LONG, pointerOf, SOON, waitingAt } from '../support/state.ts';
import * as tasks from './queue.fixture.ts';

const PRODUCERS = 4;
const CONSUMERS = 4;
const EACH = amount(250, 2000);

const numbers = Array.from({ length: EACH }, (_, number) => number);

/** The words must be as in a queue that was never used, but for the counters. */
function expectAtRest(queue: object): void {
  const at = pointerOf(queue);
  const derived = [
    QUEUE.nextGetter,
    QUEUE.promisedItems,
    QUEUE.nextPutter,
    QUEUE.promisedSlots,
    QUEUE.promisedBytes,
    QUEUE.bytes,
  ];
  expect(derived.map(word => i32[at + word])).toEqual([0, 0, 0, 0, 0, 0]);
  expect(i32[at + OBJECT.guard]).toBe(0);
  expect([waitingAt(queue), waitingAt(queue, QUEUE.putters), waitingAt(queue, QUEUE.joiners)]).toEqual([
    0, 0, 0,
  ]);
}

function hammer(queue: tasks.AnyQueue<tasks.Blow>, ordered: boolean): void {
  const into = Array.from({ length: PRODUCERS }, (_, producer) =>
    new Thread(tasks.hammerIn, {
      args: [queue as Queue<tasks.Blow>, producer, EACH, tasks.ALL_WAYS],
    }).start(),
  );
  const out = Array.from({ length: CONSUMERS }, (_, seed) =>
    new Thread(tasks.hammerOut, {
      args: [queue as Queue<tasks.Blow>, PRODUCERS, seed + 1, tasks.ALL_WAYS],
    }).start(),
  );
  for (const thread of into) thread.result({ timeout: LONG });
  expect(queue.join(SOON)).toBe(true);
  queue.shutdown();
  const tallies = out.map(thread => thread.result({ timeout: LONG }));
  for (let producer = 0; producer < PRODUCERS; producer++) {
    const all = tallies.flatMap(tally => tally.numbers[producer]!).sort((a, b) => a - b);
    expect(all).toEqual(numbers);
  }
  if (ordered) expect(tallies.map(tally => tally.disorder)).toEqual([0, 0, 0, 0]);
  expect([queue.size, queue.unfinishedTasks]).toEqual([0, 0]);
  expectAtRest(queue);
}

describe('four producers and four consumers', () => {
  const limits: Array<[string, QueueOptions]> = [
    ['without limits', {}],
    ['bounded by 1 item', { maxsize: 1 }],
    ['bounded by 7 items', { maxsize: 7 }],
    ['bounded by 2000 bytes, which some items exceed', { maxBytes: 2000 }],
    ['bounded by both', { maxsize: 20, maxBytes: 3000 }],
  ];

  it.each(limits)('lose, double and disorder nothing in a Queue %s', (_what, options) => {
    hammer(new Queue<tasks.Blow>(options), true);
  });

  it.each(limits)('lose and double nothing in a LifoQueue %s', (_what, options) => {
    hammer(new LifoQueue<tasks.Blow>(options), false);
  });

  it.each(limits)('lose and double nothing in a PriorityQueue %s', (_what, options) => {
    hammer(new PriorityQueue<tasks.Blow>(options), false);
  });
});

describe('the main thread', () => {
  it('takes part with promises while threads block', async () => {
    const queue = new Queue<tasks.Blow>({ maxsize: 5 });
    const into = [0, 1].map(producer =>
      new Thread(tasks.hammerIn, { args: [queue, producer, EACH, tasks.ALL_WAYS] }).start(),
    );
    const out = new Thread(tasks.hammerOut, { args: [queue, 3, 5, tasks.ALL_WAYS] }).start();
    const own = tasks.hammerIn(queue, 2, EACH, tasks.ASYNC_WAYS);
    const taking = [11, 12].map(seed => tasks.hammerOut(queue, 3, seed, tasks.ASYNC_WAYS));
    await Promise.all([own, ...into.map(thread => thread.resultAsync(SOON))]);
    expect(await queue.joinAsync(SOON)).toBe(true);
    queue.shutdown();
    const tallies = [...(await Promise.all(taking)), await out.resultAsync(SOON)];
    for (let producer = 0; producer < 3; producer++) {
      expect(tallies.flatMap(tally => tally.numbers[producer]!).sort((a, b) => a - b)).toEqual(numbers);
    }
    expectAtRest(queue);
  });
});
