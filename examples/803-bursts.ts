// A producer that comes in bursts, faster than the consumer can store: a bounded queue makes it wait instead of filling the memory.

import { Queue, Thread, main, sleep, task } from '@heddle/core';

const BURSTS = 3;
const BURST = 10;

export const produce = task(import.meta, function produce(queue: Queue<number>) {
  let hadToWait = 0;
  for (let burst = 0; burst < BURSTS; burst++) {
    for (let n = 0; n < BURST; n++) {
      const item = burst * BURST + n;
      if (!queue.tryPut(item)) {
        hadToWait += 1;
        queue.put(item); // blocks until there is room
      }
    }
    sleep(20); // silence
  }
  queue.shutdown(); // the consumer's loop ends when the rest is taken
  return hadToWait;
});

export const store = task(import.meta, function store(queue: Queue<number>) {
  const stored: number[] = [];
  let fullest = 0;
  for (const item of queue) {
    fullest = Math.max(fullest, queue.size);
    sleep(3); // stores
    stored.push(item);
  }
  return { stored, fullest };
});

main(import.meta, async () => {
  const queue = new Queue<number>({ maxsize: 4 });
  const producer = new Thread(produce, { args: [queue] }).start();
  const consumer = new Thread(store, { args: [queue] }).start();
  console.log(`the producer had to wait ${await producer.resultAsync()} times`);
  const { stored, fullest } = await consumer.resultAsync();
  console.log(
    `${stored.length} stored, in order: ${stored.every((item, n) => item === n)}, at most ${fullest} in the queue`,
  );
});
