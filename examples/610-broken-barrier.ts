// A barrier breaks for all when one party doesn't come in time, or calls it off; `reset()` makes it as new.

import { Barrier, BrokenBarrierError, Thread, main, task } from '@heddle/core';

export const meet = task(import.meta, function meet(barrier: Barrier, timeout: number) {
  try {
    return `met as number ${barrier.wait({ timeout })}`;
  } catch (error) {
    if (error instanceof BrokenBarrierError) return error.message;
    throw error;
  }
});

main(import.meta, async () => {
  const barrier = new Barrier(2, { name: 'appointment' });
  const start = () => new Thread(meet, { args: [barrier, 60_000] }).start();

  console.log('alone:      ', await new Thread(meet, { args: [barrier, 20] }).start().resultAsync());
  console.log('afterwards: ', await start().resultAsync());

  barrier.reset();
  const [one, two] = [start(), start()];
  console.log('after reset:', [await one.resultAsync(), await two.resultAsync()].toSorted().join(', '));

  const waiting = barrier.waitAsync();
  barrier.abort();
  try {
    await waiting;
  } catch (error) {
    console.log('aborted:    ', (error as Error).message);
  }
  console.log('broken:     ', barrier.broken);
});
