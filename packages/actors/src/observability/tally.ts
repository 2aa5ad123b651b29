/**
 * What a dedicated actor has before it: counted where it is put into its queue, by its cell's thread, and where it is taken out, by its own; so it is right however long either stands still.
 *
 * ```
 *  word  4  messages in the queue           5  messages handled
 *        3  whether one is being handled
 * ```
 */
import type { SharedInt32Array } from '@heddle/core';
import { RECORD, WAITING } from './gauges.ts';

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
  tally.words.view[tally.at + RECORD.flags] = WAITING;
}

/** And has handled it. */
export function handled({ words: { view }, at }: Tally): void {
  if (view[at + RECORD.flags] === 0) return;
  view[at + RECORD.flags] = 0;
  view[at + RECORD.handled]! += 1;
}
