// Five philosophers, five forks, and each needs two. If each took the left one first, all could end up waiting for ever, each for
// its neighbour. Here everybody takes the fork with the lower number first, so there can be no circle.

import { AtomicCounter, Barrier, Lock, Thread, main, task } from '@heddle/core';

const MEALS = 1000;

export const dine = task(
  import.meta,
  function dine(seat: number, forks: Lock[], eaten: AtomicCounter, start: Barrier) {
    const [low, high] = [seat, (seat + 1) % forks.length].toSorted((a, b) => a - b);
    start.wait();
    for (let meal = 0; meal < MEALS; meal++) {
      using _low = forks[low].hold();
      using _high = forks[high].hold();
      eaten.increment();
    }
  },
);

main(import.meta, async () => {
  const forks = Array.from({ length: 5 }, (_, n) => new Lock({ name: `fork ${n}` }));
  const eaten = new AtomicCounter();
  const start = new Barrier(forks.length);
  const philosophers = forks.map((_, seat) =>
    new Thread(dine, { args: [seat, forks, eaten, start] }).start(),
  );
  for (const philosopher of philosophers) await philosopher.joinAsync({ timeout: 60_000 });
  console.log(
    `${eaten.value} meals, nobody starved:`,
    philosophers.every(each => !each.alive),
  );
});
