// Waiting for an event with a timeout, in a loop: something else is done until it comes.

import { CountDownLatch, Event, Thread, main, task } from '@heddle/core';

export const watch = task(import.meta, function watch(arrived: Event, looks: CountDownLatch) {
  while (!arrived.wait({ timeout: 20 })) {
    console.log('not yet, so I do something else');
    looks.countDown();
  }
  console.log('it is here');
});

main(import.meta, async () => {
  const arrived = new Event();
  const looks = new CountDownLatch(3);
  const watcher = new Thread(watch, { args: [arrived, looks] }).start();
  await looks.waitAsync();
  arrived.set();
  await watcher.joinAsync();
});
