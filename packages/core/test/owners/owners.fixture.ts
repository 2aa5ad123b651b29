/** What threads do in the tests of guards that know their owner. */
import {
  AbandonedLockError,
  AtomicCounter,
  type Barrier,
  Condition,
  DeadlockError,
  type Event,
  type Guard,
  Lock,
  type RLock,
  type RWLock,
  type Semaphore,
  type SpinLock,
  TimeoutError,
  task,
} from '../../src/index.ts';
import { SOON, randomFrom } from '../support/state.ts';

/** What can be held by a guard. */
export type Holdable = Lock | RLock | Condition | SpinLock;

/** Holds one, waits until all hold theirs, and wants the other. Returns what came of it. */
export function holdThenWant(own: Holdable, other: Holdable, ready: Barrier): string {
  using _own = own.hold();
  ready.wait(SOON);
  try {
    using _other = other.hold();
    return 'got it';
  } catch (error) {
    return error instanceof DeadlockError ? error.message : String(error);
  }
}

export const tasks = {
  holdThenWant: task(import.meta, holdThenWant),

  holdThenWantInTime: task(
    import.meta,
    function holdThenWantInTime(own: Holdable, other: Holdable, ready: Barrier, timeout: number): string {
      using _own = own.hold();
      ready.wait(SOON);
      try {
        using _other = other.hold({ timeout });
        return 'got it';
      } catch (error) {
        return (error as Error).name;
      }
    },
  ),

  /** As `holdThenWant`, of an RWLock: each either alone or shared. */
  holdThenWantRW: task(
    import.meta,
    function holdThenWantRW(
      own: RWLock,
      alone: boolean,
      other: RWLock,
      otherAlone: boolean,
      ready: Barrier,
    ): string {
      using _own = alone ? own.holdExclusive() : own.holdShared();
      ready.wait(SOON);
      try {
        using _other = otherAlone ? other.holdExclusive() : other.holdShared();
        return 'got it';
      } catch (error) {
        return error instanceof DeadlockError ? error.message : String(error);
      }
    },
  ),

  holdRWForEver: task(
    import.meta,
    function holdRWForEver(lock: RWLock, alone: boolean, holds: Event, never: Event): void {
      using _held = alone ? lock.holdExclusive() : lock.holdShared();
      holds.set();
      never.wait(SOON);
    },
  ),

  mixedCircle: task(
    import.meta,
    function mixedCircle(own: Lock | RWLock, other: Lock | RWLock, ready: Barrier): string {
      const hold = (lock: Lock | RWLock): Guard =>
        lock instanceof Lock ? lock.hold() : lock.holdExclusive();
      using _own = hold(own);
      ready.wait(SOON);
      try {
        using _other = hold(other);
        return 'got it';
      } catch (error) {
        return error instanceof DeadlockError ? error.message : String(error);
      }
    },
  ),

  /** Takes a permit, says so, and waits; or waits with a promise; or ends at once, without giving it back. */
  takePermit: task(
    import.meta,
    async function takePermit(semaphore: Semaphore, way: string, has: Event, never: Event): Promise<boolean> {
      const permit = way === 'async' ? await semaphore.holdAsync() : semaphore.hold();
      has.set();
      if (way === 'async') await never.waitAsync(SOON);
      else if (way === 'blocked') never.wait(SOON);
      return permit.held;
    },
  ),

  /** Says that it holds it, and waits to be killed. */
  holdForEver: task(import.meta, function holdForEver(lock: Holdable, holds: Event, never: Event): void {
    using _held = lock.hold();
    holds.set();
    never.wait(SOON);
  }),

  holdAsyncForEver: task(
    import.meta,
    async function holdAsyncForEver(lock: Holdable, holds: Event, never: Event): Promise<void> {
      const held = await lock.holdAsync();
      holds.set();
      await never.waitAsync(SOON);
      held.release();
    },
  ),

  holdAndExit: task(import.meta, function holdAndExit(lock: Holdable, go: Event): void {
    lock.hold();
    go.wait(SOON);
    process.exit(3);
  }),

  holdAndForget: task(import.meta, function holdAndForget(lock: Holdable): boolean {
    return lock.hold().held;
  }),

  wantAndTell: task(import.meta, function wantAndTell(lock: Holdable): string {
    try {
      using _held = lock.hold();
      return 'got it';
    } catch (error) {
      if (!(error instanceof AbandonedLockError)) return String(error);
      using held = error.guard!;
      return `${held.held ? 'held: ' : 'not held: '}${error.message}`;
    }
  }),

  wantAsyncAndTell: task(import.meta, async function wantAsyncAndTell(lock: Holdable): Promise<string> {
    try {
      const held = await lock.holdAsync();
      held.release();
      return 'got it';
    } catch (error) {
      if (!(error instanceof AbandonedLockError)) return String(error);
      using held = error.guard!;
      return `${held.held ? 'held: ' : 'not held: '}${error.message}`;
    }
  }),

  want: task(import.meta, function want(lock: Holdable): void {
    lock.hold();
  }),

  /** Waits on a condition of a lock, while it holds another one as well. */
  waitHolding: task(
    import.meta,
    function waitHolding(other: Lock, condition: Condition, ready: Event): string {
      using _other = other.hold();
      using held = condition.hold();
      ready.set();
      try {
        condition.wait();
        return 'notified';
      } catch (error) {
        return `${(error as Error).name}, ${held.held ? 'held' : 'not held'}`;
      }
    },
  ),

  waitToBeNotified: task(
    import.meta,
    function waitToBeNotified(condition: Condition, ready: AtomicCounter): string {
      using held = condition.hold();
      ready.increment();
      try {
        condition.wait();
        return `notified, ${held.held ? 'held' : 'not held'}`;
      } catch (error) {
        const { guard } = error as AbandonedLockError;
        return `${(error as Error).name}, ${held.held ? 'held' : 'not held'}, ${guard === undefined ? 'no guard' : 'a guard'}`;
      }
    },
  ),

  /** Takes some of the locks, always in their order, again and again. */
  takeInOrder: task(
    import.meta,
    function takeInOrder(locks: Holdable[], inside: AtomicCounter[], seed: number, rounds: number): number {
      const random = randomFrom(seed);
      let clashes = 0;
      for (let round = 0; round < rounds; round++) {
        const held: Guard[] = [];
        const within: AtomicCounter[] = [];
        for (const [index, lock] of locks.entries()) {
          if (random(2) === 0) continue;
          try {
            held.push(lock.hold(random(3) === 0 ? { timeout: random(3) } : undefined));
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
            continue;
          }
          within.push(inside[index]!);
          if (inside[index]!.increment() !== 1) clashes += 1;
        }
        for (const each of within) each.decrement();
        // In any order: only taking matters.
        for (const guard of random(2) === 0 ? held : held.toReversed()) guard.release();
      }
      return clashes;
    },
  ),

  /** Takes two locks in a random order, and takes back what can't be had. */
  takeAnyhow: task(
    import.meta,
    function takeAnyhow(locks: Holdable[], inside: AtomicCounter[], seed: number, rounds: number): number[] {
      const random = randomFrom(seed);
      let [clashes, deadlocks] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        const first = random(locks.length);
        const second = (first + 1 + random(locks.length - 1)) % locks.length;
        using _first = locks[first]!.hold();
        if (inside[first]!.increment() !== 1) clashes += 1;
        try {
          using _second = locks[second]!.hold();
          if (inside[second]!.increment() !== 1) clashes += 1;
          inside[second]!.decrement();
        } catch (error) {
          if (!(error instanceof DeadlockError)) throw error;
          deadlocks += 1;
        }
        inside[first]!.decrement();
      }
      return [clashes, deadlocks];
    },
  ),

  /** Holds `own` when it says so; then wants `other`, and says what came of it. */
  promiseThenBlock: task(
    import.meta,
    async function promiseThenBlock(
      promised: Lock,
      blocked: Lock,
      pending: Event,
      go: Event,
    ): Promise<string> {
      const promise = promised.holdAsync();
      pending.set();
      go.wait(SOON);
      let outcome = 'got it';
      try {
        using _blocked = blocked.hold();
      } catch (error) {
        outcome = (error as Error).name;
      }
      (await promise).release();
      return outcome;
    },
  ),
};
