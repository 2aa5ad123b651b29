/** What holds for conditions, wherever their parties are: over a Lock, and over an RLock that was entered twice. */
import { AtomicCounter, Condition, Event, Lock, RLock } from '../../src/index.ts';
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

interface Shared {
  condition: Condition;
  lock: Lock | RLock;
  state: AtomicCounter;
  order: AtomicCounter;
  done: Event;
}

function conditionOver(type: string, make: () => Lock | RLock): Contracts {
  const share = (): Shared => {
    const lock = make();
    return {
      condition: new Condition(lock),
      lock,
      state: new AtomicCounter(),
      order: new AtomicCounter(),
      done: new Event(),
    };
  };
  const made: Record<string, AnyContract> = {
    'wait releases the lock and has it again when it was notified': contract({
      share,
      roles: {
        *waiter({ condition, state }) {
          const guard = yield* on(condition).hold(SOON);
          const notified = yield* on(condition).wait(SOON);
          const seen = [notified, state.value, condition.locked, guard.held];
          guard.release();
          return seen;
        },
        *notifier({ condition, state }) {
          yield* see(() => waitingAt(condition) === 1, 'it waits');
          const guard = yield* on(condition).hold(SOON);
          state.increment();
          const woken = condition.notify();
          guard.release();
          return woken;
        },
      },
      outcome: { waiter: [true, 1, true, true], notifier: 1 },
      then: ({ condition }) => [condition.locked, waitingAt(condition)],
      after: [false, 0],
    }),

    'notify(n) wakes as many, in the order in which they came, and says how many': contract({
      share,
      roles: {
        *notifier({ condition, order }) {
          yield* see(() => waitingAt(condition) === 3, 'all wait');
          let guard = yield* on(condition).hold(SOON);
          const two = condition.notify(2);
          guard.release();
          yield* see(() => order.value === 2, 'two went on');
          guard = yield* on(condition).hold(SOON);
          const left = waitingAt(condition);
          const rest = condition.notifyAll();
          guard.release();
          return [two, left, rest];
        },
        ...Object.fromEntries(
          [0, 1, 2].map(place => [
            `number ${place}`,
            function* ({ condition, order }: Shared) {
              yield* see(() => waitingAt(condition) === place, `${place} wait before`);
              const guard = yield* on(condition).hold(SOON);
              const notified = yield* on(condition).wait(SOON);
              const turn = order.increment();
              guard.release();
              return [notified, turn];
            },
          ]),
        ),
      },
      outcome: { notifier: [2, 1, 1], 'number 2': [true, 3] },
    }),

    'a notification with nobody waiting is lost': contract({
      share,
      roles: {
        *early({ condition, done }) {
          const guard = yield* on(condition).hold(SOON);
          const woken = condition.notify();
          guard.release();
          done.set();
          return woken;
        },
        *late({ condition, done }) {
          yield* on(done).wait(SOON);
          const guard = yield* on(condition).hold(SOON);
          const begin = performance.now();
          const notified = yield* on(condition).wait({ timeout: 20 });
          const elapsed = performance.now() - begin;
          const { held } = guard;
          guard.release();
          return [notified, elapsed >= 19, held];
        },
      },
      outcome: { early: 0, late: [false, true, true] },
    }),

    'a timeout does not cover getting the lock again, which takes as long as it takes': contract({
      share,
      roles: {
        *waiter({ condition, state, order }) {
          const guard = yield* on(condition).hold(SOON);
          order.increment();
          let notified: boolean;
          // Until the other has come in: from then on it can't come back before the other lets it.
          do notified = yield* on(condition).wait({ timeout: 5 });
          while (order.value === 1);
          const seen = state.value;
          guard.release();
          return [notified, seen];
        },
        *holder({ lock, state, order }) {
          yield* see(() => order.value === 1, 'it has the lock');
          const guard = yield* on(lock).hold(SOON);
          order.increment();
          yield* see(() => waitingAt(lock) === 1, 'its time is up, and it wants the lock');
          state.increment();
          guard.release();
        },
      },
      outcome: { waiter: [false, 1] },
    }),

    'waitFor looks again after each notification, until it holds or all its time is up': contract({
      share,
      roles: {
        *waiter({ condition, state, done }) {
          const guard = yield* on(condition).hold(SOON);
          const reached = yield* on(condition).waitFor(() => state.value >= 3 && 'reached', SOON);
          const begin = performance.now();
          const never = yield* on(condition).waitFor(() => 0, { timeout: 30 });
          const elapsed = performance.now() - begin;
          guard.release();
          done.set();
          // Each notification began no time anew: the other went on notifying until the end.
          return [reached, never, elapsed >= 29, elapsed < SOON.timeout];
        },
        *notifier({ condition, state, done }) {
          while (!done.isSet) {
            const guard = yield* on(condition).hold(SOON);
            state.increment();
            condition.notifyAll();
            guard.release();
            yield* on(done).wait({ timeout: 1 });
          }
        },
      },
      outcome: { waiter: ['reached', 0, true, true] },
    }),

    'an aborted wait has the lock again before it rejects, and its notification goes to the next': contract({
      share,
      asyncOnly: 'aborted',
      roles: {
        *aborted({ condition, done }) {
          const guard = yield* on(condition).hold(SOON);
          const signal = abortWhen(() => waitingAt(condition) === 2, 'enough');
          const reason = yield* outcomeOf(on(condition).wait({ signal, ...SOON }));
          const held = [guard.held, condition.locked, condition.tryAcquire()];
          guard.release();
          done.set();
          return [reason, ...held];
        },
        *next({ condition }) {
          yield* see(() => waitingAt(condition) === 1, 'the other waits');
          const guard = yield* on(condition).hold(SOON);
          const notified = yield* on(condition).wait(SOON);
          guard.release();
          return notified;
        },
        *notifier({ condition, done }) {
          yield* on(done).wait(SOON);
          const guard = yield* on(condition).hold(SOON);
          const woken = condition.notify();
          guard.release();
          return woken;
        },
      },
      outcome: { aborted: ['enough', true, true, false], next: true, notifier: 1 },
    }),

    'wait and notify are refused to who does not hold the lock': contract({
      share,
      roles: {
        *one({ condition }) {
          const waited = yield* outcomeOf(on(condition).wait({ timeout: 1 }));
          return [
            waited,
            refusalOf(() => condition.notify()),
            refusalOf(() => condition.notifyAll()),
            refusalOf(() => condition.wait()),
          ];
        },
      },
      outcome: {
        one: [
          'ThreadStateError',
          'ThreadStateError: cannot notify on un-acquired lock',
          'ThreadStateError: cannot notify on un-acquired lock',
          'ThreadStateError: cannot wait on un-acquired lock',
        ],
      },
    }),

    'two conditions share one lock: a buffer of two between producer and consumer': contract({
      share: () => {
        const lock = make();
        return {
          notEmpty: new Condition(lock),
          notFull: new Condition(lock),
          stored: new AtomicCounter(),
          most: new AtomicCounter(),
        };
      },
      roles: {
        *producer({ notEmpty, notFull, stored, most }) {
          for (let item = 0; item < 50; item++) {
            const guard = yield* on(notFull).hold(SOON);
            yield* on(notFull).waitFor(() => stored.value < 2, SOON);
            most.value = Math.max(most.value, stored.increment());
            notEmpty.notify();
            guard.release();
          }
        },
        *consumer({ notEmpty, notFull, stored }) {
          for (let item = 0; item < 50; item++) {
            const guard = yield* on(notEmpty).hold(SOON);
            yield* on(notEmpty).waitFor(() => stored.value > 0, SOON);
            stored.decrement();
            notFull.notify();
            guard.release();
          }
        },
      },
      outcome: {},
      then: ({ stored, most }) => [stored.value, most.value <= 2],
      after: [0, true],
    }),
  };
  return Object.fromEntries(
    Object.entries(made).map(([title, one]) => [`Condition over ${type}: ${title}`, one]),
  );
}

const reentered: Contracts = {
  'Condition over an RLock: wait gives up all levels, and has as many again': contract({
    share: () => {
      const lock = new RLock();
      return { lock, condition: new Condition(lock) };
    },
    roles: {
      *deep({ lock, condition }) {
        const outer = yield* on(lock).hold(SOON);
        const inner = yield* on(lock).hold({ within: outer, ...SOON });
        const before = lock.recursionCount;
        const notified = yield* on(condition).wait(SOON);
        const after = lock.recursionCount;
        inner.release();
        outer.release();
        return [before, notified, after];
      },
      *other({ lock, condition }) {
        yield* see(() => waitingAt(condition) === 1, 'it waits');
        const guard = yield* on(lock).hold(SOON);
        const mine = lock.recursionCount;
        condition.notify();
        guard.release();
        return mine;
      },
    },
    outcome: { deep: [2, true, 2], other: 1 },
    then: ({ lock }) => lock.locked,
    after: false,
  }),
};

export const conditions: Contracts = {
  ...conditionOver('a Lock', () => new Lock()),
  ...conditionOver('an RLock', () => new RLock()),
  ...reentered,
};
