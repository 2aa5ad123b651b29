// Results as they come, the quickest first.

import { ThreadPoolExecutor, asCompleted, main, sleep, task } from '@heddle/core';

export const nap = task(import.meta, function nap(name: string, ms: number): string {
  sleep(ms);
  return name;
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
  // So that all three threads are up.
  await Promise.all([pool.submit(nap, '', 200), pool.submit(nap, '', 200), pool.submit(nap, '', 200)]);

  const futures = [
    pool.submit(nap, 'tortoise', 500),
    pool.submit(nap, 'hare', 50),
    pool.submit(nap, 'dog', 250),
  ];
  for await (const { future } of asCompleted(futures)) console.log(future.result());
});
