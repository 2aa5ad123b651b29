/**
 * A ring buffer for one producer and one consumer, whose producer moves the tail before it writes the slot. The slot is written with a plain
 * store, which no instrument sees; the report shows that the consumer came between.
 */
import assert from 'node:assert/strict';
import { scenario } from '@heddle/check';
import type { Scenario } from '@heddle/check';

interface Ring {
  readonly head: Int32Array;
  readonly tail: Int32Array;
  readonly slots: Int32Array;
}

type Put = (ring: Ring, value: number) => void;

function waitForRoom({ head, tail, slots }: Ring): number {
  const at = Atomics.load(tail, 0);
  for (let seen = Atomics.load(head, 0); at - seen === slots.length; seen = Atomics.load(head, 0)) {
    Atomics.wait(head, 0, seen);
  }
  return at;
}

const wrong: Put = (ring, value) => {
  const at = waitForRoom(ring);
  Atomics.store(ring.tail, 0, at + 1);
  ring.slots[at % ring.slots.length] = value;
  Atomics.notify(ring.tail, 0);
};

const right: Put = (ring, value) => {
  const at = waitForRoom(ring);
  ring.slots[at % ring.slots.length] = value;
  Atomics.store(ring.tail, 0, at + 1);
  Atomics.notify(ring.tail, 0);
};

function get({ head, tail, slots }: Ring): number {
  const at = Atomics.load(head, 0);
  while (Atomics.load(tail, 0) === at) Atomics.wait(tail, 0, at);
  const value = slots[at % slots.length]!;
  Atomics.store(head, 0, at + 1);
  Atomics.notify(head, 0);
  return value;
}

const VALUES = [7, 8, 9];

function transfer(name: string, put: Put): Scenario {
  return scenario<Ring>(import.meta, {
    name,
    setup: () => ({
      head: new Int32Array(new SharedArrayBuffer(4)),
      tail: new Int32Array(new SharedArrayBuffer(4)),
      slots: new Int32Array(new SharedArrayBuffer(8)),
    }),
    threads: [
      function producer(ring) {
        for (const value of VALUES) put(ring, value);
      },
      function consumer(ring) {
        return VALUES.map(() => get(ring));
      },
    ],
    finally: (_, { results }) => assert.deepEqual(results[1], VALUES),
  });
}

export const brokenRing: Scenario = transfer('broken ring', wrong);
export const repairedRing: Scenario = transfer('repaired ring', right);
