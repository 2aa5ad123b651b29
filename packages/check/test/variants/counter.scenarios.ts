import assert from 'node:assert/strict';
import { scenario, type Scenario } from '../../src/index.ts';

export const lostUpdate: Scenario = scenario(import.meta, {
  name: 'lost update',
  setup: () => ({ cells: new Int32Array(new SharedArrayBuffer(4)) }),
  threads: [
    ({ cells }) => void Atomics.store(cells, 0, Atomics.load(cells, 0) + 1),
    ({ cells }) => void Atomics.store(cells, 0, Atomics.load(cells, 0) + 1),
  ],
  finally: ({ cells }) => assert.equal(cells[0], 2),
});

export const added: Scenario = scenario(import.meta, {
  name: 'added',
  setup: () => ({ cells: new Int32Array(new SharedArrayBuffer(4)) }),
  threads: [({ cells }) => void Atomics.add(cells, 0, 1), ({ cells }) => void Atomics.add(cells, 0, 1)],
  finally: ({ cells }) => assert.equal(cells[0], 2),
});

export const pingPong: Scenario = scenario(import.meta, {
  name: 'ping pong',
  setup: () => ({ cells: new Int32Array(new SharedArrayBuffer(4)) }),
  threads: [0, 1].map(me => ({ cells }: { cells: Int32Array }) => {
    for (let n = 0; n < 5; n++) {
      while (Atomics.load(cells, 0) !== 2 * n + me)
        Atomics.wait(cells, 0, 2 * n + me - 1 < 0 ? 0 : 2 * n + me - 1);
      Atomics.store(cells, 0, 2 * n + me + 1);
      Atomics.notify(cells, 0);
    }
  }),
  finally: ({ cells }) => assert.equal(cells[0], 10),
});

export const asleep: Scenario = scenario(import.meta, {
  name: 'asleep',
  setup: () => ({ cells: new Int32Array(new SharedArrayBuffer(8)) }),
  threads: [
    ({ cells }) => {
      if (Atomics.load(cells, 0) === 0) Atomics.wait(cells, 1, 0);
    },
    ({ cells }) => {
      Atomics.store(cells, 0, 1);
      Atomics.notify(cells, 1);
    },
  ],
});

export const asyncPair: Scenario = scenario(import.meta, {
  name: 'async',
  setup: () => ({ cells: new Int32Array(new SharedArrayBuffer(8)) }),
  threads: [
    async ({ cells }) => {
      while (Atomics.load(cells, 0) === 0) {
        const result = Atomics.waitAsync(cells, 0, 0);
        if (result.async) await result.value;
      }
      await new Promise(resolve => setTimeout(resolve, 50));
      return 'got';
    },
    ({ cells }) => {
      Atomics.store(cells, 0, 1);
      Atomics.notify(cells, 0);
    },
  ],
  finally: (_, { results }) => assert.deepEqual(results, ['got', undefined]),
});
