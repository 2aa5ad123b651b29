// An error that a thread doesn't catch is printed with the thread's name. It ends that thread and nothing else.

import { Thread, main, task } from '@heddle/core';

export const divide = task(import.meta, function divide(a: bigint, b: bigint) {
  return a / b;
});

main(import.meta, async () => {
  const thread = new Thread(divide, { args: [1n, 0n], name: 'divider' }).start();
  await thread.joinAsync(); // never throws the thread's error; `result()` would
  console.log('main: goes on, and the thread is', thread.alive ? 'alive' : 'dead');
});
