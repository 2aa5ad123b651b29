// Livelock: two people meet in a corridor, each blocks the other's side, and both step back, at the same time, again and
// again. Nobody waits, and nobody gets through. Cured by stepping back for pauses of different length.

import { Barrier, Lock, Thread, main, sleep, task } from '@heddle/core';

const PATIENCE = 100;

/** Returns how many attempts it took to have both sides, if that was possible at all. */
export const pass = task(
  import.meta,
  function pass(mine: Lock, other: Lock, step: Barrier, isPolite: boolean) {
    for (let attempt = 1; attempt <= PATIENCE; attempt++) {
      const inStep = isPolite || attempt === 1;
      {
        using _ = mine.hold();
        if (inStep) step.wait(); // each has its own side now …
        if (other.tryAcquire()) {
          other.release();
          return attempt;
        }
        if (inStep) step.wait(); // … and has seen that the other's is taken
      }
      if (!isPolite) sleep(10 * Math.random()); // the cure
    }
    return undefined;
  },
);

async function meet(isPolite: boolean): Promise<void> {
  const [left, right, step] = [new Lock(), new Lock(), new Barrier(2)];
  const one = new Thread(pass, { args: [left, right, step, isPolite] }).start();
  const two = new Thread(pass, { args: [right, left, step, isPolite] }).start();
  for (const thread of [one, two]) {
    const attempts = await thread.resultAsync();
    console.log(
      attempts === undefined ? `  gave up after ${PATIENCE} attempts` : `  through after ${attempts}`,
    );
  }
}

main(import.meta, async () => {
  console.log('both step back and try again at once:');
  await meet(true);
  console.log('both step back for a while:');
  await meet(false);
});
