/**
 * What a worker does all its life: takes a thread, runs it, tells how it ended, takes the next or becomes idle.
 *
 * ```
 *  boot ─▶ take pending ──none──▶ idle (waitAsync on the agent's wake word; a starter pops us off the idle stack and fills our mailbox)
 *              │ ▲                  │
 *              ▼ │ clean            ▼ mailbox
 *            run thread ◀───────────┘
 *              │ left timers, sockets or other work behind, or was terminated just as it ended
 *              ▼
 *            retired: runs nothing more, and ends when that work has ended
 * ```
 *
 * `terminate()` ends the thread that it names and no other. It sets a flag in the record and wakes the supervisor. A worker writes into the record
 * that it runs it, then looks at the flag; the supervisor, woken after the flag was set, looks at who runs it: so one of the two sees the
 * other. At the end the worker sets `ended` and the supervisor, before it kills, `doomed`, each in one instruction that also shows the other's:
 * who comes second yields.
 */
import { Condemned, endInWaits, hot, i32, pause } from '../atomics.ts';
import { setIdent } from '../memory/agent.ts';
import { bornWith } from '../memory/birth.ts';
import { AGENT, OUTCOME, THREAD, THREAD_FLAG } from '../memory/layout.ts';
import { readMessage, storeMessage, takeMessage } from '../memory/message.ts';
import { incumbent, setIncumbent } from '../memory/realm.ts';
import type { Incumbent } from '../memory/realm.ts';
import { ensureMapped } from '../memory/slab.ts';
import { listen, pendingWaits, stopListening } from '../parking/async.ts';
import { recover, selfAgent } from '../parking/guard.ts';
import { endThread } from '../parking/reaper.ts';
import { now } from '../parking/deadline.ts';
import { holdLoop, releaseLoop } from '../parking/keep-alive.ts';
import { withinContext } from './context.ts';
import { TERMINATED, conclude } from './ending.ts';
import { handleUncaught } from './except-hook.ts';
import { host, nativeThreadId, writeThroughStreams } from './host.ts';
import { beginRunning, finish } from './life.ts';
import { countStarting, takeOrIdle, takePending } from './placement.ts';
import { hasFlag } from './record.ts';
import { hasExitActions, resetScope, runExitActions } from './scope.ts';
import { explainInlineError, resolve, resolveNow } from './target.ts';
import type { AnyFunction, TargetAddress } from './target.ts';
import { liveInWindow } from './web-life.ts';

const { load, or, store } = hot;

const WATCH_MS = 0.05;

interface Called {
  address: TargetAddress;
  fn: AnyFunction | undefined;
}

/** Target messages that are interned by their senders stay where they are for ever, so their pointer is their name. */
const targets = new Map<number, Called>();
let busy = true;
let baseline = 0;
/** While a thread's module is being imported: the only time when this copy of the package can be replaced by another (`realm.ts`). */
let replaceable = false;
let stoodDown = false;

const me: Incumbent = {
  standDown() {
    if (!replaceable || pendingWaits() > 0) return false;
    stoodDown = true;
    stopListening();
    return true;
  },
  successor: undefined,
};

const elder = incumbent();
if (elder !== undefined && bornWith !== undefined) {
  elder.successor = record => {
    begin();
    void work(record);
  };
}

/** From here on this copy of the package runs the worker. */
function begin(): void {
  setIncumbent(me);
  if (host.endsOnlyIdle) endInWaits(isCondemned);
  holdLoop();
  listen(onWake);
  baseline = activeResources();
}

/**
 * Runs the worker; returns at once (in a browser, when it holds the lock `life`), the event loop does the rest. `isolatedRecord` is the one thread to
 * run, or 0.
 */
export async function runWorker(isolatedRecord: number, life?: string): Promise<void> {
  if (life !== undefined) await liveInWindow(life);
  writeThroughStreams();
  i32[selfAgent + AGENT.nativeId] = nativeThreadId();
  store(selfAgent + AGENT.mailbox, 0);
  begin();
  if (isolatedRecord === 0) countStarting(-1);
  void work(isolatedRecord === 0 ? takePending(false) || takeOrIdle(selfAgent) : isolatedRecord);
}

/** Whether the supervisor is ending the thread that runs here, on a platform that waits for it to return to its event loop. */
function isCondemned(): boolean {
  const record = i32[selfAgent + AGENT.thread]!;
  return record !== 0 && hasFlag(record, THREAD_FLAG.doomed) && !hasFlag(record, THREAD_FLAG.ended);
}

function onWake(): void {
  if (busy) return;
  const record = emptyMailbox();
  if (record !== 0) {
    busy = true;
    void work(record);
  }
}

/** Takes what a starter has left. It is named as ours first, so that at no moment nobody seems to have it. */
function emptyMailbox(): number {
  const record = load(selfAgent + AGENT.mailbox);
  if (record === 0) return 0;
  store(selfAgent + AGENT.thread, record);
  store(selfAgent + AGENT.mailbox, 0);
  return record;
}

async function work(first: number): Promise<void> {
  let record = first;
  while (record !== 0) {
    ensureMapped(record);
    const ran = run(record);
    if (ran !== undefined) await ran;
    recover();
    if (me.successor !== undefined) return me.successor(record);
    if (hasExitActions()) await runExitActions(error => handleUncaught(record, error));
    resetScope();
    const doomed = (or(record + THREAD.flags, THREAD_FLAG.ended) & THREAD_FLAG.doomed) !== 0;
    const isolated = hasFlag(record, THREAD_FLAG.isolated);
    if (doomed || isolated || activeResources() > baseline || pendingWaits() > 0) {
      finish(record, selfAgent);
      if (!doomed) releaseLoop();
      return;
    }
    endThread();
    // Idle before the thread has finished: whoever waited for its end finds us when it starts the next one.
    store(selfAgent + AGENT.watching, 1);
    const next = takeOrIdle(selfAgent);
    finish(record, selfAgent);
    record = next === 0 ? watchMailbox() : next;
  }
  busy = false;
  // A starter may have filled the mailbox between takeOrIdle and here, and its wake may have come while we were busy.
  onWake();
}

/**
 * Watches for the next thread for a moment before the worker goes to sleep: waking an event loop costs the starter and the thread tens of
 * microseconds. `watching` is set before the worker can be found. A starter fills the mailbox and then looks at `watching`; we clear `watching` and then look at the mailbox (in `onWake`):
 * one of the two sees the other.
 */
function watchMailbox(): number {
  const end = now() + WATCH_MS;
  while (load(selfAgent + AGENT.mailbox) === 0 && now() < end) {
    for (let spin = 0; spin < 20; spin++) pause();
  }
  store(selfAgent + AGENT.watching, 0);
  return emptyMailbox();
}

/** Timers, sockets, workers and the like that keep this worker's event loop going; 0 where the platform doesn't tell (browsers). */
function activeResources(): number {
  const { process } = globalThis as { process?: { getActiveResourcesInfo?: () => string[] } };
  return process?.getActiveResourcesInfo?.().length ?? 0;
}

/** Runs the thread's function. Returns a promise only if something has to be awaited. */
function run(record: number): Promise<void> | undefined {
  i32[record + THREAD.nativeId] = i32[selfAgent + AGENT.nativeId]!;
  setIdent(i32[record + THREAD.ident]!);
  i32[selfAgent + AGENT.thread] = record;
  store(record + THREAD.agent, selfAgent);
  if (hasFlag(record, THREAD_FLAG.terminate)) {
    conclude(record, OUTCOME.died, { reason: TERMINATED });
    return undefined;
  }
  beginRunning(record);
  const called = calledBy(record);
  try {
    if (called.fn === undefined) return runAsync(record, called);
    // Not as a method: what `this` is inside is no business of ours.
    const { fn } = called;
    const value = call(record, fn);
    if (isThenable(value)) return settleWith(record, called, value);
    succeed(record, value);
  } catch (error) {
    // Back in the event loop, the platform ends the thread.
    if (error instanceof Condemned) return new Promise(() => {});
    fail(record, called, error);
  }
  return undefined;
}

/** In its context, if it has one. */
function call(record: number, fn: AnyFunction): unknown {
  if (i32[record + THREAD.contextMessage] === 0) return fn(...takeArguments(record));
  return withinContext(record, () => fn(...takeArguments(record)));
}

async function runAsync(record: number, called: Called): Promise<void> {
  try {
    const fn = resolveNow(called.address) ?? (await resolveReplaceably(called.address));
    if (me.successor !== undefined) return;
    called.fn = fn;
    succeed(record, await call(record, fn));
  } catch (error) {
    if (me.successor !== undefined) return;
    if (error instanceof Condemned) return await new Promise(() => {});
    fail(record, called, error);
  }
}

async function resolveReplaceably(address: TargetAddress): Promise<AnyFunction> {
  replaceable = true;
  try {
    return await resolve(address);
  } finally {
    replaceable = false;
    // A copy that began to load and failed.
    if (stoodDown && me.successor === undefined) {
      stoodDown = false;
      listen(onWake);
    }
  }
}

async function settleWith(record: number, called: Called, value: PromiseLike<unknown>): Promise<void> {
  try {
    succeed(record, await value);
  } catch (error) {
    if (error instanceof Condemned) return await new Promise(() => {});
    fail(record, called, error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function calledBy(record: number): Called {
  const message = i32[record + THREAD.targetMessage]!;
  let called = targets.get(message);
  if (called === undefined) {
    called = { address: readMessage(message) as TargetAddress, fn: undefined };
    if (!hasFlag(record, THREAD_FLAG.ownsTarget)) targets.set(message, called);
  }
  return called;
}

function takeArguments(record: number): unknown[] {
  const message = i32[record + THREAD.argumentsMessage]!;
  if (message === 0) return [];
  i32[record + THREAD.argumentsMessage] = 0;
  return takeMessage(message) as unknown[];
}

/** Throws what can't travel: then the thread has failed, with an error that names the path in its result. */
function succeed(record: number, value: unknown): void {
  if (value !== undefined) i32[record + THREAD.outcomeMessage] = storeMessage(value, 'result');
  i32[record + THREAD.outcome] = OUTCOME.returned;
}

function fail(record: number, called: Called, error: unknown): void {
  explainInlineError(called.address, error);
  handleUncaught(record, error);
  conclude(record, OUTCOME.threw, error);
}
