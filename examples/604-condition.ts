// A condition: the producer prepares data and says so, and the main thread waits until there is some.

import { AtomicCounter, Condition, Thread, main, task } from '@heddle/core';

export const produce = task(import.meta, function produce(changed: Condition, data: AtomicCounter) {
  const prepared = 6 * 7;
  using _ = changed.hold();
  data.value = prepared;
  changed.notify();
  console.log('producer: the data is ready');
});

main(import.meta, async () => {
  const changed = new Condition();
  const data = new AtomicCounter();
  using _ = await changed.holdAsync(); // so that the producer can't be faster than we are
  new Thread(produce, { args: [changed, data] }).start();
  console.log('main: waits for data');
  await changed.waitForAsync(() => data.value !== 0); // gives the lock back while it waits
  console.log('main: got', data.value);
});
