// Results as they come, the quickest first.

import { Barrier, ThreadPoolExecutor, asCompleted, main, sleep, task } from '@heddle/core';

export const nap = task(import.meta, function nap(name: string, ms: number): string {
  sleep(ms);
  return name;
});

export const meet = task(import.meta, function meet(all: Barrier): void {
  all.wait();
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
  // So that all three threads are up.
  const all = new Barrier(3);
  await Promise.all([1, 2, 3].map(() => pool.submit(meet, all)));

  const futures = [
    pool.submit(nap, 'tortoise', 1200),
    pool.submit(nap, 'hare', 50),
    pool.submit(nap, 'dog', 500),
  ];
  for await (const { future } of asCompleted(futures)) console.log(future.result());
});
