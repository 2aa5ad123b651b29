/** What the tests of locks, conditions and the like run in threads. */
import {
  type AtomicCounter,
  type Barrier,
  type Condition,
  type CountDownLatch,
  type Event,
  type Lock,
  type RLock,
  type Semaphore,
  type SpinLock,
  BrokenBarrierError,
  task,
} from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { lockGuard } from '../../src/parking/guard.ts';
import { pointerOf, randomFrom, SOON, untilBlocked, waitingAt } from '../support/state.ts';

type AnyLock = Lock | RLock | Condition | SpinLock;

/** Acquires, counts itself, releases; true if it got it. */
export const acquireAndRelease = task(
  import.meta,
  function acquireAndRelease(lock: AnyLock | Semaphore, finished: AtomicCounter): boolean {
    const got = lock.acquire(SOON);
    finished.increment();
    lock.release();
    return got;
  },
);

export const tryTwice = task(import.meta, function tryTwice(lock: { tryAcquire(): boolean }): [
  boolean,
  boolean,
] {
  return [lock.tryAcquire(), lock.tryAcquire()];
});

/** What an RLock says of itself in a thread that doesn't hold it, and what its release throws. */
export const lookAt = task(import.meta, function lookAt(lock: RLock): [boolean, number, boolean, string] {
  let message = '';
  try {
    lock.release();
  } catch (error) {
    message = `${(error as Error).name}: ${(error as Error).message}`;
  }
  return [lock.heldByCurrentThread, lock.recursionCount, lock.locked, message];
});

export const acquireFor = task(import.meta, function acquireFor(lock: AnyLock | Semaphore, timeout: number): [
  boolean,
  number,
] {
  const start = performance.now();
  const got = lock.acquire({ timeout });
  return [got, performance.now() - start];
});

/** Holds the lock until the event is set. */
export const holdUntil = task(
  import.meta,
  function holdUntil(lock: AnyLock | Semaphore, held: Event, letGo: Event): boolean {
    lock.acquire(SOON);
    held.set();
    const told = letGo.wait(SOON);
    lock.release();
    return told;
  },
);

/** Sets the event when `count` stand in the object's line. */
export const setWhenWaiting = task(
  import.meta,
  function setWhenWaiting(event: Event, object: object, count: number): void {
    untilBlocked(() => waitingAt(object) === count, `${count} wait`);
    event.set();
  },
);

/** Takes an object's guard and never gives it back. Who waits for `held` isn't woken, since nobody is by a thread that holds a guard: look at `isSet`. */
export const dieInGuard = task(import.meta, function dieInGuard(object: object, held: Event): void {
  lockGuard(pointerOf(object) + OBJECT.guard);
  held.set();
  for (;;);
});

/** Adds one to `total` in steps that lose updates unless the lock excludes; `inside` is 1 while somebody is inside. */
export const countUnder = task(
  import.meta,
  function countUnder(lock: AnyLock, inside: AtomicCounter, total: AtomicCounter, rounds: number): number {
    let clashes = 0;
    for (let round = 0; round < rounds; round++) {
      lock.acquire();
      if (inside.increment() !== 1) clashes += 1;
      total.value = total.value + 1;
      inside.decrement();
      lock.release();
    }
    return clashes;
  },
);

/** As `countUnder`, with timeouts that are often too short and, for an RLock, entering up to three times. */
export const countImpatiently = task(
  import.meta,
  function countImpatiently(
    lock: AnyLock,
    inside: AtomicCounter,
    total: AtomicCounter,
    ms: number,
    seed: number,
    reentrant: boolean,
  ): [number, number] {
    const random = randomFrom(seed);
    let clashes = 0;
    let turns = 0;
    for (const end = performance.now() + ms; performance.now() < end;) {
      if (!(random(3) === 0 ? lock.acquire({ timeout: random(2) + 0.05 }) : lock.acquire(SOON))) continue;
      const more = reentrant ? random(3) : 0;
      for (let level = 0; level < more; level++) lock.acquire();
      if (inside.increment() !== 1) clashes += 1;
      total.value = total.value + 1;
      turns += 1;
      for (let spin = random(200); spin > 0; spin--) inside.add(0);
      inside.decrement();
      for (let level = 0; level <= more; level++) lock.release();
    }
    return [clashes, turns];
  },
);

/** Waits `times` times, counting up `ready` (under the lock) before each wait and `woken` after. */
export const waitTimes = task(
  import.meta,
  function waitTimes(
    condition: Condition,
    ready: AtomicCounter,
    woken: AtomicCounter,
    times: number,
  ): boolean[] {
    const results: boolean[] = [];
    for (let time = 0; time < times; time++) {
      condition.acquire();
      ready.increment();
      results.push(condition.wait(SOON));
      woken.increment();
      condition.release();
    }
    return results;
  },
);

export const waitFor = task(
  import.meta,
  function waitFor(condition: Condition, state: AtomicCounter, wanted: number, timeout: number): boolean {
    condition.acquire();
    const result = condition.waitFor(() => state.value === wanted, { timeout });
    condition.release();
    return result;
  },
);

export const notifyFrom = task(import.meta, function notifyFrom(condition: Condition, n: number):
  | number
  | string {
  try {
    return condition.notify(n);
  } catch (error) {
    return (error as Error).message;
  }
});

/** Waits on an RLock condition that it has entered three times, and says how often it holds it then. */
export const waitDeep = task(
  import.meta,
  function waitDeep(condition: Condition, lock: RLock, timeout: number): [boolean, number, number] {
    for (let level = 0; level < 3; level++) lock.acquire();
    const got = condition.wait({ timeout });
    const depth = lock.recursionCount;
    for (let level = 0; level < 3; level++) lock.release();
    return [got, depth, lock.recursionCount];
  },
);

/** Passes a turn back and forth by one condition. */
export const passTurn = task(
  import.meta,
  function passTurn(condition: Condition, turn: AtomicCounter, me: number, rounds: number): boolean {
    condition.acquire(SOON);
    for (let round = 0; round < rounds; round++) {
      if (!condition.waitFor(() => turn.value === me, SOON)) return false;
      turn.value = 1 - me;
      condition.notify();
    }
    condition.release();
    return true;
  },
);

/** A buffer of `size` places between producers and consumers, by one lock and two conditions. Returns the sum of what it took. */
export const consume = task(
  import.meta,
  function consume(
    notEmpty: Condition,
    notFull: Condition,
    buffer: AtomicCounter,
    open: AtomicCounter,
    seed: number,
  ): number {
    const random = randomFrom(seed);
    let taken = 0;
    for (;;) {
      notEmpty.acquire();
      while (buffer.value === 0 && open.value > 0) {
        if (random(4) === 0) notEmpty.wait({ timeout: random(3) });
        else notEmpty.wait(SOON);
      }
      if (buffer.value === 0) {
        notEmpty.notifyAll();
        notEmpty.release();
        return taken;
      }
      buffer.decrement();
      taken += 1;
      notFull.notify();
      notEmpty.release();
    }
  },
);

export const produce = task(
  import.meta,
  function produce(
    notEmpty: Condition,
    notFull: Condition,
    buffer: AtomicCounter,
    open: AtomicCounter,
    size: number,
    items: number,
  ): void {
    for (let item = 0; item < items; item++) {
      notFull.acquire();
      notFull.waitFor(() => buffer.value < size, SOON);
      buffer.increment();
      notEmpty.notify();
      notFull.release();
    }
    notEmpty.acquire();
    open.decrement();
    notEmpty.notifyAll();
    notEmpty.release();
  },
);

/** Takes a permit twice, counting both. */
export const takeTwo = task(
  import.meta,
  function takeTwo(semaphore: Semaphore, first: AtomicCounter, second: AtomicCounter): boolean[] {
    const one = semaphore.acquire(SOON);
    first.increment();
    const two = semaphore.acquire(SOON);
    second.increment();
    return [one, two];
  },
);

/** Uses a permit again and again, with impatience; `inside` must never exceed the permits. */
export const usePermits = task(
  import.meta,
  function usePermits(
    semaphore: Semaphore,
    inside: AtomicCounter,
    permits: number,
    ms: number,
    seed: number,
  ): [number, number] {
    const random = randomFrom(seed);
    let violations = 0;
    let turns = 0;
    for (const end = performance.now() + ms; performance.now() < end;) {
      if (!(random(3) === 0 ? semaphore.acquire({ timeout: random(2) + 0.05 }) : semaphore.acquire(SOON)))
        continue;
      if (inside.increment() > permits) violations += 1;
      turns += 1;
      for (let spin = random(300); spin > 0; spin--) inside.add(0);
      inside.decrement();
      semaphore.release();
    }
    return [violations, turns];
  },
);

export const waitEvent = task(
  import.meta,
  function waitEvent(event: Event, timeouts: readonly number[]): Array<[boolean, number]> {
    return timeouts.map(timeout => {
      const start = performance.now();
      return [event.wait({ timeout }), performance.now() - start];
    });
  },
);

/** Waits for the event in each of many rounds; `cleared` says that the event of a round is over, so that nobody passes twice by one. */
export const waitRounds = task(
  import.meta,
  function waitRounds(event: Event, cleared: AtomicCounter, rounds: number): number {
    let got = 0;
    for (let round = 0; round < rounds; round++) {
      if (event.wait(SOON)) got += 1;
      while (cleared.value === round);
    }
    return got;
  },
);

/** Sets and clears as soon as `count` threads wait, `rounds` times. */
export const setAndClear = task(
  import.meta,
  function setAndClear(event: Event, cleared: AtomicCounter, count: number, rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      untilBlocked(() => waitingAt(event) === count, 'all wait');
      event.set();
      event.clear();
      cleared.increment();
    }
  },
);

export const passBarrier = task(
  import.meta,
  function passBarrier(barrier: Barrier, times: number, before: AtomicCounter, after: AtomicCounter): string {
    const { parties } = barrier;
    let sum = 0;
    for (let round = 0; round < times; round++) {
      before.increment();
      if (after.value !== round * parties) return `round ${round}: somebody was ahead`;
      sum += barrier.wait(SOON);
      after.increment();
      if (before.value !== (round + 1) * parties) return `round ${round}: somebody was behind`;
      barrier.wait(SOON);
    }
    return `sum ${sum}`;
  },
);

/** Waits and says what came of it: the index, or the name of the error. */
export const meet = task(import.meta, function meet(barrier: Barrier, timeout?: number): number | string {
  try {
    return barrier.wait(timeout === undefined ? SOON : { timeout });
  } catch (error) {
    return (error as Error).name;
  }
});

/** As `meet`, with an action of this thread, which it counts and in which it waits for `letGo`. */
export const meetWithAction = task(
  import.meta,
  function meetWithAction(
    barrier: Barrier,
    ran: AtomicCounter,
    letGo: Event | undefined,
    fails: boolean,
  ): number | string {
    barrier.action = () => {
      ran.increment();
      letGo?.wait(SOON);
      if (fails) throw new RangeError('the action failed');
    };
    try {
      return barrier.wait(SOON);
    } catch (error) {
      return (error as Error).name;
    }
  },
);

/** CPython's test_abort: meets twice; the one in the middle aborts instead of meeting again. */
export const meetAndAbort = task(import.meta, function meetAndAbort(barrier: Barrier): string {
  try {
    if (barrier.wait(SOON) === Math.floor(barrier.parties / 2)) {
      barrier.abort();
      return 'aborted';
    }
    barrier.wait(SOON);
    return 'met';
  } catch (error) {
    if (error instanceof BrokenBarrierError) return 'broken';
    throw error;
  }
});

/** CPython's test_reset: the one in the middle resets when all others wait; then all meet again. */
export const meetAndReset = task(import.meta, function meetAndReset(barrier: Barrier): string {
  let result = 'reset';
  if (barrier.wait(SOON) === Math.floor(barrier.parties / 2)) {
    untilBlocked(() => barrier.waiting === barrier.parties - 1, 'the others wait');
    barrier.reset();
  } else {
    try {
      barrier.wait(SOON);
      result = 'met';
    } catch (error) {
      if (!(error instanceof BrokenBarrierError)) throw error;
      result = 'broken';
    }
  }
  barrier.wait(SOON);
  return result;
});

/** CPython's test_abort_and_reset. */
export const meetAbortAndReset = task(
  import.meta,
  function meetAbortAndReset(barrier: Barrier, second: Barrier): string {
    let result: string;
    try {
      if (barrier.wait(SOON) === Math.floor(barrier.parties / 2)) {
        barrier.abort();
        result = 'aborted';
      } else {
        barrier.wait(SOON);
        result = 'met';
      }
    } catch (error) {
      if (!(error instanceof BrokenBarrierError)) throw error;
      result = 'broken';
    }
    if (second.wait(SOON) === Math.floor(second.parties / 2)) barrier.reset();
    second.wait(SOON);
    barrier.wait(SOON);
    return result;
  },
);

/** Meets round after round until told to stop, resetting whenever it was broken; counts the rounds that it met in. */
export const meetForever = task(
  import.meta,
  function meetForever(barrier: Barrier, stop: Event, seed: number, met: AtomicCounter): void {
    const random = randomFrom(seed);
    while (!stop.isSet) {
      try {
        barrier.wait({ timeout: random(20) === 0 ? random(2) : 50 });
        met.increment();
      } catch (error) {
        if (!(error instanceof BrokenBarrierError)) throw error;
        if (barrier.broken) barrier.reset();
      }
    }
  },
);

export const countDownTimes = task(
  import.meta,
  function countDownTimes(latch: CountDownLatch, times: number): void {
    for (let time = 0; time < times; time++) latch.countDown();
  },
);

export const awaitLatch = task(import.meta, function awaitLatch(latch: CountDownLatch): boolean {
  return latch.wait(SOON);
});

export const incrementTimes = task(
  import.meta,
  function incrementTimes(counter: AtomicCounter, times: number): void {
    for (let time = 0; time < times; time++) counter.increment();
  },
);

/** Waits for the object's turn in whatever way it has, and is killed while it waits. */
export const parkForever = task(
  import.meta,
  function parkForever(object: { acquire(): boolean } | { wait(): unknown }): void {
    if ('acquire' in object) object.acquire();
    else object.wait();
  },
);

/** Acquires the condition's lock and waits on it, for ever. */
export const waitForever = task(import.meta, function waitForever(condition: Condition): void {
  condition.acquire();
  condition.wait();
});

/** Runs the action of a barrier, in which it never gets anywhere. */
export const dieInAction = task(import.meta, function dieInAction(barrier: Barrier, inAction: Event): void {
  barrier.action = () => {
    inAction.set();
    for (;;);
  };
  barrier.wait();
});
