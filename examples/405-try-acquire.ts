// Taking a lock only if it is free: the worker counts how often it came in vain, and does other work meanwhile.

import { Event, Lock, Thread, main, sleep, task } from '@heddle/core';

export const holder = task(import.meta, function holder(lock: Lock, busy: Event, stop: Event) {
  while (!stop.isSet) {
    lock.acquire();
    busy.set();
    sleep(20);
    lock.release();
    sleep(10);
  }
});

export const worker = task(import.meta, function worker(lock: Lock, wanted: number) {
  let attempts = 0;
  let acquired = 0;
  while (acquired < wanted) {
    attempts += 1;
    if (lock.tryAcquire()) {
      acquired += 1;
      lock.release();
    }
    sleep(4); // other work, which needs no lock
  }
  return { attempts, acquired };
});

main(import.meta, async () => {
  const lock = new Lock();
  const busy = new Event();
  const stop = new Event();
  new Thread(holder, { args: [lock, busy, stop] }).start();
  await busy.waitAsync();
  const { attempts, acquired } = await new Thread(worker, { args: [lock, 3] }).start().resultAsync();
  stop.set();
  console.log(`acquired ${acquired} times in ${attempts} attempts, ${attempts - acquired} of them in vain`);
});
