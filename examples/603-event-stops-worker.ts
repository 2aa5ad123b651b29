// An event that ends a worker politely: the worker looks at it between two pieces of work, and tidies up.

import { Event, Thread, main, task } from '@heddle/core';

export const findPrimes = task(import.meta, function findPrimes(warm: Event, stop: Event) {
  const primes: number[] = [];
  for (let n = 2; !stop.isSet; n++) {
    if (primes.every(prime => n % prime !== 0)) primes.push(n);
    if (primes.length === 100) warm.set();
  }
  console.log('worker: was told to stop');
  return primes;
});

main(import.meta, async () => {
  const warm = new Event();
  const stop = new Event();
  const worker = new Thread(findPrimes, { args: [warm, stop] }).start();
  await warm.waitAsync();
  stop.set();
  const primes = await worker.resultAsync();
  console.log(`main: at least 100 primes: ${primes.length >= 100}, from ${primes.slice(0, 8).join(' ')}`);
});
