// A `ThreadLocal` has one value in each thread. What one thread sets no other sees, neither at the same time nor later.
// (A variable at module level belongs to a worker, and the next thread that runs there would find what this one left.)

import { Barrier, Thread, ThreadLocal, main, task } from '@heddle/core';

const user = new ThreadLocal(() => 'nobody');

/** Needs no parameter to know for whom it works. */
function describe(): string {
  return `works for ${user.value}`;
}

export const serve = task(import.meta, function serve(name: string, bothHaveSet: Barrier) {
  const before = describe();
  user.value = name;
  bothHaveSet.wait();
  return `${before}, then ${describe()}`;
});

main(import.meta, async () => {
  user.value = 'the boss';
  const barrier = new Barrier(2);
  const threads = ['Ada', 'Grace'].map(name => new Thread(serve, { args: [name, barrier] }).start());
  for (const thread of threads) console.log('thread:', await thread.resultAsync());
  const later = new Thread(serve, { args: ['Barbara', new Barrier(1)] }).start();
  console.log('later thread:', await later.resultAsync());
  console.log('main:', describe());
});
