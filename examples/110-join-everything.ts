// Waits for all threads that there are, without having kept a list: all in `enumerate()` but oneself.

import { Thread, currentThread, enumerate, main, sleep, task } from '@heddle/core';

export const rest = task(import.meta, function rest(ms: number) {
  sleep(ms);
  console.log(`${currentThread().name} wakes up`);
});

main(import.meta, async () => {
  for (const ms of [150, 50, 100]) new Thread(rest, { args: [ms], name: `sleeper of ${ms} ms` }).start();

  for (const thread of enumerate()) {
    if (thread !== currentThread()) await thread.joinAsync();
  }
  console.log(
    'left:',
    enumerate().map(thread => thread.name),
  );
});
