/**
 * Threads that are killed while they hammer one set of primitives, at any instruction, under a guard as well. What must hold: the others are never
 * stuck, no permit is made, and in the end no guard is held and nobody stands in a line.
 */
import { load } from '../../src/atomics.ts';
import {
  AtomicCounter,
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  CountDownLatch,
  Event,
  Exchanger,
  Lock,
  Once,
  RLock,
  RWLock,
  SpinLock,
  Thread,
  TimeoutError,
  task,
} from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { pointerOf, randomFrom, waitingAt } from '../support/state.ts';
import { demand, type Random } from './scenario.ts';

const PERMITS = 3;

interface Targets {
  lock: Lock;
  rlock: RLock;
  condition: Condition;
  semaphore: BoundedSemaphore;
  event: Event;
  barrier: Barrier;
  latch: CountDownLatch;
  rwLock: RWLock;
  spinLock: SpinLock;
  once: Once<number>;
  exchanger: Exchanger<number[]>;
}

function makeTargets(): Targets {
  const lock = new Lock();
  return {
    lock,
    rlock: new RLock(),
    condition: new Condition(lock),
    semaphore: new BoundedSemaphore(PERMITS),
    event: new Event(),
    barrier: new Barrier(2),
    latch: new CountDownLatch(0x7fff_ffff),
    rwLock: new RWLock(),
    spinLock: new SpinLock(),
    once: new Once<number>(),
    exchanger: new Exchanger<number[]>(),
  };
}

function patiently(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}

/** One step; every wait has an end, since a dead thread's locks stay locked and its permits are lost. */
function hammer(targets: Targets, random: Random): void {
  const { lock, rlock, condition, semaphore, event, barrier, latch } = targets;
  const brief = { timeout: 0.05 + random(10) / 10 };
  switch (random(11)) {
    case 0:
      if (lock.acquire(brief)) lock.release();
      return;
    case 1:
      if (!rlock.acquire(brief)) return;
      rlock.acquire();
      rlock.release();
      rlock.release();
      return;
    case 2:
      if (!condition.acquire(brief)) return;
      if (random(2) === 0) condition.notify();
      else condition.wait(brief);
      condition.release();
      return;
    case 3:
      if (semaphore.acquire(brief)) semaphore.release();
      return;
    case 4:
      if (random(2) === 0) event.wait(brief);
      else {
        event.set();
        event.clear();
      }
      return;
    case 5:
      try {
        barrier.action = random(2) === 0 ? undefined : () => {};
        barrier.wait(brief);
      } catch (error) {
        if (!(error instanceof BrokenBarrierError)) throw error;
        barrier.reset();
      }
      return;
    case 6:
      if (random(3) > 0) {
        if (targets.rwLock.acquireShared(brief)) targets.rwLock.releaseShared();
      } else if (targets.rwLock.acquireExclusive(brief)) {
        targets.rwLock.releaseExclusive();
      }
      return;
    case 7:
      if (targets.spinLock.acquire(brief)) targets.spinLock.release();
      return;
    case 8:
      return patiently(() => {
        targets.once.run(() => {
          // Most often it fails, so that there is something to hand on.
          if (random(100) > 0) throw new TimeoutError('on purpose');
          return 1;
        }, brief);
      });
    case 9:
      return patiently(() => {
        demand(targets.exchanger.exchange([1, 2], brief).length === 2, 'it was given something else');
      });
    default:
      if (random(2) === 0) latch.wait(brief);
      else latch.countDown();
  }
}

/** Hammers until told to stop, or killed. Waits on a condition can be stuck behind a dead thread's lock: then the lock is broken open. */
export const hammerUntil = task(
  import.meta,
  function hammerUntil(targets: Targets, running: AtomicCounter, stop: Event, seed: number): number {
    running.increment();
    const random = randomFrom(seed);
    let steps = 0;
    for (; !stop.isSet; steps++) hammer(targets, random);
    return steps;
  },
);

/** Two victims and a survivor; returns how many steps the survivor made. */
export async function deathRound(random: Random): Promise<number> {
  const targets = makeTargets();
  const [running, stop] = [new AtomicCounter(), new Event()];
  const start = (): Thread =>
    new Thread(hammerUntil, { args: [targets, running, stop, 1 + random(1_000_000)] }).start();
  const victims = [start(), start()];
  const survivor = start();
  const promises = [
    targets.event.waitAsync({ timeout: 5000 }),
    targets.semaphore.acquireAsync({ timeout: 5000 }),
    targets.lock.acquireAsync({ timeout: 30 }),
  ];
  for (const end = performance.now() + 20_000; running.value < 3;) {
    demand(performance.now() < end, 'a thread did not start');
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  await new Promise(resolve => setTimeout(resolve, random(40)));
  for (const victim of victims) victim.terminate();
  for (const victim of victims)
    demand(await victim.joinAsync({ timeout: 20_000 }), 'a killed thread never ended');
  await new Promise(resolve => setTimeout(resolve, 10));
  stop.set();
  const opening = setInterval(() => {
    // A condition's waiter takes its lock back without a time bound; if that died with a victim, somebody has to open it.
    if (targets.lock.locked) targets.lock.release();
  }, 20);
  const ended = await survivor.joinAsync({ timeout: 20_000 });
  clearInterval(opening);
  demand(ended, 'the survivor is stuck');
  targets.event.set();
  const [, permit] = await Promise.all(promises);
  demand(targets.semaphore.value + (permit! ? 1 : 0) <= PERMITS, 'a permit was made');
  await new Promise(resolve => setTimeout(resolve, 5));
  for (const [name, object] of Object.entries(targets)) {
    demand(load(pointerOf(object as object) + OBJECT.guard) === 0, `the guard of the ${name} is held`);
    demand(waitingAt(object as object) === 0, `somebody is left in the line of the ${name}`);
  }
  return survivor.result() as number;
}
