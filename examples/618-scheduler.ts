// A scheduler: things done at times, by priority, in this thread, without a thread or a timer for each.

import { Scheduler, main } from '@heddle/core';

main(import.meta, async () => {
  const scheduler = new Scheduler();
  const start = performance.now();
  scheduler.enterAbs(start + 40, 1, console.log, ['last']);
  scheduler.enterAbs(start + 20, 2, console.log, ['second, being less urgent']);
  scheduler.enterAbs(start + 20, 1, console.log, ['first']);
  const never = scheduler.enter(60_000, 1, console.log, ['never']);
  scheduler.enter(10, 1, () => scheduler.cancel(never));
  console.log('planned:', scheduler.queue.length);
  await scheduler.runAsync(); // or run(), which blocks the thread
  console.log('left:', scheduler.queue.length);
});
