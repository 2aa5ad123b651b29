/**
 * Promises that stand in the same lines as blocked threads. One agent has one wake word with at most one pending `waitAsync`,
 * without a timeout and never abandoned (an abandoned one swallows wakeups and can't be cancelled); deadlines are this thread's own timers.
 *
 * ```
 *            enter fails                  waker: state, push on ready, bump wake, notify
 *  start ───────────────▶ in `waiters` ─────────────────────────────▶ drain: granted ─▶ resolve(true)
 *    │                        │  ▲                                    drain: poked   ─▶ retry ─▶ resolve(true) or wait on
 *    └ attempt succeeds       │  └─────────────────────────────────────────────────────────────┘
 *      resolve(true)          ├ timer: leave succeeds ─▶ resolve(false); leave fails ─▶ the grant counts: resolve(true)
 *                             └ abort: leave succeeds ─▶ reject;         leave fails ─▶ giveBack, reject
 * ```
 *
 * No wakeup is lost: a waker pushes the node, then bumps the wake word, then notifies. The loop (`arm`) reads the wake word, then
 * drains, then calls `waitAsync` with the value read: a push before the drain is drained; one after it has bumped the word, or will
 * notify, after `waitAsync` was registered or will find the word changed.
 *
 * A node goes back to the pool only when it stands on no ready stack. One that was poked or granted and then cancelled may: then it is
 * a `ghost` until the next drain takes it off. A waker changes the state and pushes in one go under the guard, and whoever cancels has
 * just held that guard, so the push is never still to come.
 */
import { exchange, i32, load, store, waitAsync as atomicsWaitAsync } from '../atomics.ts';
import { allocateZeroed } from '../memory/allocator.ts';
import { AGENT, NODE, NODE_STATE, OBJECT } from '../memory/layout.ts';
import { payPostponed, setIsAwaited } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { now } from './deadline.ts';
import { lockGuard, onLeftBehind, recover, selfAgent, unlockGuard } from './guard.ts';
import { holdLoop, releaseLoop } from './keep-alive.ts';
import { endLookout, lookOut, setLookout } from './lookout.ts';
import { freeLeftBehind } from './reaper.ts';
import {
  attemptOnly,
  countPromises,
  enter,
  leave,
  lineUpAgain,
  rejoin,
  tryAgain,
  wasDropped,
} from './standing.ts';
import type { Line } from './standing.ts';
import { givenToMe, prepareToWait, setRetract, setTakeOver } from './wait.ts';
import { pushReady, wakeAgent } from './wake.ts';

interface Waiter {
  pointer: number;
  line: Line;
  node: number;
  /** Keeps the handle, and with it the block, from being collected while the promise is pending. */
  owner: object;
  /** Whether it holds the event loop. */
  holds: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
  resolve(got: boolean): void;
  reject(reason: unknown): void;
}

/** setTimeout fires at once for a delay beyond this; a longer one is waited for in pieces. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

const waiters = new Map<number, Waiter>();
const ghosts = new Set<number>();
const pool: number[] = [];
let armed = false;
let lastRescan = 0;

/** What other parts of the runtime want to do when this agent's wake word was bumped (the thread layer looks into its mailbox). */
const onWake: Array<() => void> = [];
let listeners = 0;

let background = false;

/**
 * Runs `action`; the promises that begin to wait in it don't hold the event loop. For what listens all the time, whose holder knows better when
 * somebody depends on it.
 */
export function inBackground<T>(action: () => T): T {
  const before = background;
  background = true;
  try {
    return action();
  } finally {
    background = before;
  }
}

function takeNode(): number {
  const pooled = pool.pop();
  if (pooled !== undefined) return pooled;
  const node = allocateZeroed(NODE.words * 4);
  i32[node + NODE.agent] = selfAgent;
  i32[node + NODE.isAsync] = 1;
  i32[node + NODE.agentNext] = i32[selfAgent + AGENT.nodes]!;
  i32[selfAgent + AGENT.nodes] = node;
  return node;
}

/**
 * Returns a promise that resolves to true when it has what it wants and to false when the deadline has passed, and rejects with
 * `signal.reason` when aborted, in which case nothing was taken. It holds the event loop meanwhile (see `inBackground`). `onGiven` is told what was given, at
 * the very moment when it is certain that the promise will resolve to true; `onEntered` is as for `waitBlocking`.
 */
export function waitInLine(
  owner: object,
  pointer: number,
  line: Line,
  deadline: number,
  signal: AbortSignal | undefined,
  wanted = 0,
  onGiven?: (given: number) => void,
  onEntered?: () => void,
): Promise<boolean> {
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  if (deadline - now() <= 0) {
    const got = attemptOnly(pointer, line, wanted);
    if (got) onGiven?.(givenToMe());
    return Promise.resolve(got);
  }
  prepareToWait();
  const node = takeNode();
  let entered: boolean;
  try {
    entered = enter(pointer, line, node, wanted);
  } catch (error) {
    pool.push(node);
    return Promise.reject(error);
  }
  if (entered) {
    onGiven?.(i32[node + NODE.given]!);
    pool.push(node);
    return Promise.resolve(true);
  }
  onEntered?.();
  return new Promise<boolean>((resolve, reject) => {
    const waiter: Waiter = {
      pointer,
      line,
      node,
      owner,
      holds: !background,
      timer: undefined,
      signal,
      onAbort: undefined,
      resolve(got) {
        if (got) onGiven?.(i32[node + NODE.given]!);
        resolve(got);
      },
      reject,
    };
    waiters.set(node, waiter);
    countPromises(1);
    if (waiter.holds) holdLoop();
    if (deadline !== Infinity) startTimer(waiter, deadline);
    if (signal !== undefined) {
      waiter.onAbort = () => abort(waiter);
      signal.addEventListener('abort', waiter.onAbort, { once: true });
    }
    if (background || !lookOut(waiters.size)) arm();
  });
}

/**
 * Leaves a mark that this thread owes something to those in the line: if it dies before `unmark`, the reaper calls the line's `giveBack`
 * with the mark, in whose `wanted` stands `what`. Returns the mark.
 */
export function mark(pointer: number, line: Line, what: number): number {
  const node = takeNode();
  i32[node + NODE.wanted] = what;
  i32[node + NODE.joined] = line.offset;
  i32[node + NODE.primitive] = pointer;
  store(node + NODE.state, NODE_STATE.granted);
  return node;
}

/** Takes a mark back. */
export function unmark(node: number): void {
  store(node + NODE.state, NODE_STATE.idle);
  i32[node + NODE.primitive] = 0;
  pool.push(node);
}

function startTimer(waiter: Waiter, deadline: number): void {
  const delay = Math.max(0, Math.min(deadline - now(), LONGEST_TIMER_MS));
  waiter.timer = setTimeout(() => {
    if (deadline - now() > 0) startTimer(waiter, deadline);
    else expire(waiter);
  }, Math.ceil(delay));
}

/** The deadline has passed. A grant that came first counts, although the drain hasn't seen it yet. */
function expire(waiter: Waiter): void {
  const got = !leave(waiter.pointer, waiter.line, waiter.node);
  finish(waiter, () => waiter.resolve(got));
}

function abort(waiter: Waiter): void {
  const { pointer, line, node, signal } = waiter;
  if (!leave(pointer, line, node)) line.giveBack(pointer, node);
  finish(waiter, () => waiter.reject(signal!.reason));
}

/** Forgets a waiter and lets its promise settle. */
function finish(waiter: Waiter, settle: () => void): void {
  const { node } = waiter;
  waiters.delete(node);
  countPromises(-1);
  if (waiter.timer !== undefined) clearTimeout(waiter.timer);
  if (waiter.onAbort !== undefined) waiter.signal!.removeEventListener('abort', waiter.onAbort);
  settle();
  store(node + NODE.state, NODE_STATE.idle);
  i32[node + NODE.primitive] = 0;
  if (isOnStack(node)) ghosts.add(node);
  else pool.push(node);
  payPostponed();
  if (waiter.holds) releaseLoop();
  if (waiters.size === 0) endLookout();
}

setIsAwaited(pointer => {
  for (const waiter of waiters.values()) if (waiter.pointer === pointer) return true;
  return false;
});

/** Only this agent takes nodes off its stack, and only in `drain`, so what is seen here stays there until then. */
function isOnStack(node: number): boolean {
  for (let at = load(selfAgent + AGENT.ready); at !== 0; at = i32[at + NODE.readyNext]!) {
    if (at === node) return true;
  }
  return false;
}

/** Takes all woken nodes off the stack and serves them, first woken first. Returns how many promises wait on. */
function serveReady(): number {
  let node = exchange(selfAgent + AGENT.ready, 0);
  const woken: number[] = [];
  for (; node !== 0; node = i32[node + NODE.readyNext]!) {
    ensureMapped(node);
    woken.push(node);
  }
  for (let index = woken.length - 1; index >= 0; index--) serve(woken[index]!);
  return waiters.size;
}

function drain(): void {
  serveReady();
  const rescan = load(selfAgent + AGENT.rescan);
  if (rescan !== lastRescan) {
    lastRescan = rescan;
    // A thread died, perhaps between taking a node out of its line, changing its state and pushing it. Passing through the guard (in
    // `wasDropped`) makes sure that a living waker isn't between these now: it would push a node that we had given back to the pool.
    // A node that is on the stack is left to the next drain: told to wait on now, it could be pushed a second time.
    for (const waiter of [...waiters.values()]) {
      wasDropped(waiter.pointer, waiter.node);
      if (!isOnStack(waiter.node)) serve(waiter.node);
    }
  }
  for (const action of onWake) action();
}

function serve(node: number): void {
  if (ghosts.delete(node)) {
    pool.push(node);
    return;
  }
  const waiter = waiters.get(node);
  if (waiter === undefined) return;
  const state = load(node + NODE.state);
  if (state === NODE_STATE.granted) finish(waiter, () => waiter.resolve(true));
  else if (state === NODE_STATE.poked && tryAgain(waiter.pointer, waiter.line, node))
    finish(waiter, () => waiter.resolve(true));
}

/** Takes one node off the stack, if it is there. The others aren't served: their turn is when the event loop turns. */
function takeOffStack(node: number): void {
  const others: number[] = [];
  for (let at = exchange(selfAgent + AGENT.ready, 0); at !== 0; at = i32[at + NODE.readyNext]!) {
    if (at !== node) others.push(at);
  }
  for (let index = others.length - 1; index >= 0; index--) pushReady(selfAgent, others[index]!);
}

/**
 * Takes over, for this thread that is about to block, what the last of its promises in this line was granted and can't use before the thread runs
 * again; the promise waits on, as the next. Returns false if there is none.
 */
function takeOver(pointer: number, line: Line, wanted: number): boolean {
  let robbed: Waiter | undefined;
  for (const waiter of waiters.values()) {
    if (waiter.line !== line || waiter.pointer !== pointer) continue;
    if (load(waiter.node + NODE.state) === NODE_STATE.granted) robbed = waiter;
  }
  if (robbed === undefined) return false;
  const { node } = robbed;
  // Off the stack before it is in line again, where it may be granted and pushed again. Under the guard once: by then it has been pushed.
  lockGuard(pointer + OBJECT.guard);
  store(node + NODE.state, NODE_STATE.idle);
  unlockGuard(pointer + OBJECT.guard);
  takeOffStack(node);
  i32[selfAgent + AGENT.node + NODE.given] = i32[node + NODE.given]!;
  line.adopt?.(pointer, wanted);
  if (rejoin(pointer, line, node)) finish(robbed, () => robbed.resolve(true));
  return true;
}

/** See `Line.rival`. Until what they had is given back, marks say to the reaper that it is owed. */
function retract(pointer: number, line: Line): (() => void) | undefined {
  const marks: number[] = [];
  for (const waiter of waiters.values()) {
    if (waiter.line !== line || waiter.pointer !== pointer) continue;
    const { node } = waiter;
    if (load(node + NODE.state) !== NODE_STATE.granted) continue;
    marks.push(mark(pointer, line, i32[node + NODE.wanted]!));
    // As in `takeOver`.
    lockGuard(pointer + OBJECT.guard);
    store(node + NODE.state, NODE_STATE.idle);
    unlockGuard(pointer + OBJECT.guard);
    takeOffStack(node);
    lineUpAgain(pointer, line, node);
  }
  if (marks.length === 0) return undefined;
  return () => {
    for (const owed of marks) {
      line.giveBack(pointer, owed);
      unmark(owed);
    }
  };
}

setTakeOver(takeOver);
setRetract(retract);
onLeftBehind(freeLeftBehind);

/** Makes sure that one `waitAsync` is pending while anybody here waits. */
function arm(): void {
  while (!armed) {
    const seen = load(selfAgent + AGENT.wake);
    drain();
    if (waiters.size === 0 && listeners === 0) return;
    const result = atomicsWaitAsync(selfAgent + AGENT.wake, seen);
    if (!result.async) continue;
    armed = true;
    void (result.value as Promise<unknown>).then(() => {
      armed = false;
      recover();
      arm();
    });
  }
}

setLookout(serveReady, () => {
  if (armed) serveReady();
  else arm();
});

/** Runs `action` on this thread's event loop whenever the agent's wake word is bumped; doesn't hold the loop. */
export function listen(action: () => void): void {
  onWake.push(action);
  listeners += 1;
  arm();
}

/**
 * Stops listening, so that another copy of this package can wait on the agent's wake word: the pending `waitAsync` would swallow what is meant for it.
 * Only while no promise waits.
 */
export function stopListening(): void {
  endLookout();
  onWake.length = 0;
  listeners = 0;
  wakeAgent(selfAgent);
}

/** How many promises of this thread wait in some line (snapshot). For tests and dumps. */
export function pendingWaits(): number {
  return waiters.size;
}
