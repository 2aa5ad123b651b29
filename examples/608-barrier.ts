// A barrier for five workers and the main thread: nobody goes on before all six are there, twice.

import { Barrier, Thread, main, task } from '@heddle/core';

export const work = task(import.meta, function work(n: number, barrier: Barrier) {
  console.log(`worker ${n} is prepared`);
  barrier.wait();
  console.log(`worker ${n} works`);
  barrier.wait();
});

main(import.meta, async () => {
  const barrier = new Barrier(6);
  const threads = [1, 2, 3, 4, 5].map(n => new Thread(work, { args: [n, barrier] }).start());
  await barrier.waitAsync();
  await barrier.waitAsync();
  console.log('main: all have worked');
  for (const thread of threads) await thread.joinAsync();
});
