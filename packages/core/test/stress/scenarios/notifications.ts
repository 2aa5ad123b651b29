/** One token, one notification: a notification that is lost leaves a token beside a sleeper. */
import { AtomicCounter, Condition } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, STUCK_MS, type Scenario, unless, whim } from '../scenario.ts';

interface Shared {
  condition: Condition;
  tokens: AtomicCounter;
  made: AtomicCounter;
  taken: AtomicCounter;
}

function take({ tokens, taken }: Shared): void {
  tokens.decrement();
  taken.increment();
}

function make({ condition, tokens, made }: Shared): void {
  tokens.increment();
  made.increment();
  condition.notify();
}

export const notifications: Scenario<Shared> = {
  name: 'notifications',
  create: () => ({
    condition: new Condition(),
    tokens: new AtomicCounter(),
    made: new AtomicCounter(),
    taken: new AtomicCounter(),
  }),
  step(shared, random) {
    const { condition, tokens } = shared;
    demand(condition.acquire({ timeout: STUCK_MS }), `Condition.acquire: stuck for ${STUCK_MS} ms`);
    const depth = random(2);
    if (depth === 1) condition.acquire();
    // Makers outnumber takers while nothing is there, so a taker doesn't wait for long.
    if (random(2) === 0) {
      if (tokens.value < 5) make(shared);
    } else {
      const timeout = random(3) === 0 ? random(20) / 10 : 100;
      while (tokens.value === 0 && condition.wait({ timeout }));
      if (tokens.value > 0) take(shared);
    }
    if (depth === 1) condition.release();
    condition.release();
  },
  async stepAsync(shared, random) {
    const { condition, tokens } = shared;
    const { signal, reason } = whim(random);
    const held = await condition.holdAsync({ timeout: STUCK_MS });
    if (random(2) === 0) {
      if (tokens.value < 5) make(shared);
    } else {
      while (
        tokens.value === 0 &&
        (await unless(condition.waitAsync({ timeout: 100, signal }), reason)) === true
      );
      demand(condition.locked, 'the promise settled without the lock');
      if (tokens.value > 0) take(shared);
    }
    held.release();
  },
  check({ condition, tokens, made, taken }, over) {
    demand(tokens.value >= 0, 'a token was taken twice');
    if (over) {
      demand(
        made.value - taken.value === tokens.value,
        `${made.value} made, ${taken.value} taken, ${tokens.value} left`,
      );
      demand(!condition.locked && waitingAt(condition) === 0, 'the condition is not free');
    }
  },
  figures: ({ made, taken }) => `${made.value}-${taken.value}`,
};
