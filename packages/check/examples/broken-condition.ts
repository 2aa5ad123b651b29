/**
 * A condition variable whose wait unlocks first and then looks what it has to wait for: a notification that comes in between is
 * missed.
 */
import { scenario } from '@heddle/check';
import type { Scenario } from '@heddle/check';

interface Mailbox {
  readonly mutex: Int32Array;
  readonly sequence: Int32Array;
  readonly letters: Int32Array;
}

type Wait = (mailbox: Mailbox) => void;

function lock(mutex: Int32Array): void {
  while (Atomics.compareExchange(mutex, 0, 0, 1) !== 0) Atomics.wait(mutex, 0, 1);
}

function unlock(mutex: Int32Array): void {
  Atomics.store(mutex, 0, 0);
  Atomics.notify(mutex, 0, 1);
}

const wrong: Wait = ({ mutex, sequence }) => {
  unlock(mutex);
  const seen = Atomics.load(sequence, 0);
  Atomics.wait(sequence, 0, seen);
  lock(mutex);
};

const right: Wait = ({ mutex, sequence }) => {
  const seen = Atomics.load(sequence, 0);
  unlock(mutex);
  Atomics.wait(sequence, 0, seen);
  lock(mutex);
};

function posting(name: string, wait: Wait): Scenario {
  return scenario<Mailbox>(import.meta, {
    name,
    setup: () => ({
      mutex: new Int32Array(new SharedArrayBuffer(4)),
      sequence: new Int32Array(new SharedArrayBuffer(4)),
      letters: new Int32Array(new SharedArrayBuffer(4)),
    }),
    threads: [
      function reader(mailbox) {
        lock(mailbox.mutex);
        while (mailbox.letters[0] === 0) wait(mailbox);
        unlock(mailbox.mutex);
      },
      function writer(mailbox) {
        lock(mailbox.mutex);
        mailbox.letters[0] = 1;
        unlock(mailbox.mutex);
        Atomics.add(mailbox.sequence, 0, 1);
        Atomics.notify(mailbox.sequence, 0, 1);
      },
    ],
    names: ({ mutex, sequence }) => ({ mutex: [mutex, 0], sequence: [sequence, 0] }),
  });
}

export const brokenCondition: Scenario = posting('broken condition', wrong);
export const repairedCondition: Scenario = posting('repaired condition', right);
