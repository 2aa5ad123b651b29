// `using` gives a lock back at the end of the block, however the block is left: at its end, by `return` or by an error.

import { Lock, main } from '@heddle/core';

const lock = new Lock({ name: 'log' });

function first(numbers: number[]): number {
  using _ = lock.hold();
  for (const n of numbers) return n;
  throw new RangeError('there is no first number');
}

main(import.meta, async () => {
  {
    using held = lock.hold();
    console.log('in the block:', lock.locked, held.held);
  }
  console.log('after the block:', lock.locked);

  console.log('after return:', first([7]), lock.locked);
  try {
    first([]);
  } catch (error) {
    console.log('after an error:', (error as Error).message, lock.locked);
  }

  {
    using held = await lock.holdAsync({ timeout: 1000 }); // an error if it takes longer
    held.release(); // earlier than the end of the block
    console.log('given back early:', lock.locked);
  }
  lock.acquire(); // without `using` it is up to you
  try {
    console.log('by hand:', lock.locked);
  } finally {
    lock.release();
  }
});
