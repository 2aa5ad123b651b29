/**
 * A thread that dies in each of the ways in which threads die, in the midst of each thing that it can be in the midst of. What must hold: it is noticed, what its
 * guard held is abandoned, what it waited for goes to others, what it started runs.
 */
import {
  AbandonedLockError,
  AtomicCounter,
  Event,
  Lock,
  Queue,
  Semaphore,
  Thread,
  task,
} from '../../src/index.ts';
import { waitingAt } from '../support/state.ts';
import { demand, type Random } from './scenario.ts';

export const WAYS = ['terminate', 'exit', 'error', 'overflow', 'memory'] as const;
export const MIDST = ['hold', 'wait', 'put', 'get', 'start', 'join'] as const;
type Way = (typeof WAYS)[number];
type Midst = (typeof MIDST)[number];

/** Long enough for a worker to come up on a busy machine. */
const LONG = { timeout: 60_000 };
/** Small objects, so that it is the thread that ends and not the process. */
const HEAP_MIB = 24;
const ON_PURPOSE = 'on purpose';

interface Things {
  lock: Lock;
  permits: Semaphore;
  full: Queue<number>;
  empty: Queue<number>;
  runs: AtomicCounter;
  up: Event;
  never: Event;
  childMayEnd: Event;
}

export const count = task(import.meta, function count(runs: AtomicCounter): void {
  runs.increment();
});

export const waitFor = task(import.meta, function waitFor(event: Event): void {
  event.wait();
});

/** Gets into the midst of something; what holds it there lives as long as the thread. */
function enter(things: Things, midst: Midst): unknown {
  switch (midst) {
    case 'hold':
      return things.lock.hold();
    case 'wait':
      return things.permits.acquireAsync();
    case 'put':
      return things.full.putAsync(1);
    case 'get':
      return things.empty.getAsync();
    case 'start':
      return new Thread(count, { args: [things.runs] }).start();
    default:
      return new Thread(waitFor, { args: [things.childMayEnd] }).start().joinAsync();
  }
}

/** The same, blocked in it: only somebody else can end that. */
function block(things: Things, midst: Midst): void {
  switch (midst) {
    case 'wait':
      things.permits.acquire();
      break;
    case 'put':
      things.full.put(1);
      break;
    case 'get':
      things.empty.get();
      break;
    case 'join':
      new Thread(waitFor, { args: [things.childMayEnd] }).start().join();
      break;
    default:
      enter(things, midst);
      things.never.wait();
  }
}

function overflow(things: Things): number {
  // Wherever the stack ends, in here or in there.
  if (things.runs.value < 0) return 0;
  if (things.permits.tryAcquire()) things.permits.release();
  return 1 + overflow(things);
}

function exhaust(): void {
  let chain: object | undefined;
  for (;;) chain = { chain, more: [1, 2, 3] };
}

export const dieInTheMidst = task(
  import.meta,
  async function dieInTheMidst(things: Things, way: Way, midst: Midst, blocked: boolean): Promise<unknown> {
    if (blocked) {
      things.up.set();
      block(things, midst);
    }
    const kept = enter(things, midst);
    things.up.set();
    if (way === 'exit') process.exit(3);
    // Not out of this function: what it throws would be an ordinary result.
    if (way === 'error')
      setTimeout(() => {
        throw new Error(ON_PURPOSE);
      });
    if (way === 'overflow') setTimeout(() => overflow(things));
    if (way === 'memory') exhaust();
    await new Promise(() => {});
    return kept;
  },
);

/** Whether an error that nothing caught is one of those that the victims die of. */
export function isOnPurpose(error: unknown): boolean {
  const {
    message = '',
    name = '',
    code = '',
  } = (error ?? {}) as { message?: string; name?: string; code?: string };
  return message === ON_PURPOSE || name === 'RangeError' || code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** One victim, in a way and in the midst of something; returns what it was, for the figures. */
export async function dieOnce(way: Way, midst: Midst, blocked: boolean): Promise<void> {
  const things: Things = {
    lock: new Lock(),
    permits: new Semaphore(0),
    full: new Queue<number>({ maxsize: 1 }),
    empty: new Queue<number>(),
    runs: new AtomicCounter(),
    up: new Event(),
    never: new Event(),
    childMayEnd: new Event(),
  };
  const what = `${way} in the midst of ${midst}${blocked ? ', blocked' : ''}`;
  things.full.put(0);
  const victim = new Thread(dieInTheMidst, {
    args: [things, way, midst, blocked],
    ...(way === 'memory' ? { maxHeapMiB: HEAP_MIB } : {}),
  }).start();
  demand(await things.up.waitAsync(LONG), `${what}: the victim never came so far`);
  // Others that want the same, before it dies.
  const behind = midst === 'wait' ? things.permits.acquireAsync(LONG) : undefined;
  const successor = midst === 'hold' ? things.lock.holdAsync(LONG) : undefined;
  const abandoned = successor?.then(
    guard => {
      guard.release();
      return false;
    },
    (error: unknown) => {
      if (!(error instanceof AbandonedLockError)) throw error;
      error.guard!.release();
      return true;
    },
  );
  if (way === 'terminate') victim.terminate();
  demand(await victim.joinAsync(LONG), `${what}: its end was not noticed`);
  if (abandoned !== undefined) {
    const told = await abandoned;
    demand(told || blocked, `${what}: nobody was told that its lock was abandoned`);
    demand(things.lock.tryAcquire(), `${what}: the lock stays locked`);
    things.lock.release();
  }
  if (behind !== undefined) {
    things.permits.release();
    demand(await behind, `${what}: it took a permit with it`);
    demand(things.permits.value === 0, `${what}: ${things.permits.value} permits`);
  }
  demand(things.full.getNowait() === 0 && things.full.size === 0, `${what}: it put what it could not put`);
  things.empty.put(7);
  demand(things.empty.getNowait() === 7, `${what}: it took an item with it`);
  things.childMayEnd.set();
  if (midst === 'start' && !blocked) {
    for (const end = performance.now() + LONG.timeout; things.runs.value === 0;) {
      demand(performance.now() < end, `${what}: the thread that it started never ran`);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
  }
  for (const [name, object] of Object.entries(things))
    demand(waitingAt(object as object) === 0, `${what}: somebody is left in the line of ${name}`);
  victim.dispose();
  for (const object of Object.values(things) as Array<{ dispose(): void }>) object.dispose();
}

/** Any way, in the midst of anything. Out of memory takes a second, so it is rare. */
export async function anyDeath(random: Random): Promise<void> {
  const way = WAYS[random(random(5) === 0 ? WAYS.length : WAYS.length - 1)]!;
  const midst = MIDST[random(MIDST.length)]!;
  await dieOnce(way, midst, way === 'terminate' && random(2) === 0);
}
