/** What holds for queues, wherever their parties are. */
import { AtomicCounter, Event, LifoQueue, PriorityQueue, Queue, SimpleQueue } from '../../src/index.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { SOON, waitingAt } from '../support/state.ts';
import { type Contracts, abortWhen, both, contract, on, outcomeOf, refusalOf, see } from './play.ts';

type Bounded = Queue<unknown> | LifoQueue<unknown> | PriorityQueue<unknown>;
type Any = Bounded | SimpleQueue<unknown>;
type Make = (maxsize?: number) => Any;

interface Shared {
  queue: Queue<unknown>;
  order: AtomicCounter;
  done: Event;
}

/** Puts into any queue: where there is a priority, that of the item's place. */
const at = (priority: number): { timeout: number; priority: number } => ({ ...SOON, priority });

/** What all queues have in common. */
function any(type: string, make: Make): Contracts {
  const share = (): Shared => ({
    queue: make() as Queue<unknown>,
    order: new AtomicCounter(),
    done: new Event(),
  });
  return {
    [`${type}: gives to those who wait, in the order in which they came`]: contract({
      share,
      roles: {
        *giver({ queue, order }) {
          for (const item of [1, 2]) {
            yield* see(() => waitingAt(queue) === 3 - item, 'they wait');
            // One at a time, since two who are given at once may wake in any order.
            queue.put(item, at(0));
            yield* see(() => order.value === item, 'it is taken');
          }
        },
        *first({ queue, order }) {
          const item = yield* on(queue).get(SOON);
          return [item, order.increment()];
        },
        *second({ queue, order }) {
          yield* see(() => waitingAt(queue) === 1, 'the first waits');
          const item = yield* on(queue).get(SOON);
          return [item, order.increment()];
        },
      },
      outcome: { first: [1, 1], second: [2, 2] },
      then: ({ queue }) => [queue.size, waitingAt(queue)],
      after: [0, 0],
    }),
    [`${type}: get throws QueueEmptyError when its time is up, and takes nothing`]: contract({
      share,
      roles: {
        *impatient({ queue, done }) {
          const begin = performance.now();
          const late = [
            yield* outcomeOf(on(queue).get({ timeout: 0 })),
            yield* outcomeOf(on(queue).get({ timeout: 20 })),
          ];
          const elapsed = performance.now() - begin;
          const nothing = [queue.tryGet(), refusalOf(() => queue.getNowait()).split(':')[0]];
          done.set();
          const item = yield* on(queue).get(SOON);
          return [...late, elapsed >= 19, ...nothing, item];
        },
        *giver({ queue, done }) {
          yield* on(done).wait(SOON);
          queue.put(null, at(0));
        },
      },
      outcome: {
        impatient: ['QueueEmptyError', 'QueueEmptyError', true, undefined, 'QueueEmptyError', null],
      },
    }),
    [`${type}: takes falsy items for items, and hands them over as they are`]: contract({
      share,
      roles: {
        *giver({ queue }) {
          let place = 0;
          for (const item of FALSY) {
            queue.put(item, at(place++));
            yield* see(() => queue.empty, 'it is taken');
          }
        },
        *taker({ queue }) {
          const items: unknown[] = [];
          for (const _ of FALSY) items.push(yield* on(queue).get(SOON));
          return items;
        },
      },
      outcome: { taker: FALSY },
    }),
    [`${type}: an aborted get takes nothing, and the next in line gets what comes`]: contract({
      share,
      asyncOnly: 'aborted',
      roles: {
        *aborted({ queue, done }) {
          const signal = abortWhen(() => waitingAt(queue) === 2, 'no more');
          const reason = yield* outcomeOf(on(queue).get({ signal, ...SOON }));
          done.set();
          return reason;
        },
        *next({ queue }) {
          yield* see(() => waitingAt(queue) === 1, 'the first waits');
          return yield* on(queue).get(SOON);
        },
        *giver({ queue, done }) {
          yield* on(done).wait(SOON);
          queue.put('item', at(0));
        },
      },
      outcome: { aborted: 'no more', next: 'item' },
      then: ({ queue }) => [queue.size, waitingAt(queue)],
      after: [0, 0],
    }),
    [`${type}: an item that can't travel is refused, with its path, and the queue is as it was`]: contract({
      share,
      roles: {
        *one({ queue }) {
          queue.put('before', at(0));
          const refusal = refusalOf(() => queue.put({ jobs: [() => {}] } as never, at(0)), { whole: true });
          const { size } = queue;
          return [refusal, size, yield* on(queue).get(SOON)];
        },
      },
      outcome: {
        one: [
          'NotShareableError: item.jobs[0]: functions cannot be shared: send data, and name what to do with it by a task or an export of a module',
          1,
          'before',
        ],
      },
    }),
  };
}

const FALSY: readonly unknown[] = [undefined, null, 0, '', false];

/** What queues with limits have beyond. */
function bounded(type: string, make: (maxsize?: number) => Bounded): Contracts {
  const share = (maxsize: number) => (): Shared => ({
    queue: make(maxsize) as Queue<unknown>,
    order: new AtomicCounter(),
    done: new Event(),
  });
  return {
    [`${type}: put waits for room, and throws QueueFullError when its time is up`]: contract({
      share: share(1),
      roles: {
        *putter({ queue, done }) {
          yield* on(queue).put('first', at(0));
          const full = [
            queue.full,
            queue.tryPut('second', at(1) as object),
            refusalOf(() => queue.putNowait('second', at(1) as object)).split(':')[0],
          ];
          const late = yield* outcomeOf(on(queue).put('second', { timeout: 10, priority: 1 } as object));
          const size = queue.size;
          done.set();
          yield* on(queue).put('third', at(1));
          return [...full, late, size];
        },
        *getter({ queue, done }) {
          yield* on(done).wait(SOON);
          yield* see(() => waitingAt(queue, QUEUE.putters) === 1, 'it waits for room');
          return [yield* on(queue).get(SOON), yield* on(queue).get(SOON)];
        },
      },
      outcome: { putter: [true, false, 'QueueFullError', 'QueueFullError', 1], getter: ['first', 'third'] },
      then: ({ queue }) => [queue.size, waitingAt(queue, QUEUE.putters)],
      after: [0, 0],
    }),
    [`${type}: an aborted put puts nothing, and the next in line has the room`]: contract({
      share: share(1),
      asyncOnly: 'aborted',
      roles: {
        *aborted({ queue, done }) {
          yield* on(queue).put('first', at(0));
          const signal = abortWhen(() => waitingAt(queue, QUEUE.putters) === 2, 'no more');
          const reason = yield* outcomeOf(on(queue).put('never', { signal, ...at(1) }));
          done.set();
          return reason;
        },
        *next({ queue }) {
          yield* see(() => waitingAt(queue, QUEUE.putters) === 1, 'the first waits');
          yield* on(queue).put('second', at(1));
        },
        *getter({ queue, done }) {
          yield* on(done).wait(SOON);
          return [yield* on(queue).get(SOON), yield* on(queue).get(SOON)];
        },
      },
      outcome: { aborted: 'no more', getter: ['first', 'second'] },
    }),
    [`${type}: shutdown() refuses puts, waiting ones too, and lets gets have what is left`]: contract({
      share: share(1),
      roles: {
        *putter({ queue }) {
          yield* on(queue).put('left', at(0));
          return yield* outcomeOf(on(queue).put('refused', at(1)));
        },
        *closer({ queue, done }) {
          yield* see(() => waitingAt(queue, QUEUE.putters) === 1, 'it waits for room');
          queue.shutdown();
          const refused = yield* outcomeOf(on(queue).put('late', at(1)));
          queue.shutdown();
          done.set();
          return [refused, queue.isShutdown];
        },
        *getter({ queue, done }) {
          yield* on(done).wait(SOON);
          return [
            yield* on(queue).get(SOON),
            yield* outcomeOf(on(queue).get(SOON)),
            // Ranks above an emptiness that time can't mend.
            yield* outcomeOf(on(queue).get({ timeout: 0 })),
            refusalOf(() => queue.tryGet()).split(':')[0],
          ];
        },
      },
      outcome: {
        putter: 'QueueShutDownError',
        closer: ['QueueShutDownError', true],
        getter: ['left', 'QueueShutDownError', 'QueueShutDownError', 'QueueShutDownError'],
      },
    }),
    [`${type}: shutdown() wakes those who wait to get`]: contract({
      share: share(1),
      roles: {
        *getter({ queue }) {
          return yield* outcomeOf(on(queue).get(SOON));
        },
        *closer({ queue }) {
          yield* see(() => waitingAt(queue) === 1, 'it waits');
          queue.shutdown();
        },
      },
      outcome: { getter: 'QueueShutDownError' },
    }),
    [`${type}: shutdown({ immediate: true }) drops what is left, and join waits for what is in hand`]:
      contract({
        share: share(5),
        roles: {
          *worker({ queue, order, done }) {
            for (const item of [1, 2, 3]) yield* on(queue).put(item, at(item));
            yield* on(queue).get(SOON);
            queue.shutdown({ immediate: true });
            const seen = [queue.size, queue.unfinishedTasks];
            yield* see(() => order.value === 1 && waitingAt(queue, QUEUE.joiners) === 1, 'somebody joins');
            done.set();
            queue.taskDone();
            return [...seen, refusalOf(() => queue.taskDone())];
          },
          *joiner({ queue, order, done }) {
            yield* see(() => queue.isShutdown, 'it is shut down');
            const early = yield* on(queue).join({ timeout: 1 });
            order.increment();
            const joined = yield* on(queue).join(SOON);
            return [early, joined, done.isSet];
          },
        },
        outcome: {
          worker: [0, 1, 'RangeError: taskDone() called too many times'],
          joiner: [false, true, true],
        },
      }),
    [`${type}: join waits until as many were reported done as were put`]: contract({
      share: share(0),
      roles: {
        *putter({ queue, order }) {
          for (const item of [1, 2, 3]) yield* on(queue).put(item, at(item));
          const joined = yield* on(queue).join(SOON);
          return [joined, order.value];
        },
        *worker({ queue, order }) {
          for (let item = 0; item < 3; item++) {
            yield* on(queue).get(SOON);
            order.increment();
            queue.taskDone();
          }
        },
      },
      outcome: { putter: [true, 3] },
      then: ({ queue }) => queue.unfinishedTasks,
      after: 0,
    }),
    [`${type}: iterating ends when it is shut down and empty`]: contract({
      share: share(2),
      roles: {
        *putter({ queue }) {
          for (const item of [1, 2, 3, 4, 5]) yield* on(queue).put(item, at(item));
          queue.shutdown();
        },
        *taker({ queue }) {
          const items = yield* both<unknown[]>(
            () => [...queue],
            async () => {
              const all: unknown[] = [];
              for await (const item of queue) all.push(item);
              return all;
            },
          );
          return (items as number[]).toSorted((a, b) => a - b);
        },
      },
      outcome: { taker: [1, 2, 3, 4, 5] },
    }),
  };
}

/** In which order a queue gives what lies in it, whoever put it and whoever gets it. */
function ordered(type: string, make: Make, outcome: readonly number[]): Contracts {
  return {
    [`${type}: gives what lies in it in its own order`]: contract({
      share: (): Shared => ({
        queue: make() as Queue<unknown>,
        order: new AtomicCounter(),
        done: new Event(),
      }),
      roles: {
        putter({ queue, done }) {
          for (const [item, priority] of [
            [1, 2],
            [2, 1],
            [3, 2],
            [4, 0],
          ] as const)
            queue.put(item, at(priority));
          done.set();
        },
        *getter({ queue, done }) {
          yield* on(done).wait(SOON);
          const items: unknown[] = [];
          for (let item = 0; item < 4; item++) items.push(yield* on(queue).get(SOON));
          return items;
        },
      },
      outcome: { getter: outcome },
    }),
  };
}

const makers = {
  Queue: (maxsize?: number) => new Queue<unknown>({ maxsize }),
  LifoQueue: (maxsize?: number) => new LifoQueue<unknown>({ maxsize }),
  PriorityQueue: (maxsize?: number) => new PriorityQueue<unknown>({ maxsize }),
};

/** `SimpleQueue.put` takes no options. */
const simple = (): Any => new SimpleQueue<unknown>();

export const queues: Contracts = {
  ...Object.assign(
    {},
    ...Object.entries(makers).map(([type, make]) => ({ ...any(type, make), ...bounded(type, make) })),
  ),
  ...any('SimpleQueue', simple),
  ...ordered('Queue', makers.Queue, [1, 2, 3, 4]),
  ...ordered('SimpleQueue', simple, [1, 2, 3, 4]),
  ...ordered('LifoQueue', makers.LifoQueue, [4, 3, 2, 1]),
  ...ordered('PriorityQueue', makers.PriorityQueue, [4, 2, 1, 3]),
};
