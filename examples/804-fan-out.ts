// Fan-out: the work goes to three workers, and a collector puts the results in order again.

import { Queue, Thread, main, task } from '@heddle/core';

const COUNT = 20;

type Numbered<T> = [index: number, value: T];

export const work = task(
  import.meta,
  function work(jobs: Queue<Numbered<number>>, results: Queue<Numbered<string>>) {
    for (const [index, n] of jobs) results.put([index, `${n}² = ${n * n}`]);
  },
);

/** Hands out results in the order of their numbers, each as soon as all before it are there. */
async function* inOrder<T>(results: Queue<Numbered<T>>): AsyncGenerator<T> {
  const early = new Map<number, T>();
  let next = 0;
  for await (const [index, value] of results) {
    early.set(index, value);
    for (; early.has(next); early.delete(next++)) yield early.get(next)!;
  }
}

main(import.meta, async () => {
  const jobs = new Queue<Numbered<number>>({ maxsize: 8 });
  const results = new Queue<Numbered<string>>();
  const workers = [1, 2, 3].map(() => new Thread(work, { args: [jobs, results] }).start());

  for (let n = 0; n < COUNT; n++) await jobs.putAsync([n, n + 1]);
  jobs.shutdown(); // the workers' loops end
  void Promise.all(workers.map(worker => worker.joinAsync())).then(() => results.shutdown()); // and so does ours
  for await (const line of inOrder(results)) console.log(line);
});
