/**
 * Waiting in line for a shared object by blocking the thread. Everything that makes waiting hard (deadlines, retries, races with wakers, promises of the same
 * thread) is done once: here, for promises in `async.ts`, and for both in `standing.ts`, which has the argument that no wakeup is lost.
 */
import { canBlock, hot, i32 } from '../atomics.ts';
import { BlockingNotAllowedError } from '../errors.ts';
import { AGENT, NODE, NODE_STATE } from '../memory/layout.ts';
import { now } from './deadline.ts';
import { recover, selfAgent } from './guard.ts';
import { park, watch } from './park.ts';
import { attemptOnly, enter, leave, promises, tryAgain } from './standing.ts';
import type { Line } from './standing.ts';

const { store } = hot;

/** Takes over what a promise of this thread was granted; set by `async.ts`, which knows them. */
let takeOver: (pointer: number, line: Line, wanted: number) => boolean = () => false;

export function setTakeOver(action: (pointer: number, line: Line, wanted: number) => boolean): void {
  takeOver = action;
}

/** Puts promises of this thread back in line that were granted in that line; returns what gives back what they had. Set by `async.ts`. */
let retract: (pointer: number, line: Line) => (() => void) | undefined = () => undefined;

export function setRetract(action: (pointer: number, line: Line) => (() => void) | undefined): void {
  retract = action;
}

/** Number of this thread's last wait without a deadline. */
let endlessWaits = 0;

const FILLER: readonly number[] = Array.from({ length: 512 }, () => 0);
function nothing(): void {}

/**
 * Makes sure that the stack has room for the rest: an overflow between joining the line and leaving it would leave a place in line that nobody
 * stands in. Passes 4 KiB of arguments, which the stack must hold.
 */
export function prepareToWait(): void {
  recover();
  Reflect.apply(nothing, undefined, FILLER);
}

/**
 * Blocks the calling thread until it has what it wants or the deadline has passed; returns whether it has.
 * Throws `BlockingNotAllowedError` if it would have to park where that is forbidden. What was given is in `givenToMe()`.
 * `onEntered` runs between joining the line and sleeping, under no guard: what is done there (a condition's waiter releases its lock) is
 * done by somebody who can be woken already.
 */
export function waitBlocking(
  pointer: number,
  line: Line,
  deadline: number,
  wanted = 0,
  onEntered?: () => void,
): boolean {
  if (deadline !== Infinity && deadline - now() <= 0) return attemptOnly(pointer, line, wanted);
  if (!canBlock()) {
    if (attemptOnly(pointer, line, wanted)) return true;
    throw new BlockingNotAllowedError(
      `${line.blocking} would block, which this thread may not do; await ${line.twin} instead`,
    );
  }
  if (promises > 0 && line.transferable === true && takeOver(pointer, line, wanted)) return true;
  prepareToWait();
  const node = selfAgent + AGENT.node;
  i32[node + NODE.endless] = deadline === Infinity ? nextEndless() : 0;
  i32[node + NODE.since] = 0;
  const giveBack = promises > 0 && line.rival !== undefined ? retract(pointer, line.rival()) : undefined;
  const entered = enter(pointer, line, node, wanted);
  // Only now, when this thread stands in line in front of its promises.
  giveBack?.();
  if (entered) return true;
  onEntered?.();
  const got = sleepInLine(pointer, line, node, deadline);
  if (i32[node + NODE.since] !== 0) watch?.woke();
  if (typeof got !== 'boolean') throw got();
  if (got) i32[node + NODE.primitive] = 0;
  return got;
}

function nextEndless(): number {
  endlessWaits = endlessWaits === 0x7fff_ffff ? 1 : endlessWaits + 1;
  return endlessWaits;
}

/** Returns whether the node got what it wants, being out of line in both cases; or what makes the error if it never could have. */
function sleepInLine(pointer: number, line: Line, node: number, deadline: number): boolean | (() => Error) {
  const owned = deadline === Infinity && line.ownersOf !== undefined && watch?.look !== undefined;
  for (;;) {
    // Before each sleep, since what others wait for may have changed meanwhile.
    const stuck = owned ? watch?.look?.(node) : undefined;
    const state = stuck === undefined ? park(pointer, node, deadline, owned) : NODE_STATE.waiting;
    if (state === NODE_STATE.poked) {
      if (tryAgain(pointer, line, node)) return true;
    } else if (state === NODE_STATE.waiting && owned && stuck === undefined) {
      continue;
    } else if (state === NODE_STATE.granted || !leave(pointer, line, node)) {
      // Written by us alone, and only now: until here the reaper would hand on what we were granted.
      store(node + NODE.state, NODE_STATE.idle);
      return true;
    } else {
      return stuck ?? false;
    }
  }
}

/** What the last successful `waitBlocking` of this thread was given. */
export function givenToMe(): number {
  return i32[selfAgent + AGENT.node + NODE.given]!;
}
