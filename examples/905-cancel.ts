// Cancelling: what hasn't begun never will; what runs is asked to stop, and sees it in a busy loop or by its signal.

import { Event, ThreadPoolExecutor, currentTask, main, task } from '@heddle/core';

export const countUp = task(import.meta, function countUp(running: Event): never {
  running.set();
  for (;;) currentTask().throwIfCancelled();
});

export const wait = task(import.meta, async function wait(running: Event): Promise<string> {
  const { signal } = currentTask();
  running.set();
  await new Promise(resolve => signal.addEventListener('abort', resolve));
  return 'stopped by its signal';
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const running = new Event();
  const busy = pool.submit(countUp, running);
  const inLine = pool.submit(countUp, running);
  await running.waitAsync();
  console.log('in line:', inLine.cancel(), inLine.cancelled);
  console.log('running:', busy.running, busy.cancel()); // in this order: it may stop at once
  console.log(String(await busy.catch((error: Error) => error)), busy.cancelled);

  running.clear();
  const patient = pool.submit(wait, running);
  await running.waitAsync();
  patient.cancel();
  console.log(await patient);

  const late = pool.submit({ target: countUp, args: [running], timeout: 50 });
  console.log(((await late.catch((error: Error) => error)) as Error).name);
});
