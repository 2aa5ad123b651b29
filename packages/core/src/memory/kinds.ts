/**
 * What each class of shared object means to the layers below: how a pointer becomes a handle, and what to do with one whose
 * last reference went or whose waiter died. Classes register themselves when their module is loaded.
 */
import type { Line } from '../parking/standing.ts';

/** Numbers are part of the layout: all threads of a runtime must agree, so they are listed here and never computed. */
export const KIND = {
  lock: 1,
  rlock: 2,
  condition: 3,
  semaphore: 4,
  boundedSemaphore: 5,
  event: 6,
  barrier: 7,
  countDownLatch: 8,
  atomicCounter: 9,
  atomicFlag: 10,
  thread: 11,
  queue: 12,
  simpleQueue: 13,
  lifoQueue: 14,
  priorityQueue: 15,
  sharedBuffer: 16,
  rwLock: 20,
  once: 21,
  sharedArray: 22,
  timer: 23,
  exchanger: 24,
  spinLock: 25,
  sharedIterator: 26,
  future: 40,
  threadPool: 41,
  settableFuture: 42,
  sharedPort: 50,
  sharedChannel: 51,
} as const;

/** All functions run under no guard unless they say so. */
export interface Kind {
  /** Makes this thread's handle for an object that another thread created. Must not allocate the object again. */
  revive(pointer: number): object;
  /** Frees what the object owns besides its own block: payloads, rings. */
  destroy?(pointer: number): void;
  /** The lines in which somebody may wait for it; the reaper takes the dead out of them. */
  readonly lines: readonly Line[];
  /** Runs under the object's guard after a holder of the guard, that agent, died in the middle: make the words agree with each other again. */
  repair?(pointer: number, dead: number): void;
  /** The same for an object's second guard, if the dead one held that alone. */
  repairSecond?(pointer: number): void;
  /** For locks: if a guard of that agent, which will never run again, holds it, the lock becomes abandoned. `by` describes the agent. */
  abandon?(pointer: number, agent: number, by: string): void;
  /** For locks: the agent whose guard holds it alone, 0 for none. Every lock in an agent's list has this. */
  ownerOf?(pointer: number): number;
  /** For locks that can be shared: a guard that shares it has gone with its thread. */
  unshare?(pointer: number): void;
  /** For locks: the ident of the thread that took it without a guard, 0 if that isn't known; `undefined` if it is free or a guard holds it. */
  takenBy?(pointer: number): number | undefined;
}

const kinds: Array<Kind | undefined> = [];

export function registerKind(number: number, kind: Kind): void {
  kinds[number] = kind;
}

/** As `kindOf`, for a number that may be none: of an object that was freed meanwhile. */
export function findKind(number: number): Kind | undefined {
  return kinds[number];
}

export function kindOf(number: number): Kind {
  const kind = kinds[number];
  if (kind === undefined) {
    throw new Error(
      `heddle: unknown kind of shared object ${number}; is another version of Heddle loaded in a thread of this runtime?`,
    );
  }
  return kind;
}
