// A thread dies while it holds a lock, and leaves what the lock protects half changed. The lock becomes free, and the next one who
// holds it is told so, once: it repairs what was left, and goes on.

import { AbandonedLockError, AtomicCounter, type Guard, Lock, Thread, main, task } from '@heddle/core';

export const move = task(import.meta, function move(lock: Lock, from: AtomicCounter, to: AtomicCounter) {
  using _ = lock.hold();
  from.add(-60);
  if (to.value === 0) process.exit(1); // a crash, before the money arrives
  to.add(60);
});

/** Holds the lock; should its last holder have died, makes the sum right first. */
function holdRepaired(lock: Lock, from: AtomicCounter, to: AtomicCounter): Guard {
  try {
    return lock.hold();
  } catch (error) {
    if (!(error instanceof AbandonedLockError) || error.guard === undefined) throw error;
    console.log(error.message.split(',')[0]);
    from.add(100 - from.value - to.value);
    return error.guard;
  }
}

main(import.meta, async () => {
  const lock = new Lock({ name: 'accounts' });
  const [from, to] = [new AtomicCounter(100), new AtomicCounter(0)];
  const thread = new Thread(move, { args: [lock, from, to], name: 'mover' }).start();
  await thread.joinAsync({ timeout: 60_000 });
  console.log(`left behind: ${from.value} and ${to.value}`);

  for (const time of ['first', 'second']) {
    using guard = holdRepaired(lock, from, to);
    console.log(`${time} time: ${from.value} and ${to.value}, held: ${guard.held}`);
  }
});
