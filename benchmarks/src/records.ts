/**
 * `Queue` again, with records whose text is another each time, so that recognising what came last is of no use; to a thread that blocks, and to one that takes
 * them on its event loop.
 */
import { Event, Queue, Thread, task } from '@heddle/core';
import type { Task } from '@heddle/core';
import { parentPort } from 'node:worker_threads';
import { SPEED, timed, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';
import { answer, startWorker } from './worker.ts';

const MAXSIZE = 1024;

interface Entry {
  id: number;
  name: string;
  value: number;
}

function entry(id: number): Entry {
  return { id, name: `item ${id}`, value: id * 0.5 };
}

/** `id`, and 0 for a value that is right. */
function weightOfEntry({ id, value }: Entry): number {
  return id + value - id * 0.5;
}

type Consume = (queue: Queue<Entry>, ready: Event, items: number) => number | Promise<number>;

export const entryConsumer = task(
  import.meta,
  function entryConsumer(queue: Queue<Entry>, ready: Event, items: number): number {
    ready.set();
    let sum = 0;
    for (let taken = 0; taken < items; taken++) sum += weightOfEntry(queue.get());
    return sum;
  },
);

export const entryLoop = task(
  import.meta,
  async function entryLoop(queue: Queue<Entry>, ready: Event, items: number): Promise<number> {
    ready.set();
    let sum = 0;
    let taken = 0;
    for await (const item of queue) {
      sum += weightOfEntry(item);
      if (++taken === items) break;
    }
    return sum;
  },
);

function putEntries(consumer: Task<Consume>): () => Round {
  return () => {
    const queue = new Queue<Entry>({ maxsize: MAXSIZE });
    const ready = new Event();
    return items => {
      ready.clear();
      const thread = new Thread(consumer, { args: [queue, ready, items] }).start();
      ready.wait();
      return timed(() => {
        for (let id = 0; id < items; id++) queue.put(entry(id));
        return thread.result();
      });
    };
  };
}

/** Sums up the items; a number in place of an item says how many make a round. */
export function entryListener(): void {
  let sum = 0;
  let left = 0;
  parentPort!.on('message', (item: Entry | number) => {
    if (typeof item === 'number') {
      left = item;
      sum = 0;
      return;
    }
    sum += weightOfEntry(item);
    left -= 1;
    if (left === 0) parentPort!.postMessage(sum);
  });
}

function postEntries(): Round {
  const worker = startWorker(import.meta, entryListener, undefined);
  return items => {
    worker.postMessage(items);
    return timedAsync(async () => {
      for (let id = 0; id < items; id++) worker.postMessage(entry(id));
      return answer(worker);
    });
  };
}

/** Of 0 to `items` − 1. */
function sumOfIds(items: number): number {
  return (items * (items - 1)) / 2;
}

const subject: Subject = {
  records: {
    operation: 'a record whose text is another each time, from one thread to another',
    operations: 100_000,
    expected: sumOfIds,
    sides: {
      'put, get': putEntries(entryConsumer),
      'put, for await': putEntries(entryLoop),
      postMessage: postEntries,
    },
    rows: [
      { what: 'Queue', ours: 'put, get', against: 'postMessage', bar: { atLeast: 6 } },
      { what: 'Queue, on an event loop', ours: 'put, for await', against: 'postMessage', bar: SPEED },
    ],
  },
};
export default subject;
