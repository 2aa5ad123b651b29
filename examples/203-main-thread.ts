// The main thread is a `Thread` too, and any thread can ask for it, for itself and for how many there are.

import { Thread, activeCount, currentThread, main, mainThread, task } from '@heddle/core';

export const look = task(import.meta, function look() {
  const { name, alive, daemon } = mainThread();
  console.log(`seen from ${currentThread().name}: ${name}, alive ${alive}, daemon ${daemon}`);
  console.log('is it the main thread?', currentThread() === mainThread());
  console.log('threads:', activeCount());
  return mainThread().ident;
});

main(import.meta, async () => {
  console.log('threads:', activeCount());
  const thread = new Thread(look, { name: 'observer' }).start();
  console.log('the same ident:', (await thread.resultAsync()) === mainThread().ident);
  console.log('am I the main thread?', currentThread() === mainThread());
});
