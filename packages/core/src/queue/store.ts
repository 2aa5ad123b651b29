/** What holds a queue's items, and in which order they come out. All functions run under both guards of the queue unless they say otherwise. */
import { hot, i32 } from '../atomics.ts';
import { allocate } from '../memory/allocator.ts';
import { QUEUE } from './layout.ts';
import type { Batch, Outgoing } from './message.ts';

const { load } = hot;

/** So many messages are moved under the guard at once; then other threads have their turn. */
export const MOST_AT_ONCE = 256;

export interface Store {
  /** Longer messages have a block of their own before they come here; -1 when all have. */
  readonly inlineBytes: number;
  /**
   * Stores a message and counts it in QUEUE.put. Returns false when shared memory is exhausted; then nothing has changed.
   * The message's block belongs to the queue from the one store on that makes it part of the queue.
   */
  append(queue: number, message: Outgoing): boolean;
  /**
   * The short way in, for what most of all puts are: one step under the guard of its end, which it takes itself. Returns an OUTCOME, or `unclear` when nothing was
   * changed and the long way must be gone.
   */
  offerShort(queue: number, message: Outgoing): number;
  /** The short way out, likewise: a message goes to the inbox, as by `take` to word 0. */
  grabShort(queue: number): number;
  /** The short way in for many: as many of the batch as can go it, in one step. Left out where there is none. */
  offerRun?(queue: number, batch: Batch): void;
  /**
   * The short way out for many, likewise: up to `max` messages go to the inbox one after the other, from its start; how long each is goes to `lengths`. Returns how
   * many.
   */
  grabRun?(queue: number, max: number, lengths: Int32Array): number;
  /** Takes the next message into the inbox, inline ones to word `start`, and counts it in QUEUE.taken. There must be one. */
  take(queue: number, start: number): void;
  /** Whether anything is stored, whatever the counters say. */
  holds(queue: number): boolean;
  /** A look without a guard, to know whether it is worth taking it; it may be wrong for a moment. */
  seemsFilled(queue: number): boolean;
  /** After a death: makes the store whole again, and its derived words and the counters agree with the items. */
  repair(queue: number): void;
  /** After a death on the short way in: the same for that end, under its guard alone. Left out where there is no short way. */
  repairIn?(queue: number): void;
  /** Frees what an empty store still has. Not under the guard: nobody else knows the queue any more. */
  destroy(queue: number): void;
}

/** Items that are stored. A difference of counters, so that it is right across their wrap. */
export function countOf(queue: number): number {
  return (i32[queue + QUEUE.put]! - i32[queue + QUEUE.taken]!) | 0;
}

/** For stores whose items only the counters tell. */
export function seemsCounted(queue: number): boolean {
  return ((load(queue + QUEUE.put) - i32[queue + QUEUE.taken]!) | 0) > i32[queue + QUEUE.promisedItems]!;
}

/** As `allocate`, but returns 0 when shared memory is exhausted: nothing may be thrown under a guard. */
export function allocateOrZero(bytes: number): number {
  try {
    return allocate(bytes);
  } catch {
    return 0;
  }
}
