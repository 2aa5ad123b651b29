// Two clocks that tick at different rates, one four times as fast as the other, until the main thread stops both.

import { Barrier, Event, Thread, main, sleepAsync, task } from '@heddle/core';

export const clock = task(
  import.meta,
  function clock(name: string, everyMs: number, start: Barrier, stop: Event) {
    let ticks = 0;
    start.wait();
    // A wait with a timeout is a sleep that can be ended early.
    while (!stop.wait({ timeout: everyMs })) console.log(`${name}: tick ${++ticks}`);
    return ticks;
  },
);

main(import.meta, async () => {
  const start = new Barrier(3);
  const stop = new Event();
  const fast = new Thread(clock, { args: ['fast', 20, start, stop] }).start();
  const slow = new Thread(clock, { args: ['slow', 80, start, stop] }).start();
  await start.waitAsync();
  await sleepAsync(450);
  stop.set();
  console.log('fast ticked more often:', (await fast.resultAsync()) > (await slow.resultAsync()));
});
