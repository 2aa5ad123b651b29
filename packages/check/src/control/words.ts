/** The control words of the exploration that this thread takes part in, and which of its threads this one is. */
import { traceAt, HEADER, ROW, THREAD_TABLE, THREAD_WORDS, controlWords } from './layout.ts';
import type { Control } from './layout.ts';

export let words: Int32Array = new Int32Array(0);
export let times: Float64Array = new Float64Array(0);
let trace = 0;

/** Joins the exploration. Everything here is read and written plainly: the baton orders it. */
export function joinControl(control: Control, limit: number): void {
  words = new Int32Array(control.words, 0, controlWords(limit));
  times = new Float64Array(control.times);
  trace = traceAt(limit);
}

/** First word of a thread's record. */
export function threadAt(thread: number): number {
  return THREAD_TABLE + thread * THREAD_WORDS;
}

/** First word of a step's row in the trace. */
export function rowAt(step: number): number {
  return trace + step * ROW.words;
}

/** First word of the row of the step in progress. */
export function currentRow(): number {
  return trace + (words[HEADER.step]! - 1) * ROW.words;
}
