// A pool under a progress bar: the main thread draws while the threads work.

import { ThreadPoolExecutor, main, sleep, task } from '@heddle/core';

export const work = task(import.meta, function work(n: number): number {
  sleep(5);
  return n;
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const total = 40;
  let done = 0;
  let sum = 0;
  for await (const n of pool.mapAsync(work, [Array.from({ length: total }, (_, n) => n)], {
    bufferSize: 8,
  })) {
    done += 1;
    sum += n;
    if (done % 10 === 0) console.log(`[${'#'.repeat(done / 4).padEnd(total / 4)}] ${(100 * done) / total} %`);
  }
  console.log('sum:', sum, 'completed:', pool.completed);
});
