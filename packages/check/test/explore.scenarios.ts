import assert from 'node:assert/strict';
import { scenario } from '../src/index.ts';
import type { Scenario } from '../src/index.ts';

interface Cells {
  readonly cells: Int32Array;
}

const setup = (): Cells => ({ cells: new Int32Array(new SharedArrayBuffer(64)) });

function increment({ cells }: Cells): void {
  Atomics.store(cells, 0, Atomics.load(cells, 0) + 1);
}

export const lostUpdate: Scenario = scenario<Cells>(import.meta, {
  name: 'lost update',
  setup,
  threads: [increment, increment],
  finally: ({ cells }) => assert.equal(cells[0], 2),
});

export const added: Scenario = scenario<Cells>(import.meta, {
  name: 'added',
  setup,
  threads: [({ cells }) => void Atomics.add(cells, 0, 1)],
  finally: ({ cells }, { results }) => assert.equal(cells[0], results.length),
});

/** Sleeps for a year, reads every clock, and never waits for real. */
export const time: Scenario = scenario<Cells>(import.meta, {
  name: 'time',
  setup,
  threads: [
    async ({ cells }) => {
      const begin = [performance.now(), Date.now(), Number(process.hrtime.bigint()) / 1e6] as const;
      await new Promise(resolve => setTimeout(resolve, 3_600_000));
      const end = [performance.now(), Date.now(), Number(process.hrtime.bigint()) / 1e6] as const;
      for (const [n, each] of begin.entries()) assert.ok(end[n]! - each >= 3_599_999, `clock ${n}`);
      assert.ok(new Date().getTime() >= end[1]);
      Atomics.store(cells, 0, 1);
      Atomics.notify(cells, 0);
    },
    ({ cells }) => Atomics.wait(cells, 0, 0, 7_200_000),
  ],
  finally: (_, { results }) => assert.ok(['ok', 'timed-out', 'not-equal'].includes(results[1] as string)),
});

/** Each thread needs the lock to receive its state, as a new worker needs its allocator's: nobody under control may hold it then. */
export const receivesUnderLock: Scenario = scenario<Cells>(import.meta, {
  name: 'receives under a lock',
  setup,
  receive: (cells: Cells): Cells => {
    while (Atomics.compareExchange(cells.cells, 0, 0, 1) !== 0);
    Atomics.store(cells.cells, 0, 0);
    Atomics.add(cells.cells, 1, 1);
    return cells;
  },
  send: state => state,
  threads: [
    ({ cells }) => {
      while (Atomics.compareExchange(cells, 0, 0, 1) !== 0);
      const received = Atomics.load(cells, 1);
      Atomics.store(cells, 0, 0);
      return received;
    },
  ],
  finally: (_, { results }) => assert.deepEqual(new Set(results), new Set([results.length])),
});

/** What Node does in which order: microtasks first, then one event after the other. */
export const eventLoop: Scenario = scenario<Cells>(import.meta, {
  name: 'event loop',
  setup,
  threads: [
    async () => {
      const seen: string[] = [];
      const cancelled = setTimeout(() => seen.push('cancelled'), 1);
      const timer = new Promise<void>(resolve => setTimeout(() => (seen.push('timer'), resolve()), 5));
      const immediate = new Promise<void>(resolve => setImmediate(() => (seen.push('immediate'), resolve())));
      queueMicrotask(() => seen.push('microtask'));
      clearTimeout(cancelled);
      let ticks = 0;
      const interval = setInterval(() => ticks++, 1);
      await Promise.all([timer, immediate]);
      clearInterval(interval);
      assert.ok(!seen.includes('cancelled'));
      assert.equal(seen[0], 'microtask');
      assert.equal(seen.length, 3);
      return ticks >= 0;
    },
  ],
  finally: (_, { results }) => assert.deepEqual(results, [true]),
});

/** Wakes promises and threads in the order in which they came. */
export const fifo: Scenario = scenario<Cells>(import.meta, {
  name: 'first come, first served',
  setup,
  threads: [
    async ({ cells }) => {
      const wait = Atomics.waitAsync(cells, 0, 0);
      Atomics.store(cells, 1, 1);
      Atomics.notify(cells, 1);
      assert.equal(await wait.value, 'ok');
      return Atomics.add(cells, 2, 1);
    },
    ({ cells }) => {
      while (Atomics.load(cells, 1) === 0) Atomics.wait(cells, 1, 0);
      Atomics.store(cells, 3, 1);
      const result = Atomics.wait(cells, 0, 0, 1000);
      if (result === 'timed-out') return -1;
      return Atomics.add(cells, 2, 1);
    },
    ({ cells }) => {
      while (Atomics.load(cells, 3) === 0) Atomics.pause();
      // Whoever is there, the promise is before the thread.
      assert.equal(Atomics.notify(cells, 0, 1), 1);
      while (Atomics.load(cells, 2) === 0) Atomics.pause();
      Atomics.notify(cells, 0, 1);
    },
  ],
  finally: (_, { results }) => assert.equal(results[0], 0),
});

export const throws: Scenario = scenario<Cells>(import.meta, {
  name: 'throws',
  setup,
  threads: [
    ({ cells }) => Atomics.store(cells, 0, 1),
    function explode({ cells }) {
      if (Atomics.load(cells, 0) === 1) throw new RangeError('boom');
    },
  ],
});

export const rejects: Scenario = scenario<Cells>(import.meta, {
  name: 'rejects behind its back',
  setup,
  threads: [
    async () => {
      void Promise.reject(new RangeError('nobody looks'));
      await new Promise(resolve => setTimeout(resolve, 1));
    },
  ],
});

export const forEver: Scenario = scenario<Cells>(import.meta, {
  name: 'awaits for ever',
  setup,
  threads: [({ cells }) => Atomics.waitAsync(cells, 0, 0).value as Promise<string>],
  names: ({ cells }) => ({ door: [cells, 0] }),
});

export const leftBehind: Scenario = scenario<Cells>(import.meta, {
  name: 'a waiter left behind',
  setup,
  threads: [({ cells }) => void Atomics.waitAsync(cells, 3, 0)],
  finally: (_, { waiting }) => assert.deepEqual(waiting, []),
});

export const wideAndNarrow: Scenario = scenario(import.meta, {
  name: 'elements of every kind',
  setup: () => ({
    bytes: new Uint8Array(new SharedArrayBuffer(8)),
    shorts: new Int16Array(new SharedArrayBuffer(8)),
    big: new BigInt64Array(new SharedArrayBuffer(16)),
  }),
  threads: [
    ({ bytes, shorts, big }) => {
      Atomics.sub(bytes, 1, 1);
      Atomics.xor(shorts, 2, -1);
      Atomics.store(big, 1, -5n);
      Atomics.notify(big, 1);
    },
    ({ big }) => {
      while (Atomics.load(big, 1) === 0n) Atomics.wait(big, 1, 0n);
    },
  ],
  finally({ bytes, shorts, big }) {
    assert.deepEqual([bytes[1], shorts[2], big[1]], [255, -1, -5n]);
  },
});

export const exits: Scenario = scenario<Cells>(import.meta, {
  name: 'exits',
  setup,
  threads: [() => process.exit(3)],
});

/** Looks at plain memory only, which no explorer sees. */
export const plainLoop: Scenario = scenario<Cells>(import.meta, {
  name: 'a loop over plain reads',
  setup,
  threads: [
    ({ cells }) => {
      for (let read = cells[0]; read === 0;) read = cells[0];
    },
    ({ cells }) => void Atomics.store(cells, 0, 1),
  ],
});
