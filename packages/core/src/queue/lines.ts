/**
 * Who may take, who may put, and who waits for it: the rules of all queues, on the queue's words and in terms of its `Store`.
 *
 * Everything here happens under both guards of the queue (`ends.ts`), so a put or a get is one step for everybody else. Three lines of waiters:
 * ```
 *  getters   waiting ──put, or an item that a leaver doesn't need──▶ told (promisedItems + 1) ──it comes, takes, leaves──▶
 *  putters   waiting ──get, or room that a leaver doesn't need ────▶ told (promisedSlots, promisedBytes) ──it comes, puts, leaves──▶
 *  joiners   waiting ──the last taskDone()──▶ granted
 *  and all getters and putters are told when the queue is shut down; they find the flag.
 * ```
 * "Told" is NODE_STATE.poked: a getter that was told keeps its place in the line until it has taken the item itself, under the guard. Therefore
 *  - an item is never in between: it is in the store, or with the thread that took it. No death and no abort can lose it, and nothing need be given back;
 *  - who was told, and with it the items and the room that are spoken for, can be counted at any time by walking the line.
 *
 * First come, first served: a newcomer takes an item only if more are stored than are promised (`mayTake`), and puts only if nobody waits who has not been
 * told and there is room besides the promised (`mayPut`). So nobody overtakes a waiter, however slowly that one wakes up.
 *
 * No lost wakeup: as long as there is no shutdown,
 *  (1) a getter waits untold only while stored ≤ promised items: a put tells one for each item, and `review` tells the next when a promise lapses;
 *  (2) a putter waits untold only while the first untold one doesn't fit beside what is stored and promised: a take and `review` call `admit`.
 * Both hold when a waiter joins, because its attempt and its joining are one step. After shutdown nobody joins, and all in line were told. A dead thread
 * leaves its line like one whose time is up (`left`); one that dies under the guard leaves words that `repair` derives anew, from the store and the lines.
 *
 * A promise may turn out empty (`retry` returns false, and the waiter waits on in its place): a thread that blocks stands in front of its own async waiters
 * and takes what they were promised (`standInFront`), since they can't come for it before it runs again, and it would wait for itself.
 *
 * After a shutdown promises no longer count: whoever comes takes while there is an item, and learns of the shutdown only when there is none. Otherwise a getter
 * could be sent away because of an item that was promised to one who then gave up, and that item would stay for ever.
 */
import { hot, i32 } from '../atomics.ts';
import { AGENT, NODE, NODE_STATE } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { first, mend, unlink } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll, poke } from '../parking/wake.ts';
import { inheritIn, lockEnds, lockIn, unlockEnds, unlockIn } from './ends.ts';
import { FLAG, OUTCOME, QUEUE } from './layout.ts';
import { inbox, outgoing } from './message.ts';
import type { Outgoing } from './message.ts';
import { countOf } from './store.ts';
import type { Store } from './store.ts';

const { load, store: storeWord } = hot;
const {
  flags: FLAGS,
  put: PUT,
  taken: TAKEN,
  promisedItems: PROMISED,
  maxsize: MAXSIZE,
  maxBytes: MAX_BYTES,
  bytes: BYTES,
  nextGetter: NEXT_GETTER,
  nextPutter: NEXT_PUTTER,
} = QUEUE;

/** Of the attempt made last in this thread. Whoever acts on it sets it back to `none`. */
export const attempt = { outcome: 0 as number };

/** Messages of this thread's promises that wait for room, by wait node. */
const held = new Map<number, Outgoing>();
/** What the next putter to join a line brings. */
let bringing: Outgoing = outgoing;

/** Says which message the next attempt to put is about. */
export function bring(message: Outgoing): void {
  bringing = message;
}

/** Forgets the message of a promise that was settled. Its node may have been reused by now. */
export function forget(message: Outgoing): void {
  if (held.get(message.node) === message) held.delete(message.node);
}

/** Items without which nothing is unfinished. */
export function unfinishedOf(queue: number): number {
  // After an immediate shutdown only what had been taken can still be finished: the dropped items count as done.
  const total = (i32[queue + QUEUE.flags]! & FLAG.immediate) !== 0 ? QUEUE.takenBefore : QUEUE.put;
  return Math.max(0, (i32[queue + total]! - i32[queue + QUEUE.done]!) | 0);
}

/** Items that can be had, now or by those to whom they are promised. */
export function sizeOf(queue: number): number {
  return (i32[queue + QUEUE.flags]! & FLAG.immediate) !== 0 ? 0 : countOf(queue);
}

export function isFull(queue: number): boolean {
  const size = sizeOf(queue);
  const maxsize = i32[queue + QUEUE.maxsize]!;
  const maxBytes = i32[queue + QUEUE.maxBytes]!;
  return (
    (maxsize > 0 && size >= maxsize) || (maxBytes > 0 && size > 0 && i32[queue + QUEUE.bytes]! >= maxBytes)
  );
}

/** Whether the caller, who isn't in line, may take an item. */
export function mayTake(queue: number): boolean {
  const words = i32;
  const stored = (words[queue + PUT]! - words[queue + TAKEN]!) | 0;
  const flags = words[queue + FLAGS]!;
  if (flags === 0) return stored > words[queue + PROMISED]!;
  return flags === FLAG.shutDown && stored > 0;
}

/** Whether there is room for an item of `length` bytes beside what is stored and so much more. An item longer than `maxBytes` is let in alone. */
function fits(queue: number, length: number, moreItems: number, moreBytes: number): boolean {
  const used = countOf(queue) + moreItems;
  const maxsize = i32[queue + MAXSIZE]!;
  if (maxsize > 0 && used >= maxsize) return false;
  const maxBytes = i32[queue + MAX_BYTES]!;
  return maxBytes === 0 || used === 0 || i32[queue + BYTES]! + moreBytes + length <= maxBytes;
}

function fitsBesidePromised(queue: number, length: number): boolean {
  return fits(queue, length, i32[queue + QUEUE.promisedSlots]!, i32[queue + QUEUE.promisedBytes]!);
}

/** Whether the caller, who isn't in line, may put an item into a queue that isn't shut down. */
export function mayPut(queue: number, length: number): boolean {
  const words = i32;
  if (words[queue + MAXSIZE] === 0 && words[queue + MAX_BYTES] === 0) return true;
  return words[queue + NEXT_PUTTER] === 0 && fitsBesidePromised(queue, length);
}

/** Tells getters to come, in order, for the items that nobody has been promised. */
function invite(queue: number): void {
  let spare = countOf(queue) - i32[queue + PROMISED]!;
  let node = i32[queue + NEXT_GETTER]!;
  while (node !== 0 && spare-- > 0) {
    ensureMapped(node);
    const next = nextWaiting(node);
    i32[queue + PROMISED]! += 1;
    i32[queue + NEXT_GETTER] = next;
    poke(node);
    node = next;
  }
}

/** Tells putters to come, in order, for as long as there is room. */
function admit(queue: number): void {
  let node = i32[queue + NEXT_PUTTER]!;
  while (node !== 0) {
    ensureMapped(node);
    const length = i32[node + NODE.wanted]!;
    if (!fitsBesidePromised(queue, length)) return;
    const next = nextWaiting(node);
    i32[queue + QUEUE.promisedSlots]! += 1;
    i32[queue + QUEUE.promisedBytes]! += length;
    i32[queue + NEXT_PUTTER] = next;
    poke(node);
    node = next;
  }
}

function following(node: number): number {
  const next = i32[node + NODE.next]!;
  ensureMapped(next);
  return next;
}

/** The next behind a node that hasn't been told. */
function nextWaiting(node: number): number {
  let next = following(node);
  while (next !== 0 && load(next + NODE.state) === NODE_STATE.poked) next = following(next);
  return next;
}

/** Stores a message for which there is room, and tells a getter. Returns false when shared memory is exhausted. */
export function putNow(queue: number, store: Store, message: Outgoing): boolean {
  if (!store.append(queue, message)) return false;
  const words = i32;
  if (words[queue + MAX_BYTES] !== 0) words[queue + BYTES]! += message.length;
  if (words[queue + NEXT_GETTER] !== 0) invite(queue);
  return true;
}

/** Takes the next item into the inbox, and tells putters. */
export function takeNow(queue: number, store: Store, start: number): void {
  store.take(queue, start);
  const words = i32;
  if (words[queue + MAX_BYTES] !== 0) words[queue + BYTES]! -= inbox.length;
  if (words[queue + NEXT_PUTTER] !== 0) admit(queue);
}

/**
 * Counts anew who in the getters' line was told, and tells more if there is something for them. The walk ends where no more of `atMost` told ones can
 * be, so that a thousand waiters whose time is up don't walk past each other.
 */
function reviewGetters(queue: number, atMost: number): void {
  if (i32[queue + FLAGS] !== 0) return;
  let told = 0;
  let next = 0;
  for (
    let node = first(queue + QUEUE.getters);
    node !== 0 && (next === 0 || told < atMost);
    node = following(node)
  ) {
    if (load(node + NODE.state) === NODE_STATE.poked) told += 1;
    else if (next === 0) next = node;
  }
  i32[queue + PROMISED] = told;
  i32[queue + NEXT_GETTER] = next;
  invite(queue);
}

/** The same for putters and room. */
function reviewPutters(queue: number, atMost: number): void {
  if (i32[queue + FLAGS] !== 0) return;
  let told = 0;
  let bytes = 0;
  let next = 0;
  for (
    let node = first(queue + QUEUE.putters);
    node !== 0 && (next === 0 || told < atMost);
    node = following(node)
  ) {
    if (load(node + NODE.state) === NODE_STATE.poked) {
      told += 1;
      bytes += i32[node + NODE.wanted]!;
    } else if (next === 0) next = node;
  }
  i32[queue + QUEUE.promisedSlots] = told;
  i32[queue + QUEUE.promisedBytes] = bytes;
  i32[queue + NEXT_PUTTER] = next;
  admit(queue);
}

/**
 * Runs between the joining and the sleeping of a thread that blocks, if it has async waiters too. It may have joined in front of them, where nobody looks for
 * the next to tell; and what they were promised is now its own.
 */
export function standInFront(queue: number, offset: number): void {
  const review = offset === QUEUE.getters ? reviewGetters : reviewPutters;
  lockEnds(queue);
  const node = selfAgent + AGENT.node;
  review(queue, Infinity);
  if (i32[node + NODE.line] !== 0 && load(node + NODE.state) === NODE_STATE.waiting) {
    for (let other = following(node); other !== 0; other = following(other)) {
      if (i32[other + NODE.agent] !== selfAgent || load(other + NODE.state) !== NODE_STATE.poked) continue;
      poke(node);
      review(queue, Infinity);
      break;
    }
  }
  unlockEnds(queue);
}

function pokeAll(line: number): void {
  for (let node = first(line); node !== 0; node = following(node)) poke(node);
}

/** Shuts the queue down; returns whether items were left that nobody will take. */
export function shutDown(queue: number, store: Store, immediate: boolean): boolean {
  const before = i32[queue + QUEUE.flags]!;
  const flags = before | FLAG.shutDown | (immediate ? FLAG.immediate : 0);
  if (flags === before) return false;
  if (immediate) i32[queue + QUEUE.takenBefore] = i32[queue + QUEUE.taken]!;
  storeWord(queue + QUEUE.flags, flags);
  tellOfShutdown(queue);
  return immediate && store.holds(queue);
}

function tellOfShutdown(queue: number): void {
  const words = i32;
  words[queue + NEXT_GETTER] = 0;
  words[queue + PROMISED] = 0;
  words[queue + NEXT_PUTTER] = 0;
  words[queue + QUEUE.promisedSlots] = 0;
  words[queue + QUEUE.promisedBytes] = 0;
  pokeAll(queue + QUEUE.getters);
  pokeAll(queue + QUEUE.putters);
  if (unfinishedOf(queue) === 0) grantAll(queue + QUEUE.joiners);
}

/** Counts one item as done; returns false if all were. Under no guard. */
export function finishOne(queue: number): boolean {
  lockGuard(queue + QUEUE.guard);
  const words = i32;
  // At least what was taken was put, so the other end need not be asked while nobody waits for the last.
  const short =
    words[queue + FLAGS] === 0 &&
    words[queue + QUEUE.joiners] === 0 &&
    ((words[queue + TAKEN]! - words[queue + QUEUE.done]!) | 0) > 0;
  let counted = short;
  if (short) words[queue + QUEUE.done]! += 1;
  else {
    lockIn(queue);
    counted = finishMaybeLast(queue);
    unlockIn(queue);
  }
  unlockGuard(queue + QUEUE.guard);
  return counted;
}

function finishMaybeLast(queue: number): boolean {
  const unfinished = unfinishedOf(queue);
  if (unfinished === 0) return false;
  i32[queue + QUEUE.done]! += 1;
  if (unfinished === 1 && i32[queue + QUEUE.joiners] !== 0) grantAll(queue + QUEUE.joiners);
  return true;
}

/** What the waiting code needs to know of one class of queue. */
export interface Lines {
  readonly getters: Line;
  readonly putters: Line;
  readonly joiners: Line;
}

function underBoth<N, R>(ask: (queue: number, node: N) => R): (queue: number, node: N) => R {
  return (queue, node) => {
    lockIn(queue);
    const answer = ask(queue, node);
    unlockIn(queue);
    return answer;
  };
}

/** The waiting code has the one guard when it asks a line. */
function askedUnderBoth(line: Line): Line {
  const { attempt: attemptToo, left, retry } = line;
  return {
    ...line,
    attempt: underBoth(attemptToo),
    left: underBoth(left),
    retry: underBoth(retry ?? attemptToo),
  };
}

export function linesOf(type: string, store: Store): Lines {
  return {
    getters: askedUnderBoth({
      blocking: `${type}.get()`,
      twin: 'getAsync() or getManyAsync()',
      offset: QUEUE.getters,
      attempt(queue, node) {
        if (mayTake(queue)) {
          takeNow(queue, store, 0);
          attempt.outcome = OUTCOME.done;
          return true;
        }
        if (i32[queue + QUEUE.flags] !== 0) {
          attempt.outcome = OUTCOME.shutDown;
          return true;
        }
        if (i32[queue + QUEUE.nextGetter] === 0) i32[queue + QUEUE.nextGetter] = node;
        return false;
      },
      retry(queue, node) {
        const flags = i32[queue + QUEUE.flags]!;
        if ((flags & FLAG.immediate) === 0 && countOf(queue) > 0) {
          takeNow(queue, store, 0);
          attempt.outcome = OUTCOME.done;
        } else if (flags !== 0) attempt.outcome = OUTCOME.shutDown;
        else {
          storeWord(node + NODE.state, NODE_STATE.waiting);
          reviewGetters(queue, i32[queue + PROMISED]!);
          return false;
        }
        unlink(queue + QUEUE.getters, node);
        if (flags === 0) i32[queue + PROMISED]! -= 1;
        return true;
      },
      left: queue => reviewGetters(queue, i32[queue + PROMISED]!),
      giveBack() {},
    }),

    putters: askedUnderBoth({
      blocking: `${type}.put()`,
      twin: 'putAsync() or putManyAsync()',
      offset: QUEUE.putters,
      attempt(queue, node) {
        if (i32[queue + QUEUE.flags] !== 0) {
          attempt.outcome = OUTCOME.shutDown;
          return true;
        }
        if (mayPut(queue, bringing.length)) {
          attempt.outcome = putNow(queue, store, bringing) ? OUTCOME.done : OUTCOME.exhausted;
          return true;
        }
        if (i32[queue + QUEUE.nextPutter] === 0) i32[queue + QUEUE.nextPutter] = node;
        bringing.node = node;
        if (i32[node + NODE.isAsync] !== 0) held.set(node, bringing);
        return false;
      },
      retry(queue, node) {
        const message = i32[node + NODE.isAsync] === 0 ? outgoing : held.get(node)!;
        const flags = i32[queue + FLAGS]!;
        if (flags === 0 && !fits(queue, message.length, 0, 0)) {
          storeWord(node + NODE.state, NODE_STATE.waiting);
          reviewPutters(queue, i32[queue + QUEUE.promisedSlots]!);
          return false;
        }
        unlink(queue + QUEUE.putters, node);
        if (flags !== 0) {
          attempt.outcome = OUTCOME.shutDown;
          return true;
        }
        i32[queue + QUEUE.promisedSlots]! -= 1;
        i32[queue + QUEUE.promisedBytes]! -= message.length;
        if (putNow(queue, store, message)) attempt.outcome = OUTCOME.done;
        else {
          attempt.outcome = OUTCOME.exhausted;
          admit(queue);
        }
        return true;
      },
      left: queue => reviewPutters(queue, i32[queue + QUEUE.promisedSlots]!),
      giveBack() {},
    }),

    joiners: askedUnderBoth({
      blocking: `${type}.join()`,
      twin: 'joinAsync()',
      offset: QUEUE.joiners,
      attempt: queue => unfinishedOf(queue) === 0,
      left() {},
      giveBack() {},
    }),
  };
}

/** After the death of a thread under the one guard, or under both. Under the one guard. */
export function repairQueue(queue: number, store: Store, dead: number): void {
  inheritIn(queue, dead);
  mend(queue + QUEUE.getters);
  mend(queue + QUEUE.putters);
  mend(queue + QUEUE.joiners);
  store.repair(queue);
  if (i32[queue + MAX_BYTES] === 0) i32[queue + BYTES] = 0;
  reviewGetters(queue, Infinity);
  reviewPutters(queue, Infinity);
  if (i32[queue + QUEUE.flags] !== 0) tellOfShutdown(queue);
  else if (unfinishedOf(queue) === 0) grantAll(queue + QUEUE.joiners);
  unlockIn(queue);
}
