// Several threads in a list: all started first, then all joined, so that they run at the same time.

import { Thread, main, task } from '@heddle/core';

export const count = task(import.meta, function count(worker: number) {
  for (let n = 1; n <= 3; n++) console.log(`worker ${worker}: ${n}`);
});

main(import.meta, async () => {
  const threads: Thread[] = [];
  for (let worker = 1; worker <= 4; worker++) threads.push(new Thread(count, { args: [worker] }).start());
  for (const thread of threads) await thread.joinAsync();
  console.log('main: all four have finished');
});
