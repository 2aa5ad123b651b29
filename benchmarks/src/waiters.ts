/** What it costs to wake many: threads that meet at a `Barrier`, time and again, beside the same with a counter and `Atomics.notify`. */
import { Barrier, Thread, task } from '@heddle/core';
import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { TIME, timed, timedAsync } from './harness.ts';
import type { Round, Subject, Workload } from './harness.ts';
import { startWorker } from './worker.ts';

export const meet = task(import.meta, function meet(barrier: Barrier, times: number): number {
  let first = 0;
  for (let n = 0; n < times; n++) if (barrier.wait() === 0) first += 1;
  return first;
});

/** One operation is one meeting of all. */
function barrier(parties: number): () => Round {
  return () => {
    const meeting = new Barrier(parties);
    return times =>
      timed(() => {
        const threads = Array.from({ length: parties }, () =>
          new Thread(meet, { args: [meeting, times] }).start(),
        );
        return threads.reduce((sum, thread) => sum + thread.result(), 0);
      });
  };
}

/** Words: how many have come, and how many meetings there were. */
export function meetRaw({ words, parties }: { words: Int32Array; parties: number }): void {
  parentPort!.on('message', (times: number) => {
    let first = 0;
    for (let n = 0; n < times; n++) {
      const meeting = Atomics.load(words, 1);
      const before = Atomics.add(words, 0, 1);
      if (before === 0) first += 1;
      if (before === parties - 1) {
        Atomics.store(words, 0, 0);
        Atomics.add(words, 1, 1);
        Atomics.notify(words, 1);
      } else while (Atomics.load(words, 1) === meeting) Atomics.wait(words, 1, meeting);
    }
    parentPort!.postMessage(first);
  });
}

function raw(parties: number): () => Round {
  return () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const workers = Array.from({ length: parties }, () =>
      startWorker(import.meta, meetRaw, { words, parties }),
    );
    return times =>
      timedAsync(async () => {
        const answers = workers.map(async worker => {
          const answer = once(worker, 'message') as Promise<[number]>;
          worker.postMessage(times);
          return (await answer)[0];
        });
        return (await Promise.all(answers)).reduce((sum, first) => sum + first, 0);
      });
  };
}

function workload(parties: number, times: number): Workload {
  return {
    operation: `${parties} threads meet`,
    operations: times,
    // Each meeting has one who came first.
    expected: meetings => meetings,
    sides: { Barrier: barrier(parties), notify: raw(parties) },
    rows: [{ what: `Barrier of ${parties}`, ours: 'Barrier', against: 'notify', bar: TIME }],
  };
}

const PARTIES: readonly [parties: number, times: number][] = [
  [2, 4000],
  [4, 1500],
  [16, 300],
  [64, 60],
];

const subject: Subject = Object.fromEntries(
  PARTIES.map(([parties, times]) => [`${parties} parties`, workload(parties, times)]),
);
export default subject;
