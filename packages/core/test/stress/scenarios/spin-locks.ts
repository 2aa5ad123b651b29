/** Spin locks: whoever is inside is alone there. */
import { AtomicCounter, SpinLock } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Scenario, turn, unless, whim } from '../scenario.ts';

interface Room {
  lock: SpinLock;
  inside: AtomicCounter;
  turns: AtomicCounter;
}

function enter({ inside, turns }: Room): void {
  demand(inside.increment() === 1, 'two are inside one SpinLock');
  turns.increment();
}

function leave({ inside, lock }: Room): void {
  inside.decrement();
  lock.release();
}

export const spinLocks: Scenario<Room> = {
  name: 'spin-locks',
  create: () => ({
    lock: new SpinLock({ spins: 300 }),
    inside: new AtomicCounter(),
    turns: new AtomicCounter(),
  }),
  step(room, random) {
    const options = patience(random);
    if (!room.lock.acquire(options)) return notStuck(options, 'SpinLock.acquire');
    enter(room);
    for (let spin = random(100); spin > 0; spin--) room.inside.add(0);
    leave(room);
  },
  async stepAsync(room, random) {
    const { signal, reason } = whim(random);
    const options = patience(random);
    const got = await unless(room.lock.acquireAsync({ ...options, signal }), reason);
    if (got === false) notStuck(options, 'SpinLock.acquireAsync');
    if (got !== true) return;
    enter(room);
    if (random(2) === 0) await turn();
    leave(room);
  },
  check({ lock, inside }, over) {
    if (!over) return;
    demand(inside.value === 0 && !lock.locked, 'the SpinLock is not free');
    demand(waitingAt(lock) === 0, 'somebody waits for the SpinLock');
  },
  figures: ({ turns }) => String(turns.value),
};
