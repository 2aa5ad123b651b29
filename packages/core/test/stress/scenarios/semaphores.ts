/** Semaphores: never more inside than permits, none lost, none made. */
import { AtomicCounter, BoundedSemaphore, Semaphore } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Scenario, turn, unless, whim } from '../scenario.ts';

interface Pool {
  semaphore: Semaphore;
  permits: number;
  inside: AtomicCounter;
  turns: AtomicCounter;
}

function enter({ inside, permits, turns }: Pool): void {
  demand(inside.increment() <= permits, 'more are inside a semaphore than it has permits');
  turns.increment();
}

export const semaphores: Scenario<{ pools: Pool[] }> = {
  name: 'semaphores',
  create: () => ({
    pools: [new Semaphore(3), new BoundedSemaphore(1)].map((semaphore, index) => ({
      semaphore,
      permits: index === 0 ? 3 : 1,
      inside: new AtomicCounter(),
      turns: new AtomicCounter(),
    })),
  }),
  step({ pools }, random) {
    const pool = pools[random(pools.length)]!;
    const options = patience(random);
    if (random(4) === 0) {
      if (!pool.semaphore.tryAcquire()) return;
    } else if (!pool.semaphore.acquire(options)) {
      notStuck(options, 'Semaphore.acquire');
      return;
    }
    enter(pool);
    for (let spin = random(300); spin > 0; spin--) pool.inside.add(0);
    pool.inside.decrement();
    pool.semaphore.release();
  },
  async stepAsync({ pools }, random) {
    const pool = pools[random(pools.length)]!;
    const { signal, reason } = whim(random);
    const options = patience(random);
    const got = await unless(pool.semaphore.acquireAsync({ ...options, signal }), reason);
    if (got === false) notStuck(options, 'Semaphore.acquireAsync');
    if (got !== true) return;
    enter(pool);
    if (random(2) === 0) await turn();
    pool.inside.decrement();
    pool.semaphore.release();
  },
  check({ pools }, over) {
    for (const { semaphore, permits, inside } of pools) {
      demand(inside.value <= permits && semaphore.value <= permits, 'a semaphore has too many permits');
      if (over)
        demand(
          semaphore.value === permits && waitingAt(semaphore) === 0,
          'a semaphore lost a permit, or a waiter',
        );
    }
  },
  figures: ({ pools }) => pools.map(pool => pool.turns.value).join('+'),
};
