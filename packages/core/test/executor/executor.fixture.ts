import {
  CancelledError,
  Event,
  Future,
  Queue,
  type Thread,
  ThreadPoolExecutor,
  TimeoutError,
  currentTask,
  currentThread,
  task,
} from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { POOL } from '../../src/executor/layout.ts';
import { engage } from '../../src/executor/slots.ts';
import { lockGuard, selfAgent, unlockGuard } from '../../src/parking/guard.ts';
import { atEveryDepth } from '../overflow.fixture.ts';
import { pointerOf } from '../support/state.ts';

export const add = task(import.meta, function add(a: number, b: number): number {
  return a + b;
});

export const echo = task(import.meta, function echo(value: unknown): unknown {
  return value;
});

export const echoLater = task(import.meta, async function echoLater(value: unknown): Promise<unknown> {
  await Promise.resolve();
  return value;
});

/** Throws what it gets. */
export const fail = task(import.meta, function fail(error: unknown): never {
  throw error;
});

/** Rejects only for one number. */
export const failAt = task(import.meta, function failAt(bad: number, n: number): number {
  if (n === bad) throw new RangeError(`not ${n}`);
  return n;
});

/** Throws a TimeoutError of its own for one number. */
export const timeOutAt = task(import.meta, function timeOutAt(late: number, n: number): number {
  if (n === late) throw new TimeoutError('the call took too long');
  return n;
});

/** Says that it runs, and waits until it may go on. */
export const gate = task(import.meta, function gate(running: Event, go: Event): string {
  running.set();
  go.wait({ timeout: 20_000 });
  return 'through';
});

export const gateAsync = task(
  import.meta,
  async function gateAsync(running: Event, go: Event): Promise<string> {
    running.set();
    await go.waitAsync({ timeout: 20_000 });
    return 'through';
  },
);

/** Busy until it is cancelled. */
export const busyUntilCancelled = task(import.meta, function busyUntilCancelled(running: Event): never {
  running.set();
  const end = performance.now() + 20_000;
  while (performance.now() < end) currentTask().throwIfCancelled();
  throw new Error('nobody cancelled');
});

/** Waits for its signal. */
export const untilAborted = task(import.meta, async function untilAborted(running: Event): Promise<never> {
  const { signal } = currentTask();
  running.set();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nobody cancelled')), 20_000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  throw signal.reason;
});

/** Ignores that it is cancelled, and tells what it saw. */
export const noticed = task(import.meta, function noticed(running: Event, go: Event): boolean {
  running.set();
  go.wait({ timeout: 20_000 });
  return currentTask().cancelled;
});

export const exit = task(import.meta, function exit(code: number): void {
  process.exit(code);
});

/** Dies of an error that nothing can catch. */
export const strayError = task(import.meta, async function strayError(): Promise<void> {
  setTimeout(() => {
    throw new Error('stray');
  });
  await new Promise(resolve => setTimeout(resolve, 20_000));
});

export const hoard = task(import.meta, function hoard(): never {
  const all: unknown[] = [];
  for (;;) all.push(Array.from({ length: 10_000 }, (_, n) => ({ n })));
});

export const overflow = task(import.meta, function overflow(): number {
  const dive = (n: number): number => 1 + dive(n + 1);
  return dive(0);
});

export const submitAtEveryDepth = task(import.meta, function submitAtEveryDepth(pool: ThreadPoolExecutor): {
  returned: number;
  threw: number;
} {
  // A submission that the stack has no room for fails at once or when it is looked at.
  return atEveryDepth(() => {
    const failed = pool.submit(add, 1, 1).exception({ timeout: 20_000 });
    if (failed !== undefined) throw failed.error;
  });
});

/** As a hirer does it, up to the point where the thread would be started; returns who the hirer was. */
export const reservePlace = task(
  import.meta,
  function reservePlace(pool: ThreadPoolExecutor, thread: Thread): number {
    const [at, record] = [pointerOf(pool), pointerOf(thread)];
    lockGuard(at + POOL.guard);
    // Something to hire for.
    i32[at + POOL.pending]! += 1;
    unlockGuard(at + POOL.guard);
    if (!engage(at, record)) throw new Error('no place');
    lockGuard(at + POOL.guard);
    i32[at + POOL.pending]! -= 1;
    unlockGuard(at + POOL.guard);
    return selfAgent;
  },
);

export const threadName = task(import.meta, function threadName(): string {
  return currentThread().name;
});

let initialised = 'not';
export const initialise = task(import.meta, function initialise(how: string): void {
  initialised = how;
});
export const howInitialised = task(import.meta, function howInitialised(): string {
  return initialised;
});

export const failToInitialise = task(import.meta, function failToInitialise(go: Event): never {
  go.wait({ timeout: 20_000 });
  throw new TypeError('no database');
});

export const note = task(import.meta, function note(log: Queue<unknown>, value: unknown): void {
  log.put(value);
});

/** Gets a future as an argument, and its result. */
export const resultOf = task(import.meta, function resultOf(future: Future): unknown {
  return future.result({ timeout: 20_000 });
});

export const awaitOf = task(import.meta, async function awaitOf(box: { future: Future }): Promise<unknown> {
  return await box.future;
});

export const outcomeOf = task(import.meta, function outcomeOf(future: Future): string {
  try {
    return `returned ${String(future.result({ timeout: 20_000 }))}`;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
});

export const cancelIt = task(import.meta, function cancelIt(future: Future): boolean {
  return future.cancel();
});

/** Submits from a thread, many, and adds the results up. */
export const submitMany = task(
  import.meta,
  function submitMany(pool: ThreadPoolExecutor, count: number): number {
    const futures = Array.from({ length: count }, (_, n) => pool.submit(add, n, 1));
    let sum = 0;
    for (const future of futures) sum += future.result({ timeout: 20_000 });
    return sum;
  },
);

export const submitManyAsync = task(
  import.meta,
  async function submitManyAsync(pool: ThreadPoolExecutor, count: number): Promise<number> {
    const results = await Promise.all(Array.from({ length: count }, (_, n) => pool.submit(add, n, 1)));
    return results.reduce((sum, n) => sum + n, 0);
  },
);

export const shutDownFromInside = task(
  import.meta,
  function shutDownFromInside(pool: ThreadPoolExecutor, wait: boolean): void {
    pool.shutdown({ wait });
  },
);

export const throwCancelled = task(import.meta, function throwCancelled(): never {
  throw new CancelledError('of my own accord');
});

/** Leaves a timer behind, which sets the event. */
export const leaveTimer = task(import.meta, function leaveTimer(fired: Event): void {
  setTimeout(() => fired.set(), 30);
});

export class CustomError extends Error {
  detail: number;
  constructor(message: string, detail: number) {
    super(message, { cause: new TypeError('the cause') });
    this.detail = detail;
    this.name = 'CustomError';
  }
}

export const failCustom = task(import.meta, function failCustom(): never {
  throw Object.assign(new CustomError('custom', 7), { code: 'E_CUSTOM' });
});

export const failAggregate = task(import.meta, function failAggregate(): never {
  throw new AggregateError([new RangeError('one'), new TypeError('two')], 'both');
});

export const returnFunction = task(import.meta, function returnFunction(): unknown {
  return { deep: [() => 1] };
});

/** Submits and ends at once. */
export const submitGate = task(
  import.meta,
  function submitGate(pool: ThreadPoolExecutor, running: Event, go: Event): { future: Future<string> } {
    return { future: pool.submit(gate, running, go) };
  },
);

/** Submits, and once more where there may be no room. */
export const submitTwice = task(
  import.meta,
  function submitTwice(pool: ThreadPoolExecutor, entered: Event): void {
    pool.submit(add, 1, 1);
    entered.set();
    pool.submit(add, 2, 2);
  },
);

const FACTOR = 3;

/** Reads what is around it in its module, with a text that an inline function may have too. */
export const scaled = task(import.meta, function scaled(n: number): number {
  return n * FACTOR;
});
