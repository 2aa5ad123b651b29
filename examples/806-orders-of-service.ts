// Three queues, three orders: first come first served, last in first out, lowest number first.

import { LifoQueue, PriorityQueue, Queue, Thread, main, task } from '@heddle/core';

export const drain = task(
  import.meta,
  function drain(queue: Queue<number> | LifoQueue<number> | PriorityQueue<number>) {
    return [...queue].join(' ');
  },
);

main(import.meta, async () => {
  for (const queue of [new Queue<number>(), new LifoQueue<number>(), new PriorityQueue<number>()]) {
    queue.putMany([3, 1, 4, 1, 5, 9, 2, 6]);
    queue.shutdown(); // what is in it can still be taken
    const thread = new Thread(drain, { args: [queue] }).start();
    console.log(`${queue.constructor.name}: ${await thread.resultAsync()}`);
  }
});
