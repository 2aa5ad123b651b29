// A thread can be started once. To run the same thing again, make a new thread of the same configuration.

import { Thread, ThreadStateError, main, task } from '@heddle/core';

export const job = task(import.meta, function job(n: number) {
  return n * n;
});

const newWorker = () => new Thread(job, { args: [12], name: 'squarer' });

main(import.meta, async () => {
  const worker = newWorker().start();
  console.log(await worker.resultAsync());
  try {
    worker.start();
  } catch (error) {
    console.log(error instanceof ThreadStateError, (error as Error).message);
  }
  console.log(await newWorker().start().resultAsync());
});
