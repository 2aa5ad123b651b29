/** One call of one object, wherever it is made: what suites of other libraries are written in. */
import {
  type AsyncWaitOptions,
  type Barrier,
  CountDownLatch,
  type Queue,
  type Semaphore,
  Thread,
  task,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';

export type Waitable = Semaphore | Barrier | CountDownLatch | Queue<unknown>;
type Method = (...args: readonly unknown[]) => unknown;

/** What came of a call: its result, or the name of its error. */
function outcomeOf(error: unknown): string {
  return (error as Error).name;
}

export const callThere = task(
  import.meta,
  function callThere(object: Waitable, method: string, args: readonly unknown[]): unknown {
    try {
      return (object as unknown as Record<string, Method>)[method]!(...args);
    } catch (error) {
      return outcomeOf(error);
    }
  },
);

/** The three placements of those who wait: blocked in threads; promises of the main thread; in turn one and the other. */
export const PLACEMENTS = ['threads', 'promises', 'both'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** Makes the calls of one test, each in its place. */
export class Caller {
  readonly #placement: Placement;
  #calls = 0;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /** Begins the call; the promise resolves to its outcome and never rejects. The last of `args` are the options. */
  begin(object: Waitable, method: string, ...args: readonly unknown[]): Promise<unknown> {
    const blocks = this.#placement === 'threads' || (this.#placement === 'both' && this.#calls++ % 2 === 0);
    if (!blocks) return callHere(object, method, args);
    const thread = new Thread(callThere, { args: [object, method, args] }).start();
    return thread.resultAsync(SOON);
  }
}

async function callHere(object: Waitable, method: string, args: readonly unknown[]): Promise<unknown> {
  try {
    return await (object as unknown as Record<string, Method>)[`${method}Async`]!(...args);
  } catch (error) {
    return outcomeOf(error);
  }
}

/** Begins a promise that can be interrupted as a Java thread can, and says what came of it. */
export function interruptible(begin: (options: AsyncWaitOptions) => Promise<unknown>): {
  interrupt(): void;
  outcome: Promise<unknown>;
} {
  const controller = new AbortController();
  const outcome = begin({ signal: controller.signal, ...SOON }).catch(outcomeOf);
  return { interrupt: () => controller.abort(new DOMException('interrupted', 'InterruptedError')), outcome };
}

/** Starts so many threads as a test needs, which wait for work from then on. */
export async function startThreads(): Promise<void> {
  const latch = new CountDownLatch(5);
  const threads = Array.from({ length: 5 }, () => new Thread(meet, { args: [latch] }).start());
  await Promise.all(threads.map(thread => thread.resultAsync(SOON)));
}

export const meet = task(import.meta, function meet(latch: CountDownLatch): void {
  latch.countDown();
  latch.wait(SOON);
});

// A queue with two faces, as janus has it: this is the face that blocks.

export const putAll = task(
  import.meta,
  function putAll(queue: Queue<number>, count: number, join: boolean): boolean {
    for (let item = 0; item < count; item++) queue.put(item, SOON);
    return !join || queue.join(SOON);
  },
);

export const getAll = task(import.meta, function getAll(queue: Queue<number>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const item = queue.get(SOON);
    queue.taskDone();
    return item;
  });
});
