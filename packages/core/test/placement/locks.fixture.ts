/** What holds for locks, wherever their parties are. */
import {
  AtomicCounter,
  Condition,
  Event,
  Lock,
  RLock,
  RWLock,
  SharedInt32Array,
  SpinLock,
} from '../../src/index.ts';
import { SOON, waitingAt } from '../support/state.ts';
import {
  type AnyContract,
  type Contracts,
  abortWhen,
  contract,
  on,
  outcomeOf,
  refusalOf,
  see,
} from './play.ts';

type AnyLock = Lock | RLock | SpinLock | Condition;

interface Exclusive {
  lock: AnyLock;
  /** In whose line those stand who wait for it: of a condition, its lock. */
  line: object;
  held: Event;
  done: Event;
  order: AtomicCounter;
}

/** What all locks that one holds alone have in common. */
function exclusive(type: string, make: () => { lock: AnyLock; line: object }): Contracts {
  const share = (): Exclusive => ({
    ...make(),
    held: new Event(),
    done: new Event(),
    order: new AtomicCounter(),
  });
  const made: Record<string, AnyContract> = {
    'keeps others out until it is released, and lets in who waits': contract({
      share,
      roles: {
        *holder({ lock, line, held, order }) {
          const got = yield* on(lock).acquire(SOON);
          held.set();
          yield* see(() => waitingAt(line) === 1, 'the other waits');
          order.increment();
          lock.release();
          return got;
        },
        *waiter({ lock, held, order }) {
          yield* on(held).wait(SOON);
          const before = [lock.tryAcquire(), lock.locked, order.value];
          const got = yield* on(lock).acquire(SOON);
          const after = order.value;
          lock.release();
          return [...before, got, after];
        },
      },
      outcome: { holder: true, waiter: [false, true, 0, true, 1] },
      then: ({ lock, line }) => [lock.locked, waitingAt(line)],
      after: [false, 0],
    }),

    'returns false when its time is up, no sooner, and has left the line then': contract({
      share,
      roles: {
        *holder({ lock, held, done }) {
          yield* on(lock).acquire(SOON);
          held.set();
          const told = yield* on(done).wait(SOON);
          lock.release();
          return told;
        },
        *impatient({ lock, line, held, done }) {
          yield* on(held).wait(SOON);
          const polled = yield* on(lock).acquire({ timeout: 0 });
          const begin = performance.now();
          const got = yield* on(lock).acquire({ timeout: 30 });
          const elapsed = performance.now() - begin;
          const left = waitingAt(line);
          done.set();
          const then = yield* on(lock).acquire(SOON);
          lock.release();
          return [polled, got, elapsed >= 29, left, then];
        },
      },
      outcome: { holder: true, impatient: [false, false, true, 0, true] },
    }),

    'serves those who wait in the order in which they came': contract({
      share,
      roles: {
        *holder({ lock, line, held }) {
          yield* on(lock).acquire(SOON);
          held.set();
          yield* see(() => waitingAt(line) === 3, 'all three wait');
          lock.release();
        },
        ...Object.fromEntries(
          [0, 1, 2].map(place => [
            `number ${place}`,
            function* ({ lock, line, held, order }: Exclusive) {
              yield* on(held).wait(SOON);
              yield* see(() => waitingAt(line) === place, `${place} wait before`);
              yield* on(lock).acquire(SOON);
              const turn = order.increment();
              lock.release();
              return turn;
            },
          ]),
        ),
      },
      outcome: { 'number 0': 1, 'number 1': 2, 'number 2': 3 },
    }),

    'lets nobody in beside its holder, who sees all that was done before': contract({
      share: () => ({ ...make(), total: new SharedInt32Array(1) }),
      roles: Object.fromEntries(
        ['one', 'two', 'three'].map(name => [
          name,
          function* ({ lock, total }: { lock: AnyLock; total: SharedInt32Array }) {
            for (let round = 0; round < 100; round++) {
              yield* on(lock).acquire(SOON);
              // No atomic instruction: only the lock orders it.
              total.view[0] = total.view[0]! + 1;
              lock.release();
            }
          },
        ]),
      ),
      outcome: {},
      then: ({ total }) => total.view[0],
      after: 300,
    }),

    'is held by a guard until that is released, and by nobody else': contract({
      share,
      roles: {
        *guarded({ lock, line, held, done }) {
          const guard = yield* on(lock).hold(SOON);
          held.set();
          yield* on(done).wait(SOON);
          yield* see(() => waitingAt(line) === 1, 'the other waits');
          guard.release();
          return guard.held;
        },
        *other({ lock, held, done }) {
          yield* on(held).wait(SOON);
          const [refused] = refusalOf(() => lock.release()).split(':');
          const late = yield* outcomeOf(on(lock).hold({ timeout: 5 }));
          done.set();
          const guard = yield* on(lock).hold(SOON);
          const locked = lock.locked;
          guard.release();
          return [refused, late, locked, lock.locked];
        },
      },
      outcome: { guarded: false, other: ['ThreadStateError', 'TimeoutError', true, false] },
    }),

    'goes to the next in line when the first is aborted, who gets the reason and not the lock': contract({
      share,
      asyncOnly: 'aborted',
      roles: {
        *holder({ lock, line, held, done }) {
          yield* on(lock).acquire(SOON);
          held.set();
          yield* on(done).wait(SOON);
          yield* see(() => waitingAt(line) === 1, 'only the next waits');
          lock.release();
        },
        *aborted({ lock, line, held, done, order }) {
          yield* on(held).wait(SOON);
          const signal = abortWhen(() => waitingAt(line) === 2, 'changed my mind');
          const reason = yield* outcomeOf(on(lock).acquire({ signal, ...SOON }));
          done.set();
          yield* see(() => order.value === 1, 'the next has had it');
          return reason;
        },
        *next({ lock, line, held, order }) {
          yield* on(held).wait(SOON);
          yield* see(() => waitingAt(line) === 1, 'the first waits');
          const got = yield* on(lock).acquire(SOON);
          order.increment();
          lock.release();
          return got;
        },
      },
      outcome: { aborted: 'changed my mind', next: true },
      then: ({ lock, line }) => [lock.locked, waitingAt(line)],
      after: [false, 0],
    }),
  };
  return Object.fromEntries(Object.entries(made).map(([title, one]) => [`${type}: ${title}`, one]));
}

function alone<L extends AnyLock>(lock: L): { lock: L; line: object } {
  return { lock, line: lock };
}

function over(lock: Lock | RLock): { lock: Condition; line: object } {
  return { lock: new Condition(lock), line: lock };
}

/** Unowned locks: whoever likes may release. */
function unowned(type: string, make: () => Lock | SpinLock): Contracts {
  return {
    [`${type}: is released by anybody, not only by who acquired it`]: contract({
      share: () => ({ lock: make(), taken: new Event() }),
      roles: {
        *taker({ lock, taken }) {
          yield* on(lock).acquire(SOON);
          taken.set();
          // A second time it waits for the other's release.
          const again = yield* on(lock).acquire(SOON);
          lock.release();
          return again;
        },
        *releaser({ lock, taken }) {
          yield* on(taken).wait(SOON);
          lock.release();
        },
      },
      outcome: { taker: true },
      then: ({ lock }) => lock.locked,
      after: false,
    }),
    [`${type}: refuses a release when it is not locked, and is as it was`]: contract({
      share: () => ({ lock: make() }),
      roles: {
        *one({ lock }) {
          const before = refusalOf(() => lock.release());
          const got = yield* on(lock).acquire(SOON);
          lock.release();
          return [before, got, refusalOf(() => lock.release())];
        },
      },
      outcome: {
        one: ['ThreadStateError: release unlocked lock', true, 'ThreadStateError: release unlocked lock'],
      },
    }),
  };
}

/** What only an RLock is: owned, and entered again by its owner. */
const reentrant: Contracts = {
  'RLock: is entered again by its holder, and free when it was released as often': contract({
    share: () => ({ lock: new RLock(), entered: new Event() }),
    roles: {
      *holder({ lock, entered }) {
        const outer = yield* on(lock).hold(SOON);
        const inner = yield* on(lock).hold({ within: outer, ...SOON });
        const innermost = yield* on(lock).hold({ within: inner, ...SOON });
        const depth = lock.recursionCount;
        innermost.release();
        inner.release();
        entered.set();
        yield* see(() => waitingAt(lock) === 1, 'the other waits');
        const mine = [depth, lock.recursionCount, lock.heldByCurrentThread];
        outer.release();
        return mine;
      },
      *other({ lock, entered }) {
        yield* on(entered).wait(SOON);
        const seen = [lock.tryAcquire(), lock.heldByCurrentThread, lock.recursionCount, lock.locked];
        const got = yield* on(lock).acquire(SOON);
        lock.release();
        return [...seen, got];
      },
    },
    outcome: { holder: [3, 1, true], other: [false, false, 0, true, true] },
    then: ({ lock }) => lock.locked,
    after: false,
  }),
  'RLock: cannot be released by another than its holder, nor when nobody holds it': contract({
    share: () => ({ lock: new RLock(), held: new Event(), done: new Event() }),
    roles: {
      *holder({ lock, held, done }) {
        yield* on(lock).acquire(SOON);
        held.set();
        yield* on(done).wait(SOON);
        lock.release();
        return refusalOf(() => lock.release());
      },
      *other({ lock, held, done }) {
        yield* on(held).wait(SOON);
        const refusal = refusalOf(() => lock.release());
        done.set();
        return refusal;
      },
    },
    outcome: {
      holder: 'ThreadStateError: cannot release un-acquired lock',
      other: 'ThreadStateError: cannot release un-acquired lock',
    },
  }),
};

/** Readers beside each other, writers alone. */
interface Catalogue {
  lock: RWLock;
  inside: AtomicCounter;
  order: AtomicCounter;
  held: Event;
}

const catalogue = (): Catalogue => ({
  lock: new RWLock(),
  inside: new AtomicCounter(),
  order: new AtomicCounter(),
  held: new Event(),
});

const shared: Contracts = {
  'RWLock: is shared by readers at the same time': contract({
    share: catalogue,
    roles: Object.fromEntries(
      ['one', 'two', 'three'].map(name => [
        name,
        function* ({ lock, inside }: Catalogue) {
          const guard = yield* on(lock).holdShared(SOON);
          inside.increment();
          // Nobody goes before all are inside: one after the other would never get there.
          yield* see(() => inside.value === 3, 'all read');
          guard.release();
          return true;
        },
      ]),
    ),
    outcome: { one: true, two: true, three: true },
    then: ({ lock }) => [lock.sharedBy, lock.tryAcquireExclusive()],
    after: [0, true],
  }),
  'RWLock: keeps readers and writers out while one writes': contract({
    share: catalogue,
    roles: {
      *writer({ lock, held, inside, order }) {
        const guard = yield* on(lock).holdExclusive(SOON);
        held.set();
        yield* see(() => inside.value === 2 && waitingAt(lock) === 2, 'both have tried, and wait');
        order.increment();
        guard.release();
      },
      *reader({ lock, held, inside, order }) {
        yield* on(held).wait(SOON);
        const late = yield* on(lock).acquireShared({ timeout: 5 });
        inside.increment();
        yield* on(lock).acquireShared(SOON);
        const seen = order.value;
        lock.releaseShared();
        return [late, seen];
      },
      *next({ lock, held, inside, order }) {
        yield* on(held).wait(SOON);
        const late = yield* outcomeOf(on(lock).holdExclusive({ timeout: 5 }));
        inside.increment();
        yield* on(lock).acquireExclusive(SOON);
        const seen = order.value;
        lock.releaseExclusive();
        return [late, seen];
      },
    },
    outcome: { reader: [false, 1], next: ['TimeoutError', 1] },
  }),
  'RWLock: lets a writer in before readers who came after it': contract({
    share: catalogue,
    roles: {
      *reading({ lock, held }) {
        yield* on(lock).acquireShared(SOON);
        held.set();
        yield* see(() => waitingAt(lock) === 2, 'the writer and the late reader wait');
        lock.releaseShared();
      },
      *writer({ lock, held, order }) {
        yield* on(held).wait(SOON);
        yield* on(lock).acquireExclusive(SOON);
        const turn = order.increment();
        lock.releaseExclusive();
        return turn;
      },
      *late({ lock, order }) {
        yield* see(() => waitingAt(lock) === 1, 'the writer waits');
        const tried = lock.tryAcquireShared();
        yield* on(lock).acquireShared(SOON);
        const turn = order.increment();
        lock.releaseShared();
        return [tried, turn];
      },
    },
    outcome: { writer: 1, late: [false, 2] },
  }),
  'RWLock: goes to the readers behind when the writer before them is aborted': contract({
    share: catalogue,
    asyncOnly: 'writer',
    roles: {
      *reading({ lock, held, order }) {
        yield* on(lock).acquireShared(SOON);
        held.set();
        yield* see(() => order.value === 1, 'the other reads beside');
        lock.releaseShared();
      },
      *writer({ lock, held }) {
        yield* on(held).wait(SOON);
        const signal = abortWhen(() => waitingAt(lock) === 2, 'enough');
        return yield* outcomeOf(on(lock).acquireExclusive({ signal, ...SOON }));
      },
      *late({ lock, order }) {
        yield* see(() => waitingAt(lock) === 1, 'the writer waits');
        const got = yield* on(lock).acquireShared(SOON);
        order.increment();
        lock.releaseShared();
        return got;
      },
    },
    outcome: { writer: 'enough', late: true },
    then: ({ lock }) => lock.tryAcquireExclusive(),
    after: true,
  }),
};

export const locks: Contracts = {
  ...exclusive('Lock', () => alone(new Lock())),
  ...exclusive('RLock', () => alone(new RLock())),
  ...exclusive('SpinLock', () => alone(new SpinLock())),
  ...exclusive('Condition over a Lock', () => over(new Lock())),
  ...exclusive('Condition over an RLock', () => over(new RLock())),
  ...unowned('Lock', () => new Lock()),
  ...unowned('SpinLock', () => new SpinLock()),
  ...reentrant,
  ...shared,
};
