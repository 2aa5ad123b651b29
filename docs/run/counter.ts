// The counter of the guide, once with additions that get lost and once without.
import { AtomicCounter, Barrier, SharedInt32Array, Thread, task } from '@heddle/core';

const TIMES = 1_000_000;

export const visit = task(
  import.meta,
  function visit(plain: SharedInt32Array, counter: AtomicCounter, start: Barrier) {
    start.wait({ timeout: 10_000 });
    for (let n = 0; n < TIMES; n++) plain.view[0]! += 1;
    for (let n = 0; n < TIMES; n++) counter.add(1);
  },
);

export async function run(print: (text: string) => void): Promise<void> {
  const plain = new SharedInt32Array(1);
  const counter = new AtomicCounter();
  const start = new Barrier(3); // together, or the first is done before the last has begun
  const threads = [1, 2, 3].map(() => new Thread(visit, { args: [plain, counter, start] }).start());
  await Promise.all(threads.map(thread => thread.resultAsync()));
  print(`three threads, ${TIMES} additions each: ${3 * TIMES}`);
  print(`array[0] += 1:        ${plain.view[0]}`);
  print(`AtomicCounter.add(1): ${counter.value}`);
}
