// A thread that takes a plain lock twice waits for itself. With `acquire` nobody can tell, since any thread may release the lock; with
// `hold` it is a certain deadlock, which is reported at once. The cure is an `RLock`, or not to take the lock in the inner function.

import { DeadlockError, Lock, RLock, main } from '@heddle/core';

function withdraw(lock: Lock | RLock): string {
  using _ = lock.hold();
  return log(lock);
}

function log(lock: Lock | RLock): string {
  using _ = lock.hold(); // the second time
  return 'withdrawn and logged';
}

main(import.meta, () => {
  const plain = new Lock({ name: 'account' });
  plain.acquire();
  console.log('acquired twice:', plain.acquire({ timeout: 20 }) ? 'yes' : 'still waiting after 20 ms');
  plain.release();

  try {
    withdraw(plain);
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    console.log(`${error.name}: ${error.message.split(',')[0]}`);
  }
  console.log('locked afterwards:', plain.locked);

  console.log('with an RLock:', withdraw(new RLock({ name: 'account' })));
});
