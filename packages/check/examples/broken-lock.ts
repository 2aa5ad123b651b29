/** A lock whose release wakes before it frees: the woken one finds the lock still taken, sleeps again, and nobody comes any more. */
import assert from 'node:assert/strict';
import { scenario } from '@heddle/check';
import type { Scenario } from '@heddle/check';

const FREE = 0;
const TAKEN = 1;
const CONTENDED = 2;

type Release = (state: Int32Array) => void;

function acquire(state: Int32Array): void {
  if (Atomics.compareExchange(state, 0, FREE, TAKEN) === FREE) return;
  while (Atomics.exchange(state, 0, CONTENDED) !== FREE) Atomics.wait(state, 0, CONTENDED);
}

const wrong: Release = state => {
  if (Atomics.load(state, 0) === CONTENDED) Atomics.notify(state, 0, 1);
  Atomics.store(state, 0, FREE);
};

const right: Release = state => {
  if (Atomics.exchange(state, 0, FREE) === CONTENDED) Atomics.notify(state, 0, 1);
};

function counting(name: string, release: Release): Scenario {
  const count = ({ lock, counter }: { lock: Int32Array; counter: Int32Array }): void => {
    acquire(lock);
    counter[0]! += 1;
    release(lock);
  };
  return scenario(import.meta, {
    name,
    setup: () => ({
      lock: new Int32Array(new SharedArrayBuffer(4)),
      counter: new Int32Array(new SharedArrayBuffer(4)),
    }),
    threads: [count, count],
    names: ({ lock }) => ({ lock: [lock, 0] }),
    finally: ({ counter }) => assert.equal(counter[0], 2),
  });
}

export const brokenLock: Scenario = counting('broken lock', wrong);
export const repairedLock: Scenario = counting('repaired lock', right);
