/**
 * The end of a thread in a schedule: what everybody else sees of it. A thread that is killed stays where it is, at its gate, and nothing of its code
 * runs any more: no `finally`, as after `terminate()`.
 */
import { numberOf } from '../instrument/buffers.ts';
import * as real from '../instrument/real.ts';
import { END, HEADER, KILLED, OPERATION, ROW, STATE, THREAD, TIMES } from './layout.ts';
import { notifyWaiters, removeWaitersOf } from './waiters.ts';
import { currentRow, threadAt, times, words } from './words.ts';

/** The schedule's `ThreadInfo.ends`. */
let ends = new Int32Array(new SharedArrayBuffer(4));

/** Begins a schedule: these are the words that say who has ended. */
export function setEnds(view: Int32Array<SharedArrayBuffer>): void {
  ends = view;
}

/** Says that a thread has ended, to whoever waits for that; as the platform would, at once. */
export function announceEnd(thread: number, how: number): void {
  const count = ends.length - 1;
  if (thread >= count) return;
  real.store(ends, thread, how);
  real.store(ends, count, real.load(ends, count) + 1);
  words[HEADER.version]! += 1;
  const buffer = numberOf(ends.buffer);
  for (const word of [thread, count]) notifyWaiters(buffer, word * 4, Infinity);
}

/** Whether a fault may kill the thread now: it has begun, and hasn't ended. */
export function canBeKilled(thread: number): boolean {
  if ((words[HEADER.killable]! & (1 << thread)) === 0) return false;
  const state = words[threadAt(thread) + THREAD.state];
  return state === STATE.ready || state === STATE.waiting || state === STATE.looping;
}

/** Kills a thread; the row of this step has been begun. */
export function kill(victim: number): void {
  const thread = threadAt(victim);
  words[currentRow() + ROW.operation] = OPERATION.kill;
  words[thread + THREAD.state] = STATE.finished;
  words[thread + THREAD.killed] = KILLED.yes;
  words[thread + THREAD.ready] = 0;
  times[TIMES.deadline + victim] = Infinity;
  words[HEADER.alive]! -= 1;
  removeWaitersOf(victim);
  announceEnd(victim, END.killed);
}
