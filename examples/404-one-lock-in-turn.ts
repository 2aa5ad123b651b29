// Ten threads take one lock in turn: what each prints while it holds the lock stays together.

import { Lock, Thread, main, sleep, task } from '@heddle/core';

export const work = task(import.meta, function work(n: number, lock: Lock) {
  using _ = lock.hold();
  console.log(`thread ${n} takes the lock`);
  sleep(5); // uses what the lock guards
  console.log(`thread ${n} gives it back`);
});

main(import.meta, async () => {
  const lock = new Lock();
  const threads = Array.from({ length: 10 }, (_, n) => new Thread(work, { args: [n, lock] }).start());
  for (const thread of threads) await thread.joinAsync();
});
