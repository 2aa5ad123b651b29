/**
 * Who waits on which address, in the order in which they came: the list behind `Atomics.wait`, `waitAsync` and `notify`.
 * A blocked thread leaves it when it is notified or its time is up; a ticket, when its thread's event loop has taken the notification.
 */
import { HEADER, MAXIMUM_WAITERS, OPERATION, STATE, THREAD, WAITER, WAITERS, WAKE } from './layout.ts';
import { threadAt, words } from './words.ts';

/** One who waits. */
export interface Waiter {
  thread: number;
  buffer: number;
  offset: number;
  ticket: number;
}

function at(index: number): number {
  return WAITERS + index * WAITER.words;
}

/** Puts a thread (ticket 0) or one of its tickets at the end of the list. */
export function addWaiter(thread: number, buffer: number, offset: number, ticket: number): void {
  const count = words[HEADER.waiters]!;
  if (count === MAXIMUM_WAITERS) throw new Error(`check: more than ${MAXIMUM_WAITERS} waits at a time`);
  const entry = at(count);
  words[entry + WAITER.buffer] = buffer;
  words[entry + WAITER.offset] = offset;
  words[entry + WAITER.thread] = thread;
  words[entry + WAITER.ticket] = ticket;
  words[entry + WAITER.notified] = 0;
  words[HEADER.waiters] = count + 1;
}

function removeAt(index: number): void {
  const count = words[HEADER.waiters]!;
  words.copyWithin(at(index), at(index + 1), at(count));
  words[HEADER.waiters] = count - 1;
}

/** Takes a thread's wait (ticket 0) or ticket out; returns whether it was still waiting, not notified yet. */
export function removeWaiter(thread: number, ticket: number): boolean {
  for (let index = 0; index < words[HEADER.waiters]!; index++) {
    const entry = at(index);
    if (words[entry + WAITER.thread] !== thread || words[entry + WAITER.ticket] !== ticket) continue;
    const waiting = words[entry + WAITER.notified] === 0;
    removeAt(index);
    return waiting;
  }
  return false;
}

/** Takes everything that a thread waits for out of the list: it will never run again. */
export function removeWaitersOf(thread: number): void {
  for (let index = words[HEADER.waiters]! - 1; index >= 0; index--) {
    if (words[at(index) + WAITER.thread] === thread) removeAt(index);
  }
}

/** Wakes up to `count` of those who wait on the address, first come first, and returns how many there were. */
export function notifyWaiters(buffer: number, offset: number, count: number): number {
  let woken = 0;
  for (let index = 0; index < words[HEADER.waiters]! && woken < count;) {
    const entry = at(index);
    const matches =
      words[entry + WAITER.buffer] === buffer &&
      words[entry + WAITER.offset] === offset &&
      words[entry + WAITER.notified] === 0;
    if (!matches) {
      index++;
      continue;
    }
    woken++;
    const waiter = words[entry + WAITER.thread]!;
    const thread = threadAt(waiter);
    if (words[entry + WAITER.ticket] === 0) {
      words[thread + THREAD.state] = STATE.ready;
      words[thread + THREAD.operation] = OPERATION.wake;
      words[thread + THREAD.wake] = WAKE.notified;
      // Its deadline stays for a moment: it may pass before the thread runs.
      removeAt(index);
    } else {
      words[entry + WAITER.notified] = 1;
      words[thread + THREAD.ready]! += 1;
      index++;
    }
  }
  return woken;
}

/** Takes the first notified ticket of a thread out of the list; 0 when there is none. */
export function takeNotified(thread: number): number {
  for (let index = 0; index < words[HEADER.waiters]!; index++) {
    const entry = at(index);
    if (words[entry + WAITER.thread] !== thread || words[entry + WAITER.notified] === 0) continue;
    const ticket = words[entry + WAITER.ticket]!;
    removeAt(index);
    return ticket;
  }
  return 0;
}

/** All who wait and haven't been notified. */
export function waitersNow(): Waiter[] {
  const all: Waiter[] = [];
  for (let index = 0; index < words[HEADER.waiters]!; index++) {
    const entry = at(index);
    if (words[entry + WAITER.notified] !== 0) continue;
    all.push({
      thread: words[entry + WAITER.thread]!,
      buffer: words[entry + WAITER.buffer]!,
      offset: words[entry + WAITER.offset]!,
      ticket: words[entry + WAITER.ticket]!,
    });
  }
  return all;
}
