import assert from 'node:assert/strict';
import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw =
  | 'load and store in place of compare-exchange'
  | 'sleeps without a mark'
  | 'notify before store'
  | 'takes a wakeup for the lock'
  | 'second wait without the timeout';

const FREE = 0;
const TAKEN = 1;
const CONTENDED = 2;

/** Drepper's second mutex ("Futexes are tricky"), with a timeout. */
class Mutex {
  readonly #words: Int32Array;
  readonly #flaw: Flaw | undefined;

  constructor(words: Int32Array, flaw: Flaw | undefined) {
    this.#words = words;
    this.#flaw = flaw;
  }

  acquire(timeout: number = Infinity): boolean {
    const state = this.#words;
    const deadline = performance.now() + timeout;
    if (this.#flaw === 'load and store in place of compare-exchange') {
      while (Atomics.load(state, 0) !== FREE) Atomics.wait(state, 0, TAKEN);
      Atomics.store(state, 0, TAKEN);
      return true;
    }
    if (Atomics.compareExchange(state, 0, FREE, TAKEN) === FREE) return true;
    const mark = this.#flaw === 'sleeps without a mark' ? TAKEN : CONTENDED;
    for (let first = true; Atomics.exchange(state, 0, mark) !== FREE; first = false) {
      const left =
        !first && this.#flaw === 'second wait without the timeout' ? Infinity : deadline - performance.now();
      if (left <= 0) return false;
      const result = Atomics.wait(state, 0, mark, left);
      if (result === 'ok' && this.#flaw === 'takes a wakeup for the lock') return true;
    }
    return true;
  }

  release(): void {
    const state = this.#words;
    if (this.#flaw === 'notify before store') {
      if (Atomics.load(state, 0) === CONTENDED) Atomics.notify(state, 0, 1);
      Atomics.store(state, 0, FREE);
      return;
    }
    if (
      Atomics.exchange(state, 0, FREE) === CONTENDED ||
      this.#flaw === 'load and store in place of compare-exchange'
    ) {
      Atomics.notify(state, 0, 1);
    }
  }
}

interface State {
  lock: Int32Array;
  inside: Int32Array;
}

function enter(lock: Mutex, { inside }: State): void {
  const others = Atomics.add(inside, 0, 1);
  Atomics.sub(inside, 0, 1);
  lock.release();
  assert.equal(others, 0, 'two are inside');
}

export const lock: Variants = variants<Flaw, State>(
  import.meta,
  [
    'load and store in place of compare-exchange',
    'sleeps without a mark',
    'notify before store',
    'takes a wakeup for the lock',
  ],
  flaw => ({
    setup: () => ({ lock: words(1), inside: words(1) }),
    threads: [1, 2, 3].map(() => (state: State): void => {
      const mutex = new Mutex(state.lock, flaw);
      mutex.acquire();
      enter(mutex, state);
    }),
  }),
);

interface Held extends State {
  given: Int32Array;
}

export const timedLock: Variants = variants<Flaw, Held>(
  import.meta,
  ['second wait without the timeout'],
  flaw => ({
    setup: () => ({ lock: words(1), inside: words(1), given: words(1) }),
    threads: [
      (state): void => {
        const mutex = new Mutex(state.lock, flaw);
        if (mutex.acquire(10)) mutex.release();
        Atomics.store(state.given, 0, 1);
        Atomics.notify(state.given, 0);
      },
      // Keeps the lock until the other has given up or been in.
      (state): void => {
        const mutex = new Mutex(state.lock, flaw);
        mutex.acquire();
        mutex.release();
        if (!mutex.acquire(5)) return;
        while (Atomics.load(state.given, 0) === 0) Atomics.wait(state.given, 0, 0);
        mutex.release();
      },
    ],
  }),
);
