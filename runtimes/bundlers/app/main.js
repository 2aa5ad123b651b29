/** An application as people write it: it has a page, and a task in a module beside it. */
import { Event, Lock, Queue, Thread, ThreadPoolExecutor, main, setExceptHook } from '@heddle/core';
import { nested, twice, work } from './work.js';

const SOON = { timeout: 5000 };

async function program() {
  document.body.textContent = 'working';
  const [lock, jobs, results, event] = [new Lock(), new Queue({ maxsize: 4 }), new Queue(), new Event()];
  // A worker that has run something else before must be as good.
  const inline = await new Thread(n => n + 1, { args: [1] }).start().resultAsync(SOON);
  const threads = [1, 2].map(n =>
    new Thread(work, { args: [lock, jobs, results], name: `worker ${n}` }).start(),
  );
  for (let n = 1; n <= 20; n++) await jobs.putAsync(n, SOON);
  jobs.shutdown();
  const ended = await Promise.all(threads.map(thread => thread.resultAsync(SOON)));
  const sum = results.getMany(100).reduce((total, [, square]) => total + square, 0);
  const waiting = new Thread(nested, { args: [event] }).start();
  event.set();
  const answer = await waiting.resultAsync(SOON);
  const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const pooled = await Promise.all([pool.submit(twice, 1), pool.submit(n => n + 1, 2)]);
  await pool.shutdownAsync(SOON);
  document.body.textContent = 'done';
  return { inline, sum, count: ended[0][0] + ended[1][0], names: ended.map(each => each[1]), answer, pooled };
}

main(import.meta, async () => {
  let told;
  const reported = [];
  setExceptHook(({ error }) => reported.push(error));
  try {
    const got = JSON.stringify(await program());
    const expected = JSON.stringify({
      inline: 2,
      sum: 2870,
      count: 20,
      names: ['worker 1', 'worker 2'],
      answer: 42,
      pooled: [2, 3],
    });
    told = { ok: got === expected, error: `expected ${expected}, got ${got}` };
  } catch (error) {
    told = { ok: false, error: [error, ...reported].map(each => `${each}\n${each?.stack}`).join('\n') };
  }
  await fetch('/result', { method: 'POST', body: JSON.stringify(told) });
});
