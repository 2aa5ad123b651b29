/**
 * `Thread`: what it costs to start a function in a thread and to wait for its end, once the runtime has a worker to recycle. CPython creates a
 * POSIX thread each time. Raw `node:worker_threads` have to create a worker each time, or a pool has to be written.
 */
import { Thread, task } from '@heddle/core';
import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { TIME, timed, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';
import { startWorker } from './worker.ts';

export const square = task(import.meta, function square(n: number): number {
  return n * n;
});

function startJoin(): Round {
  return threads =>
    timed(() => {
      let sum = 0;
      for (let n = 0; n < threads; n++) {
        const thread = new Thread(square, { args: [n] }).start();
        if (thread.join()) sum += thread.result();
      }
      return sum;
    });
}

/** One worker, answering: what a program pays that has written the recycling itself, with an event loop that it may not block. */
export function squareOnMessage(): void {
  parentPort!.on('message', (n: number) => parentPort!.postMessage(n * n));
}

function postMessageToOne(): Round {
  const worker = startWorker(import.meta, squareOnMessage, undefined);
  return calls =>
    timedAsync(async () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      let sum = 0;
      let n = 0;
      worker.on('message', (squared: number) => {
        sum += squared;
        n += 1;
        if (n < calls) worker.postMessage(n);
        else resolve(sum);
      });
      worker.postMessage(0);
      await promise;
      worker.removeAllListeners('message');
      return sum;
    });
}

export function squareOnce(n: number): void {
  parentPort!.postMessage(n * n);
}

function newWorker(): Round {
  return workers =>
    timedAsync(async () => {
      let sum = 0;
      for (let n = 0; n < workers; n++) {
        const worker = startWorker(import.meta, squareOnce, n);
        worker.on('message', (squared: number) => {
          sum += squared;
        });
        await once(worker, 'exit');
      }
      return sum;
    });
}

function sumOfSquares(count: number): number {
  return ((count - 1) * count * (2 * count - 1)) / 6;
}

const subject: Subject = {
  warm: {
    operation: 'a number squared in a thread: started, joined, its result read',
    operations: 2000,
    expected: sumOfSquares,
    sides: { Thread: startJoin, CPython: { python: './cpython_thread.py' }, postMessage: postMessageToOne },
    rows: [
      { what: 'start, join, result', ours: 'Thread', against: 'CPython', bar: { atMost: 1 } },
      { what: 'start, join, result', ours: 'Thread', against: 'postMessage', bar: TIME },
    ],
  },
  'new worker each': {
    operation: 'the same, beside a worker created for each',
    operations: 10,
    quick: 3,
    expected: sumOfSquares,
    sides: { Thread: startJoin, 'new Worker': newWorker },
    rows: [{ what: 'start, join, result', ours: 'Thread', against: 'new Worker', bar: TIME }],
  },
};
export default subject;
