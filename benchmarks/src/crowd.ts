/**
 * What a `Queue` costs by how many share it, and by how much it holds. Everything is beside one producer, one consumer and 1024 places. More threads
 * than cores take turns, so what counts is that it stays about the same.
 */
import { Queue, Thread, task } from '@heddle/core';
import { TIME, timed } from './harness.ts';
import type { Round, Subject, Workload } from './harness.ts';

export const produce = task(
  import.meta,
  function produce(queue: Queue<number>, first: number, items: number, step: number): void {
    for (let item = first; item < items; item += step) queue.put(item);
  },
);

export const consume = task(import.meta, function consume(queue: Queue<number>, items: number): number {
  let sum = 0;
  for (let taken = 0; taken < items; taken++) sum += queue.get();
  return sum;
});

function through(producers: number, consumers: number, maxsize: number): () => Round {
  return () => {
    const queue = new Queue<number>({ maxsize });
    return items =>
      timed(() => {
        const from = Array.from({ length: producers }, (_, first) =>
          new Thread(produce, { args: [queue, first, items, producers] }).start(),
        );
        const to = Array.from({ length: consumers }, () =>
          new Thread(consume, { args: [queue, items / consumers] }).start(),
        );
        for (const thread of from) thread.result();
        return to.reduce((sum, thread) => sum + thread.result(), 0);
      });
  };
}

function workload(operation: string, label: string, side: () => Round): Workload {
  return {
    operation,
    operations: 40_000,
    expected: items => ((items - 1) * items) / 2,
    sides: { [label]: side, '1 to 1': through(1, 1, 1024) },
    rows: [{ what: `Queue, ${label}`, ours: label, against: '1 to 1', bar: TIME }],
  };
}

const CROWDS: readonly [number, number][] = [
  [1, 4],
  [4, 1],
  [2, 2],
  [4, 4],
];
const BOUNDS: readonly [label: string, maxsize: number][] = [
  ['1 place', 1],
  ['16 places', 16],
  ['128 places', 128],
  ['16384 places', 16_384],
  ['no bound', 0],
];

const subject: Subject = Object.fromEntries([
  ...CROWDS.map(([producers, consumers]) => {
    const label = `${producers} to ${consumers}`;
    const operation = `a number through a queue; producers: ${producers}, consumers: ${consumers}`;
    return [label, workload(operation, label, through(producers, consumers, 1024))] as const;
  }),
  ...BOUNDS.map(([label, maxsize]) => {
    return [
      label,
      workload(`a number through a queue with ${label}`, label, through(1, 1, maxsize)),
    ] as const;
  }),
]);
export default subject;
