// Joining with a timeout says whether the thread has finished; `alive` says it without waiting.

import { Event, Thread, main, task } from '@heddle/core';

export const wait = task(import.meta, function wait(gate: Event) {
  gate.wait();
});

main(import.meta, async () => {
  const gate = new Event();
  const thread = new Thread(wait, { args: [gate] }).start();

  console.log('finished within 50 ms:', await thread.joinAsync({ timeout: 50 }));
  console.log('alive:', thread.alive);
  gate.set();
  console.log('finished:', await thread.joinAsync());
  console.log('alive:', thread.alive);
});
