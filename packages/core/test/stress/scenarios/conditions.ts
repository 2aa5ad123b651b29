/** Two conditions on one lock around a bounded buffer: nothing lost, nothing made, and nobody sleeps beside what it waits for. */
import { AtomicCounter, Condition, Lock } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, patience, STUCK_MS, type Scenario, unless, whim } from '../scenario.ts';

const SIZE = 3;

interface Shared {
  lock: Lock;
  notEmpty: Condition;
  notFull: Condition;
  /** Changed under the lock alone. */
  buffered: AtomicCounter;
  put: AtomicCounter;
  taken: AtomicCounter;
}

/** Which side to be on: the one that keeps the buffer moving, mostly. */
function puts(shared: Shared, pick: number): boolean {
  return pick === 0 ? shared.buffered.value < SIZE : pick % 2 === 0;
}

function move(shared: Shared, isPut: boolean): void {
  const { buffered, put, taken, notEmpty, notFull } = shared;
  demand(shared.lock.locked, 'a condition woke its waiter without the lock');
  const count = buffered.value;
  if (isPut) {
    demand(count < SIZE, 'the buffer overflows');
    buffered.value = count + 1;
    put.increment();
    notEmpty.notify();
  } else {
    demand(count > 0, 'the buffer is empty');
    buffered.value = count - 1;
    taken.increment();
    notFull.notify();
  }
}

function isReady({ buffered }: Shared, isPut: boolean): boolean {
  return isPut ? buffered.value < SIZE : buffered.value > 0;
}

export const conditions: Scenario<Shared> = {
  name: 'conditions',
  create() {
    const lock = new Lock();
    return {
      lock,
      notEmpty: new Condition(lock),
      notFull: new Condition(lock),
      buffered: new AtomicCounter(),
      put: new AtomicCounter(),
      taken: new AtomicCounter(),
    };
  },
  step(shared, random) {
    const isPut = puts(shared, random(5));
    const condition = isPut ? shared.notFull : shared.notEmpty;
    // All may wait on one side; then only patience that ends helps.
    const timeout = Math.min(patience(random).timeout, 50);
    demand(condition.acquire({ timeout: STUCK_MS }), `Condition.acquire: stuck for ${STUCK_MS} ms`);
    if (condition.waitFor(() => isReady(shared, isPut), { timeout })) move(shared, isPut);
    condition.release();
  },
  async stepAsync(shared, random) {
    const isPut = puts(shared, random(5));
    const condition = isPut ? shared.notFull : shared.notEmpty;
    const { signal, reason } = whim(random);
    const held = await condition.holdAsync({ timeout: STUCK_MS });
    const timeout = Math.min(patience(random).timeout, 50);
    const ready = await unless(
      condition.waitForAsync(() => isReady(shared, isPut), { timeout, signal }),
      reason,
    );
    demand(condition.locked, 'a condition settled its promise without the lock');
    if (ready === true) move(shared, isPut);
    held.release();
  },
  check({ lock, buffered, put, taken, notEmpty, notFull }, over) {
    demand(buffered.value >= 0 && buffered.value <= SIZE, `the buffer holds ${buffered.value}`);
    if (!over) return;
    demand(
      put.value - taken.value === buffered.value,
      `${put.value} put, ${taken.value} taken, ${buffered.value} left`,
    );
    demand(!lock.locked && waitingAt(lock) === 0, 'the lock of the conditions is not free');
    demand(waitingAt(notEmpty) + waitingAt(notFull) === 0, 'somebody waits on a condition');
  },
  figures: ({ put, taken }) => `${put.value}-${taken.value}`,
};
