// A queue and a stop event: the consumers go on until the event is set *and* the queue is empty, so nothing is lost.
// They wait for items with a timeout, so that nobody is stuck in `get` when the last item has gone to another.

import { Event, Queue, QueueEmptyError, Thread, main, sleep, task } from '@heddle/core';

export const produce = task(import.meta, function produce(queue: Queue<number>, from: number, to: number) {
  for (let n = from; n <= to; n++) queue.put(n);
});

export const consume = task(import.meta, function consume(queue: Queue<number>, stop: Event) {
  let sum = 0;
  while (!(stop.isSet && queue.empty)) {
    try {
      sum += queue.get({ timeout: 10 });
      sleep(1); // slower than the producers, so that there is something left when these have finished
    } catch (error) {
      if (!(error instanceof QueueEmptyError)) throw error; // nothing came: look at the event again
    }
  }
  return sum;
});

main(import.meta, async () => {
  const queue = new Queue<number>({ maxsize: 50 });
  const stop = new Event();
  const consumers = [1, 2].map(() => new Thread(consume, { args: [queue, stop] }).start());
  const producers = [0, 50].map(n => new Thread(produce, { args: [queue, n + 1, n + 50] }).start());

  for (const producer of producers) await producer.joinAsync();
  stop.set(); // only now is it certain that nothing more comes
  let sum = 0;
  for (const consumer of consumers) sum += await consumer.resultAsync();
  console.log('sum of 1 to 100:', sum);
  console.log('left in the queue:', queue.size);
});
