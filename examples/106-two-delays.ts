// Numbers from two threads with different delays: each keeps its own order, and between the two there is none.

import { Thread, main, sleep, task } from '@heddle/core';

export const print = task(import.meta, function print(name: string, numbers: number[], delayMs: number) {
  for (const n of numbers) {
    console.log(`${name} ${n}`);
    sleep(delayMs); // blocks this thread only
  }
});

main(import.meta, async () => {
  const odd = new Thread(print, { args: ['odd', [1, 3, 5, 7, 9], 20] }).start();
  const even = new Thread(print, { args: ['even', [2, 4, 6, 8], 30] }).start();
  await odd.joinAsync();
  await even.joinAsync();
  console.log('done');
});
