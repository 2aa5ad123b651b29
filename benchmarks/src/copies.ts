/** Bytes copied to another thread: the consumer gets some of its own. At most a window of them is under way on either side. */
import { Queue, Thread, task } from '@heddle/core';
import { parentPort } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { timed, timedAsync } from './harness.ts';
import type { Round } from './harness.ts';
import { startWorker } from './worker.ts';

/** So many are under way at most. */
const WINDOW = 8;

/** The first bytes are 0, 1 … 255, 0, 1 …. */
export function sumOfBytes(passes: number): number {
  const rest = passes % 256;
  return ((passes - rest) / 256) * ((255 * 256) / 2) + (rest * (rest - 1)) / 2;
}

export const copyConsumer = task(
  import.meta,
  function copyConsumer(queue: Queue<Uint8Array>, passes: number): number {
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) sum += queue.get()[0]!;
    return sum;
  },
);

/** As `copyConsumer`, into memory that is used again for each. */
export const keptConsumer = task(
  import.meta,
  function keptConsumer(queue: Queue<Uint8Array>, passes: number, byteLength: number): number {
    const into = new ArrayBuffer(byteLength);
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) sum += queue.get({ into })[0]!;
    return sum;
  },
);

function putCopies(queue: Queue<Uint8Array>, bytes: Uint8Array, passes: number): void {
  for (let pass = 0; pass < passes; pass++) {
    bytes[0] = pass & 255;
    queue.put(bytes);
  }
}

/** Through a `Queue`. */
export const copyThrough = (byteLength: number): (() => Round) =>
  through(byteLength, (queue, passes) => new Thread(copyConsumer, { args: [queue, passes] }));

/** Likewise, and the consumer says where the bytes go. */
export const copyThroughInto = (byteLength: number): (() => Round) =>
  through(byteLength, (queue, passes) => new Thread(keptConsumer, { args: [queue, passes, byteLength] }));

function through(
  byteLength: number,
  consume: (queue: Queue<Uint8Array>, passes: number) => { start(): { result(): number } },
): () => Round {
  return () => {
    const queue = new Queue<Uint8Array>({ maxsize: WINDOW });
    const bytes = new Uint8Array(byteLength).fill(1);
    return passes => {
      const thread = consume(queue, passes).start();
      return timed(() => {
        putCopies(queue, bytes, passes);
        return thread.result();
      });
    };
  };
}

/** Answers each item with the sum so far, so that no more than a window of them is under way. */
export function cloneConsumer(): void {
  let sum = 0;
  parentPort!.on('message', (item: Uint8Array | number) => {
    sum = typeof item === 'number' ? 0 : sum + item[0]!;
    if (typeof item !== 'number') parentPort!.postMessage(sum);
  });
}

/** By `postMessage`. */
export function structuredClone(byteLength: number): () => Round {
  return () => {
    const worker = startWorker(import.meta, cloneConsumer, undefined);
    const bytes = new Uint8Array(byteLength).fill(1);
    return passes => {
      worker.postMessage(0);
      return timedAsync(async () => postCopies(worker, bytes, passes));
    };
  };
}

async function postCopies(worker: Worker, bytes: Uint8Array, passes: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let sent = 0;
  let answered = 0;
  const send = () => {
    bytes[0] = sent & 255;
    sent += 1;
    worker.postMessage(bytes);
  };
  worker.on('message', (sum: number) => {
    answered += 1;
    if (sent < passes) send();
    if (answered === passes) resolve(sum);
  });
  while (sent < Math.min(WINDOW, passes)) send();
  const sum = await promise;
  worker.removeAllListeners('message');
  return sum;
}
