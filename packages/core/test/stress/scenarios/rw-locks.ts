/** Readers and writers: a writer is alone, readers aren't beside one, and updates made of a read and a write aren't lost. */
import { AtomicCounter, RWLock } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Random, type Scenario, turn, unless, whim } from '../scenario.ts';

/** Readers count 1 each, a writer this much. */
const WRITER = 1000;

interface Room {
  lock: RWLock;
  inside: AtomicCounter;
  careful: AtomicCounter;
  certain: AtomicCounter;
}

function enter({ inside, careful, certain }: Room, alone: boolean): void {
  const now = inside.add(alone ? WRITER : 1);
  demand(alone ? now === WRITER : now < WRITER, 'a writer is not alone');
  if (!alone) return;
  careful.value = careful.value + 1;
  certain.increment();
}

function leave({ inside, lock }: Room, alone: boolean): void {
  inside.add(alone ? -WRITER : -1);
  if (alone) lock.releaseExclusive();
  else lock.releaseShared();
}

const writesNow = (random: Random): boolean => random(4) === 0;

export const rwLocks: Scenario<{ rooms: Room[] }> = {
  name: 'rw-locks',
  create: () => ({
    rooms: Array.from({ length: 2 }, () => ({
      lock: new RWLock(),
      inside: new AtomicCounter(),
      careful: new AtomicCounter(),
      certain: new AtomicCounter(),
    })),
  }),
  step({ rooms }, random) {
    const room = rooms[random(rooms.length)]!;
    const { lock } = room;
    const options = patience(random);
    const alone = writesNow(random);
    if (random(4) === 0) {
      if (!(alone ? lock.tryAcquireExclusive() : lock.tryAcquireShared())) return;
    } else if (!(alone ? lock.acquireExclusive(options) : lock.acquireShared(options))) {
      notStuck(options, alone ? 'RWLock.acquireExclusive' : 'RWLock.acquireShared');
      return;
    }
    enter(room, alone);
    for (let spin = random(300); spin > 0; spin--) room.inside.add(0);
    leave(room, alone);
  },
  async stepAsync({ rooms }, random) {
    const room = rooms[random(rooms.length)]!;
    const { lock } = room;
    const { signal, reason } = whim(random);
    const options = patience(random);
    const alone = writesNow(random);
    const wanted = { ...options, signal };
    const got = await unless(
      alone ? lock.acquireExclusiveAsync(wanted) : lock.acquireSharedAsync(wanted),
      reason,
    );
    if (got === false) notStuck(options, 'RWLock.acquire…Async');
    if (got !== true) return;
    enter(room, alone);
    if (random(2) === 0) await turn();
    leave(room, alone);
  },
  check({ rooms }, over) {
    for (const { lock, careful, certain } of rooms) {
      if (!over) continue;
      demand(careful.value === certain.value, 'an update under the RWLock was lost');
      demand(!lock.locked && waitingAt(lock) === 0, 'the RWLock is not free, or somebody waits for it');
    }
  },
  figures: ({ rooms }) => rooms.map(room => room.certain.value).join('+'),
};
