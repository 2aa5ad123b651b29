/** What the tests of readers and writers run in threads. */
import { type AtomicCounter, type Event, type RWLock, task } from '../../src/index.ts';
import { SOON, randomFrom } from '../support/state.ts';

/** Readers count 1 each in `inside`, a writer this much: so the number says who is inside. */
export const WRITER = 1000;

/** Holds the lock in one way or the other until told to let go. */
export const holdUntil = task(
  import.meta,
  function holdUntil(lock: RWLock, alone: boolean, held: Event, letGo: Event): boolean {
    using guard = alone ? lock.holdExclusive(SOON) : lock.holdShared(SOON);
    held.set();
    return letGo.wait(SOON) && guard.held;
  },
);

/** Acquires, and never gives back. */
export const acquireAndEnd = task(import.meta, function acquireAndEnd(lock: RWLock, alone: boolean): boolean {
  return alone ? lock.acquireExclusive(SOON) : lock.acquireShared(SOON);
});

/** Acquires, notes its turn, and gives back. */
export const take = task(
  import.meta,
  function take(lock: RWLock, alone: boolean, turns: AtomicCounter): number {
    using guard = alone ? lock.holdExclusive(SOON) : lock.holdShared(SOON);
    return guard.held ? turns.increment() : 0;
  },
);

/** Waits for the lock and is killed meanwhile. */
export const wait = task(import.meta, function wait(lock: RWLock, alone: boolean): void {
  if (alone) lock.acquireExclusive();
  else lock.acquireShared();
});

/** Reads and writes at random, impatiently; returns how often somebody was inside who should not have been, and the turns that wrote. */
export const readAndWrite = task(
  import.meta,
  function readAndWrite(
    lock: RWLock,
    inside: AtomicCounter,
    total: AtomicCounter,
    ms: number,
    seed: number,
  ): [number, number] {
    const random = randomFrom(seed);
    let [clashes, written] = [0, 0];
    for (const end = performance.now() + ms; performance.now() < end;) {
      const options = random(3) === 0 ? { timeout: random(2) + 0.05 } : SOON;
      if (random(4) !== 0) {
        if (!lock.acquireShared(options)) continue;
        if (inside.increment() >= WRITER) clashes += 1;
        for (let spin = random(200); spin > 0; spin--) inside.add(0);
        inside.decrement();
        lock.releaseShared();
      } else {
        if (!lock.acquireExclusive(options)) continue;
        if (inside.add(WRITER) !== WRITER) clashes += 1;
        total.value = total.value + 1;
        written += 1;
        inside.add(-WRITER);
        lock.releaseExclusive();
      }
    }
    return [clashes, written];
  },
);
