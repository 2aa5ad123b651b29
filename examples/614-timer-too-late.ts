// Cancelling a timer after it has fired: nothing happens, and it is no error.

import { AtomicCounter, Timer, main, task } from '@heddle/core';

export const ring = task(import.meta, function ring(calls: AtomicCounter) {
  return calls.increment();
});

main(import.meta, async () => {
  const calls = new AtomicCounter();
  const timer = new Timer(5, ring, { args: [calls] }).start();
  await timer.finished.waitAsync();
  timer.cancel();
  timer.cancel();
  console.log('calls:', calls.value, 'returned:', await timer.resultAsync());
});
