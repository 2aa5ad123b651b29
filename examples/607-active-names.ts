// A pool that knows who is in it: a semaphore lets three in at a time, and each is marked while it is active.

import { AtomicFlag, Barrier, Semaphore, Thread, currentThread, main, sleep, task } from '@heddle/core';

interface Pool {
  start: Barrier;
  seats: Semaphore;
  active: { name: string; flag: AtomicFlag }[];
}

function activeNames({ active }: Pool): string[] {
  return active.filter(({ flag }) => flag.isSet).map(({ name }) => name);
}

export const play = task(import.meta, function play(pool: Pool) {
  pool.start.wait(); // all six come at once
  using _ = pool.seats.hold();
  const { flag } = pool.active.find(({ name }) => name === currentThread().name)!;
  flag.testAndSet();
  console.log('active:', activeNames(pool).join(' '));
  sleep(10);
  flag.clear();
});

main(import.meta, async () => {
  const names = ['Ada', 'Barbara', 'Frances', 'Grace', 'Hedy', 'Jean'];
  const pool: Pool = {
    start: new Barrier(names.length),
    seats: new Semaphore(3),
    active: names.map(name => ({ name, flag: new AtomicFlag() })),
  };
  const threads = names.map(name => new Thread(play, { args: [pool], name }).start());
  for (const thread of threads) await thread.joinAsync();
  console.log('left:', activeNames(pool).length);
});
