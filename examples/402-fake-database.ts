// A fake database: each thread reads the value, takes its time, and writes the value back. Without a lock one update is lost.

import { AtomicCounter, Barrier, Lock, Thread, main, sleep, task } from '@heddle/core';

// An object of shared things travels as it is: every thread that gets it sees the same database.
interface Database {
  value: AtomicCounter;
  lock: Lock;
}

function update({ value }: Database, bothHaveRead?: Barrier): void {
  const copy = value.value;
  sleep(50); // computes
  bothHaveRead?.wait(); // what happens sooner or later shall happen now
  value.value = copy + 1;
}

export const updateUnlocked = task(import.meta, function updateUnlocked(database: Database, both: Barrier) {
  update(database, both);
});

export const updateLocked = task(import.meta, function updateLocked(database: Database, both: Barrier) {
  both.wait();
  using _ = database.lock.hold();
  update(database);
});

async function updateTwice(target: typeof updateLocked): Promise<number> {
  const database = { value: new AtomicCounter(), lock: new Lock({ name: 'database' }) };
  const both = new Barrier(2);
  const threads = [1, 2].map(() => new Thread(target, { args: [database, both] }).start());
  for (const thread of threads) await thread.joinAsync();
  return database.value.value;
}

main(import.meta, async () => {
  console.log('two updates without a lock:', await updateTwice(updateUnlocked));
  console.log('two updates with a lock:   ', await updateTwice(updateLocked));
});
