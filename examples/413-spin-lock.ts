// A spin lock: who finds it taken stays awake and looks again, backing off for twice as long each time. First by hand, over one
// atomic flag; then the library's, which gives up spinning after a while and sleeps, as a lock should that somebody may hold for long.

import { AtomicCounter, AtomicFlag, SpinLock, Thread, main, task } from '@heddle/core';

const ROUNDS = 5000;
const LONGEST_PAUSE = 256;

/** Takes the flag; returns how often it looked in vain. */
function spin(taken: AtomicFlag): number {
  let inVain = 0;
  for (let pause = 1; taken.testAndSet(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    inVain++;
    for (let n = 0; n < pause; n++); // back off
  }
  return inVain;
}

export const countByHand = task(import.meta, function countByHand(taken: AtomicFlag, total: AtomicCounter) {
  let inVain = 0;
  for (let round = 0; round < ROUNDS; round++) {
    inVain += spin(taken);
    total.value = total.value + 1; // two steps: only safe under the lock
    taken.clear();
  }
  return inVain;
});

export const countUnderLock = task(
  import.meta,
  function countUnderLock(lock: SpinLock, total: AtomicCounter) {
    for (let round = 0; round < ROUNDS; round++) {
      using _ = lock.hold();
      total.value = total.value + 1;
    }
  },
);

main(import.meta, async () => {
  const [byHand, taken] = [new AtomicCounter(), new AtomicFlag()];
  const spinners = [1, 2].map(() => new Thread(countByHand, { args: [taken, byHand] }).start());
  let inVain = 0;
  for (const thread of spinners) inVain += await thread.resultAsync();
  console.log(`by hand: ${byHand.value} of ${2 * ROUNDS}, looked ${inVain} times in vain`);

  const [total, lock] = [new AtomicCounter(), new SpinLock({ spins: 500 })];
  const threads = [1, 2].map(() => new Thread(countUnderLock, { args: [lock, total] }).start());
  for (const thread of threads) await thread.joinAsync();
  console.log(`SpinLock: ${total.value} of ${2 * ROUNDS}`);
});
