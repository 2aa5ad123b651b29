// One thread adds to a balance what another subtracts. Only with a lock is it 0 in the end.

import { AtomicCounter, Barrier, Lock, Thread, main, task } from '@heddle/core';

const TIMES = 1_000_000;

export const change = task(
  import.meta,
  function change(balance: AtomicCounter, amount: number, start: Barrier, lock: Lock | undefined) {
    start.wait();
    for (let n = 0; n < TIMES; n++) {
      using _ = lock?.hold(); // without a lock there is nothing to release
      balance.value += amount;
    }
  },
);

async function addAndSubtract(lock?: Lock): Promise<number> {
  const balance = new AtomicCounter();
  const start = new Barrier(2);
  const adder = new Thread(change, { args: [balance, 5, start, lock], name: 'adder' }).start();
  const subtractor = new Thread(change, { args: [balance, -5, start, lock], name: 'subtractor' }).start();
  await adder.joinAsync();
  await subtractor.joinAsync();
  return balance.value;
}

main(import.meta, async () => {
  console.log('without a lock:', await addAndSubtract());
  console.log('with a lock:', await addAndSubtract(new Lock({ name: 'balance' })));
});
