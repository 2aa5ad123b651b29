// A mapped function with more parameters than there are inputs, and an argument that can't travel: clear errors, where the mistake was made.

import { ThreadPoolExecutor, main, task } from '@heddle/core';

export const add = task(import.meta, function add(a: number, b: number): number {
  return a + b;
});

export const call = task(import.meta, function call(job: { run: () => void }): void {
  job.run();
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor();
  try {
    // @ts-expect-error -- the types say it too
    pool.map(add, [[1, 2, 3]]);
  } catch (error) {
    console.log(String(error));
  }
  const future = pool.submit(call, { run: () => {} });
  console.log(String(future.exception()?.error));
  console.log([
    ...pool.map(add, [
      [1, 2, 3],
      [10, 20, 30],
    ]),
  ]);
});
