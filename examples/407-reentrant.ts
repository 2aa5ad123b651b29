// A function that holds a lock calls another that takes it too: an `RLock` lets its own thread in again, a plain `Lock` doesn't.

import { AtomicCounter, Lock, RLock, Thread, TimeoutError, main, task } from '@heddle/core';

function deposit(balance: AtomicCounter, amount: number, lock: Lock | RLock): void {
  using _ = lock.hold({ timeout: 50 });
  balance.value += amount;
}

export const payDay = task(import.meta, function payDay(balance: AtomicCounter, lock: Lock | RLock) {
  using _ = lock.hold();
  deposit(balance, 1000, lock); // takes the lock that is held here
  deposit(balance, 200, lock);
  return lock instanceof RLock ? lock.recursionCount : 1;
});

main(import.meta, async () => {
  const balance = new AtomicCounter();
  const reentrant = new Thread(payDay, { args: [balance, new RLock()] }).start();
  console.log(`RLock: still held ${await reentrant.resultAsync()} time, balance ${balance.value}`);

  const plain = new Thread(payDay, { args: [balance, new Lock({ name: 'account' })] }).start();
  try {
    await plain.resultAsync();
  } catch (error) {
    console.log(`Lock: ${error instanceof TimeoutError} ${(error as Error).message}`);
  }
});
