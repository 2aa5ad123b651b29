/**
 * What the detection of deadlocks costs: the same work in a process that looks for circles and in one where that is switched off as the package is loaded.
 * Who need not sleep never looks, so nothing may change there. Who sleeps looks each time, and here somebody sleeps at each step: two threads
 * climb a ring of three locks hand over hand, each holding one while it waits for the next, so that only one of them can move, and by
 * that lets the other move. It is also the longest look without a deadlock: the other one holds what is wanted, and may be waiting itself.
 */
import { Event, Lock, Thread, task } from '@heddle/core';
import type { Guard } from '@heddle/core';
import { TIME, timed } from './harness.ts';
import type { Round, Side, Subject } from './harness.ts';

/** Read by `packages/core/src/owners/watch.ts`; threads inherit it. */
const OFF = { HEDDLE_BENCH_NO_DETECTION: '1' };

/** Takes the next lock, then lets go of the one behind, so many times; returns how often it held both. */
function climb(locks: readonly Lock[], first: number, guard: Guard, steps: number): number {
  let both = 0;
  let behind = guard;
  for (let step = 1; step <= steps; step++) {
    const ahead = locks[(first + step) % locks.length]!.hold();
    if (ahead.held && behind.held) both += 1;
    behind.release();
    behind = ahead;
  }
  behind.release();
  return both;
}

export const climber = task(
  import.meta,
  function climber(locks: readonly Lock[], ready: Event, steps: number): number {
    const guard = locks[1]!.hold();
    ready.set();
    return climb(locks, 1, guard, steps);
  },
);

function handOverHand(): Round {
  const locks = [new Lock(), new Lock(), new Lock()];
  const ready = new Event();
  return steps => {
    ready.clear();
    const guard = locks[0]!.hold();
    const thread = new Thread(climber, { args: [locks, ready, steps / 2] }).start();
    ready.wait();
    return timed(() => climb(locks, 0, guard, steps / 2) + thread.result());
  };
}

function uncontended(): Round {
  const lock = new Lock();
  return pairs => timed(() => uncontendedPairs(lock, pairs));
}

function uncontendedPairs(lock: Lock, pairs: number): number {
  let taken = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const guard = lock.hold();
    if (guard.held) taken += 1;
    guard.release();
  }
  return taken;
}

function withAndWithout(prepare: () => Round): Record<string, Side> {
  return { detecting: prepare, 'not detecting': { env: OFF, prepare } };
}

/** Workloads of the subject `lock`. */
export const detection: Subject = {
  'detection, uncontended': {
    operation: 'holding a lock that nobody else wants, with and without the detection of deadlocks',
    operations: 4_000_000,
    expected: pairs => pairs,
    sides: withAndWithout(uncontended),
    rows: [{ what: 'hold, release', ours: 'detecting', against: 'not detecting', bar: TIME }],
  },
  'detection, hand over hand': {
    operation: 'waiting for a lock at each step, with and without the detection of deadlocks',
    operations: 20_000,
    expected: steps => steps,
    sides: withAndWithout(handOverHand),
    rows: [{ what: 'hold what another holds', ours: 'detecting', against: 'not detecting', bar: TIME }],
  },
};
