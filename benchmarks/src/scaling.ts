/**
 * Two threads against one, on work that is nothing but computing: how much of the second core arrives. The raw row says what
 * `node:worker_threads` get from the same machine at the same time, which on a busy machine is less than 2 ×.
 */
import { Thread, task } from '@heddle/core';
import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { SPEED, timed, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';
import { startWorker } from './worker.ts';

/** Counts the bits that are set in every `step`th number from `first` to below `end`, one at a time. */
function bits(first: number, end: number, step: number): number {
  let count = 0;
  for (let n = first; n < end; n += step) {
    for (let rest = n; rest !== 0; rest &= rest - 1) count += 1;
  }
  return count;
}

export const bitsTask = task(
  import.meta,
  function bitsTask(first: number, end: number, step: number): number {
    return bits(first, end, step);
  },
);

function threads(many: number): () => Round {
  return () => numbers =>
    timed(() => {
      const started = Array.from({ length: many }, (_, first) =>
        new Thread(bitsTask, { args: [first, numbers, many] }).start(),
      );
      return started.reduce((sum, thread) => sum + thread.result(), 0);
    });
}

export function bitsOnMessage(): void {
  parentPort!.on('message', ([first, end, step]: [number, number, number]) =>
    parentPort!.postMessage(bits(first, end, step)),
  );
}

function workers(many: number): () => Round {
  return () => {
    const started = Array.from({ length: many }, () => startWorker(import.meta, bitsOnMessage, undefined));
    return numbers =>
      timedAsync(async () => {
        const parts = await Promise.all(started.map((worker, first) => ask(worker, [first, numbers, many])));
        return parts.reduce((sum, part) => sum + part, 0);
      });
  };
}

async function ask(worker: Worker, question: [number, number, number]): Promise<number> {
  worker.postMessage(question);
  const [answer] = (await once(worker, 'message')) as [number];
  return answer;
}

const subject: Subject = {
  computing: {
    operation: 'the bits of one number counted',
    operations: 2 ** 23,
    quick: 2 ** 20,
    // Of the numbers below 2 ** k, each of the k bits is set in half.
    expected: numbers => (numbers * Math.log2(numbers)) / 2,
    sides: {
      'two threads': threads(2),
      'one thread': threads(1),
      'two workers': workers(2),
      'one worker': workers(1),
    },
    rows: [
      { what: 'two threads, one thread', ours: 'two threads', against: 'one thread', bar: { atLeast: 1.8 } },
      { what: 'the same with raw workers', ours: 'two workers', against: 'one worker', bar: SPEED },
    ],
  },
};
export default subject;
