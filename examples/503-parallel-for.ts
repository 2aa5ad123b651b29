// A loop over a whole array, in as many threads as the machine has cores: each element belongs to one turn, so no lock is needed.

import { SharedFloat64Array, main, parallelForAsync, parallelMapAsync, task } from '@heddle/core';

/** Adds and divides, as the two threads of the example before; here nobody comes between the two. */
export const addAndDivide = task(
  import.meta,
  function addAndDivide(value: number, index: number, view: Float64Array, add: number) {
    view[index] = (value + add) / 2;
  },
);

export const divisors = task(import.meta, function divisors(n: number) {
  let count = 0;
  for (let d = 1; d <= n; d++) if (n % d === 0) count++;
  return count;
});

main(import.meta, async () => {
  const numbers = new SharedFloat64Array(100_000);
  for (let pass = 0; pass < 3; pass++) await parallelForAsync(numbers, addAndDivide, { args: [10] });
  console.log('different values:', new Set(numbers).size, 'each', numbers.view[0]);

  const tens = await parallelMapAsync(numbers, value => 10 * value); // a new shared array
  console.log('ten times as much:', tens.view.at(-1));

  const counts = await parallelMapAsync({ from: 1, to: 13 }, divisors); // in order
  console.log('divisors of 1 to 12:', ...counts);
});
