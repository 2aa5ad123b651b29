/** RLocks: alone inside, however deep; async tasks of one thread are different holders; a guard re-enters. */
import { AtomicCounter, RLock } from '../../../src/index.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, STUCK_MS, type Scenario, turn, unless, whim } from '../scenario.ts';

interface Shared {
  lock: RLock;
  inside: AtomicCounter;
  careful: AtomicCounter;
  certain: AtomicCounter;
}

function work({ inside, careful, certain }: Shared): void {
  demand(inside.increment() === 1, 'two are inside one RLock');
  careful.value = careful.value + 1;
  certain.increment();
}

export const rlocks: Scenario<Shared> = {
  name: 'rlocks',
  create: () => ({
    lock: new RLock(),
    inside: new AtomicCounter(),
    careful: new AtomicCounter(),
    certain: new AtomicCounter(),
  }),
  step(shared, random) {
    const { lock, inside } = shared;
    const options = patience(random);
    if (!lock.acquire(options)) {
      notStuck(options, 'RLock.acquire');
      return;
    }
    const depth = 1 + random(3);
    for (let level = 1; level < depth; level++)
      demand(lock.acquire(), 'an RLock did not let its owner in again');
    demand(lock.recursionCount === depth && lock.heldByCurrentThread, 'an RLock counts wrongly');
    work(shared);
    inside.decrement();
    for (let level = 0; level < depth; level++) lock.release();
    demand(!lock.heldByCurrentThread, 'an RLock is still owned after its last release');
  },
  async stepAsync(shared, random) {
    const { lock, inside } = shared;
    const { signal, reason } = whim(random);
    const held = await unless(lock.holdAsync({ signal, timeout: STUCK_MS }), reason);
    if (held === undefined) return;
    work(shared);
    const inner = random(2) === 0 ? await lock.holdAsync({ within: held }) : undefined;
    if (random(2) === 0) await turn();
    demand(lock.recursionCount === (inner === undefined ? 1 : 2), 'an RLock counts wrongly for its guards');
    inside.decrement();
    held.release();
    inner?.release();
  },
  check({ lock, inside, careful, certain }, over) {
    demand(inside.value <= 1, 'two are inside one RLock');
    if (!over) return;
    demand(careful.value === certain.value, 'an update under the RLock was lost');
    demand(!lock.locked && waitingAt(lock) === 0, 'the RLock is not free, or somebody waits for it');
  },
  figures: ({ certain }) => String(certain.value),
};
