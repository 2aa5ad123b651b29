/** Events: everybody who waits when it is set gets through, although it is cleared at once. */
import { AtomicCounter, Event } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Scenario, unless, whim } from '../scenario.ts';

interface Shared {
  event: Event;
  sets: AtomicCounter;
  woken: AtomicCounter;
}

export const events: Scenario<Shared> = {
  name: 'events',
  create: () => ({ event: new Event(), sets: new AtomicCounter(), woken: new AtomicCounter() }),
  step({ event, sets, woken }, random) {
    // Not all may wait: somebody has to set it.
    if (random(3) > 0 || waitingAt(event) >= 5) {
      event.set();
      event.clear();
      sets.increment();
      return;
    }
    const options = patience(random);
    if (event.wait(options)) woken.increment();
    else notStuck(options, 'Event.wait');
  },
  async stepAsync({ event, sets, woken }, random) {
    if (random(3) === 0) {
      event.set();
      if (random(2) === 0) event.clear();
      sets.increment();
      return;
    }
    const { signal, reason } = whim(random);
    const options = patience(random);
    const got = await unless(event.waitAsync({ ...options, signal }), reason);
    if (got === true) woken.increment();
    else if (got === false) notStuck(options, 'Event.waitAsync');
  },
  letGo: ({ event }) => event.set(),
  check({ event }, over) {
    if (over) demand(waitingAt(event) === 0, 'somebody waits for an event');
  },
  figures: ({ sets, woken }) => `${sets.value}/${woken.value}`,
};
