// An array of numbers that another thread changes in place: both see the same memory, nothing is copied.

import { SharedBuffer, Thread, main, task } from '@heddle/core';

/** The numbers that a buffer holds. */
function numbersIn({ bytes }: SharedBuffer): Float64Array {
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float64Array.BYTES_PER_ELEMENT);
}

export const square = task(import.meta, function square(buffer: SharedBuffer) {
  const numbers = numbersIn(buffer);
  for (let n = 0; n < numbers.length; n++) numbers[n] **= 2;
});

main(import.meta, async () => {
  const buffer = new SharedBuffer(5 * Float64Array.BYTES_PER_ELEMENT);
  numbersIn(buffer).set([1, 2, 3, 4, 5]);
  const thread = new Thread(square, { args: [buffer] }).start();
  await thread.joinAsync(); // what the thread wrote before its end is seen from here on
  console.log(numbersIn(buffer).join(' '));
});
