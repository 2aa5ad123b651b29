import assert from 'node:assert/strict';
import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw =
  | 'looks and then takes'
  | 'looks for waiters before it adds'
  | 'wakes one for two permits'
  | 'a timeout swallows the wakeup';

const PERMITS = 0;
const WAITERS = 1;

class Semaphore {
  readonly #words: Int32Array;
  readonly #flaw: Flaw | undefined;

  constructor(words: Int32Array, flaw: Flaw | undefined) {
    this.#words = words;
    this.#flaw = flaw;
  }

  #take(): boolean {
    const state = this.#words;
    if (this.#flaw === 'looks and then takes') {
      if (Atomics.load(state, PERMITS) === 0) return false;
      Atomics.sub(state, PERMITS, 1);
      return true;
    }
    for (;;) {
      const seen = Atomics.load(state, PERMITS);
      if (seen === 0) return false;
      if (Atomics.compareExchange(state, PERMITS, seen, seen - 1) === seen) return true;
    }
  }

  acquire(timeout: number = Infinity): boolean {
    const state = this.#words;
    const deadline = performance.now() + timeout;
    for (;;) {
      if (this.#take()) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.add(state, WAITERS, 1);
      Atomics.wait(state, PERMITS, 0, left);
      Atomics.sub(state, WAITERS, 1);
      // Somebody may have woken us, and nobody else, for a permit that is still there.
      if (this.#flaw === 'a timeout swallows the wakeup' && deadline <= performance.now()) return false;
    }
  }

  release(n: number = 1): void {
    const state = this.#words;
    const before = Atomics.load(state, WAITERS);
    Atomics.add(state, PERMITS, n);
    const waiters = this.#flaw === 'looks for waiters before it adds' ? before : Atomics.load(state, WAITERS);
    if (waiters > 0) Atomics.notify(state, PERMITS, this.#flaw === 'wakes one for two permits' ? 1 : n);
  }
}

interface State {
  semaphore: Int32Array;
  inside: Int32Array;
}

export const semaphore: Variants = variants<Flaw, State>(
  import.meta,
  ['looks and then takes', 'looks for waiters before it adds'],
  flaw => ({
    setup: () => {
      const state = { semaphore: words(3), inside: words(1) };
      state.semaphore[PERMITS] = 1;
      return state;
    },
    threads: [1, 2].map(() => (state: State): void => {
      const permits = new Semaphore(state.semaphore, flaw);
      permits.acquire();
      const others = Atomics.add(state.inside, 0, 1);
      Atomics.sub(state.inside, 0, 1);
      permits.release();
      assert.equal(others, 0, 'two have the only permit');
    }),
  }),
);

export const semaphoreOfTwo: Variants = variants<Flaw, State>(
  import.meta,
  ['wakes one for two permits'],
  flaw => ({
    setup: () => ({ semaphore: words(3), inside: words(1) }),
    threads: [
      ({ semaphore }) => new Semaphore(semaphore, flaw).acquire(),
      ({ semaphore }) => new Semaphore(semaphore, flaw).acquire(),
      ({ semaphore }) => new Semaphore(semaphore, flaw).release(2),
    ],
  }),
);

export const timedSemaphore: Variants = variants<Flaw, State>(
  import.meta,
  ['a timeout swallows the wakeup'],
  flaw => ({
    setup: () => ({ semaphore: words(3), inside: words(1) }),
    threads: [
      ({ semaphore }): void => {
        const permits = new Semaphore(semaphore, flaw);
        if (permits.acquire(5)) permits.release();
      },
      ({ semaphore }) => new Semaphore(semaphore, flaw).acquire(),
      ({ semaphore }) => new Semaphore(semaphore, flaw).release(),
    ],
  }),
);
