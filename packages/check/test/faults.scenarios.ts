/** Threads that are killed in the middle: a lock that nobody repairs, one that is repaired, and what a thread leaves behind. */
import assert from 'node:assert/strict';
import { scenario } from '../src/index.ts';
import type { ThreadInfo } from '../src/index.ts';

const FREE = 0;

interface Locked {
  /** 0, or 1 + the thread that holds it. */
  readonly lock: Int32Array;
  readonly count: Int32Array;
}

const setup = (): Locked => ({
  lock: new Int32Array(new SharedArrayBuffer(4)),
  count: new Int32Array(new SharedArrayBuffer(4)),
});

function work({ lock, count }: Locked, { index }: ThreadInfo): string {
  for (;;) {
    const seen = Atomics.compareExchange(lock, 0, FREE, 1 + index);
    if (seen === FREE) break;
    Atomics.wait(lock, 0, seen);
  }
  Atomics.store(count, 0, Atomics.load(count, 0) + 1);
  Atomics.store(lock, 0, FREE);
  Atomics.notify(lock, 0);
  return 'done';
}

/** Hears of deaths, and gives back what the dead held. Wrong: nobody who waits is told, unless `wakes`. */
function bury({ lock }: Locked, { ends }: ThreadInfo, wakes: boolean): void {
  const count = ends.length - 1;
  for (let seen = -1; seen < 2;) {
    seen = Atomics.load(ends, count);
    for (const victim of [0, 1]) {
      if (Atomics.load(ends, victim) !== 2) continue;
      Atomics.compareExchange(lock, 0, 1 + victim, FREE);
      // Also if it held nothing: it may have died between giving back and telling.
      if (wakes) Atomics.notify(lock, 0);
    }
    if (seen < 2) Atomics.wait(ends, count, seen);
  }
}

export const unrepaired = scenario<Locked>(import.meta, { name: 'unrepaired', setup, threads: [work, work] });

export const unannounced = scenario<Locked>(import.meta, {
  name: 'unannounced',
  setup,
  threads: [work, work, (state, info) => bury(state, info, false)],
});

export const repaired = scenario<Locked>(import.meta, {
  name: 'repaired',
  setup,
  threads: [work, work, (state, info) => bury(state, info, true)],
  finally({ count, lock }, { results, killed }) {
    const done = results.filter(result => result === 'done').length;
    assert.equal(done + killed.length, 2, 'somebody neither came to the end nor was killed');
    assert.ok(count[0]! >= done && count[0]! <= 2);
    assert.equal(lock[0], FREE);
  },
});

/** What a killed thread was about to do never happens: no `finally`, no promise's reaction. */
export const nothingAfterDeath = scenario(import.meta, {
  name: 'nothing after death',
  setup: () => ({ word: new Int32Array(new SharedArrayBuffer(8)) }),
  threads: [
    async ({ word }) => {
      try {
        await Atomics.waitAsync(word, 0, 0).value;
        Atomics.add(word, 1, 1);
      } finally {
        Atomics.add(word, 1, 10);
      }
    },
    ({ word }, { ends }) => {
      Atomics.store(word, 0, 1);
      // A dead thread doesn't count as one that waits.
      const woken = Atomics.notify(word, 0);
      Atomics.wait(ends, 0, 0);
      return { woken, end: Atomics.load(ends, 0), sum: Atomics.load(word, 1) };
    },
  ],
  finally({ word }, { killed, results }) {
    const { woken, end, sum } = results[1] as { woken: number; end: number; sum: number };
    assert.equal(end, killed.includes(0) ? 2 : 1);
    assert.ok(woken <= 1);
    assert.equal(word[1], killed.includes(0) ? sum : 11, 'it went on after its death');
  },
});
