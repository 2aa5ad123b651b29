// Two threads that take two locks in opposite orders: sooner or later each holds one and waits for the other. Lock order checking warns before
// that ever happens; when it does, one of the threads gets an error that says who waits for whom, gives its lock back, and both go on.

import { Barrier, DeadlockError, Lock, Thread, checkLockOrder, main, task } from '@heddle/core';

export const transfer = task(import.meta, function transfer(from: Lock, to: Lock, both?: Barrier): string {
  using _from = from.hold();
  both?.wait(); // now the other one has its first lock as well
  try {
    using _to = to.hold();
    return 'transferred';
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    return error.message
      .split('\n')
      .filter(line => line.startsWith('  Thread'))
      .join('\n');
  }
});

main(import.meta, async () => {
  const [alice, bob] = [new Lock({ name: 'Alice' }), new Lock({ name: 'Bob' })];

  checkLockOrder({ onInversion: ({ locks }) => console.log('warning: no order among', locks.join(' and ')) });
  transfer(alice, bob);
  transfer(bob, alice);
  checkLockOrder(false);

  const both = new Barrier(2);
  const threads = [
    new Thread(transfer, { args: [alice, bob, both], name: 'to Bob' }).start(),
    new Thread(transfer, { args: [bob, alice, both], name: 'to Alice' }).start(),
  ];
  const results = await Promise.all(threads.map(thread => thread.resultAsync({ timeout: 60_000 })));
  for (const result of results.sort()) console.log(result);
});
