// A timer: a thread that waits, and then calls a function.

import { Queue, Timer, main, task } from '@heddle/core';

export const ring = task(import.meta, function ring(said: Queue<string>, word: string) {
  said.put(word);
  return word.length;
});

main(import.meta, async () => {
  const said = new Queue<string>();
  const late = new Timer(400, ring, { args: [said, 'world'] }).start();
  const early = new Timer(100, ring, { args: [said, 'hello'] }).start();
  console.log('started:', early.alive, late.alive, 'finished:', early.finished.isSet);
  console.log(await said.getAsync(), await said.getAsync());
  console.log('finished:', await early.finished.waitAsync(), await late.finished.waitAsync());
  console.log('returned:', await early.resultAsync());
});
