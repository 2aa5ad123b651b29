/** Barriers: each number once a round, alone in the action, broken and reset all the time, and nobody stuck. */
import { AtomicCounter, Barrier, BrokenBarrierError } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, type Random, type Scenario, unless, whim } from '../scenario.ts';

const PARTIES = 3;

interface Shared {
  barrier: Barrier;
  met: AtomicCounter[];
  inAction: AtomicCounter;
  /** Async parties that were aborted, maybe after they had met. */
  aborted: AtomicCounter;
  broken: AtomicCounter;
}

function count({ met }: Shared, index: number): void {
  demand(Number.isInteger(index) && index >= 0 && index < PARTIES, `a barrier returned ${index}`);
  met[index]!.increment();
}

function mishap({ barrier, broken }: Shared, error: unknown): void {
  if (!(error instanceof BrokenBarrierError)) throw error;
  broken.increment();
  if (barrier.broken) barrier.reset();
}

function setAction({ barrier, inAction }: Shared, random: Random): void {
  barrier.action =
    random(2) === 0
      ? undefined
      : () => {
          demand(inAction.increment() === 1, 'the action of a barrier runs twice at a time');
          for (let spin = random(200); spin > 0; spin--) inAction.add(0);
          inAction.decrement();
        };
}

export const barriers: Scenario<Shared> = {
  name: 'barriers',
  create: () => ({
    barrier: new Barrier(PARTIES),
    met: Array.from({ length: PARTIES }, () => new AtomicCounter()),
    inAction: new AtomicCounter(),
    aborted: new AtomicCounter(),
    broken: new AtomicCounter(),
  }),
  step(shared, random) {
    const { barrier } = shared;
    setAction(shared, random);
    if (random(200) === 0) barrier.abort();
    else if (random(100) === 0) barrier.reset();
    try {
      count(shared, barrier.wait({ timeout: random(10) === 0 ? random(10) / 10 : 20 }));
    } catch (error) {
      mishap(shared, error);
    }
  },
  async stepAsync(shared, random) {
    const { barrier, aborted } = shared;
    const { signal, reason } = whim(random);
    try {
      const index = await unless(
        barrier.waitAsync({ timeout: random(5) === 0 ? random(5) : 20, signal }),
        reason,
      );
      if (index === undefined) aborted.increment();
      else count(shared, index);
    } catch (error) {
      mishap(shared, error);
    }
  },
  check({ barrier, met, aborted }, over) {
    demand(barrier.waiting <= PARTIES, `${barrier.waiting} wait at a barrier of ${PARTIES}`);
    if (!over) return;
    demand(waitingAt(barrier) === 0, 'somebody waits at a barrier');
    const counts = met.map(each => each.value);
    const spread = Math.max(...counts) - Math.min(...counts);
    demand(
      spread <= aborted.value,
      `the parties of a barrier met ${counts.join(', ')} times, ${aborted.value} were aborted`,
    );
  },
  figures: ({ met, broken }) => `${met[0]!.value}/${broken.value}`,
};
