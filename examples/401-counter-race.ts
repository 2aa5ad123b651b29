// The counter race: `count.value += 1` reads, adds and writes, and what another thread wrote in between is lost.
// Cured twice: by a lock around the three steps, and by an operation that is one step.

import { AtomicCounter, Barrier, Lock, Thread, main, task } from '@heddle/core';

const TIMES = 500_000;

export const withoutLock = task(import.meta, function withoutLock(count: AtomicCounter, start: Barrier) {
  start.wait();
  for (let n = 0; n < TIMES; n++) count.value += 1; // the bug
});

export const withLock = task(
  import.meta,
  function withLock(count: AtomicCounter, start: Barrier, lock: Lock) {
    start.wait();
    for (let n = 0; n < TIMES; n++) {
      using _ = lock.hold();
      count.value += 1;
    }
  },
);

export const inOneStep = task(import.meta, function inOneStep(count: AtomicCounter, start: Barrier) {
  start.wait();
  for (let n = 0; n < TIMES; n++) count.increment();
});

async function race(target: (count: AtomicCounter, start: Barrier, lock: Lock) => void): Promise<number> {
  const count = new AtomicCounter();
  const args: [AtomicCounter, Barrier, Lock] = [count, new Barrier(2), new Lock()];
  const threads = [new Thread(target, { args }).start(), new Thread(target, { args }).start()];
  for (const thread of threads) await thread.joinAsync();
  return 2 * TIMES - count.value;
}

main(import.meta, async () => {
  let lost = 0;
  // Whether two threads get in each other's way is luck. Rarely must it be tried again.
  for (let attempt = 1; lost === 0 && attempt <= 20; attempt++) lost = await race(withoutLock);
  console.log('lost without a lock:', lost);
  console.log('lost with a lock:', await race(withLock));
  console.log('lost in one step:', await race(inOneStep));
});
