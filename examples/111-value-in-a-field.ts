// A thread that leaves its value in a field: it is there when the thread was joined. `result()` needs no field.

import { Thread, main } from '@heddle/core';

export class PrimeCounter extends Thread {
  static {
    this.declare(import.meta);
  }

  limit: number;
  count = 0;
  largest: number | undefined;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  override run() {
    for (let n = 2; n <= this.limit; n++) {
      if ([...Array(n).keys()].slice(2).some(divisor => n % divisor === 0)) continue;
      this.count += 1;
      this.largest = n;
    }
    return `${this.count} primes up to ${this.limit}`;
  }
}

main(import.meta, async () => {
  const counter = new PrimeCounter(100).start();
  await counter.joinAsync();
  console.log('by its fields:', counter.count, counter.largest);
  console.log('by result():  ', counter.result());
});
