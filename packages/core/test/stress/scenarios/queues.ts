/** Queues: what was put is taken once, and nobody waits beside an item or beside room. */
import {
  AtomicCounter,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
} from '../../../src/index.ts';
import { QUEUE } from '../../../src/queue/layout.ts';
import { waitingAt } from '../../support/state.ts';
import { demand, notStuck, patience, type Random, type Scenario, turn, unless, whim } from '../scenario.ts';

type AnyQueue = Queue<number> | LifoQueue<number> | PriorityQueue<number>;

/** Since items are counted and summed, one that is lost, doubled or mixed up shows in the end. */
interface Pipe {
  queue: AnyQueue;
  put: AtomicCounter;
  putSum: AtomicCounter;
  taken: AtomicCounter;
  takenSum: AtomicCounter;
}

function pipe(queue: AnyQueue): Pipe {
  const [put, putSum, taken, takenSum] = [1, 2, 3, 4].map(() => new AtomicCounter()) as [
    AtomicCounter,
    AtomicCounter,
    AtomicCounter,
    AtomicCounter,
  ];
  return { queue, put, putSum, taken, takenSum };
}

/** Short of the sign bit, so that sums wrap alike on both sides. */
const GREATEST = 1 << 16;

function notePut({ put, putSum }: Pipe, items: readonly number[]): void {
  put.add(items.length);
  for (const item of items) putSum.add(item);
}

function noteTaken({ queue, taken, takenSum }: Pipe, items: readonly number[]): void {
  taken.add(items.length);
  for (const item of items) {
    demand(Number.isInteger(item) && item >= 0 && item < GREATEST, `a queue made ${String(item)} up`);
    takenSum.add(item);
    queue.taskDone();
  }
}

function batch(random: Random): number[] {
  return Array.from({ length: 1 + random(4) }, () => random(GREATEST));
}

/** An unlimited queue must not grow for ever. */
function crowded({ queue }: Pipe): boolean {
  return queue.size > 200;
}

/** Runs one call; a wait whose time is up is fine if it was short. */
function brave(options: { timeout: number }, what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof QueueEmptyError) && !(error instanceof QueueFullError)) throw error;
    notStuck(options, what);
  }
}

export const queues: Scenario<{ pipes: Pipe[] }> = {
  name: 'queues',
  create: () => ({
    pipes: [
      new Queue<number>(),
      new Queue<number>({ maxsize: 1 }),
      new Queue<number>({ maxsize: 5, maxBytes: 40 }),
      new LifoQueue<number>({ maxsize: 3 }),
      new PriorityQueue<number>({ maxBytes: 64 }),
    ].map(pipe),
  }),
  step({ pipes }, random) {
    const chosen = pipes[random(pipes.length)]!;
    const { queue } = chosen;
    // Half of the threads' waits would wait for ever if all happened to want the same: they are short.
    const options = { timeout: random(30) / 10 };
    if (!crowded(chosen) && random(2) === 0) {
      switch (random(3)) {
        case 0: {
          const item = random(GREATEST);
          if (queue.tryPut(item)) notePut(chosen, [item]);
          return;
        }
        case 1: {
          const items = batch(random);
          try {
            queue.putMany(items, options);
            notePut(chosen, items);
          } catch (error) {
            if (!(error instanceof QueueFullError)) throw error;
            notePut(chosen, items.slice(0, Number(/; (\d+) of/.exec(error.message)![1])));
          }
          return;
        }
        default: {
          const item = random(GREATEST);
          return brave(options, 'Queue.put', () => {
            queue.put(item, options);
            notePut(chosen, [item]);
          });
        }
      }
    }
    switch (random(3)) {
      case 0: {
        const taken = queue.tryGet();
        if (taken !== undefined) noteTaken(chosen, [taken.value]);
        return;
      }
      case 1:
        return brave(options, 'Queue.getMany', () =>
          noteTaken(chosen, queue.getMany(1 + random(5), options)),
        );
      default:
        return brave(options, 'Queue.get', () => noteTaken(chosen, [queue.get(options)]));
    }
  },
  async stepAsync({ pipes }, random) {
    const chosen = pipes[random(pipes.length)]!;
    const { queue } = chosen;
    const { signal, reason } = whim(random);
    const options = { ...patience(random), signal };
    try {
      if (!crowded(chosen) && random(2) === 0) {
        const item = random(GREATEST);
        const put = queue.putAsync(item, options).then(() => notePut(chosen, [item]));
        await unless(put, reason);
      } else if (random(2) === 0) {
        const got = await unless(queue.getAsync(options), reason);
        if (got !== undefined) noteTaken(chosen, [got]);
      } else {
        const many = await unless(queue.getManyAsync(1 + random(5), options), reason);
        if (many !== undefined) noteTaken(chosen, many);
      }
    } catch (error) {
      if (!(error instanceof QueueEmptyError) && !(error instanceof QueueFullError)) throw error;
      // With the threads going on all the time, nobody waits in vain for so long.
      notStuck(options, 'Queue, async');
    }
    if (random(4) === 0) await turn();
  },
  letGo({ pipes }) {
    for (const chosen of pipes) {
      const taken = chosen.queue.tryGet();
      if (taken !== undefined) noteTaken(chosen, [taken.value]);
      else if (waitingAt(chosen.queue) > 0 && chosen.queue.tryPut(1)) notePut(chosen, [1]);
    }
  },
  check({ pipes }, over) {
    for (const chosen of pipes) {
      const { queue, put, putSum, taken, takenSum } = chosen;
      const { size, maxsize } = queue;
      demand(size >= 0 && (maxsize === 0 || size <= maxsize), `a queue of ${maxsize} holds ${size} items`);
      if (!over) continue;
      for (let last = queue.tryGet(); last !== undefined; last = queue.tryGet()) {
        noteTaken(chosen, [last.value]);
      }
      demand(put.value === taken.value, `${put.value} items went in, ${taken.value} came out`);
      demand(putSum.value === takenSum.value, 'as many items came out as went in, but not the same');
      demand(queue.unfinishedTasks === 0 && queue.join({ timeout: 0 }), 'a task is unfinished');
      demand(
        waitingAt(queue) === 0 && waitingAt(queue, QUEUE.putters) === 0,
        'somebody is left in the line of a queue',
      );
    }
  },
  figures: ({ pipes }) => pipes.map(({ taken }) => taken.value).join('+'),
};
