/**
 * Waiting in line for a shared object, blocking or with a promise. A primitive says in a `Line` what may be taken and when; everything
 * that makes waiting hard (deadlines, aborts, retries, races with wakers) is here and in `async.ts`, once.
 *
 * No wakeup is lost, because all of these happen under the object's guard: the waiter's last attempt together with its
 * joining the line; a waker's choice of a waiter together with taking it out; a waiter's giving up together with the check
 * whether it was chosen. A primitive whose fast path runs outside the guard announces the line in its own words first (`attempt`).
 * A waiter that was chosen when it gives up keeps what it got (timeout) or hands it on (abort): `Line.giveBack`.
 */
import { canBlock, explored, hot, i32, pause, wait } from '../atomics.ts';
import { BlockingNotAllowedError } from '../errors.ts';
import { AGENT, NODE, NODE_STATE, OBJECT } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { checkOptions } from '../memory/check-options.ts';
import { lockGuard, recover, selfAgent, unlockGuard } from './guard.ts';
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
/** A sleeper looks again by itself, so that a death that nobody announced, or a notify that got lost, costs this and not for ever. */
const SLICE_MS = 100;
/** Where somebody is known to hold what it waits for, a sleeper says sooner where it sleeps: so long after it fell asleep. */
const FIRST_SLICE_MS = 10;
/**
 * The longest that a thread spins before it sleeps, where another core can be running the one who will wake it. To wake a sleeper costs both sides
 * together 5 to 50 µs (the more, the deeper its core sleeps), so a spin that succeeds pays for one that doesn't.
 */
const LONGEST_SPIN_MS = longestSpin();
/**
 * How long this thread spins now: twice what the last successful spin took, halved by each that failed, down to not at all. On busy cores
 * a spinning thread takes the core that the other one needs.
 */
let spinMs = LONGEST_SPIN_MS;
const SHORTEST_SPIN_MS = 0.002;
/** Now and then it spins the full length, to see whether times have changed. */
const PROBE_EVERY = 32;
let parks = 0;

function longestSpin(): number {
  // One short round: to explore the schedules of the others' steps between a hundred looks at the same word finds nothing.
  if (explored) return 1e-6;
  return cores() > 1 ? 0.05 : 0;
}

function cores(): number {
  const scope = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return scope.navigator?.hardwareConcurrency ?? 2;
}

/** Milliseconds on this thread's monotonic clock. */
export const now: () => number = () => performance.now();

/** What calls that wait take. */
interface Waiting {
  readonly timeout?: number | undefined;
  readonly signal?: unknown;
}

/** The deadline of a call. Throws `TypeError` for options that are no object and a signal that is none, and what `deadlineOf` throws. */
export function deadlineIn(options: Waiting | undefined, place: string): number {
  if (options === undefined || options === null) return Infinity;
  checkOptions(options, place, '{ timeout: 100 }');
  const { signal, timeout } = options;
  if (signal !== undefined && signal !== null) checkSignal(signal, place);
  if (timeout === undefined) checkWaitNames(options, place);
  return deadlineOf(timeout, place);
}

/** The options of all calls that wait. Which call takes which is TypeScript's to say; here it is told that a misspelt `timeout` isn't one. */
const WAIT_NAMES: ReadonlySet<string> = new Set(
  'timeout signal within transfer priority returnWhen chunkSize bufferSize wait cancelFutures action name args threads chunk into'.split(
    ' ',
  ),
);

/** Throws `TypeError` for a name that no such call knows: without its `timeout` it would wait for ever. */
function checkWaitNames(options: object, place: string): void {
  for (const name of Object.keys(options)) {
    if (WAIT_NAMES.has(name) || (options as Record<string, unknown>)[name] === undefined) continue;
    throw new TypeError(
      `${place}: there is no option "${name}"; say how long to wait by { timeout }, in milliseconds`,
    );
  }
}

function checkSignal(signal: unknown, place: string): void {
  if (typeof (signal as Partial<AbortSignal>).throwIfAborted === 'function') return;
  throw new TypeError(`${place}: signal must be an AbortSignal, got ${String(signal)} (${typeof signal})`);
}

/** Turns a timeout into a deadline. Throws `RangeError` for NaN and negative values and `TypeError` for what is no number. */
export function deadlineOf(timeout: number | undefined, place: string): number {
  if (timeout === undefined || timeout === Infinity) return Infinity;
  if (typeof timeout !== 'number') {
    throw new TypeError(
      `${place}: timeout must be a number of milliseconds, got ${String(timeout)} (${typeof timeout})`,
    );
  }
  if (!(timeout >= 0)) {
    throw new RangeError(`${place}: timeout must be 0 or more milliseconds, got ${timeout}`);
  }
  return now() + timeout;
}

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

/** How many promises of this thread wait in some line. */
let promises = 0;

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

/** Takes over what a promise of this thread was granted; set by `async.ts`, which knows them. */
let takeOver: (pointer: number, line: Line, wanted: number) => boolean = () => false;

export function setTakeOver(action: (pointer: number, line: Line, wanted: number) => boolean): void {
  takeOver = action;
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

/** Puts promises of this thread back in line that were granted in that line; returns what gives back what they had. Set by `async.ts`. */
let retract: (pointer: number, line: Line) => (() => void) | undefined = () => undefined;

export function setRetract(action: (pointer: number, line: Line) => (() => void) | undefined): void {
  retract = action;
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

/** Lets a poked waiter try again; on failure it waits on, at the same place of the line. */
export function tryAgain(pointer: number, line: Line, node: number): boolean {
  lockGuard(pointer + GUARD);
  const done = line.retry!(pointer, node);
  store(node + NODE.state, done ? NODE_STATE.idle : NODE_STATE.waiting);
  unlockGuard(pointer + GUARD);
  return done;
}

/** What watches over sleepers: set by `owners/watch.ts`. Under no guard; throws nothing. */
export interface Watch {
  /**
   * A thread is about to sleep without a deadline, its node standing in line. Returns what makes the error to give up with, if it would sleep for ever.
   * Left out, nobody looks.
   */
  readonly look?: ((node: number) => (() => Error) | undefined) | undefined;
  /** It has slept for a while. */
  slept(): void;
  /** It sleeps no longer. */
  woke(): void;
}

let watch: Watch | undefined;

export function setWatch(newWatch: Watch): void {
  watch = newWatch;
}

/** Number of this thread's last wait without a deadline. */
let endlessWaits = 0;

/** Milliseconds on a clock that all threads share, as a 32-bit number that wraps around. */
export function runtimeMilliseconds(): number {
  return (performance.timeOrigin + performance.now()) | 0;
}

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

/** Sleeps until the node's state is no longer `waiting` or the deadline has passed, or for one slice if `once`; returns the state. */
function park(pointer: number, node: number, deadline: number, once: boolean): number {
  const word = node + NODE.state;
  let slice = SLICE_MS;
  if (i32[node + NODE.since] === 0) {
    const early = spin(word);
    if (early !== NODE_STATE.waiting) return early;
    i32[node + NODE.since] = runtimeMilliseconds() || 1;
    if (once) slice = FIRST_SLICE_MS;
  }
  for (;;) {
    const remaining = deadline === Infinity ? slice : deadline - now();
    if (remaining <= 0) return load(word);
    wait(word, NODE_STATE.waiting, Math.min(remaining, slice));
    const state = load(word);
    if (state !== NODE_STATE.waiting) return state;
    if (i32[node + NODE.line] === 0 && wasDropped(pointer, node)) return NODE_STATE.granted;
    if (remaining >= slice) watch?.slept();
    if (once) return state;
  }
}

/** Watches the word for a while, see `spinMs`; returns its state. */
function spin(word: number): number {
  parks = (parks + 1) % PROBE_EVERY;
  const longest = parks === 0 ? LONGEST_SPIN_MS : spinMs;
  if (longest === 0) return load(word);
  const start = now();
  for (let elapsed = 0; elapsed < longest; elapsed = now() - start) {
    for (let round = 0; round < 10; round++) {
      const state = load(word);
      if (state !== NODE_STATE.waiting) {
        spinMs = Math.min(LONGEST_SPIN_MS, Math.max(2 * elapsed, SHORTEST_SPIN_MS));
        return state;
      }
      pause();
    }
  }
  spinMs = spinMs > SHORTEST_SPIN_MS ? spinMs / 2 : 0;
  return NODE_STATE.waiting;
}
