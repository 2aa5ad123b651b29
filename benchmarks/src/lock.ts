/**
 * `Lock`: what it costs when nobody else wants it, beside the least that any lock can do, a compare-exchange and an exchange on a word of a
 * `SharedArrayBuffer`; and what it costs when somebody does. The counter inside the loop is the proof that the lock was taken each time.
 */
import { AtomicCounter, Event, Lock, Thread, task } from '@heddle/core';
import { parentPort } from 'node:worker_threads';
import { TIME, timed } from './harness.ts';
import type { Round, Subject } from './harness.ts';
import { detection } from './detection.ts';
import { startWorker } from './worker.ts';

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

// Two threads that want the same lock all the time, each counting on a word that only the lock protects.

export const contender = task(
  import.meta,
  function contender(lock: Lock, ready: Event, counter: AtomicCounter, pairs: number): void {
    ready.set();
    countUnderLock(lock, counter, pairs);
  },
);

function countUnderLock(lock: Lock, counter: AtomicCounter, pairs: number): void {
  for (let pair = 0; pair < pairs; pair++) {
    lock.acquire();
    // Read and written apart: without the lock, counts would be lost.
    counter.value = (counter.value + 1) | 0;
    lock.release();
  }
}

function contended(): Round {
  const lock = new Lock();
  const counter = new AtomicCounter();
  const ready = new Event();
  return pairs => {
    counter.value = 0;
    ready.clear();
    const thread = new Thread(contender, { args: [lock, ready, counter, pairs / 2] }).start();
    ready.wait();
    return timed(() => {
      countUnderLock(lock, counter, pairs / 2);
      thread.join();
      return counter.value;
    });
  };
}

const LOCK = 0;
const COUNTER = 16;
const READY = 32;
const DONE = 48;

/** The mutex of Drepper's "Futexes are tricky": 0 free, 1 held, 2 held and somebody may sleep. No spinning, no line, no fairness. */
function countUnderMutex(words: Int32Array, pairs: number): void {
  for (let pair = 0; pair < pairs; pair++) {
    if (Atomics.compareExchange(words, LOCK, 0, 1) !== 0) {
      while (Atomics.exchange(words, LOCK, 2) !== 0) Atomics.wait(words, LOCK, 2);
    }
    Atomics.store(words, COUNTER, Atomics.load(words, COUNTER) + 1);
    if (Atomics.exchange(words, LOCK, 0) === 2) Atomics.notify(words, LOCK, 1);
  }
}

export function mutexContender(words: Int32Array): void {
  parentPort!.on('message', (pairs: number) => {
    setWord(words, READY);
    countUnderMutex(words, pairs);
    setWord(words, DONE);
  });
}

function setWord(words: Int32Array, word: number): void {
  Atomics.store(words, word, 1);
  Atomics.notify(words, word);
}

function contendedMutex(): Round {
  const words = new Int32Array(new SharedArrayBuffer(256));
  const worker = startWorker(import.meta, mutexContender, words);
  return pairs => {
    words.fill(0);
    worker.postMessage(pairs / 2);
    Atomics.wait(words, READY, 0);
    return timed(() => {
      countUnderMutex(words, pairs / 2);
      Atomics.wait(words, DONE, 0);
      return Atomics.load(words, COUNTER);
    });
  };
}

const subject: Subject = {
  uncontended: {
    operation: 'taking and giving back a lock that nobody else wants',
    operations: 4_000_000,
    expected: pairs => pairs,
    sides: { acquire: acquireRelease, hold, raw },
    rows: [
      { what: 'acquire, release', ours: 'acquire', against: 'raw', bar: { atMost: onV8 ? 0.8 : 1.5 } },
      { what: 'hold, release', ours: 'hold', against: 'raw', bar: { atMost: 2 } },
    ],
  },
  using: {
    operation: 'the same at the end of a scope',
    operations: 400_000,
    expected: pairs => pairs,
    sides: { 'using hold': usingHold, 'using raw': usingRaw },
    rows: [{ what: 'using held = hold()', ours: 'using hold', against: 'using raw', bar: TIME }],
  },
  contended: {
    operation: 'taking and giving back a lock that another thread takes as often',
    operations: 2_000_000,
    expected: pairs => pairs,
    sides: { acquire: contended, 'raw mutex': contendedMutex },
    rows: [{ what: 'two threads, one lock', ours: 'acquire', against: 'raw mutex', bar: TIME }],
  },
  ...detection,
};
export default subject;
