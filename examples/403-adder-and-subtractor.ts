// One thread adds to a balance what another subtracts. Only with a lock is it 0 in the end.

import { AtomicCounter, Barrier, Lock, Thread, main, task } from '@heddle/core';

const TIMES = 500_000;

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
  let balance = 0;
  // Whether two threads get in each other's way is luck. Rarely must it be tried again.
  for (let attempt = 1; balance === 0 && attempt <= 20; attempt++) balance = await addAndSubtract();
  console.log('without a lock:', balance);
  console.log('with a lock:', await addAndSubtract(new Lock({ name: 'balance' })));
});
