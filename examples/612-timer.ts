// A timer: a thread that waits, and then calls a function.

import { Queue, Timer, main, task } from '@heddle/core';

export const ring = task(import.meta, function ring(said: Queue<string>, word: string) {
  said.put(word);
  return word.length;
});

main(import.meta, async () => {
  const said = new Queue<string>();
  const start = performance.now();
  const timer = new Timer(300, ring, { args: [said, 'ding'] }).start();
  console.log('started:', timer.alive, 'finished:', timer.finished.isSet);
  console.log('it says:', await said.getAsync());
  console.log('not before its time:', performance.now() - start > 295);
  console.log('finished:', await timer.finished.waitAsync(), 'returned:', await timer.resultAsync());
});
