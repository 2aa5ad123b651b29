/** Locks: whoever is inside is alone there, and updates made of a read and a write aren't lost. */
import { AtomicCounter, Lock } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Scenario, turn, unless, whim } from '../scenario.ts';

interface Room {
  lock: Lock;
  inside: AtomicCounter;
  careful: AtomicCounter;
  certain: AtomicCounter;
}

function enter(room: Room): void {
  demand(room.inside.increment() === 1, 'two are inside one Lock');
  room.careful.value = room.careful.value + 1;
  room.certain.increment();
}

function leave(room: Room): void {
  room.inside.decrement();
  room.lock.release();
}

export const locks: Scenario<{ rooms: Room[] }> = {
  name: 'locks',
  create: () => ({
    rooms: Array.from({ length: 2 }, () => ({
      lock: new Lock(),
      inside: new AtomicCounter(),
      careful: new AtomicCounter(),
      certain: new AtomicCounter(),
    })),
  }),
  step({ rooms }, random) {
    const room = rooms[random(rooms.length)]!;
    const options = patience(random);
    if (random(4) === 0) {
      if (!room.lock.tryAcquire()) return;
    } else if (!room.lock.acquire(options)) {
      notStuck(options, 'Lock.acquire');
      return;
    }
    enter(room);
    for (let spin = random(300); spin > 0; spin--) room.inside.add(0);
    leave(room);
  },
  async stepAsync({ rooms }, random) {
    const room = rooms[random(rooms.length)]!;
    const { signal, reason } = whim(random);
    const options = patience(random);
    const got = await unless(room.lock.acquireAsync({ ...options, signal }), reason);
    if (got === false) notStuck(options, 'Lock.acquireAsync');
    if (got !== true) return;
    enter(room);
    if (random(2) === 0) await turn();
    leave(room);
  },
  check({ rooms }, over) {
    for (const room of rooms) {
      demand(room.inside.value <= 1, 'two are inside one Lock');
      if (!over) continue;
      demand(room.careful.value === room.certain.value, 'an update under the Lock was lost');
      demand(
        !room.lock.locked && waitingAt(room.lock) === 0,
        'the Lock is not free, or somebody waits for it',
      );
    }
  },
  figures: ({ rooms }) => rooms.map(room => room.certain.value).join('+'),
};
