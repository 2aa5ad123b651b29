/**
 * How the agent that submitted tasks learns that they have settled: each settled future is pushed on a stack of that agent, which is taken whole. So one
 * wake of an event loop settles as many promises as there are, and only whoever pushes on an empty stack wakes.
 *
 * No wakeup is lost. The pusher pushes, then looks whether the agent is polling. The agent that stops polling says so and then looks at its stack. Who
 * pushes on a stack that isn't empty relies on the one before, and the agent takes all. A pusher that dies between pushing and waking is made good by
 * the rescan, which wakes everybody.
 *
 * Polling: to wake an event loop that sleeps costs as much as ten tiny tasks. So while a promise waits, and few do, the thread watches for some
 * microseconds, as a blocked thread spins before it parks; as long as that pays. First where the promise is made, since a turn of the loop costs as much as a
 * tiny task, but for no longer than a millisecond in a row, so that timers and input get their turn; then between turns of the loop.
 */
import { explored, hot, i32, pause } from '../atomics.ts';
import { free } from '../memory/allocator.ts';
import { AGENT, AGENT_STATE, OBJECT } from '../memory/layout.ts';
import { release } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { listen } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { holdLoop, releaseLoop } from '../parking/keep-alive.ts';
import { steadyNow as now } from '../parking/deadline.ts';
import { wakeAgent } from '../parking/wake.ts';
import { dropTask } from './drop-task.ts';
import { FUTURE, PHASE, PHASE_MASK } from './layout.ts';
import { enterTask, leaveTask, returnUnused, strikeTask } from './pool-references.ts';

const { compareExchange, exchange, load, store } = hot;

/** A future of this agent that hasn't settled. Each holds a reference to its block. */
export interface Expecting {
  /** Its block has the outcome, which may be read until this returns. Must not throw. */
  arrive(future: number): void;
}

/** By ticket: who is told, the future (0 for an unused ticket), and its word of the ledger. Three arrays, since an object for each would be garbage. */
const handles: Array<Expecting | undefined> = [];
const futures: number[] = [];
const words: number[] = [];
const unused: number[] = [];
/** How many futures are expected. */
let expected = 0;
/** How many of them a promise waits for. */
let awaited = 0;
let holding = false;
let listening = false;
let lastRescan = 0;
/** Tasks submitted since the stack was taken last. */
let sinceDrained = 0;
const DRAIN_EVERY = 64;

/** Passes the reference to a settled future to the agent that submitted it. */
export function pushCompleted(agent: number, future: number): void {
  if (load(agent + AGENT.state) !== AGENT_STATE.alive) {
    release(future);
    return;
  }
  let head: number;
  for (;;) {
    head = load(agent + AGENT.completed);
    i32[future + FUTURE.completedNext] = head;
    if (compareExchange(agent + AGENT.completed, head, future) === head) break;
  }
  if (head === 0 && load(agent + AGENT.polling) === 0) wakeAgent(agent);
}

/** Takes a reference over and calls `handle` when the future has settled. */
export function expect(handle: Expecting, future: number): void {
  if (!listening) {
    listening = true;
    lastRescan = load(selfAgent + AGENT.rescan);
    listen(drainCompleted);
  }
  // A loop that awaits futures which have settled by then never lets the event loop turn.
  sinceDrained += 1;
  if (sinceDrained > DRAIN_EVERY) drainCompleted();
  const word = enterTask(future);
  const ticket = unused.pop() ?? handles.length;
  handles[ticket] = handle;
  futures[ticket] = future;
  words[ticket] = word;
  i32[future + FUTURE.ticket] = ticket;
  i32[future + FUTURE.watcher] = selfAgent;
  expected += 1;
}

/** Takes back what `expect` did, for a task that wasn't accepted; the reference is the caller's again. */
export function unexpect(future: number): void {
  const ticket = i32[future + FUTURE.ticket]!;
  strikeTask(words[ticket]!, future);
  forgetTicket(ticket);
  returnUnused();
}

function forgetTicket(ticket: number): void {
  handles[ticket] = undefined;
  futures[ticket] = 0;
  unused.push(ticket);
  expected -= 1;
}

/** Tells the handles of all futures that have settled. May be called at any time on this thread; runs no user code. */
export function drainCompleted(): void {
  sinceDrained = 0;
  let future = exchange(selfAgent + AGENT.completed, 0);
  if (future !== 0) {
    ensureMapped(future);
    if (i32[future + FUTURE.completedNext] === 0) arrive(future);
    else {
      const settled: number[] = [];
      for (; future !== 0; future = i32[future + FUTURE.completedNext]!) {
        ensureMapped(future);
        settled.push(future);
      }
      for (let index = settled.length - 1; index >= 0; index--) arrive(settled[index]!);
    }
  }
  const rescan = load(selfAgent + AGENT.rescan);
  if (rescan !== lastRescan) {
    lastRescan = rescan;
    lookAgain();
  }
  if (awaited === 0 && holding) {
    holding = false;
    releaseLoop();
  }
  returnUnused();
}

/** Of a future on the stack: one reference is the stack's and, unless a rescan was faster, one the ticket's. */
function arrive(future: number): void {
  const number = i32[future + FUTURE.ticket]!;
  if (futures[number] !== future) {
    release(future);
    return;
  }
  handles[number]!.arrive(future);
  const word = words[number]!;
  forgetTicket(number);
  if (load(future + OBJECT.references) === 2) {
    // Both are ours: nobody else has one, and so nobody can get one any more.
    dropTask(future);
    leaveTask(word, future);
    i32[future + OBJECT.kind] = 0;
    free(future);
  } else {
    strikeTask(word, future);
    release(future, 2);
  }
}

/** A thread died, perhaps between publishing an outcome and pushing it. */
function lookAgain(): void {
  for (const [number, future] of futures.entries()) {
    if (future === 0) continue;
    ensureMapped(future);
    if ((load(future) & PHASE_MASK) < PHASE.returned) continue;
    handles[number]!.arrive(future);
    strikeTask(words[number]!, future);
    forgetTicket(number);
    release(future);
  }
}

/** Counts the promises that wait, and holds the event loop for them. */
export function countAwaited(delta: number): void {
  awaited += delta;
  // While it polls, the turn that is to come holds the loop: to do so by the timer costs a fraction of a tiny task.
  if (delta > 0 && !startPolling()) hold();
}

function hold(): void {
  if (holding) return;
  holding = true;
  holdLoop();
}

/** How many futures of this agent haven't settled, as far as it has heard. */
export function expectedFutures(): number {
  return expected;
}

const { setImmediate: nextTurn } = globalThis as { setImmediate?: (action: () => void) => unknown };
const SEVERAL_CORES =
  ((globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2) > 1;
/** So long the loop keeps turning for one wait. */
const POLL_MS = 0.06;
/** With more tasks under way, the workers have more use for the core than we have. */
const POLL_FEW = 2;
/** So long it watches in place, before it lets the loop turn: the time that a worker which spins needs for a tiny task, several times over. */
const HERE_MS: number = explored ? 0 : 0.02;
/** So long tasks may follow each other without a turn of the loop. */
const LONGEST_BURST_MS = 1;
/** Between two turns it looks this often: a turn of the loop costs a microsecond. */
const LOOKS: number = explored ? 2 : 40;
/** After so many waits in vain it doesn't poll, but for one in this many. */
const PROBE_EVERY = 32;

let polling = false;
let pollUntil = 0;
let vain = 0;
let vainHere = 0;
let waits = 0;
/** When the first of those tasks was waited for that followed each other without a turn of the loop; 0 for none. */
let burstSince = 0;

/** Returns whether the loop is held by a turn that is to come, or needn't be because the outcome is there. */
function startPolling(): boolean {
  const time = now();
  if (polling) {
    pollUntil = time + POLL_MS;
    return true;
  }
  if (expected > POLL_FEW || nextTurn === undefined || !SEVERAL_CORES) return false;
  waits = (waits + 1) % PROBE_EVERY;
  const probe = waits === 0;
  if (vain > 2 && !probe) return false;
  polling = true;
  store(selfAgent + AGENT.polling, 1);
  if (burstSince === 0) burstSince = time;
  if ((vainHere <= 2 || probe) && time - burstSince < LONGEST_BURST_MS && watchHere(time)) return true;
  pollUntil = now() + POLL_MS;
  nextTurn(poll);
  return true;
}

/** Watches in place for an outcome; when one comes, the promise settles in this turn. */
function watchHere(start: number): boolean {
  const stack = selfAgent + AGENT.completed;
  do {
    for (let look = LOOKS; look > 0; look--) {
      if (load(stack) !== 0) {
        vainHere = 0;
        vain = 0;
        stopPolling();
        return true;
      }
      pause();
    }
  } while (now() - start < HERE_MS);
  vainHere += 1;
  return false;
}

function poll(): void {
  burstSince = 0;
  if (!polling) return;
  const stack = selfAgent + AGENT.completed;
  for (let look = LOOKS; look > 0 && load(stack) === 0; look--) pause();
  if (load(stack) !== 0) {
    vain = 0;
    stopPolling();
    return;
  }
  if (awaited > 0 && expected <= POLL_FEW && now() < pollUntil) {
    nextTurn!(poll);
    return;
  }
  vain += 1;
  stopPolling();
}

/** From here on the agent must be woken again. Also for a thread that is about to block. */
export function stopPolling(): void {
  const polled = polling;
  if (polled) {
    polling = false;
    store(selfAgent + AGENT.polling, 0);
  }
  if (load(selfAgent + AGENT.completed) !== 0) drainCompleted();
  if (polled && awaited > 0) hold();
}
