/** Locks and counters as people write them for themselves, each with the mistake that is usual there. */
import assert from 'node:assert/strict';
import { scenario } from '../../src/index.ts';

const words = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * 4));

/** A ticket lock that sleeps, and wakes one: not the one whose turn it is. */
export const ticketLock = scenario(import.meta, {
  name: 'ticket lock wakes one of several',
  setup: () => ({ lock: words(2), inside: words(1) }),
  threads: [0, 1, 2].map(() => ({ lock, inside }: { lock: Int32Array; inside: Int32Array }) => {
    const ticket = Atomics.add(lock, 0, 1);
    for (let now = Atomics.load(lock, 1); now !== ticket; now = Atomics.load(lock, 1))
      Atomics.wait(lock, 1, now);
    assert.equal(Atomics.add(inside, 0, 1), 0);
    Atomics.sub(inside, 0, 1);
    Atomics.add(lock, 1, 1);
    Atomics.notify(lock, 1, 1);
  }),
});

/** Wakes somebody only when the count rises from 0, as if each waiter were woken by a rise of its own. */
export const edgeSemaphore = scenario(import.meta, {
  name: 'semaphore notifies only at the edge',
  setup: () => ({ permits: words(1) }),
  threads: [
    ...[0, 1].map(() => ({ permits }: { permits: Int32Array }) => {
      for (;;) {
        const seen = Atomics.load(permits, 0);
        if (seen === 0) Atomics.wait(permits, 0, 0);
        else if (Atomics.compareExchange(permits, 0, seen, seen - 1) === seen) return;
      }
    }),
    ({ permits }: { permits: Int32Array }) => {
      for (let n = 0; n < 2; n++) if (Atomics.add(permits, 0, 1) === 0) Atomics.notify(permits, 0, 1);
    },
  ],
});

/** The reader looks for a writer first and counts itself afterwards. */
export const readersAndWriter = scenario(import.meta, {
  name: 'readers–writer lock looks and then counts',
  setup: () => ({ writing: words(1), readers: words(1), pair: words(2) }),
  threads: [
    ({ writing, readers, pair }) => {
      Atomics.store(writing, 0, 1);
      while (Atomics.load(readers, 0) !== 0) Atomics.wait(readers, 0, Atomics.load(readers, 0), 1);
      Atomics.add(pair, 0, 1);
      Atomics.add(pair, 1, 1);
      Atomics.store(writing, 0, 0);
      Atomics.notify(writing, 0);
    },
    ({ writing, readers, pair }) => {
      while (Atomics.load(writing, 0) === 1) Atomics.wait(writing, 0, 1);
      Atomics.add(readers, 0, 1);
      const seen = [Atomics.load(pair, 0), Atomics.load(pair, 1)];
      Atomics.sub(readers, 0, 1);
      Atomics.notify(readers, 0);
      assert.equal(seen[0], seen[1], 'half of a write');
    },
  ],
});

/** Sleeps while the flag is as it finds it when it goes to sleep, not as it was when it decided to. */
export const parkedFlag = scenario(import.meta, {
  name: 'parks on the value that it finds',
  setup: () => ({ flag: words(1) }),
  threads: [
    ({ flag }) => {
      while (Atomics.load(flag, 0) !== 1) Atomics.wait(flag, 0, Atomics.load(flag, 0));
    },
    ({ flag }) => {
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  ],
});

/** Counts down by reading and writing. */
export const latch = scenario(import.meta, {
  name: 'latch counts down in two steps',
  setup: () => ({ count: words(1) }),
  threads: [
    ({ count }) => {
      for (let left = 2 - Atomics.load(count, 0); left > 0; left = 2 - Atomics.load(count, 0))
        Atomics.wait(count, 0, 2 - left);
    },
    ...[0, 1].map(() => ({ count }: { count: Int32Array }) => {
      Atomics.store(count, 0, Atomics.load(count, 0) + 1);
      Atomics.notify(count, 0);
    }),
  ],
});

/** Two references, given back by two threads, each of which looks at the count afterwards: both can see the zero. */
export const references = scenario(import.meta, {
  name: 'reference count is looked at afterwards',
  setup() {
    const shared = words(2);
    shared[0] = 2;
    return { shared };
  },
  threads: [0, 1].map(() => ({ shared }: { shared: Int32Array }) => {
    Atomics.sub(shared, 0, 1);
    if (Atomics.load(shared, 0) === 0) Atomics.add(shared, 1, 1);
  }),
  finally: ({ shared }) => assert.equal(shared[1], 1, 'freed as often'),
});
