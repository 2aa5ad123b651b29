/** Values that are made once: never by two at a time, never twice, and never by nobody. */
import { AtomicCounter, Once, TimeoutError } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Random, type Scenario, turn, unless, whim } from '../scenario.ts';

interface Slot {
  once: Once<number>;
  making: AtomicCounter;
  made: AtomicCounter;
}

interface Slots {
  slots: Slot[];
  asked: AtomicCounter;
}

class Fails extends Error {}

/** All ask for about the same one at a time. */
function pick({ slots, asked }: Slots): Slot {
  return slots[(asked.increment() >>> 4) % slots.length]!;
}

function begin({ making }: Slot): void {
  demand(making.increment() === 1, 'two make one value at a time');
}

function end({ making, made }: Slot, random: Random): number {
  making.decrement();
  if (random(3) === 0) throw new Fails();
  demand(made.increment() === 1, 'a value was made twice');
  return 42;
}

function expected(error: unknown, options: { timeout: number }): void {
  if (error instanceof TimeoutError) notStuck(options, 'Once');
  else if (!(error instanceof Fails)) throw error;
}

export const onces: Scenario<Slots> = {
  name: 'onces',
  create: () => ({
    slots: Array.from({ length: 1000 }, () => ({
      once: new Once<number>(),
      making: new AtomicCounter(),
      made: new AtomicCounter(),
    })),
    asked: new AtomicCounter(),
  }),
  step(shared, random) {
    const slot = pick(shared);
    const options = patience(random);
    try {
      const value = slot.once.run(() => {
        begin(slot);
        for (let spin = random(300); spin > 0; spin--) slot.making.add(0);
        return end(slot, random);
      }, options);
      demand(value === 42, `the value is ${value}`);
    } catch (error) {
      expected(error, options);
    }
  },
  async stepAsync(shared, random) {
    const slot = pick(shared);
    const { signal, reason } = whim(random);
    const options = patience(random);
    const make = async (): Promise<number> => {
      begin(slot);
      if (random(2) === 0) await turn();
      return end(slot, random);
    };
    try {
      const value = await unless(slot.once.runAsync(make, { ...options, signal }), reason);
      demand(value === undefined || value === 42, `the value is ${value}`);
    } catch (error) {
      expected(error, options);
    }
  },
  check({ slots }, over) {
    if (!over) return;
    for (const { once, making, made } of slots) {
      demand(making.value === 0 && waitingAt(once) === 0, 'somebody still makes a value, or waits for it');
      demand(made.value === (once.done ? 1 : 0), 'a value was made and is not there');
    }
  },
  figures: ({ slots }) => String(slots.filter(slot => slot.once.done).length),
};
