/**
 * What a dedicated actor has before it: counted where it is put into its queue, by its cell's thread, and where it is taken out, by its own; so it is right however long either stands still.
 *
 * ```
 *  word  4  messages in the queue           5  messages handled
 *        3  whether one is being handled     7  time busy, µs, wraps around
 *                                            8  when that began, µs of `performance.timeOrigin` and `now`, low and high half
 * ```
 */
import type { SharedInt32Array } from '@heddle/core';
import { RECORD, WAITING } from './gauges.ts';

const BEGAN_LOW = 8;
const BEGAN_HIGH = 9;
const TWO_32 = 2 ** 32;

function micros(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

/** For how many µs one has been handled; 0 if none is. */
export function busyFor(view: Int32Array, at: number): number {
  if (view[at + RECORD.flags] === 0) return 0;
  return Math.max(0, micros() - (view[at + BEGAN_HIGH]! * TWO_32 + (view[at + BEGAN_LOW]! >>> 0)));
}

/** A record that both threads write. */
export interface Tally {
  readonly record: number;
  readonly words: SharedInt32Array;
  readonly at: number;
}

/** So many more are in the queue, or fewer. */
export function queued({ words, at }: Tally, count: number): void {
  Atomics.add(words.view, at + RECORD.depth, count);
}

/** The actor's thread has taken one. */
export function taken(tally: Tally): void {
  queued(tally, -1);
  const { words, at } = tally;
  const now = micros();
  words.view[at + BEGAN_LOW] = (now % TWO_32) | 0;
  words.view[at + BEGAN_HIGH] = Math.floor(now / TWO_32);
  words.view[at + RECORD.flags] = WAITING;
}

/** And has handled it. */
export function handled({ words: { view }, at }: Tally): void {
  if (view[at + RECORD.flags] === 0) return;
  view[at + RECORD.busy]! += busyFor(view, at);
  view[at + RECORD.flags] = 0;
  view[at + RECORD.handled]! += 1;
}
