// A program hangs: who waits for what, and who has it? `dump` tells, from any thread. `dumpAfter` is a watchdog that tells it although the main
// thread is blocked, and `dumpOnSignal` when somebody outside asks, by `kill -USR2`.

import { Event, Lock, Thread, dump, dumpAfter, main, sleep, task } from '@heddle/core';

export const work = task(import.meta, function work(lock: Lock, stop: Event) {
  using _ = lock.hold();
  stop.wait();
});

main(import.meta, () => {
  const lock = new Lock({ name: 'database' });
  const stop = new Event({ name: 'stop' });
  const thread = new Thread(work, { args: [lock, stop], name: 'worker' }).start();

  while (!dump().includes('is blocked in Event.wait()')) sleep(1);
  for (const line of dump().split('\n')) {
    if (line.startsWith('Thread "worker"')) console.log('Thread "worker"');
    if (line.includes('blocked') || line.includes('holds')) console.log(line.split(',')[0]);
  }

  using _watchdog = dumpAfter(10_000); // would dump to standard error, should this take so long
  stop.set();
  console.log('ended:', thread.join());
});
