/**
 * `Queue`: how fast items get from one thread to another. The consumer reads each item and adds up what it finds; a round ends when the sum is
 * there. Both Heddle and CPython bound their queue; `postMessage` can't, its items pile up in the receiver's port.
 */
import { Event, Queue, SharedBuffer, Thread, task } from '@heddle/core';
import { parentPort } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { copyThrough, copyThroughInto, structuredClone, sumOfBytes } from './copies.ts';
import { SPEED, timed, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';
import { answer, startWorker } from './worker.ts';

const MAXSIZE = 1024;

// Small objects, one way.

interface Job {
  id: number;
  type: string;
  args: number[];
  key: string;
}

function job(id: number): Job {
  return { id, type: 'resize', args: [id, 1], key: 'user-4711' };
}

/** 1 for `args[1]`, and `id`. */
function weight(item: Job): number {
  return item.id + item.args[1]!;
}

function sumOfJobs(items: number): number {
  return (items * (items + 1)) / 2;
}

export const consumer = task(
  import.meta,
  function consumer(queue: Queue<Job>, ready: Event, items: number): number {
    ready.set();
    let sum = 0;
    for (let taken = 0; taken < items; taken++) sum += weight(queue.get());
    return sum;
  },
);

function produce(queue: Queue<Job>, items: number): void {
  for (let id = 0; id < items; id++) queue.put(job(id));
}

function putGet(): Round {
  const queue = new Queue<Job>({ maxsize: MAXSIZE });
  const ready = new Event();
  return items => {
    ready.clear();
    const thread = new Thread(consumer, { args: [queue, ready, items] }).start();
    ready.wait();
    return timed(() => {
      produce(queue, items);
      return thread.result();
    });
  };
}

const BATCH = 100;

export const batchConsumer = task(
  import.meta,
  function batchConsumer(queue: Queue<Job>, ready: Event, items: number): number {
    ready.set();
    let sum = 0;
    for (let taken = 0; taken < items;) {
      const batch = queue.getMany(BATCH);
      for (const item of batch) sum += weight(item);
      taken += batch.length;
    }
    return sum;
  },
);

function produceBatches(queue: Queue<Job>, items: number): void {
  for (let first = 0; first < items; first += BATCH) {
    queue.putMany(Array.from({ length: Math.min(BATCH, items - first) }, (_, index) => job(first + index)));
  }
}

function putManyGetMany(): Round {
  const queue = new Queue<Job>({ maxsize: MAXSIZE });
  const ready = new Event();
  return items => {
    ready.clear();
    const thread = new Thread(batchConsumer, { args: [queue, ready, items] }).start();
    ready.wait();
    return timed(() => {
      produceBatches(queue, items);
      return thread.result();
    });
  };
}

/** Sums up the items; a number in place of an item says how many make a round. */
export function messageConsumer(): void {
  let sum = 0;
  let left = 0;
  parentPort!.on('message', (item: Job | number) => {
    if (typeof item === 'number') {
      left = item;
      sum = 0;
      return;
    }
    sum += weight(item);
    left -= 1;
    if (left === 0) parentPort!.postMessage(sum);
  });
}

function postAll(worker: Worker, items: number): void {
  for (let id = 0; id < items; id++) worker.postMessage(job(id));
}

function postMessage(): Round {
  const worker = startWorker(import.meta, messageConsumer, undefined);
  return items => {
    worker.postMessage(items);
    return timedAsync(async () => {
      postAll(worker, items);
      return answer(worker);
    });
  };
}

// One mebibyte, handed over: a few buffers go round, filled by one side (its first byte) and read by the other.

const MEBIBYTE = 2 ** 20;
const BUFFERS = 8;

export const bufferConsumer = task(
  import.meta,
  function bufferConsumer(full: Queue<SharedBuffer>, empty: Queue<SharedBuffer>, passes: number): number {
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) {
      const buffer = full.get();
      sum += buffer.bytes[0]!;
      empty.put(buffer);
    }
    return sum;
  },
);

function pass(full: Queue<SharedBuffer>, empty: Queue<SharedBuffer>, passes: number): void {
  for (let pass = 0; pass < passes; pass++) {
    const buffer = empty.get();
    buffer.bytes[0] = pass & 255;
    full.put(buffer);
  }
}

function sharedBuffer(): Round {
  const full = new Queue<SharedBuffer>();
  const empty = new Queue<SharedBuffer>();
  const buffers = Array.from({ length: BUFFERS }, () => new SharedBuffer(MEBIBYTE));
  empty.putMany(buffers);
  return passes => {
    const thread = new Thread(bufferConsumer, { args: [full, empty, passes] }).start();
    return timed(() => {
      pass(full, empty, passes);
      return thread.result();
    });
  };
}

/** Sends each buffer back. A number says how many make a round, which is answered by the sum. */
export function transferConsumer(): void {
  let sum = 0;
  let left = 0;
  parentPort!.on('message', (item: ArrayBuffer | number) => {
    if (typeof item === 'number') {
      left = item;
      sum = 0;
      return;
    }
    sum += new Uint8Array(item)[0]!;
    parentPort!.postMessage(item, [item]);
    left -= 1;
    if (left === 0) parentPort!.postMessage(sum);
  });
}

function transfer(): Round {
  const worker = startWorker(import.meta, transferConsumer, undefined);
  const buffers = Array.from({ length: BUFFERS }, () => new ArrayBuffer(MEBIBYTE));
  return passes => {
    worker.postMessage(passes);
    return timedAsync(async () => transferAll(worker, buffers, passes));
  };
}

/** `idle` are the buffers that are here, before and after. */
async function transferAll(worker: Worker, idle: ArrayBuffer[], passes: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let pass = 0;
  const send = (buffer: ArrayBuffer) => {
    new Uint8Array(buffer)[0] = pass & 255;
    pass += 1;
    worker.postMessage(buffer, [buffer]);
  };
  worker.on('message', (item: ArrayBuffer | number) => {
    if (typeof item === 'number') resolve(item);
    else if (pass < passes) send(item);
    else idle.push(item);
  });
  for (const buffer of idle.splice(0)) send(buffer);
  const sum = await promise;
  worker.removeAllListeners('message');
  return sum;
}

const subject: Subject = {
  'small objects': {
    operation: 'a small object from one thread to another',
    operations: 100_000,
    expected: sumOfJobs,
    sides: {
      'put, get': putGet,
      'putMany, getMany': putManyGetMany,
      postMessage,
      CPython: { python: './cpython_queue.py' },
    },
    rows: [
      { what: 'Queue', ours: 'put, get', against: 'postMessage', bar: { atLeast: 6 } },
      { what: 'Queue', ours: 'put, get', against: 'CPython', bar: { atLeast: 5 } },
      { what: 'Queue, by hundreds', ours: 'putMany, getMany', against: 'postMessage', bar: SPEED },
    ],
  },
  'handed over': {
    operation: '1 MiB handed to another thread and back, without a copy',
    operations: 256 * 40,
    quick: 256 * 4,
    expected: sumOfBytes,
    sides: { SharedBuffer: sharedBuffer, transfer },
    rows: [
      { what: 'Queue of SharedBuffers', ours: 'SharedBuffer', against: 'transfer', bar: { atLeast: 1 } },
    ],
  },
  copied: {
    operation: '1 MiB copied to another thread',
    operations: 256,
    quick: 64,
    expected: sumOfBytes,
    sides: {
      'put, get': copyThrough(MEBIBYTE),
      'put, get({ into })': copyThroughInto(MEBIBYTE),
      'structured clone': structuredClone(MEBIBYTE),
    },
    rows: [
      { what: 'Queue of Uint8Arrays', ours: 'put, get', against: 'structured clone', bar: { atLeast: 2 } },
      {
        what: 'into the same memory',
        ours: 'put, get({ into })',
        against: 'structured clone',
        bar: SPEED,
      },
    ],
  },
};
export default subject;
