/**
 * Moving messages into and out of a queue, in the four ways there are: at once, blocking, with a promise, and many together. What is moved is `outgoing`
 * or in the inbox (`message.ts`); the rules are in `lines.ts`.
 */
import { hot, i32, pause } from '../atomics.ts';
import { pendingWaits, waitInLine } from '../parking/async.ts';
import { now } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { lockEnds, unlockEnds } from './ends.ts';
import { OUTCOME, QUEUE } from './layout.ts';
import { attempt, bring, forget, mayPut, mayTake, putNow, standInFront, takeNow } from './lines.ts';
import type { Lines } from './lines.ts';
import { INBOX_WORDS, drop, inbox, outgoing, unpack, unpackAt, unpackItem } from './message.ts';
import type { Batch, Outgoing } from './message.ts';
import { getNaps, putNaps } from './nap.ts';
import { MOST_AT_ONCE } from './store.ts';
import type { Store } from './store.ts';

const { load } = hot;
const { flags: FLAGS } = QUEUE;

/** About 5 µs: a thread that falls asleep costs the other side a system call, and itself ten times that. Only where another core can be at work. */
const SPINS =
  ((globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2) > 1
    ? 100
    : 0;
/**
 * It looks ever more seldom, up to so many pauses (about 1 µs) apart: each look at an empty queue takes the cache line away from whoever is about to put
 * something, and what comes meanwhile is taken in one go.
 */
const LONGEST_STEP = 32;
/** As in `parking/park.ts`: a thread spins only as long as it has paid lately, and now and then tries whether times have changed. */
const PROBE_EVERY = 32;
let spins = SPINS;
let waits = 0;

function spinBudget(): number {
  waits = (waits + 1) % PROBE_EVERY;
  return waits === 0 ? SPINS : spins;
}

function learn(paid: boolean): void {
  spins = paid ? Math.min(SPINS, 2 * spins + 8) : spins >> 1;
}

/** Of the inbox: room for one more message of those that aren't in blocks. */
const MARGIN_WORDS = 1024;

/** One class of queue, as all this needs to know it. */
export interface Discipline {
  /** As the user knows it, for errors. */
  readonly type: string;
  readonly kind: number;
  readonly store: Store;
  readonly lines: Lines;
}

// ——— in ———

/** Puts a message at once, or doesn't; returns what became of it. */
export function offer(queue: number, store: Store, message: Outgoing): number {
  let outcome = store.offerShort(queue, message);
  if (outcome !== OUTCOME.unclear) return outcome;
  outcome = OUTCOME.none;
  lockEnds(queue);
  if (i32[queue + FLAGS] !== 0) outcome = OUTCOME.shutDown;
  else if (mayPut(queue, message.length))
    outcome = putNow(queue, store, message) ? OUTCOME.done : OUTCOME.exhausted;
  unlockEnds(queue);
  return outcome;
}

/** Puts messages of a batch while there is room, and counts them in the batch. */
export function offerMany(queue: number, store: Store, batch: Batch): void {
  for (let more = true; more && batch.put < batch.size;) {
    store.offerRun?.(queue, batch);
    if (batch.put === batch.size) return;
    // What can't go the short way goes the long one, and behind it others may go the short one again.
    const most = store.offerRun === undefined ? MOST_AT_ONCE : 1;
    lockEnds(queue);
    for (let count = 0; count < most && batch.put < batch.size; count++) {
      const message = batch.select();
      more = i32[queue + FLAGS] === 0 && mayPut(queue, message.length) && putNow(queue, store, message);
      if (!more) break;
      batch.advance();
    }
    unlockEnds(queue);
  }
}

/** Puts `outgoing`, and blocks the thread while there is no room. Returns what became of it, `none` when the deadline passed. */
export function send(queue: number, discipline: Discipline, deadline: number): number {
  if (deadline === Infinity || deadline > now()) {
    const { length } = outgoing;
    for (let spin = spinBudget(); spin > 0; spin--) {
      if (load(queue + FLAGS) !== 0 || mayPut(queue, length)) {
        const outcome = offer(queue, discipline.store, outgoing);
        if (outcome !== OUTCOME.none) {
          learn(true);
          return outcome;
        }
      }
      pause();
    }
    learn(false);
    while (putNaps.nap(queue, deadline)) {
      const outcome = offer(queue, discipline.store, outgoing);
      if (outcome !== OUTCOME.none) return outcome;
    }
  }
  bring(outgoing);
  return block(queue, discipline.lines.putters, deadline, outgoing.length);
}

/** Puts a message that stays as it is (`keep`); resolves to what became of it, `none` when the deadline passed. */
export async function sendAsync(
  owner: object,
  queue: number,
  discipline: Discipline,
  message: Outgoing,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  bring(message);
  let outcome: number = OUTCOME.none;
  const open = (): void => {
    outcome = lastOutcome();
  };
  try {
    await waitInLine(owner, queue, discipline.lines.putters, deadline, signal, message.length, open);
    return outcome;
  } finally {
    forget(message);
  }
}

function block(queue: number, line: Line, deadline: number, wanted: number): number {
  const onEntered = pendingWaits() === 0 ? undefined : () => standInFront(queue, line.offset);
  return waitBlocking(queue, line, deadline, wanted, onEntered) ? lastOutcome() : OUTCOME.none;
}

function lastOutcome(): number {
  const { outcome } = attempt;
  attempt.outcome = OUTCOME.none;
  return outcome;
}

// ——— out ———

/** Takes a message into the inbox if there is one for the caller. */
export function grab(queue: number, store: Store): boolean {
  const outcome = store.grabShort(queue);
  if (outcome !== OUTCOME.unclear) return outcome === OUTCOME.done;
  lockEnds(queue);
  const may = mayTake(queue);
  if (may) takeNow(queue, store, 0);
  unlockEnds(queue);
  return may;
}

/** Takes a message into the inbox, and blocks the thread while there is none. Returns what became of it, `none` when the deadline passed. */
export function receive(queue: number, discipline: Discipline, deadline: number): number {
  const { store } = discipline;
  if (deadline === Infinity || deadline > now()) {
    for (let spin = spinBudget(), step = 1; spin > 0; spin -= step) {
      if (store.seemsFilled(queue) && grab(queue, store)) {
        learn(true);
        return OUTCOME.done;
      }
      if (load(queue + FLAGS) !== 0) break;
      for (let rest = step; rest > 0; rest--) pause();
      step = Math.min(2 * step, LONGEST_STEP);
    }
    learn(false);
    while (getNaps.nap(queue, deadline)) if (grab(queue, store)) return OUTCOME.done;
  }
  return block(queue, discipline.lines.getters, deadline, 0);
}

/** What `receiveAsync` resolves to: the value when `outcome` is `done`. */
export interface Received {
  outcome: number;
  value: unknown;
}

/** Takes a message; resolves to its value and what became of the attempt, `none` when the deadline passed. */
export async function receiveAsync(
  owner: object,
  queue: number,
  discipline: Discipline,
  deadline: number,
  signal: AbortSignal | undefined,
  into?: ArrayBuffer,
): Promise<Received> {
  const received: Received = { outcome: OUTCOME.none, value: undefined };
  let failure: { error: unknown } | undefined;
  // The message must leave the inbox in the same step in which it came: the next one of this thread overwrites it.
  const open = (): void => {
    received.outcome = lastOutcome();
    if (received.outcome !== OUTCOME.done) return;
    try {
      received.value = unpack(into);
    } catch (error) {
      failure = { error };
    }
  };
  await waitInLine(owner, queue, discipline.lines.getters, deadline, signal, 0, open);
  if (failure !== undefined) throw failure.error;
  return received;
}

/** Of a batch that came in: word and length in the inbox, or block and -1. */
const starts = new Int32Array(MOST_AT_ONCE);
const lengths = new Int32Array(MOST_AT_ONCE);

/** Takes up to `max` messages that are there, and appends their values to `values`. */
export function grabMany(queue: number, store: Store, max: number, values: unknown[]): void {
  while (values.length < max) {
    const wanted = Math.min(max - values.length, MOST_AT_ONCE);
    const run = store.grabRun?.(queue, wanted, lengths) ?? 0;
    for (let at = 0, start = 0; at < run; at++) {
      const length = lengths[at]!;
      values.push(unpackAt(start, length));
      start += length >> 2;
    }
    if (run > 0) continue;
    let count = 0;
    let end = 0;
    lockEnds(queue);
    for (; count < wanted && end + MARGIN_WORDS <= INBOX_WORDS && mayTake(queue); count++) {
      takeNow(queue, store, end);
      if (inbox.block === 0) {
        starts[count] = end;
        lengths[count] = inbox.length;
        end += inbox.length >> 2;
      } else {
        starts[count] = inbox.block;
        lengths[count] = -1;
      }
    }
    unlockEnds(queue);
    if (count === 0) return;
    for (let at = 0; at < count; at++) {
      const length = lengths[at]!;
      values.push(length === -1 ? unpackItem(starts[at]!, end) : unpackAt(starts[at]!, length));
    }
  }
}

/** Drops what a queue still holds after its immediate shutdown, or at its end. */
export function dropAll(queue: number, store: Store): void {
  for (;;) {
    lockEnds(queue);
    const filled = store.holds(queue);
    if (filled) store.take(queue, 0);
    unlockEnds(queue);
    if (!filled) return;
    drop();
  }
}
