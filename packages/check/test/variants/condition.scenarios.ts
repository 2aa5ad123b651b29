import assert from 'node:assert/strict';
import { variants, words } from './variants.ts';
import type { Variants } from './variants.ts';

type Flaw =
  | 'reads the sequence after unlocking'
  | 'if in place of while'
  | 'changes the state outside of the lock'
  | 'an aborted wait swallows the wakeup';

function lock(state: Int32Array): void {
  while (Atomics.compareExchange(state, 0, 0, 1) !== 0) Atomics.wait(state, 0, 1);
}

function unlock(state: Int32Array): void {
  Atomics.store(state, 0, 0);
  Atomics.notify(state, 0, 1);
}

/** Waits for a change of the sequence word; the lock is held before and after. */
function wait(mutex: Int32Array, sequence: Int32Array, flaw: Flaw | undefined): void {
  let seen = Atomics.load(sequence, 0);
  unlock(mutex);
  if (flaw === 'reads the sequence after unlocking') seen = Atomics.load(sequence, 0);
  Atomics.wait(sequence, 0, seen);
  lock(mutex);
}

function notify(sequence: Int32Array, count: number): void {
  Atomics.add(sequence, 0, 1);
  Atomics.notify(sequence, 0, count);
}

interface State {
  mutex: Int32Array;
  sequence: Int32Array;
  items: Int32Array;
}

const setup = (): State => ({ mutex: words(1), sequence: words(1), items: words(1) });

function take({ mutex, sequence, items }: State, flaw: Flaw | undefined): void {
  lock(mutex);
  if (flaw === 'if in place of while') {
    if (items[0] === 0) wait(mutex, sequence, flaw);
  } else while (items[0] === 0) wait(mutex, sequence, flaw);
  items[0]! -= 1;
  const left = items[0]!;
  unlock(mutex);
  assert.ok(left >= 0, 'took what was not there');
}

function give({ mutex, sequence, items }: State, flaw: Flaw | undefined): void {
  if (flaw === 'changes the state outside of the lock') {
    Atomics.notify(sequence, 0, 1);
    lock(mutex);
    items[0]! += 1;
    unlock(mutex);
    return;
  }
  lock(mutex);
  items[0]! += 1;
  notify(sequence, 1);
  unlock(mutex);
}

export const condition: Variants = variants<Flaw, State>(
  import.meta,
  ['reads the sequence after unlocking', 'if in place of while', 'changes the state outside of the lock'],
  flaw => ({
    setup,
    threads: [
      state => take(state, flaw),
      state => take(state, flaw),
      state => {
        give(state, flaw);
        give(state, flaw);
      },
    ],
  }),
);

/** Two promises wait on one word; the first is aborted. A pending `waitAsync` can't be cancelled: it stays first in line. */
export const aborted: Variants = variants<Flaw, State>(
  import.meta,
  ['an aborted wait swallows the wakeup'],
  flaw => ({
    setup,
    threads: [
      async ({ sequence }): Promise<void> => {
        const wait = Atomics.waitAsync(sequence, 0, 0);
        if (!wait.async) return;
        // Each that is woken wakes the next.
        const handOn = async (): Promise<void> => {
          await wait.value;
          Atomics.notify(sequence, 0, 1);
        };
        const aborted = new Promise<boolean>(resolve => setTimeout(resolve, 3, true));
        const wasAborted = await Promise.race([aborted, wait.value.then(() => false)]);
        if (wasAborted && flaw !== undefined) return;
        await handOn();
      },
      async ({ sequence }): Promise<void> => {
        while (Atomics.load(sequence, 0) === 0) await Atomics.waitAsync(sequence, 0, 0).value;
        Atomics.notify(sequence, 0, 1);
      },
      ({ sequence }): void => {
        Atomics.store(sequence, 0, 1);
        Atomics.notify(sequence, 0, 1);
      },
    ],
  }),
);
