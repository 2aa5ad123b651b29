// The work queue of the guide.
import { Queue, Thread, currentThread, task } from '@heddle/core';

export const work = task(import.meta, function work(jobs: Queue<string>, results: Queue<[string, number]>) {
  for (const text of jobs) results.put([currentThread().name, text.length]);
});

export async function run(print: (text: string) => void): Promise<void> {
  const jobs = new Queue<string>({ maxsize: 8 });
  const results = new Queue<[string, number]>();
  const threads = [1, 2].map(n => new Thread(work, { args: [jobs, results], name: `worker ${n}` }).start());
  for (let id = 0; id < 100; id++) await jobs.putAsync('x'.repeat(id));
  jobs.shutdown();
  await Promise.all(threads.map(thread => thread.resultAsync()));
  const all = results.getMany(100);
  for (const name of ['worker 1', 'worker 2'])
    print(`${name}: ${all.filter(([by]) => by === name).length} jobs`);
  print(`sum of lengths: ${all.reduce((sum, [, length]) => sum + length, 0)}`);
}
