// A semaphore that lets two of ten threads in at a time.

import { AtomicCounter, Barrier, Semaphore, Thread, main, sleep, task } from '@heddle/core';

export const download = task(
  import.meta,
  function download(start: Barrier, slots: Semaphore, inside: AtomicCounter) {
    start.wait(); // all ten come at once
    using _ = slots.hold();
    const atOnce = inside.increment();
    sleep(10); // downloads
    inside.decrement();
    return atOnce;
  },
);

main(import.meta, async () => {
  const slots = new Semaphore(2, { name: 'downloads' });
  const inside = new AtomicCounter();
  const start = new Barrier(10);
  const threads = Array.from({ length: 10 }, () =>
    new Thread(download, { args: [start, slots, inside] }).start(),
  );
  let most = 0;
  for (const thread of threads) most = Math.max(most, await thread.resultAsync());
  console.log(`${threads.length} downloads, at most ${most} at once, ${slots.value} slots free in the end`);
});
