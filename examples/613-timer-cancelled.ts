// A timer that is cancelled in time never calls its function; its thread ends at once.

import { AtomicCounter, Timer, main, task } from '@heddle/core';

export const ring = task(import.meta, function ring(calls: AtomicCounter) {
  calls.increment();
});

main(import.meta, async () => {
  const calls = new AtomicCounter();
  const timer = new Timer(3_600_000, ring, { args: [calls], name: 'alarm' }).start();
  console.log(`${timer.name} is set:`, timer.alive);
  timer.cancel(); // from any thread
  console.log('ended at once:', await timer.joinAsync({ timeout: 60_000 }));
  console.log('calls:', calls.value, 'finished:', timer.finished.isSet);
});
