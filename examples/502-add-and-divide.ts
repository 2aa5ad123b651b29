// One thread adds 10 to every element while another halves every element. Without a lock each element has a history of its own:
// (x + 10) / 2 here, x / 2 + 10 there. With a lock around the whole pass all elements stay equal.

import { Barrier, Lock, SharedFloat64Array, Thread, main, task } from '@heddle/core';

const LENGTH = 100_000;
const PASSES = 100;

interface Shared {
  numbers: SharedFloat64Array;
  start: Barrier;
  lock?: Lock;
}

export const add = task(import.meta, function add({ numbers: { view }, start, lock }: Shared) {
  start.wait();
  for (let pass = 0; pass < PASSES; pass++) {
    using _ = lock?.hold();
    for (let n = 0; n < LENGTH; n++) view[n] += 10;
  }
});

export const divide = task(import.meta, function divide({ numbers: { view }, start, lock }: Shared) {
  start.wait();
  for (let pass = 0; pass < PASSES; pass++) {
    using _ = lock?.hold();
    for (let n = LENGTH - 1; n >= 0; n--) view[n] /= 2; // from the other end, so that they are sure to meet
  }
});

async function differentValues(lock?: Lock): Promise<number> {
  const shared: Shared = {
    numbers: new SharedFloat64Array(LENGTH),
    start: new Barrier(2),
    ...(lock && { lock }),
  };
  const threads = [add, divide].map(each => new Thread(each, { args: [shared] }).start());
  for (const thread of threads) await thread.joinAsync();
  return new Set(shared.numbers).size;
}

main(import.meta, async () => {
  let values = 1;
  // Whether two threads get in each other's way is luck. Rarely must it be tried again.
  for (let attempt = 1; values === 1 && attempt <= 20; attempt++) values = await differentValues();
  console.log('different values without a lock:', values);
  console.log('different values with a lock:', await differentValues(new Lock()));
});
