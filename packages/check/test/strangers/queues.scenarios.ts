/** Buffers, mailboxes and lazy values as people write them for themselves, each with the mistake that is usual there. */
import assert from 'node:assert/strict';
import { scenario } from '../../src/index.ts';

const words = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * 4));

/** Several producers, one consumer, who takes the tail for a promise that everything before it is written. */
export const ring = scenario(import.meta, {
  name: 'ring with several producers reads what is only reserved',
  setup: () => ({ tail: words(1), slots: words(4) }),
  threads: [
    ...[1, 2].map(item => ({ tail, slots }: { tail: Int32Array; slots: Int32Array }) => {
      const at = Atomics.add(tail, 0, 1);
      slots[at] = item;
      Atomics.notify(tail, 0);
    }),
    ({ tail, slots }: { tail: Int32Array; slots: Int32Array }) => {
      const got: number[] = [];
      while (got.length < 2) {
        const end = Atomics.load(tail, 0);
        if (end === got.length) Atomics.wait(tail, 0, end);
        else got.push(slots[got.length]!);
      }
      return got;
    },
  ],
  finally(_, { results }) {
    assert.deepEqual(
      (results[2] as number[]).toSorted((a, b) => a - b),
      [1, 2],
    );
  },
});

interface Buffer {
  readonly lock: Int32Array;
  readonly count: Int32Array;
  readonly changed: Int32Array;
}

function locked(lock: Int32Array, action: () => boolean): boolean {
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1);
  const done = action();
  Atomics.store(lock, 0, 0);
  Atomics.notify(lock, 0);
  return done;
}

/** Producers and consumers sleep on the same word, and one of them is woken: the wrong one. */
function untilDone({ lock, changed }: Buffer, action: () => boolean): void {
  for (;;) {
    const seen = Atomics.load(changed, 0);
    if (locked(lock, action)) break;
    Atomics.wait(changed, 0, seen);
  }
  Atomics.add(changed, 0, 1);
  Atomics.notify(changed, 0, 1);
}

export const oneWordForTwo = scenario<Buffer>(import.meta, {
  name: 'buffer of one: producers and consumers sleep on one word',
  setup: () => ({ lock: words(1), count: words(1), changed: words(1) }),
  threads: [
    ...[0, 1, 2].map(() => (buffer: Buffer) => {
      untilDone(buffer, () => buffer.count[0] === 1 && (buffer.count[0] = 0) === 0);
    }),
    (buffer: Buffer) => {
      for (let n = 0; n < 3; n++)
        untilDone(buffer, () => buffer.count[0] === 0 && (buffer.count[0] = 1) === 1);
    },
  ],
});

/** Says that nothing is scheduled after it has emptied the box, so that what came in between lies there for ever. */
export const mailbox = scenario(import.meta, {
  name: 'mailbox is marked idle after it was emptied',
  setup: () => ({ box: words(1), scheduled: words(1), handled: words(1) }),
  threads: [0, 1].map(
    () =>
      ({ box, scheduled, handled }: Record<'box' | 'scheduled' | 'handled', Int32Array>) => {
        Atomics.add(box, 0, 1);
        if (Atomics.exchange(scheduled, 0, 1) === 1) return;
        Atomics.add(handled, 0, Atomics.exchange(box, 0, 0));
        Atomics.store(scheduled, 0, 0);
      },
  ),
  finally: ({ handled }) => assert.equal(handled[0], 2),
});

/** A deque whose owner takes the last item without asking who steals. */
export const deque = scenario(import.meta, {
  name: 'deque: the last item is taken by owner and thief',
  setup: () => {
    const ends = words(2);
    ends[1] = 1;
    return { ends, taken: words(1) };
  },
  threads: [
    ({ ends, taken }) => {
      const bottom = Atomics.sub(ends, 1, 1) - 1;
      if (Atomics.load(ends, 0) <= bottom) Atomics.add(taken, bottom, 1);
      else Atomics.store(ends, 1, bottom + 1);
    },
    ({ ends, taken }) => {
      const top = Atomics.load(ends, 0);
      if (top < Atomics.load(ends, 1) && Atomics.compareExchange(ends, 0, top, top + 1) === top)
        Atomics.add(taken, top, 1);
    },
  ],
  finally: ({ taken }) => assert.ok(taken[0]! <= 1, 'taken twice'),
});

/** A value that is made once: the flag is raised before the value is there. */
export const lazy = scenario(import.meta, {
  name: 'once: ready before it is made',
  setup: () => ({ state: words(1), value: words(1) }),
  threads: [0, 1].map(() => ({ state, value }: { state: Int32Array; value: Int32Array }) => {
    if (Atomics.compareExchange(state, 0, 0, 1) === 0) {
      Atomics.store(state, 0, 2);
      value[0] = 42;
      Atomics.notify(state, 0);
    }
    while (Atomics.load(state, 0) !== 2) Atomics.wait(state, 0, 1);
    return value[0];
  }),
  finally: (_, { results }) => assert.deepEqual(results, [42, 42]),
});

/** A sequence lock whose reader looks at the sequence before it reads, and not after. */
export const sequence = scenario(import.meta, {
  name: 'sequence lock: the reader does not look again',
  setup: () => ({ sequence: words(1), pair: words(2) }),
  threads: [
    ({ sequence: count, pair }) => {
      Atomics.add(count, 0, 1);
      Atomics.store(pair, 0, 7);
      Atomics.store(pair, 1, 7);
      Atomics.add(count, 0, 1);
    },
    ({ sequence: count, pair }) => {
      while ((Atomics.load(count, 0) & 1) === 1) Atomics.wait(count, 0, Atomics.load(count, 0), 1);
      return [Atomics.load(pair, 0), Atomics.load(pair, 1)];
    },
  ],
  finally(_, { results }) {
    const [first, second] = results[1] as [number, number];
    assert.equal(first, second, 'half of a write');
  },
});
