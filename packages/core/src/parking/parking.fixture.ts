/** What the tests of waiting run in threads: including deaths at the worst moments. */
import { i32, load, store } from '../atomics.ts';
import { NODE, NODE_STATE, OBJECT } from '../memory/layout.ts';
import type { Lock } from '../sync/lock.ts';
import { task } from '../thread/target.ts';
import { lockGuard, unlockGuard } from './guard.ts';
import { first } from './line.ts';

export function pointerOf(object: object): number {
  return (object as { at: number }).at;
}

/** Counts under the lock with a plain read and write, which loses updates unless the lock excludes. */
export const count = task(import.meta, function count(lock: Lock, cell: number, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    lock.acquire();
    i32[cell] = i32[cell]! + 1;
    lock.release();
  }
});

/** Takes and releases the lock without a pause until `stop`; counts itself in at its first turn. */
export const hog = task(import.meta, function hog(lock: Lock, stop: number): number {
  let turns = 0;
  while (load(stop) === 0) {
    lock.acquire();
    turns += 1;
    if (turns === 1) i32[stop + 1] = i32[stop + 1]! + 1;
    lock.release();
  }
  return turns;
});

/** As `hog`, but holds the lock most of the time: about 20 µs of every turn. Says in `stop + 2` how often all together had it. */
export const hogLong = task(import.meta, function hogLong(lock: Lock, stop: number): number {
  let turns = 0;
  while (load(stop) === 0) {
    lock.acquire();
    turns += 1;
    i32[stop + 2] = i32[stop + 2]! + 1;
    if (turns === 1) i32[stop + 1] = i32[stop + 1]! + 1;
    for (const end = performance.now() + 0.02; performance.now() < end;);
    lock.release();
  }
  return turns;
});

/** Takes an object's guard and never gives it back. */
export const dieInGuard = task(import.meta, function dieInGuard(lock: Lock, signal: number): void {
  lockGuard(pointerOf(lock) + OBJECT.guard);
  store(signal, 1);
  for (;;);
});

/** Is killed between taking the first waiter's node out of the chain and everything that should follow. */
export const dieWhileUnlinking = task(
  import.meta,
  function dieWhileUnlinking(lock: Lock, signal: number): void {
    const object = pointerOf(lock);
    lockGuard(object + OBJECT.guard);
    const node = first(object + OBJECT.first);
    i32[object + OBJECT.first] = i32[node + NODE.next]!;
    i32[object + OBJECT.first] = node;
    i32[object + OBJECT.last] = 0;
    store(signal, 1);
    for (;;);
  },
);

/** Marks an async waiter as granted and is killed before it tells the waiter's thread. */
export const dieBeforeWaking = task(import.meta, function dieBeforeWaking(lock: Lock, signal: number): void {
  const object = pointerOf(lock);
  lockGuard(object + OBJECT.guard);
  const node = first(object + OBJECT.first);
  store(node + NODE.state, NODE_STATE.poked);
  store(object, 2);
  store(signal, 1);
  for (;;);
});

/** Holds the guard for a moment, again and again, so that others contend for it. */
export const guardCount = task(
  import.meta,
  function guardCount(lock: Lock, cell: number, rounds: number): void {
    const guard = pointerOf(lock) + OBJECT.guard;
    for (let round = 0; round < rounds; round++) {
      lockGuard(guard);
      i32[cell] = i32[cell]! + 1;
      unlockGuard(guard);
    }
  },
);
