// A barrier with an action: the last to arrive adds up what all have found in this round, before anybody goes on.

import { AtomicCounter, Barrier, Thread, main, task } from '@heddle/core';

export const roll = task(import.meta, function roll(n: number, barrier: Barrier, sum: AtomicCounter) {
  // Functions don't travel: each party brings the action along, and one of them runs it.
  barrier.action = () => console.log('sum of this round:', sum.exchange(0));
  for (let round = 1; round <= 3; round++) {
    sum.add(n * round);
    barrier.wait();
  }
});

main(import.meta, async () => {
  const barrier = new Barrier(4);
  const sum = new AtomicCounter();
  const threads = [1, 2, 3, 4].map(n => new Thread(roll, { args: [n, barrier, sum] }).start());
  for (const thread of threads) await thread.joinAsync();
});
