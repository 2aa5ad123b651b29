import assert from 'node:assert/strict';
import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw =
  | 'publishes before it writes'
  | 'frees before it reads'
  | 'off by one when full'
  | 'two producers reserve with load and store';

const HEAD = 0;
const TAIL = 1;
const SIZE = 2;

interface State {
  ring: Int32Array;
  slots: Int32Array;
}

/** One producer, one consumer. The slots are plain memory: the two indices order it. */
function put({ ring, slots }: State, value: number, flaw: Flaw | undefined): void {
  const tail = Atomics.load(ring, TAIL);
  const size = flaw === 'off by one when full' ? SIZE + 1 : SIZE;
  for (let head = Atomics.load(ring, HEAD); tail - head >= size; head = Atomics.load(ring, HEAD)) {
    Atomics.wait(ring, HEAD, head);
  }
  if (flaw === 'publishes before it writes') {
    Atomics.store(ring, TAIL, tail + 1);
    slots[tail % SIZE] = value;
  } else {
    slots[tail % SIZE] = value;
    Atomics.store(ring, TAIL, tail + 1);
  }
  Atomics.notify(ring, TAIL);
}

function get({ ring, slots }: State, flaw: Flaw | undefined): number {
  const head = Atomics.load(ring, HEAD);
  while (Atomics.load(ring, TAIL) === head) Atomics.wait(ring, TAIL, head);
  let value: number;
  if (flaw === 'frees before it reads') {
    Atomics.store(ring, HEAD, head + 1);
    Atomics.notify(ring, HEAD);
    value = slots[head % SIZE]!;
  } else {
    value = slots[head % SIZE]!;
    Atomics.store(ring, HEAD, head + 1);
    Atomics.notify(ring, HEAD);
  }
  return value;
}

const ITEMS = [11, 22, 33, 44];

export const ring: Variants = variants<Flaw, State>(
  import.meta,
  ['publishes before it writes', 'frees before it reads', 'off by one when full'],
  flaw => ({
    setup: () => ({ ring: words(2), slots: words(SIZE) }),
    threads: [
      state => {
        for (const item of ITEMS) put(state, item, flaw);
      },
      state => ITEMS.map(() => get(state, flaw)),
    ],
    finally: (_, { results }) => assert.deepEqual(results[1], ITEMS),
  }),
);

/** Many producers, no consumer yet: each takes a place of its own. */
function push({ ring, slots }: State, value: number, flaw: Flaw | undefined): void {
  let place: number;
  if (flaw === 'two producers reserve with load and store') {
    place = Atomics.load(ring, TAIL);
    Atomics.store(ring, TAIL, place + 1);
  } else place = Atomics.add(ring, TAIL, 1);
  Atomics.store(slots, place, value);
}

export const producers: Variants = variants<Flaw, State>(
  import.meta,
  ['two producers reserve with load and store'],
  flaw => ({
    setup: () => ({ ring: words(2), slots: words(4) }),
    threads: [state => push(state, 1, flaw), state => push(state, 2, flaw)],
    finally: ({ slots }) => assert.equal(slots[0]! + slots[1]!, 3),
  }),
);
