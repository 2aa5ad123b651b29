// A semaphore that lets two of ten threads in at a time.

import { AtomicCounter, Semaphore, Thread, main, sleep, task } from '@heddle/core';

export const download = task(import.meta, function download(slots: Semaphore, inside: AtomicCounter) {
  using _ = slots.hold();
  const atOnce = inside.increment();
  sleep(10); // downloads
  inside.decrement();
  return atOnce;
});

main(import.meta, async () => {
  const slots = new Semaphore(2, { name: 'downloads' });
  const inside = new AtomicCounter();
  const threads = Array.from({ length: 10 }, () => new Thread(download, { args: [slots, inside] }).start());
  let most = 0;
  for (const thread of threads) most = Math.max(most, await thread.resultAsync());
  console.log(`${threads.length} downloads, at most ${most} at once, ${slots.value} slots free in the end`);
});
