/**
 * Standing in line for a shared object: joining, being chosen, trying again, giving up. A primitive says in a `Line` what may be taken and when.
 *
 * No wakeup is lost, because all of these happen under the object's guard: the waiter's last attempt together with its
 * joining the line; a waker's choice of a waiter together with taking it out; a waiter's giving up together with the check
 * whether it was chosen. A primitive whose fast path runs outside the guard announces the line in its own words first (`attempt`).
 * A waiter that was chosen when it gives up keeps what it got (timeout) or hands it on (abort): `Line.giveBack`.
 */
import { hot, i32 } from '../atomics.ts';
import { AGENT, NODE, NODE_STATE, OBJECT } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from './guard.ts';
import { append, first, insertBefore, unlink } from './line.ts';

const { load, store } = hot;

/** What the waiting code asks of a primitive. Pointers, not handles, so that the reaper can serve the dead with the same code. */
export interface Line {
  /** Class and method as the user calls them, for errors: `['Lock.acquire', 'acquireAsync']`. */
  readonly blocking: string;
  readonly twin: string;
  /** Word of the [first, last] pair within the object. */
  readonly offset: number;
  /**
   * Takes what is wanted if it can be had now; otherwise returns false, having announced that somebody waits, so that from here on no
   * release overlooks the line. Under the guard; `node` isn't in the line yet.
   */
  attempt(pointer: number, node: number): boolean;
  /** As `attempt`, for a waiter that was poked: on true the node has been taken out of the line. Under the guard. */
  retry?(pointer: number, node: number): boolean;
  /** A waiter left without having got anything, its node being out already; `wasFirst` if it was the next. Under the guard. */
  left(pointer: number, wasFirst: boolean): void;
  /** The waiter was granted but can't use it: hand it on. Not under the guard. */
  giveBack(pointer: number, node: number): void;
  /** The agents one of which must run before this waiter can get anything, as far as that is certain. Called by anybody, under no guard. */
  ownersOf?(pointer: number, node: number): readonly number[];
  /** Of several with the same offset, whether this is the one that the node waits in; any if that isn't said. */
  isFor?(node: number): boolean;
  /** A thread has taken over what a promise of its own had been given, which may have wanted it in another way. */
  adopt?(pointer: number, wanted: number): void;
  /**
   * The line of those who want the same object in another way. What a promise of a thread was granted there keeps the thread from what it blocks for
   * here, and can't be used before it runs again: the promise gives it back and waits on, behind its thread (`retract`).
   */
  rival?(): Line;
  /** Announces that somebody waits, whatever can be had. Under the guard. */
  announce?(pointer: number): void;
  /** What one waiter was granted is as good for another (a lock, a permit), so a thread that blocks may take it over from its own promises. */
  readonly transferable?: true;
}

const GUARD = OBJECT.guard;

/**
 * Attempts, and otherwise joins the line; under the guard from the attempt to the joining.
 * Returns true when the attempt succeeded.
 */
export function enter(pointer: number, line: Line, node: number, wanted: number): boolean {
  lockGuard(pointer + GUARD);
  i32[node + NODE.wanted] = wanted;
  const done = line.attempt(pointer, node);
  if (!done) {
    i32[node + NODE.primitive] = pointer;
    i32[node + NODE.joined] = line.offset;
    store(node + NODE.state, NODE_STATE.waiting);
    stand(pointer + line.offset, node);
  }
  unlockGuard(pointer + GUARD);
  return done;
}

/** An attempt that doesn't stay: what it announced is taken back. */
export function attemptOnly(pointer: number, line: Line, wanted: number): boolean {
  const node = selfAgent + AGENT.node;
  lockGuard(pointer + GUARD);
  i32[node + NODE.wanted] = wanted;
  const done = line.attempt(pointer, node);
  if (!done) line.left(pointer, false);
  unlockGuard(pointer + GUARD);
  return done;
}

/** Lets a poked waiter try again; on failure it waits on, at the same place of the line. */
export function tryAgain(pointer: number, line: Line, node: number): boolean {
  lockGuard(pointer + GUARD);
  const done = line.retry!(pointer, node);
  store(node + NODE.state, done ? NODE_STATE.idle : NODE_STATE.waiting);
  unlockGuard(pointer + GUARD);
  return done;
}

/** Gives up a place in the line. Returns false when a waker was faster: then the node has been granted. */
export function leave(pointer: number, line: Line, node: number): boolean {
  lockGuard(pointer + GUARD);
  const inLine = i32[node + NODE.line] !== 0;
  if (inLine) {
    const wasFirst = i32[pointer + line.offset] === node;
    unlink(pointer + line.offset, node);
    store(node + NODE.state, NODE_STATE.idle);
    i32[node + NODE.primitive] = 0;
    line.left(pointer, wasFirst);
  }
  unlockGuard(pointer + GUARD);
  return inLine;
}

/**
 * Says whether a waker took the node out of its line and died before it could tell: then it counts as granted. Not under the guard; passing
 * through it makes sure that no living waker is in the midst of that.
 */
export function wasDropped(pointer: number, node: number): boolean {
  lockGuard(pointer + GUARD);
  const dropped = i32[node + NODE.line] === 0 && load(node + NODE.state) === NODE_STATE.waiting;
  if (dropped) store(node + NODE.state, NODE_STATE.granted);
  unlockGuard(pointer + GUARD);
  return dropped;
}

/** How many promises of this thread wait in some line. */
export let promises = 0;

export function countPromises(delta: number): void {
  promises += delta;
}

/**
 * First come first served, but a thread that blocks stands in front of its own promises: what they are given can't be used before the
 * thread runs again, so it would wait for itself (the lock is handed to the promise, whose thread is blocked on the lock). For the same
 * reason it takes over what they have been given already (`takeOver`).
 */
function stand(line: number, node: number): void {
  if (promises > 0 && i32[node + NODE.isAsync] === 0) {
    for (let other = first(line); other !== 0; other = i32[other + NODE.next]!) {
      ensureMapped(other);
      if (i32[other + NODE.agent] === selfAgent) return insertBefore(line, node, other);
    }
  }
  append(line, node);
}

/** Puts a waiter whose grant was taken over back into the line, as the next. Returns true if it could have another one at once. */
export function rejoin(pointer: number, line: Line, node: number): boolean {
  lockGuard(pointer + GUARD);
  const done = line.attempt(pointer, node);
  if (!done) {
    store(node + NODE.state, NODE_STATE.waiting);
    const next = first(pointer + line.offset);
    if (next === 0) append(pointer + line.offset, node);
    else insertBefore(pointer + line.offset, node, next);
  }
  unlockGuard(pointer + GUARD);
  return done;
}

/** Puts back in line, as the next, a waiter that gives up what it was granted. */
export function lineUpAgain(pointer: number, line: Line, node: number): void {
  lockGuard(pointer + GUARD);
  line.announce!(pointer);
  store(node + NODE.state, NODE_STATE.waiting);
  const next = first(pointer + line.offset);
  if (next === 0) append(pointer + line.offset, node);
  else insertBefore(pointer + line.offset, node, next);
  unlockGuard(pointer + GUARD);
}
