// A pool of threads and `map`: the results come in the order of the inputs, whoever is done first. At the end of the block the pool is shut down.

import { ThreadPoolExecutor, currentThread, main, sleep, task } from '@heddle/core';

export const fetchPage = task(import.meta, function fetchPage(page: number, ms: number): string {
  sleep(ms);
  return `page ${page} by ${currentThread().name}`;
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 3, threadNamePrefix: 'fetcher' });
  for await (const line of pool.mapAsync(fetchPage, [
    [1, 2, 3],
    [90, 60, 30],
  ])) {
    console.log(line.replace(/_\d$/, ''));
  }
  console.log('threads:', pool.hired);
});
