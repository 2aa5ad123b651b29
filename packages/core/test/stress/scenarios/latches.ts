/** Latches: open when counted down, for everybody. A latch is used again by putting its count back when nobody can be waiting. */
import { compareExchange } from '../../../src/atomics.ts';
import { AtomicCounter, CountDownLatch } from '../../../src/index.ts';
import { pointerOf, waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Random, type Scenario, unless, whim } from '../scenario.ts';

const COUNT = 20;

interface Shared {
  latch: CountDownLatch;
  opened: AtomicCounter;
  passed: AtomicCounter;
}

function countDown({ latch, opened }: Shared, random: Random): void {
  latch.countDown(1 + random(3));
  if (latch.count === 0 && compareExchange(pointerOf(latch), 0, COUNT) === 0) opened.increment();
}

export const latches: Scenario<Shared> = {
  name: 'latches',
  create: () => ({
    latch: new CountDownLatch(COUNT),
    opened: new AtomicCounter(),
    passed: new AtomicCounter(),
  }),
  step(shared, random) {
    const { latch, passed } = shared;
    if (random(3) > 0 || waitingAt(latch) >= 5) {
      countDown(shared, random);
      return;
    }
    const options = patience(random);
    if (latch.wait(options)) passed.increment();
    else notStuck(options, 'CountDownLatch.wait');
  },
  async stepAsync(shared, random) {
    const { latch, passed } = shared;
    if (random(2) === 0) {
      countDown(shared, random);
      return;
    }
    const { signal, reason } = whim(random);
    const options = patience(random);
    const got = await unless(latch.waitAsync({ ...options, signal }), reason);
    if (got === true) passed.increment();
    else if (got === false) notStuck(options, 'CountDownLatch.waitAsync');
  },
  letGo: ({ latch }) => latch.countDown(COUNT),
  check({ latch }, over) {
    demand(latch.count >= 0 && latch.count <= COUNT, `a latch counts ${latch.count}`);
    if (over) demand(waitingAt(latch) === 0, 'somebody waits for a latch');
  },
  figures: ({ opened, passed }) => `${opened.value}/${passed.value}`,
};
