/**
 * `Lock`: what it costs when nobody else wants it, beside the least that any lock can do, a compare-exchange and an exchange on a word of a
 * `SharedArrayBuffer`. The counter inside the loop is the proof that the lock was taken each time.
 */
import { Lock } from '@heddle/core';
import { TIME, timed } from './harness.ts';
import type { Round, Subject } from './harness.ts';

/** V8 calls `Atomics` as functions, which WebAssembly can beat; elsewhere they are inlined, and a class on top can only lose. */
const onV8 = 'v8' in process.versions && !('bun' in process.versions);

function raw(): Round {
  const words = new Int32Array(new SharedArrayBuffer(64));
  return pairs => timed(() => rawPairs(words, pairs));
}

function rawPairs(words: Int32Array, pairs: number): number {
  let taken = 0;
  for (let pair = 0; pair < pairs; pair++) {
    if (Atomics.compareExchange(words, 0, 0, 1) === 0) taken += 1;
    Atomics.exchange(words, 0, 0);
  }
  return taken;
}

function acquireRelease(): Round {
  const lock = new Lock();
  return pairs => timed(() => acquireReleasePairs(lock, pairs));
}

function acquireReleasePairs(lock: Lock, pairs: number): number {
  let taken = 0;
  for (let pair = 0; pair < pairs; pair++) {
    if (lock.acquire()) taken += 1;
    lock.release();
  }
  return taken;
}

function hold(): Round {
  const lock = new Lock();
  return pairs => timed(() => holdPairs(lock, pairs));
}

function holdPairs(lock: Lock, pairs: number): number {
  let taken = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const guard = lock.hold();
    if (guard.held) taken += 1;
    guard.release();
  }
  return taken;
}

function usingHold(): Round {
  const lock = new Lock();
  return pairs => timed(() => usingHoldPairs(lock, pairs));
}

function usingHoldPairs(lock: Lock, pairs: number): number {
  let taken = 0;
  for (let pair = 0; pair < pairs; pair++) {
    using guard = lock.hold();
    if (guard.held) taken += 1;
  }
  return taken;
}

/** The same by hand: what is left to gain when `using` itself is the cost. */
function usingRaw(): Round {
  const words = new Int32Array(new SharedArrayBuffer(64));
  return pairs => timed(() => usingRawPairs(words, pairs));
}

class RawGuard {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  [Symbol.dispose](): void {
    Atomics.exchange(this.#words, 0, 0);
  }
}

function usingRawPairs(words: Int32Array, pairs: number): number {
  let taken = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const free = Atomics.compareExchange(words, 0, 0, 1) === 0;
    using _guard = new RawGuard(words);
    if (free) taken += 1;
  }
  return taken;
}

const subject: Subject = {
  uncontended: {
    operation: 'taking and giving back',
    operations: 4_000_000,
    expected: pairs => pairs,
    sides: { acquire: acquireRelease, hold, raw },
    rows: [
      { what: 'acquire, release', ours: 'acquire', against: 'raw', bar: { atMost: onV8 ? 0.8 : 1.5 } },
      { what: 'hold, release', ours: 'hold', against: 'raw', bar: { atMost: 2 } },
    ],
  },
  using: {
    operation: 'taking and giving back at the end of a scope',
    operations: 400_000,
    expected: pairs => pairs,
    sides: { 'using hold': usingHold, 'using raw': usingRaw },
    rows: [{ what: 'using held = hold()', ours: 'using hold', against: 'using raw', bar: TIME }],
  },
};
export default subject;
