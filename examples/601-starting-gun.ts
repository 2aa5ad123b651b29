// An event as a starting gun: five runners wait for it, and one `set()` starts them all.

import { CountDownLatch, Event, Thread, main, task } from '@heddle/core';

export const run = task(import.meta, function run(lane: number, inBlocks: CountDownLatch, gun: Event) {
  console.log(`lane ${lane} is ready`);
  inBlocks.countDown();
  gun.wait();
  console.log(`lane ${lane} runs`);
});

main(import.meta, async () => {
  const inBlocks = new CountDownLatch(5);
  const gun = new Event({ name: 'gun' });
  const runners = [1, 2, 3, 4, 5].map(lane => new Thread(run, { args: [lane, inBlocks, gun] }).start());
  await inBlocks.waitAsync();
  console.log('bang');
  gun.set();
  for (const runner of runners) await runner.joinAsync();
});
