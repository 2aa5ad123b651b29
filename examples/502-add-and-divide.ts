// One thread adds 10 to every element while another halves every element. Without a lock each element has a history of its own:
// (x + 10) / 2 here, x / 2 + 10 there. With a lock around the whole pass all elements stay equal.

import { Barrier, Lock, SharedBuffer, Thread, main, task } from '@heddle/core';

const LENGTH = 100_000;
const PASSES = 100;

function numbersIn({ bytes }: SharedBuffer): Float64Array {
  return new Float64Array(bytes.buffer, bytes.byteOffset, LENGTH);
}

interface Shared {
  buffer: SharedBuffer;
  start: Barrier;
  lock?: Lock;
}

export const add = task(import.meta, function add({ buffer, start, lock }: Shared) {
  const numbers = numbersIn(buffer);
  start.wait();
  for (let pass = 0; pass < PASSES; pass++) {
    using _ = lock?.hold();
    for (let n = 0; n < LENGTH; n++) numbers[n] += 10;
  }
});

export const divide = task(import.meta, function divide({ buffer, start, lock }: Shared) {
  const numbers = numbersIn(buffer);
  start.wait();
  for (let pass = 0; pass < PASSES; pass++) {
    using _ = lock?.hold();
    for (let n = LENGTH - 1; n >= 0; n--) numbers[n] /= 2; // from the other end, so that they are sure to meet
  }
});

async function differentValues(lock?: Lock): Promise<number> {
  const shared: Shared = {
    buffer: new SharedBuffer(8 * LENGTH),
    start: new Barrier(2),
    ...(lock && { lock }),
  };
  const threads = [add, divide].map(each => new Thread(each, { args: [shared] }).start());
  for (const thread of threads) await thread.joinAsync();
  return new Set(numbersIn(shared.buffer)).size;
}

main(import.meta, async () => {
  let values = 1;
  // Whether two threads get in each other's way is luck. Rarely must it be tried again.
  for (let attempt = 1; values === 1 && attempt <= 20; attempt++) values = await differentValues();
  console.log('different values without a lock:', values);
  console.log('different values with a lock:', await differentValues(new Lock()));
});
