/** What the tests of queues run in threads. */
import {
  type AtomicCounter,
  type Barrier,
  type Event,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  SimpleQueue,
  sleep,
  task,
} from '../../src/index.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { randomFrom, SOON, untilBlocked, waitingAt } from '../support/state.ts';

export type AnyQueue<T = unknown> = Queue<T> | LifoQueue<T> | PriorityQueue<T>;

/** All classes of queue, without limits. */
export const makers: Array<[string, () => AnyQueue | SimpleQueue]> = [
  ['Queue', () => new Queue()],
  ['LifoQueue', () => new LifoQueue()],
  ['PriorityQueue', () => new PriorityQueue({ key: () => 0 })],
  ['SimpleQueue', () => new SimpleQueue()],
];

/** Says what came of an action: its value, or the name and the text of the error. */
export function outcomeOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

export const get = task(import.meta, function get(queue: AnyQueue | SimpleQueue): unknown {
  return outcomeOf(() => queue.get(SOON));
});

export const put = task(import.meta, function put(queue: AnyQueue, item: unknown): unknown {
  return outcomeOf(() => queue.put(item, SOON));
});

export const join = task(import.meta, function join(queue: AnyQueue): boolean {
  return queue.join(SOON);
});

export const getThenDone = task(import.meta, function getThenDone(queue: AnyQueue): unknown {
  return outcomeOf(() => {
    const item = queue.get(SOON);
    queue.taskDone();
    return item;
  });
});

/** Puts when somebody waits to get. */
export const putWhenAwaited = task(
  import.meta,
  function putWhenAwaited(queue: AnyQueue | SimpleQueue, item: unknown): void {
    untilBlocked(() => waitingAt(queue) > 0, 'somebody waits to get');
    queue.put(item);
  },
);

/** Gets when somebody waits to put. */
export const getWhenAwaited = task(import.meta, function getWhenAwaited(queue: AnyQueue): unknown {
  untilBlocked(() => waitingAt(queue, QUEUE.putters) > 0, 'somebody waits to put');
  return queue.get(SOON);
});

/** CPython's `worker`: adds up what it gets until it is negative. */
export const addUp = task(import.meta, function addUp(queue: AnyQueue<number>, sum: AtomicCounter): void {
  for (;;) {
    const item = queue.get(SOON);
    if (item < 0) {
      queue.taskDone();
      return;
    }
    sum.add(item);
    queue.taskDone();
  }
});

// CPython's test_shutdown_all_methods_in_many_threads

export const writeMessages = task(
  import.meta,
  function writeMessages(
    queue: AnyQueue,
    count: number,
    shutdownAt: number,
    shutdown: Event,
    start: Barrier,
  ): string {
    for (let i = 0; i < shutdownAt >> 1; i++) queue.put([i, 'LOYD']);
    start.wait(SOON);
    let last = 'all were put';
    for (let i = shutdownAt >> 1; i < count; i++) {
      try {
        queue.put([i, 'YDLO'], SOON);
      } catch (error) {
        if (!(error instanceof QueueShutDownError)) throw error;
        return 'shut down';
      }
      if (i === shutdownAt && !shutdown.isSet) {
        shutdown.set();
        last = 'said when';
      }
    }
    return last;
  },
);

export const readMessages = task(import.meta, function readMessages(queue: AnyQueue, start: Barrier): number {
  queue.get(SOON);
  queue.taskDone();
  start.wait(SOON);
  for (let count = 1; ;) {
    try {
      if (queue.tryGet() === undefined) continue;
      queue.taskDone();
      count += 1;
    } catch (error) {
      if (!(error instanceof QueueShutDownError)) throw error;
      return count;
    }
  }
});

export const shutDownWhen = task(
  import.meta,
  function shutDownWhen(queue: AnyQueue, when: Event, immediate: boolean): number {
    when.wait(SOON);
    queue.shutdown({ immediate });
    return queue.size;
  },
);

export const joinAfter = task(import.meta, function joinAfter(queue: AnyQueue, start: Barrier): boolean {
  start.wait(SOON);
  return queue.join(SOON);
});

// CPython's SimpleQueue tests

export const feed = task(
  import.meta,
  function feed(queue: SimpleQueue, numbers: SimpleQueue<number>, seed: number): void {
    const random = randomFrom(seed);
    for (;;) {
      const number = numbers.tryGet();
      if (number === undefined) return queue.put(null);
      queue.put(number.value);
      if (random(50) === 0) sleep(random(2));
    }
  },
);

export const consume = task(
  import.meta,
  function consume(queue: SimpleQueue, how: 'blocking' | 'polling' | 'timeout'): number[] {
    const results: number[] = [];
    for (;;) {
      let value: unknown;
      try {
        value =
          how === 'blocking'
            ? queue.get()
            : how === 'polling'
              ? queue.getNowait()
              : queue.get({ timeout: 0.01 });
      } catch (error) {
        if (!(error instanceof QueueEmptyError)) throw error;
        continue;
      }
      if (value === null) return results;
      results.push(value as number);
    }
  },
);

// Hammers

/** Numbers of the cases below. */
export const ALL_WAYS: number[] = [0, 1, 2, 3, 4, 5, 6];
/** Those that never block: for a thread that has several of these tasks. */
export const ASYNC_WAYS: number[] = [1, 2, 3, 5];

/** An item of a hammer: producer, number, and something to carry. */
export type Blow = [producer: number, number: number, load: string];

/** What went through the hands of a thread: how many, and what was out of order. */
export interface Tally {
  numbers: number[][];
  disorder: number;
}

/** Puts `count` items, in every way there is, each of them until it is accepted. */
export const hammerIn = task(
  import.meta,
  async function hammerIn(
    queue: Queue<Blow>,
    producer: number,
    count: number,
    ways: number[],
  ): Promise<number> {
    const random = randomFrom(producer * 7919 + 1);
    let refused = 0;
    for (let number = 0; number < count;) {
      const item: Blow = [producer, number, 'x'.repeat(random(10) === 0 ? random(3000) : random(20))];
      try {
        switch (ways[random(ways.length)]) {
          case 0:
            queue.put(item, { timeout: random(3) });
            break;
          case 1:
            if (!queue.tryPut(item)) throw new QueueFullError();
            break;
          case 2:
            await queue.putAsync(item, { timeout: random(3) });
            break;
          case 3: {
            const calledOff = new AbortController();
            const done = queue.putAsync(item, { signal: calledOff.signal, ...SOON });
            if (random(2) === 0) calledOff.abort('called off');
            else setTimeout(() => calledOff.abort('called off'), random(2));
            await done;
            break;
          }
          case 4: {
            const batch = Array.from({ length: Math.min(5, count - number) }, (_, at): Blow => [
              producer,
              number + at,
              'b',
            ]);
            queue.putMany(batch, SOON);
            number += batch.length - 1;
            break;
          }
          case 5:
            await queue.putManyAsync([item], SOON);
            break;
          default:
            queue.put(item, SOON);
        }
      } catch (error) {
        if (!(error instanceof QueueFullError) && error !== 'called off') throw error;
        refused += 1;
        continue;
      }
      number += 1;
    }
    return refused;
  },
);

/** Gets, in every way there is, until the queue is shut down and empty. */
export const hammerOut = task(
  import.meta,
  async function hammerOut(
    queue: Queue<Blow>,
    producers: number,
    seed: number,
    ways: number[],
  ): Promise<Tally> {
    const random = randomFrom(seed);
    const tally: Tally = { numbers: Array.from({ length: producers }, () => []), disorder: 0 };
    const note = ([producer, number, load]: Blow): void => {
      const before = tally.numbers[producer]!;
      if (before.length > 0 && before[before.length - 1]! >= number) tally.disorder += 1;
      if (!/^[xb]*$/.test(load)) tally.disorder += 1;
      before.push(number);
      queue.taskDone();
    };
    for (;;) {
      try {
        switch (ways[random(ways.length)]) {
          case 0:
            note(queue.get({ timeout: random(3) }));
            break;
          case 1: {
            const taken = queue.tryGet();
            if (taken !== undefined) note(taken.value);
            break;
          }
          case 2:
            note(await queue.getAsync({ timeout: random(3) }));
            break;
          case 3: {
            const calledOff = new AbortController();
            const got = queue.getAsync({ signal: calledOff.signal, ...SOON });
            if (random(2) === 0) calledOff.abort('called off');
            else setTimeout(() => calledOff.abort('called off'), random(2));
            note(await got);
            break;
          }
          case 4:
            queue.getMany(1 + random(8), SOON).forEach(note);
            break;
          case 5:
            (await queue.getManyAsync(1 + random(8), SOON)).forEach(note);
            break;
          default:
            note(queue.get(SOON));
        }
      } catch (error) {
        if (error instanceof QueueShutDownError) return tally;
        if (!(error instanceof QueueEmptyError) && error !== 'called off') throw error;
      }
    }
  },
);

// Deaths

/** Puts for ever, and says after each what was accepted. */
export const putForever = task(
  import.meta,
  function putForever(queue: AnyQueue<Blow>, producer: number, accepted: AtomicCounter): void {
    const random = randomFrom(producer + 1);
    for (let number = 0; ; number++) {
      queue.put([producer, number, 'x'.repeat(random(20) === 0 ? 5000 : random(40))]);
      accepted.increment();
    }
  },
);

/** Gets for ever, and notes each item in a queue that nobody dies in. */
export const getForever = task(
  import.meta,
  function getForever(queue: AnyQueue<Blow>, taken: AtomicCounter): void {
    for (;;) {
      queue.get();
      taken.increment();
    }
  },
);

export const getAsyncForever = task(
  import.meta,
  async function getAsyncForever(queue: AnyQueue<Blow>, taken: AtomicCounter): Promise<void> {
    for (;;) {
      await queue.getAsync();
      taken.increment();
    }
  },
);

/** Waits to get, with many promises at once. */
export const awaitMany = task(
  import.meta,
  async function awaitMany(queue: AnyQueue, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => queue.getAsync()));
  },
);

/** Waits to put, with many promises at once. */
export const offerMany = task(
  import.meta,
  async function offerMany(queue: AnyQueue, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, at) => queue.putAsync(`offer ${at}`)));
  },
);

/** Takes all there is by a `for … of`. */
export const drainByLoop = task(import.meta, function drainByLoop(queue: AnyQueue | SimpleQueue): unknown[] {
  const items: unknown[] = [];
  for (const item of queue) items.push(item);
  return items;
});

/** Takes all there is by a `for await … of`. */
export const drainByAwait = task(import.meta, async function drainByAwait(queue: AnyQueue): Promise<
  unknown[]
> {
  const items: unknown[] = [];
  for await (const item of queue) items.push(item);
  return items;
});

/** Adds one to every byte and hands the buffer back. */
export const incrementBytes = task(
  import.meta,
  function incrementBytes(
    from: Queue<import('../../src/index.ts').SharedBuffer>,
    to: Queue<import('../../src/index.ts').SharedBuffer>,
  ): void {
    for (const buffer of from) {
      const { bytes } = buffer;
      for (let at = 0; at < bytes.length; at++) bytes[at] = bytes[at]! + 1;
      to.put(buffer);
    }
  },
);

/** Puts its own numbers so that order among producers can be checked. */
export const putNumbers = task(
  import.meta,
  function putNumbers(queue: AnyQueue, from: number, to: number): void {
    for (let number = from; number < to; number++) queue.put(number, SOON);
  },
);

/** Takes bytes into memory of its own: whether they are there, how many there are, and their sum. */
export const takeInto = task(
  import.meta,
  function takeInto(queue: AnyQueue | SimpleQueue, room: number): unknown[] {
    const into = new ArrayBuffer(room);
    const got = queue.get({ into, ...SOON }) as Uint8Array;
    return [got.buffer === into, got.byteLength, got.reduce((sum, byte) => sum + byte, 0)];
  },
);

export const putOften = task(import.meta, function putOften(queue: Queue, by: number, times: number): void {
  for (let learntAtOnce = 0; learntAtOnce < times; learntAtOnce++) queue.put({ learntAtOnce, by });
});
