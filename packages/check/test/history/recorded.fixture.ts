/** What real threads do to real objects while they write down what they call. */
import { QueueEmptyError, QueueFullError, task } from '../../../core/src/index.ts';
import type {
  AtomicCounter,
  CountDownLatch,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  SharedInt32Array,
} from '../../../core/src/index.ts';
import { Recorder } from '../../src/index.ts';
import type { Operation } from '../../src/index.ts';

/** Its priority, and what tells it from all others. */
export type Item = readonly [priority: number, serial: number];
type AnyQueue = Queue<Item> | LifoQueue<Item> | PriorityQueue<Item>;

/** Numbers that look random and are the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Begins when all have come up, so that their calls overlap. */
function together(ready: CountDownLatch): void {
  ready.countDown();
  ready.wait({ timeout: 100_000 });
}

const nobodysWord = new Int32Array(new SharedArrayBuffer(4));

/** Lets the others come in between, also where there are fewer cores than threads. */
function nap(n: number): void {
  if (n % 8 === 0) Atomics.wait(nobodysWord, 0, 0, 0.2);
}

function unlessRefused(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof QueueFullError) && !(error instanceof QueueEmptyError)) throw error;
  }
}

/** Puts and gets, with and without waiting; each item but once in the history. */
export const useQueue = task(
  import.meta,
  function useQueue(
    queue: AnyQueue,
    clock: AtomicCounter,
    ready: CountDownLatch,
    thread: number,
    calls: number,
  ): Operation[] {
    const random = randomFrom(thread * 7919 + 1);
    const log = new Recorder(() => clock.increment(), `T${thread}`);
    together(ready);
    for (let n = 0; n < calls; n++) {
      nap(n);
      const item: Item = [random(5), thread * 1_000_000 + n];
      const timeout = random(3) / 10;
      switch (random(4)) {
        case 0:
          unlessRefused(() => log.call('put', [item], () => queue.put(item, { timeout })));
          break;
        case 1:
          log.call('tryPut', [item], () => queue.tryPut(item));
          break;
        case 2:
          unlessRefused(() => log.call('get', [], () => queue.get({ timeout })));
          break;
        default:
          log.call('tryGet', [], () => queue.tryGet());
      }
    }
    return log.operations;
  },
);

/** Takes and gives back, with and without waiting. */
export const useLock = task(
  import.meta,
  function useLock(
    lock: Lock | Semaphore,
    clock: AtomicCounter,
    ready: CountDownLatch,
    thread: number,
    calls: number,
  ): Operation[] {
    const random = randomFrom(thread * 104_729 + 1);
    const log = new Recorder(() => clock.increment(), `T${thread}`);
    together(ready);
    for (let n = 0; n < calls; n++) {
      nap(n);
      const got =
        random(3) === 0
          ? log.call('tryAcquire', [], () => lock.tryAcquire())
          : log.call('acquire', [], () => lock.acquire({ timeout: random(3) / 10 }));
      if (got) nap(n);
      if (got) log.call('release', [], () => lock.release());
    }
    return log.operations;
  },
);

const SLOT_MASK = 1023;
const HEAD = 0;
const TAIL = 1;
const SLOTS = 2;

/** A queue for one consumer, used by several: two of them can read the same head. */
export const useBrokenQueue = task(
  import.meta,
  function useBrokenQueue(
    shared: SharedInt32Array,
    clock: AtomicCounter,
    ready: CountDownLatch,
    thread: number,
    calls: number,
  ): Operation[] {
    const log = new Recorder(() => clock.increment(), `T${thread}`);
    const memory = shared.view;
    const put = (item: number): void => {
      const at = Atomics.add(memory, TAIL, 1);
      Atomics.store(memory, SLOTS + (at & SLOT_MASK), item);
    };
    const get = (): number | false => {
      const head = Atomics.load(memory, HEAD);
      const item = Atomics.load(memory, SLOTS + (head & SLOT_MASK));
      if (item === 0) return false;
      // Wrong: between the load and here somebody else may have come as far.
      nap(head);
      Atomics.store(memory, SLOTS + (head & SLOT_MASK), 0);
      Atomics.store(memory, HEAD, head + 1);
      return item;
    };
    together(ready);
    for (let n = 1; n <= calls; n++) {
      if (thread === 0) log.call('put', [n], () => put(n));
      else log.call('get', [], get);
    }
    return log.operations;
  },
);
