/**
 * What a thread under test does at each step: says what it is about to do, lets the strategy choose, and goes on when it is chosen.
 * Exactly one thread runs between two choices; it holds the baton.
 */
import { choose } from './choose.ts';
import { announceEnd } from './death.ts';
import { openGate, passGate } from './gate.ts';
import {
  END,
  HEADER,
  KILLED,
  OPERATION,
  OUTCOME,
  RETIRED_CODE,
  ROW,
  STATE,
  THREAD,
  TIMER,
  TIMES,
  WAKE,
} from './layout.ts';
import { addWaiter, removeWaiter } from './waiters.ts';
import { currentRow, threadAt, times, words } from './words.ts';

/** Thrown out of an atomic operation when the schedule has been cut off: unwinds the thread. */
export class CutOff extends Error {
  constructor() {
    super('check: this schedule has been cut off');
    this.name = 'CutOff';
  }
}

/** This thread's index while a schedule runs in it, else -1: then all operations go straight to the platform. */
export let me = -1;

/** Begins or ends (-1) the control of this thread. */
export function setMe(thread: number): void {
  me = thread;
}

/** Whether the thread is between schedules, or on its way out of one. */
export function isCutOff(): boolean {
  return words[HEADER.aborting] === 1;
}

/** Hands over to whoever is chosen; returns when this thread is. Throws `CutOff` when the schedule is over. */
function pass(): void {
  if (words[HEADER.aborting] === 1) throw new CutOff();
  const mine = threadAt(me) + THREAD.gate;
  const candidate = choose();
  if (candidate < 0) openGate(HEADER.conductorGate);
  else if (activate(candidate) === me) return;
  else openGate(threadAt(candidate & (TIMER - 1)) + THREAD.gate);
  passGate(mine);
  if (words[threadAt(me) + THREAD.killed] === KILLED.retiring) retire();
  if (words[HEADER.aborting] === 1) throw new CutOff();
}

/** Ends this worker where it stands: no `finally` runs and no listener. Another will pass its gate. */
function retire(): void {
  words[threadAt(me) + THREAD.killed] = KILLED.no;
  openGate(HEADER.conductorGate);
  (process as unknown as { reallyExit(code: number): void }).reallyExit(RETIRED_CODE);
}

/** Makes the chosen candidate's thread ready, letting time pass if that is what was chosen; returns the thread. */
export function activate(candidate: number): number {
  if (candidate < TIMER) return candidate;
  const index = candidate - TIMER;
  const thread = threadAt(index);
  const deadline = times[TIMES.deadline + index]!;
  const state = words[thread + THREAD.state];
  times[TIMES.now] = Math.max(times[TIMES.now]!, deadline);
  times[TIMES.deadline + index] = Infinity;
  // One that was notified before stays notified: it just comes late.
  if (state !== STATE.ready) words[thread + THREAD.wake] = WAKE.timedOut;
  if (state === STATE.waiting) {
    removeWaiter(index, 0);
    words[thread + THREAD.state] = STATE.ready;
  }
  return index;
}

/** A choice before an operation on a word. */
export function before(operation: number, buffer: number, offset: number): void {
  const thread = threadAt(me);
  words[thread + THREAD.operation] = operation;
  words[thread + THREAD.buffer] = buffer;
  words[thread + THREAD.offset] = offset;
  pass();
}

/** Writes what was done into the trace, then makes the plain code that follows a step of its own. */
export function after(
  operation: number,
  buffer: number,
  offset: number,
  bytes: number,
  a: number,
  b: number,
  result: number,
  changed: boolean,
): void {
  note(operation, buffer, offset, bytes, a, b, result);
  countIdle(changed);
  if (words[HEADER.around] === 0 || operation === OPERATION.pause) return;
  words[threadAt(me) + THREAD.operation] = OPERATION.plain;
  pass();
}

/** Fills the row of the step in progress. */
export function note(
  operation: number,
  buffer: number,
  offset: number,
  bytes: number,
  a: number,
  b: number,
  result: number,
): void {
  const row = currentRow();
  words[row + ROW.operation] = operation;
  words[row + ROW.buffer] = buffer;
  words[row + ROW.offset] = offset;
  words[row + ROW.bytes] = bytes;
  words[row + ROW.a] = a;
  words[row + ROW.b] = b;
  words[row + ROW.result] = result;
}

function countIdle(changed: boolean): void {
  const thread = threadAt(me);
  if (changed) {
    words[HEADER.version]! += 1;
    words[thread + THREAD.idleSteps] = 0;
  } else if (words[thread + THREAD.idleVersion] === words[HEADER.version]) {
    words[thread + THREAD.idleSteps]! += 1;
    return;
  } else {
    words[thread + THREAD.idleSteps] = 1;
  }
  words[thread + THREAD.idleVersion] = words[HEADER.version]!;
}

/** Blocks in the model until notified or until time has passed to the deadline; returns which. */
export function block(buffer: number, offset: number, expected: number, deadline: number): number {
  const thread = threadAt(me);
  addWaiter(me, buffer, offset, 0);
  words[thread + THREAD.state] = STATE.waiting;
  words[thread + THREAD.expected] = expected;
  words[thread + THREAD.wake] = WAKE.none;
  times[TIMES.deadline + me] = deadline;
  // Whoever went to sleep changed what others can do: they may be spinning for just that.
  countIdle(true);
  pass();
  const wake = words[thread + THREAD.wake]!;
  words[thread + THREAD.wake] = WAKE.none;
  times[TIMES.deadline + me] = Infinity;
  return wake;
}

/** Rests in the event loop until it has something to deliver or time has passed to the earliest timer; returns which. */
export function rest(earliest: number): number {
  const thread = threadAt(me);
  words[thread + THREAD.state] = STATE.looping;
  words[thread + THREAD.wake] = WAKE.none;
  words[thread + THREAD.operation] = OPERATION.event;
  times[TIMES.deadline + me] = earliest;
  pass();
  const wake = words[thread + THREAD.wake]!;
  words[thread + THREAD.state] = STATE.ready;
  words[thread + THREAD.wake] = WAKE.none;
  times[TIMES.deadline + me] = Infinity;
  return wake;
}

/** The thread has ended: the others go on, or the schedule is over. */
export function leave(outcome: number): void {
  const thread = threadAt(me);
  words[thread + THREAD.state] = STATE.finished;
  times[TIMES.deadline + me] = Infinity;
  words[HEADER.alive]! -= 1;
  announceEnd(me, END.ended);
  if (outcome !== OUTCOME.running && words[HEADER.outcome] === OUTCOME.running) {
    words[HEADER.outcome] = outcome;
    words[HEADER.culprit] = me;
    openGate(HEADER.conductorGate);
    return;
  }
  const candidate = choose();
  if (candidate < 0) openGate(HEADER.conductorGate);
  else openGate(threadAt(activate(candidate)) + THREAD.gate);
}
