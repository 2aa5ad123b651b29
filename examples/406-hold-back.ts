// The main thread holds a lock to hold two threads back until everything is ready.

import { CountDownLatch, Lock, Thread, main, task } from '@heddle/core';

export const serve = task(import.meta, function serve(name: string, gate: Lock, waiting: CountDownLatch) {
  console.log(`${name} stands at the gate`);
  waiting.countDown();
  using _ = gate.hold();
  console.log(`${name} is through`);
});

main(import.meta, async () => {
  const gate = new Lock({ name: 'gate' });
  const waiting = new CountDownLatch(2);
  const threads: Thread[] = [];
  {
    using _ = gate.hold();
    for (const name of ['cook', 'waiter']) {
      threads.push(new Thread(serve, { args: [name, gate, waiting] }).start());
    }
    await waiting.waitAsync();
    console.log('main lays the tables, and opens');
  }
  for (const thread of threads) await thread.joinAsync();
});
