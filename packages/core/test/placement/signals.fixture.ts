/** What holds for semaphores, events, barriers, latches, `Once` and exchangers, wherever their parties are. */
import {
  AtomicCounter,
  Barrier,
  BoundedSemaphore,
  CountDownLatch,
  Event,
  Exchanger,
  Once,
  Semaphore,
} from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { SOON, waitingAt } from '../support/state.ts';
import { type Contracts, abortWhen, contract, on, outcomeOf, refusalOf, see } from './play.ts';

/** The line of those who come while a barrier's action runs. */
const DOOR = OBJECT.own + 4;

function semaphores(type: string, make: (value: number) => Semaphore): Contracts {
  const share = (value: number) => (): { semaphore: Semaphore; order: AtomicCounter; done: Event } => ({
    semaphore: make(value),
    order: new AtomicCounter(),
    done: new Event(),
  });
  return {
    [`${type}: release(n) wakes up to n, in the order in which they came, and nobody barges in`]: contract({
      share: share(3),
      roles: {
        *releaser({ semaphore, order }) {
          for (let permit = 0; permit < 3; permit++) yield* on(semaphore).acquire(SOON);
          yield* see(() => waitingAt(semaphore) === 3, 'all wait');
          semaphore.release(2);
          const barged = semaphore.tryAcquire();
          yield* see(() => order.value === 2, 'two have theirs');
          const left = [waitingAt(semaphore), semaphore.value];
          semaphore.release();
          return [barged, ...left];
        },
        ...Object.fromEntries(
          [0, 1, 2].map(place => [
            `number ${place}`,
            function* ({ semaphore, order }: { semaphore: Semaphore; order: AtomicCounter }) {
              yield* see(
                () => semaphore.value === 0 && waitingAt(semaphore) === place,
                `${place} wait before`,
              );
              const got = yield* on(semaphore).acquire(SOON);
              return [got, order.increment()];
            },
          ]),
        ),
      },
      outcome: { releaser: [false, 1, 0], 'number 2': [true, 3] },
    }),
    [`${type}: acquire returns false when its time is up, and takes nothing`]: contract({
      share: share(1),
      roles: {
        *holder({ semaphore, order, done }) {
          const guard = yield* on(semaphore).hold(SOON);
          order.increment();
          yield* on(done).wait(SOON);
          guard.release();
        },
        *impatient({ semaphore, order, done }) {
          yield* see(() => order.value === 1, 'it is held');
          const begin = performance.now();
          const got = [
            yield* on(semaphore).acquire({ timeout: 0 }),
            yield* on(semaphore).acquire({ timeout: 20 }),
          ];
          const elapsed = performance.now() - begin;
          const held = yield* outcomeOf(on(semaphore).hold({ timeout: 1 }));
          const left = waitingAt(semaphore);
          done.set();
          yield* see(() => semaphore.value === 1, 'it is given back');
          return [...got, elapsed >= 19, held, left];
        },
      },
      outcome: { impatient: [false, false, true, 'TimeoutError', 0] },
    }),
    [`${type}: a permit goes to the next when the first in line is aborted`]: contract({
      share: share(1),
      asyncOnly: 'aborted',
      roles: {
        *holder({ semaphore, done }) {
          yield* on(semaphore).acquire(SOON);
          yield* on(done).wait(SOON);
          semaphore.release();
        },
        *aborted({ semaphore, done }) {
          yield* see(() => semaphore.value === 0, 'the permit is taken');
          const signal = abortWhen(() => waitingAt(semaphore) === 2, 'no more');
          const reason = yield* outcomeOf(on(semaphore).acquire({ signal, ...SOON }));
          done.set();
          return reason;
        },
        *next({ semaphore }) {
          yield* see(() => waitingAt(semaphore) === 1, 'the first waits');
          return yield* on(semaphore).acquire(SOON);
        },
      },
      outcome: { aborted: 'no more', next: true },
      then: ({ semaphore }) => [semaphore.value, waitingAt(semaphore)],
      after: [0, 0],
    }),
  };
}

const bounded: Contracts = {
  'BoundedSemaphore: refuses a release too many, and nothing has changed': contract({
    share: () => ({ semaphore: new BoundedSemaphore(1) }),
    roles: {
      *one({ semaphore }) {
        const before = refusalOf(() => semaphore.release());
        yield* on(semaphore).acquire(SOON);
        semaphore.release();
        return [before.split(':')[0], refusalOf(() => semaphore.release()).split(':')[0], semaphore.value];
      },
    },
    outcome: { one: ['RangeError', 'RangeError', 1] },
  }),
  'Semaphore: refuses to release less than one': contract({
    share: () => ({ semaphore: new Semaphore(1) }),
    roles: {
      one({ semaphore }) {
        return [refusalOf(() => semaphore.release(0)), semaphore.value];
      },
    },
    outcome: { one: ['RangeError: n must be one or more, got 0 (number)', 1] },
  }),
};

const events: Contracts = {
  'Event: set() wakes all who wait, although it is cleared at once': contract({
    share: () => ({ event: new Event() }),
    roles: {
      *setter({ event }) {
        yield* see(() => waitingAt(event) === 2, 'both wait');
        event.set();
        event.clear();
        return event.isSet;
      },
      *one({ event }) {
        return yield* on(event).wait(SOON);
      },
      *two({ event }) {
        return yield* on(event).wait(SOON);
      },
    },
    outcome: { setter: false, one: true, two: true },
  }),
  'Event: lets through while it is set, and returns false when the time is up while it is not': contract({
    share: () => ({ event: new Event(), next: new Event() }),
    roles: {
      *setter({ event, next }) {
        event.set();
        yield* on(next).wait(SOON);
        event.clear();
        next.clear();
      },
      *waiter({ event, next }) {
        const first = [yield* on(event).wait(SOON), yield* on(event).wait({ timeout: 0 })];
        next.set();
        yield* see(() => !next.isSet, 'it is cleared');
        const begin = performance.now();
        const second = [yield* on(event).wait({ timeout: 0 }), yield* on(event).wait({ timeout: 20 })];
        return [...first, ...second, performance.now() - begin >= 19, waitingAt(event)];
      },
    },
    outcome: { waiter: [true, true, false, false, true, 0] },
  }),
  'Event: an abort ends its wait and nobody else’s': contract({
    share: () => ({ event: new Event() }),
    asyncOnly: 'aborted',
    roles: {
      *aborted({ event }) {
        const signal = abortWhen(() => waitingAt(event) === 2, 'gone');
        const reason = yield* outcomeOf(on(event).wait({ signal, ...SOON }));
        const left = waitingAt(event);
        event.set();
        return [reason, left];
      },
      *other({ event }) {
        return yield* on(event).wait(SOON);
      },
    },
    outcome: { aborted: ['gone', 1], other: true },
  }),
};

interface Meeting {
  barrier: Barrier;
  ran: AtomicCounter;
  done: Event;
}

const meeting = (parties: number) => (): Meeting => ({
  barrier: new Barrier(parties),
  ran: new AtomicCounter(),
  done: new Event(),
});

const barriers: Contracts = {
  'Barrier: gives each party a number of its own, round after round, and runs the action once a round':
    contract({
      share: meeting(3),
      roles: Object.fromEntries(
        ['one', 'two', 'three'].map(name => [
          name,
          function* ({ barrier, ran }: Meeting) {
            const numbers: number[] = [];
            const rounds: number[] = [];
            barrier.action = () => ran.increment();
            for (let round = 0; round < 5; round++) {
              numbers.push(yield* on(barrier).wait(SOON));
              rounds.push(ran.value);
              // So that nobody is in the next round before all have looked.
              yield* on(barrier).wait(SOON);
            }
            return { numbers, rounds };
          },
        ]),
      ),
      outcome: {
        one: { rounds: [1, 3, 5, 7, 9] },
        two: { rounds: [1, 3, 5, 7, 9] },
        three: { rounds: [1, 3, 5, 7, 9] },
      },
      then: (_shared, outcome) => {
        const { one, two, three } = outcome as Record<string, { numbers: number[] }>;
        return [0, 1, 2, 3, 4].map(round =>
          [one, two, three].map(each => each!.numbers[round]!).toSorted((a, b) => a - b),
        );
      },
      after: Array.from({ length: 5 }, () => [0, 1, 2]),
    }),
  'Barrier: is broken for all by one whose time is up, until it is reset': contract({
    share: meeting(3),
    roles: {
      *patient({ barrier, done }) {
        const broken = yield* outcomeOf(on(barrier).wait(SOON));
        yield* on(done).wait(SOON);
        return [broken, typeof (yield* on(barrier).wait(SOON))];
      },
      *impatient({ barrier, done }) {
        yield* see(() => barrier.waiting === 1, 'the other waits');
        const own = yield* outcomeOf(on(barrier).wait({ timeout: 10 }));
        const later = yield* outcomeOf(on(barrier).wait(SOON));
        const { broken } = barrier;
        barrier.reset();
        done.set();
        yield* on(barrier).wait(SOON);
        return [own, later, broken, barrier.broken];
      },
      *third({ barrier, done }) {
        yield* on(done).wait(SOON);
        return typeof (yield* on(barrier).wait(SOON));
      },
    },
    outcome: {
      patient: ['BrokenBarrierError', 'number'],
      impatient: ['BrokenBarrierError', 'BrokenBarrierError', true, false],
      third: 'number',
    },
  }),
  'Barrier: abort() breaks it for who waits and who comes; reset() breaks it for who waits only': contract({
    share: meeting(2),
    roles: {
      *waiter({ barrier, done }) {
        const reset = yield* outcomeOf(on(barrier).wait(SOON));
        const aborted = yield* outcomeOf(on(barrier).wait(SOON));
        yield* on(done).wait(SOON);
        return [reset, aborted, yield* outcomeOf(on(barrier).wait(SOON))];
      },
      *breaker({ barrier, done }) {
        yield* see(() => barrier.waiting === 1, 'it waits');
        barrier.reset();
        const afterReset = barrier.broken;
        yield* see(() => barrier.waiting === 1, 'it waits again');
        barrier.abort();
        done.set();
        return [afterReset, barrier.broken, barrier.waiting];
      },
    },
    outcome: {
      waiter: ['BrokenBarrierError', 'BrokenBarrierError', 'BrokenBarrierError'],
      breaker: [false, true, 0],
    },
  }),
  'Barrier: who comes while the action runs waits at the door, longer than its timeout': contract({
    share: meeting(2),
    roles: {
      *first({ barrier, ran, done }) {
        barrier.action = () => void (ran.increment(), done.wait(SOON));
        return typeof (yield* on(barrier).wait(SOON));
      },
      *second({ barrier, ran, done }) {
        barrier.action = () => void (ran.increment(), done.wait(SOON));
        return typeof (yield* on(barrier).wait(SOON));
      },
      *late({ barrier, ran }) {
        yield* see(() => ran.value === 1, 'the action runs');
        const begin = performance.now();
        const broken = yield* outcomeOf(on(barrier).wait({ timeout: 1 }));
        return [broken, performance.now() - begin >= 19];
      },
      *opener({ barrier, ran, done }) {
        yield* see(() => ran.value === 1 && waitingAt(barrier, DOOR) === 1, 'somebody is at the door');
        // Longer than the timeout of who is at the door.
        yield* on(done).wait({ timeout: 20 });
        done.set();
      },
    },
    outcome: { first: 'number', second: 'number', late: ['BrokenBarrierError', true] },
  }),
};

const latches: Contracts = {
  'CountDownLatch: lets go when it was counted down, and whoever comes later': contract({
    share: () => ({ latch: new CountDownLatch(2), tried: new Event() }),
    roles: {
      *waiter({ latch, tried }) {
        const soon = yield* on(latch).wait({ timeout: 1 });
        tried.set();
        return [soon, yield* on(latch).wait(SOON), yield* on(latch).wait({ timeout: 0 }), latch.count];
      },
      *counter({ latch, tried }) {
        yield* on(tried).wait(SOON);
        yield* see(() => waitingAt(latch) === 1, 'it waits');
        latch.countDown();
        const seen = [latch.count, waitingAt(latch)];
        latch.countDown();
        // Once more than there is to count: no error.
        latch.countDown();
        return [...seen, latch.count];
      },
    },
    outcome: { waiter: [false, true, true, 0], counter: [1, 1, 0] },
  }),
};

interface Makers {
  once: Once<number>;
  made: AtomicCounter;
}

const onces: Contracts = {
  'Once: is made by one, and all get what that one made': contract({
    share: (): Makers => ({ once: new Once<number>(), made: new AtomicCounter() }),
    roles: Object.fromEntries(
      ['one', 'two', 'three'].map(name => [
        name,
        function* ({ once, made }: Makers) {
          return yield* on(once).run(() => made.increment() * 10, SOON);
        },
      ]),
    ),
    outcome: { one: 10, two: 10, three: 10 },
    then: ({ made }) => made.value,
    after: 1,
  }),
  'Once: is made by the next when the first fails, who gets the error': contract({
    share: (): Makers => ({ once: new Once<number>(), made: new AtomicCounter() }),
    roles: {
      *failing({ once, made }) {
        return yield* outcomeOf(
          on(once).run(() => {
            made.increment();
            // Synchronous, hence blocked, in every placement: the other is in a thread then, or is the first.
            const end = performance.now() + SOON.timeout;
            while (waitingAt(once) === 0 && performance.now() < end);
            throw new RangeError('on purpose');
          }, SOON),
        );
      },
      *next({ once, made }) {
        yield* see(() => made.value === 1, 'the first is at it');
        return yield* on(once).run(() => 7, SOON);
      },
    },
    outcome: { failing: 'RangeError', next: 7 },
    then: ({ once }) => once.tryGet(),
    after: { value: 7 },
  }),
};

const exchangers: Contracts = {
  'Exchanger: two get what the other brought': contract({
    share: () => ({ exchanger: new Exchanger<string>() }),
    roles: {
      *one({ exchanger }) {
        return yield* on(exchanger).exchange('of one', SOON);
      },
      *two({ exchanger }) {
        return yield* on(exchanger).exchange('of two', SOON);
      },
    },
    outcome: { one: 'of two', two: 'of one' },
  }),
  'Exchanger: what was brought and not taken in time has gone to nobody': contract({
    share: () => ({ exchanger: new Exchanger<string>(), done: new Event() }),
    roles: {
      *early({ exchanger, done }) {
        const late = yield* outcomeOf(on(exchanger).exchange('too early', { timeout: 5 }));
        done.set();
        return [late, yield* on(exchanger).exchange('in time', SOON)];
      },
      *other({ exchanger, done }) {
        yield* on(done).wait(SOON);
        return yield* on(exchanger).exchange('of the other', SOON);
      },
    },
    outcome: { early: ['TimeoutError', 'of the other'], other: 'in time' },
  }),
};

export const signals: Contracts = {
  ...semaphores('Semaphore', value => new Semaphore(value)),
  ...semaphores('BoundedSemaphore', value => new BoundedSemaphore(value)),
  ...bounded,
  ...events,
  ...barriers,
  ...latches,
  ...onces,
  ...exchangers,
};
