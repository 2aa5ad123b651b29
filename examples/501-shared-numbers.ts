// An array of numbers that another thread changes in place: both see the same memory, nothing is copied.

import { SharedFloat64Array, Thread, main, task } from '@heddle/core';

export const square = task(import.meta, function square({ view }: SharedFloat64Array) {
  for (let n = 0; n < view.length; n++) view[n] **= 2;
});

main(import.meta, async () => {
  const numbers = SharedFloat64Array.of(1, 2, 3, 4, 5);
  const thread = new Thread(square, { args: [numbers] }).start();
  await thread.joinAsync(); // what the thread wrote before its end is seen from here on
  console.log(...numbers);
});
