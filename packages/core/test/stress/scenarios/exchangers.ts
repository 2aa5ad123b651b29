/** Exchangers: what is given away is got by somebody, once. */
import { AtomicCounter, Exchanger, TimeoutError } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, type Random, type Scenario, unless, whim } from '../scenario.ts';

interface Market {
  exchanger: Exchanger<number>;
  /** Sums, of 32 bits, of what was given and got. */
  given: AtomicCounter;
  got: AtomicCounter;
  swaps: AtomicCounter;
}

function swapped({ given, got, swaps }: Market, mine: number, theirs: number): void {
  given.add(mine);
  got.add(theirs);
  swaps.increment();
}

/** Never for ever: there may be nobody else just now. */
function patience(random: Random): { timeout: number } {
  return { timeout: random(40) / 10 };
}

function tooLate(error: unknown, options: { timeout: number }): void {
  if (!(error instanceof TimeoutError)) throw error;
  notStuck(options, 'Exchanger');
}

export const exchangers: Scenario<Market> = {
  name: 'exchangers',
  create: () => ({
    exchanger: new Exchanger<number>(),
    given: new AtomicCounter(),
    got: new AtomicCounter(),
    swaps: new AtomicCounter(),
  }),
  step(market, random) {
    const [mine, options] = [random(1_000_000_000), patience(random)];
    try {
      swapped(market, mine, market.exchanger.exchange(mine, options));
    } catch (error) {
      tooLate(error, options);
    }
  },
  async stepAsync(market, random) {
    const [mine, options] = [random(1_000_000_000), patience(random)];
    const { signal, reason } = whim(random);
    try {
      const theirs = await unless(market.exchanger.exchangeAsync(mine, { ...options, signal }), reason);
      if (theirs !== undefined) swapped(market, mine, theirs);
    } catch (error) {
      tooLate(error, options);
    }
  },
  check({ exchanger, given, got, swaps }, over) {
    if (!over) return;
    demand(waitingAt(exchanger) === 0, 'somebody still waits for a partner');
    demand(swaps.value % 2 === 0, 'somebody swapped with nobody');
    demand(given.value === got.value, 'what was given is not what was got');
  },
  figures: ({ swaps }) => String(swaps.value),
};
