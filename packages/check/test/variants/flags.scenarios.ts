import assert from 'node:assert/strict';
import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw =
  | 'turn before flag'
  | 'looks before it announces'
  | 'ready before it is made'
  | 'no second look at the sequence'
  | 'a stale top'
  | 'counts down with load and store'
  | 'locks in opposite order'
  | 'waits for a flag that nobody sets';

interface State {
  flags: Int32Array;
  data: Int32Array;
}

const setup = (): State => ({ flags: words(8), data: words(8) });
const TURN = 2;

/** Peterson's mutual exclusion of two. */
function peterson(me: number, flaw: Flaw | undefined) {
  return ({ flags, data }: State): void => {
    const other = 1 - me;
    if (flaw === 'turn before flag') {
      Atomics.store(flags, TURN, other);
      Atomics.store(flags, me, 1);
    } else {
      Atomics.store(flags, me, 1);
      Atomics.store(flags, TURN, other);
    }
    while (Atomics.load(flags, other) === 1 && Atomics.load(flags, TURN) === other);
    const others = Atomics.add(data, 0, 1);
    Atomics.sub(data, 0, 1);
    Atomics.store(flags, me, 0);
    assert.equal(others, 0, 'both are inside');
  };
}

export const exclusion: Variants = variants<Flaw, State>(import.meta, ['turn before flag'], flaw => ({
  setup,
  threads: [peterson(0, flaw), peterson(1, flaw)],
}));

const READERS = 0;
const WRITER = 1;

/** A reader and a writer that each announce themselves and then look for the other; the reader gives way. */
export const readersWriter: Variants = variants<Flaw, State>(
  import.meta,
  ['looks before it announces'],
  flaw => ({
    setup,
    threads: [
      ({ flags, data }): void => {
        for (;;) {
          if (flaw === 'looks before it announces') {
            if (Atomics.load(flags, WRITER) === 1) continue;
            Atomics.add(flags, READERS, 1);
          } else {
            Atomics.add(flags, READERS, 1);
            if (Atomics.load(flags, WRITER) === 1) {
              Atomics.sub(flags, READERS, 1);
              while (Atomics.load(flags, WRITER) === 1) Atomics.wait(flags, WRITER, 1);
              continue;
            }
          }
          break;
        }
        const [one, two] = [Atomics.load(data, 0), Atomics.load(data, 1)];
        Atomics.sub(flags, READERS, 1);
        assert.equal(one, two, 'a write was seen half done');
      },
      ({ flags, data }): void => {
        Atomics.store(flags, WRITER, 1);
        while (Atomics.load(flags, READERS) > 0);
        Atomics.store(data, 0, 1);
        Atomics.store(data, 1, 1);
        Atomics.store(flags, WRITER, 0);
        Atomics.notify(flags, WRITER);
      },
    ],
  }),
);

/** Made once, by whoever comes first. */
function once({ flags, data }: State, flaw: Flaw | undefined): number {
  if (Atomics.load(flags, 0) === 2) return data[0]!;
  if (Atomics.compareExchange(flags, 0, 0, 1) === 0) {
    if (flaw === 'ready before it is made') Atomics.store(flags, 0, 2);
    data[0] = 42;
    Atomics.store(flags, 0, 2);
    Atomics.notify(flags, 0);
  } else while (Atomics.load(flags, 0) !== 2) Atomics.wait(flags, 0, 1);
  return data[0]!;
}

export const initialization: Variants = variants<Flaw, State>(
  import.meta,
  ['ready before it is made'],
  flaw => ({
    setup,
    threads: [state => once(state, flaw), state => once(state, flaw)],
    finally: (_, { results }) => assert.deepEqual(results, [42, 42]),
  }),
);

/** A sequence lock: odd while somebody writes. */
export const sequence: Variants = variants<Flaw, State>(
  import.meta,
  ['no second look at the sequence'],
  flaw => ({
    setup,
    threads: [
      ({ flags, data }): void => {
        Atomics.add(flags, 0, 1);
        Atomics.store(data, 0, 7);
        Atomics.store(data, 1, 7);
        Atomics.add(flags, 0, 1);
      },
      ({ flags, data }): void => {
        for (;;) {
          const before = Atomics.load(flags, 0);
          if (before % 2 === 1) continue;
          const [one, two] = [Atomics.load(data, 0), Atomics.load(data, 1)];
          if (flaw === undefined && Atomics.load(flags, 0) !== before) continue;
          assert.equal(one, two, 'a write was seen half done');
          return;
        }
      },
    ],
  }),
);

const TOP = 0;
const TAG = 16;

/** Takes the top of a stack of free blocks; `data[n]` links block n. With a tag that counts changes, a stale top is noticed. */
function pop({ flags, data }: State, flaw: Flaw | undefined): number {
  for (;;) {
    const seen = Atomics.load(flags, TOP);
    const top = seen % TAG;
    if (top === 0) return 0;
    const next = Atomics.load(data, top);
    const tag = flaw === 'a stale top' ? 0 : (seen - top) / TAG + 1;
    if (Atomics.compareExchange(flags, TOP, seen, tag * TAG + next) === seen) return top;
  }
}

function push({ flags, data }: State, block: number, flaw: Flaw | undefined): void {
  for (;;) {
    const seen = Atomics.load(flags, TOP);
    Atomics.store(data, block, seen % TAG);
    const tag = flaw === 'a stale top' ? 0 : (seen - (seen % TAG)) / TAG + 1;
    if (Atomics.compareExchange(flags, TOP, seen, tag * TAG + block) === seen) return;
  }
}

/** The ABA problem: A reads top 1 and its next 2; B pops 1 and 2 and pushes 1; A puts 2, which is taken, on top. */
export const stack: Variants = variants<Flaw, State>(import.meta, ['a stale top'], flaw => ({
  setup: () => {
    const state = setup();
    state.flags[TOP] = 1;
    state.data[1] = 2;
    state.data[2] = 3;
    return state;
  },
  threads: [
    state => [pop(state, flaw), pop(state, flaw)],
    state => {
      const one = pop(state, flaw);
      const two = pop(state, flaw);
      push(state, one, flaw);
      return [two];
    },
  ],
  finally(_, { results }) {
    const taken = results.flat().filter(each => each !== 0);
    assert.equal(new Set(taken).size, taken.length, `a block was handed out twice: ${taken.join(', ')}`);
  },
}));

export const latch: Variants = variants<Flaw, State>(
  import.meta,
  ['counts down with load and store'],
  flaw => {
    const countDown = ({ flags }: State): void => {
      if (flaw === undefined) Atomics.sub(flags, 0, 1);
      else Atomics.store(flags, 0, Atomics.load(flags, 0) - 1);
      Atomics.notify(flags, 0);
    };
    return {
      setup: () => {
        const state = setup();
        state.flags[0] = 2;
        return state;
      },
      threads: [
        ({ flags }) => {
          for (let left = Atomics.load(flags, 0); left > 0; left = Atomics.load(flags, 0))
            Atomics.wait(flags, 0, left);
        },
        countDown,
        countDown,
      ],
    };
  },
);

export const order: Variants = variants<Flaw, State>(import.meta, ['locks in opposite order'], flaw => {
  const both =
    (first: number, second: number) =>
    ({ flags }: State): void => {
      for (const lock of [first, second])
        while (Atomics.compareExchange(flags, lock, 0, 1) !== 0) Atomics.wait(flags, lock, 1);
      for (const lock of [second, first]) {
        Atomics.store(flags, lock, 0);
        Atomics.notify(flags, lock, 1);
      }
    };
  return { setup, threads: [both(0, 1), flaw === undefined ? both(0, 1) : both(1, 0)] };
});

export const spin: Variants = variants<Flaw, State>(
  import.meta,
  ['waits for a flag that nobody sets'],
  flaw => ({
    setup,
    threads: [
      ({ flags }) => {
        while (Atomics.load(flags, 0) === 0);
      },
      // Sets it only if it comes first.
      ({ flags }) => {
        if (flaw === undefined || Atomics.compareExchange(flags, 1, 0, 1) !== 0) Atomics.store(flags, 0, 1);
      },
      ({ flags }) => void Atomics.compareExchange(flags, 1, 0, 2),
    ],
  }),
);
