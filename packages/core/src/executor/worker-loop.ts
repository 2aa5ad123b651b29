/**
 * What a pool's thread does: makes itself ready, takes tasks and runs them one after the other, and leaves when it is not needed any more.
 *
 * ```
 *  hired ─▶ initializer ─▶ take ──task──▶ run ──▶ publish the outcome ─▶ take …
 *               │ throws     │ none: spin a little (one worker of a pool), then sleep in the pool's line
 *               ▼            ▼ none for idleTimeout, shut down, or maxTasks run
 *          pool is broken   leave
 * ```
 * While it sleeps its event loop stands still; so if the tasks left timers, sockets or the like behind, it waits with a promise instead.
 */
import { explored, hot, i32, pause } from '../atomics.ts';
import { CancelledError } from '../errors.ts';
import { AGENT, THREAD } from '../memory/layout.ts';
import { readMessage } from '../memory/message.ts';
import { garbageIsDue, lookForGarbage } from '../memory/garbage.ts';
import { release } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { listen, waitInLine } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { now } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import { withinBindings } from '../thread/context.ts';
import { explainInlineError, resolve, resolveNow } from '../thread/target.ts';
import type { AnyFunction, TargetAddress } from '../thread/target.ts';
import { drainCompleted } from './completed.ts';
import { askedToStop, lookAtCancel, setRunning } from './current-task.ts';
import { breakPool, hireIfWanted } from './hire.ts';
import { FUTURE, FUTURE_FLAG, PHASE, POOL } from './layout.ts';
import { putPayload, takePayload } from './payload.ts';
import { changePhase, publish, putError } from './settle.ts';
import { appear, depart } from './slots.ts';
import { endTimed, idleLine, seemsBusy, setSlot, stopSpinning, takeOrSpin, taken } from './taking.ts';
import { noteDeadline } from './time-limit.ts';

const { store } = hot;

/** About 50 µs: the time that a submitter needs to take one tiny task's outcome and hand the next one in. Only where another core can be doing so. */
const SPIN_MS: number = explored ? 0 : 0.05;
/** Few under exploration, which would otherwise hardly ever come as far as the sleep. */
const LOOKS: number = explored ? 2 : 20;
const SEVERAL_CORES =
  ((globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2) > 1;
/** As in `parking/park.ts`: spinning goes on only as long as it has paid lately, and now and then it is tried anew. */
const PROBE_EVERY = 16;
/** So long tasks may follow each other without the event loop getting its turn, if anything waits for one. */
const LONGEST_BURST_MS = 10;

interface Called {
  address: TargetAddress;
  fn: AnyFunction | undefined;
}

/** Target messages that belong to no single task stay where they are for ever, so their pointer is their name. */
const targets = new Map<number, Called>();
let listening = false;
let vain = 0;
let spins = 0;

/** The function of every worker's thread. */
export async function poolWorker(handle: object): Promise<void> {
  // The handle lives as long as the function does; the pointer is the thread's own reference to its employer.
  const record = i32[selfAgent + AGENT.thread]!;
  const pool = i32[record + THREAD.employer]!;
  const slot = appear(pool, record);
  if (slot === 0) return forgetEmployer(pool, record, false);
  setSlot(slot);
  if (!listening) {
    listening = true;
    listen(lookAtCancel);
  }
  const baseline = activeResources();
  if (await initialise(pool)) await work(pool, record, baseline);
  leave(pool, record);
  void handle;
}

async function initialise(pool: number): Promise<boolean> {
  const message = i32[pool + POOL.initializer]!;
  if (message === 0) return true;
  const [address, args] = readMessage(message) as [TargetAddress, unknown[]];
  try {
    const fn = resolveNow(address) ?? (await resolve(address));
    const ran = fn(...args);
    if (isThenable(ran)) await ran;
    return true;
  } catch (error) {
    explainInlineError(address, error);
    breakPool(pool, 'the initializer failed', error);
    return false;
  }
}

function leave(pool: number, record: number): void {
  const { replace } = depart(pool, record, false, false);
  forgetEmployer(pool, record, replace);
}

function forgetEmployer(pool: number, record: number, replace: boolean): void {
  if (replace) hireIfWanted(pool);
  store(record + THREAD.employer, 0);
  release(pool);
}

async function work(pool: number, record: number, baseline: number): Promise<void> {
  const limit = i32[pool + POOL.maxTasks]! || Infinity;
  let turned = now();
  for (let done = 0; done < limit; done++) {
    if (garbageIsDue) lookForGarbage();
    let outcome = take(pool, baseline);
    if (typeof outcome !== 'boolean') outcome = await outcome;
    if (!outcome) {
      if (depart(pool, record, true, false).known) return;
      done--;
      continue;
    }
    const { future } = taken;
    if (future === 0) return;
    ensureMapped(future);
    const ran = run(pool, record, future);
    if (ran !== undefined) {
      await ran;
      turned = now();
    } else if (now() - turned > LONGEST_BURST_MS) {
      if (activeResources() > baseline) await turn();
      turned = now();
    }
  }
}

/** Takes a task, see `taken`; false when none came for so long that the worker may leave. */
function take(pool: number, baseline: number): boolean | Promise<boolean> {
  spins = (spins + 1) % PROBE_EVERY;
  const maySpin = explored || (SEVERAL_CORES && (vain < 3 || spins === 0));
  const first = takeOrSpin(pool, maySpin);
  if (first === 'taken') return true;
  if (first === 'spin') {
    const end = now() + SPIN_MS;
    do {
      for (let look = 0; look < LOOKS && !seemsBusy(pool); look++) pause();
    } while (!seemsBusy(pool) && now() < end);
    if (stopSpinning(pool)) {
      vain = 0;
      return true;
    }
    vain += 1;
  }
  drainCompleted();
  const idle = i32[pool + POOL.idleTimeout]!;
  const deadline = idle === -1 ? Infinity : now() + idle;
  if (activeResources() <= baseline) return waitBlocking(pool, idleLine, deadline);
  return waitInLine(targets, pool, idleLine, deadline, undefined);
}

/** Timers, sockets and the like that the tasks left behind. */
function activeResources(): number {
  const { process } = globalThis as { process?: { getActiveResourcesInfo?: () => string[] } };
  return process?.getActiveResourcesInfo?.().length ?? 0;
}

function turn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve));
}

/** Runs a task. Returns a promise only if something has to be awaited. */
function run(pool: number, record: number, future: number): Promise<void> | undefined {
  if (i32[future + FUTURE.timeout] !== 0) noteDeadline(i32[future + FUTURE.timeout]!);
  const called = calledBy(future);
  setRunning(future);
  try {
    if (called.fn === undefined || (i32[future + FUTURE.flags]! & FUTURE_FLAG.chunk) !== 0)
      return runAsync(pool, record, future, called);
    // Not as a method: what `this` is inside is no business of ours.
    const { fn } = called;
    const args = takePayload(future) as unknown[];
    const value = i32[future + FUTURE.context] === 0 ? fn(...args) : inContext(future, () => fn(...args));
    if (isThenable(value)) return settleWith(pool, record, future, called, value);
    succeed(pool, record, future, value);
  } catch (error) {
    fail(pool, record, future, called, error);
  }
  return undefined;
}

async function runAsync(pool: number, record: number, future: number, called: Called): Promise<void> {
  try {
    const fn = called.fn ?? resolveNow(called.address) ?? (await resolve(called.address));
    called.fn = fn;
    const args = takePayload(future) as unknown[];
    const isChunk = (i32[future + FUTURE.flags]! & FUTURE_FLAG.chunk) !== 0;
    const value = inContext(future, () =>
      isChunk ? runChunk(fn, args as unknown[][], called, future) : fn(...args),
    );
    succeed(pool, record, future, isThenable(value) ? await value : value);
  } catch (error) {
    fail(pool, record, future, called, error);
  }
}

/** Calls `action` with what the context's storages held where the task was submitted. */
function inContext<R>(future: number, action: () => R): R {
  const message = i32[future + FUTURE.context]!;
  if (message === 0) return action();
  i32[future + FUTURE.context] = 0;
  return withinBindings(message, 'the task', action);
}

/** What a chunk's future holds: a value or an error for each call, and which are errors. */
export interface ChunkOutcome {
  readonly values: unknown[];
  readonly failed: number[];
}

async function runChunk(
  fn: AnyFunction,
  calls: unknown[][],
  called: Called,
  future: number,
): Promise<ChunkOutcome> {
  const values: unknown[] = [];
  const failed: number[] = [];
  for (const args of calls) {
    if (askedToStop(future)) throw new CancelledError('the task was asked to stop');
    try {
      const value = fn(...args);
      values.push(isThenable(value) ? await value : value);
    } catch (error) {
      explainInlineError(called.address, error);
      failed.push(values.length);
      values.push(error);
    }
  }
  return { values, failed };
}

async function settleWith(
  pool: number,
  record: number,
  future: number,
  called: Called,
  value: PromiseLike<unknown>,
): Promise<void> {
  try {
    succeed(pool, record, future, await value);
  } catch (error) {
    fail(pool, record, future, called, error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function calledBy(future: number): Called {
  const message = i32[future + FUTURE.target]!;
  let called = targets.get(message);
  if (called === undefined) {
    called = { address: readMessage(message) as TargetAddress, fn: undefined };
    if ((i32[future + FUTURE.flags]! & FUTURE_FLAG.ownsTarget) === 0) targets.set(message, called);
  }
  return called;
}

/** Throws what can't travel: then the task has failed, with an error that names the path. */
function succeed(pool: number, record: number, future: number, value: unknown): void {
  if (!begin(pool, record, future)) return;
  try {
    putPayload(future, value, 'result');
  } catch (error) {
    putError(future, error);
    end(record, future, PHASE.threw);
    return;
  }
  end(record, future, PHASE.returned);
}

function fail(pool: number, record: number, future: number, called: Called, error: unknown): void {
  explainInlineError(called.address, error);
  const stopped = error instanceof CancelledError && askedToStop(future);
  if (!begin(pool, record, future)) return;
  putError(future, error);
  end(record, future, stopped ? PHASE.cancelled : PHASE.threw);
}

/** Makes the outcome ours to write; false if somebody else has settled the future, whom the task then no longer concerns. */
function begin(pool: number, record: number, future: number): boolean {
  if (i32[future + FUTURE.timeout] !== 0) endTimed(pool);
  setRunning(0);
  if (changePhase(future, PHASE.running, PHASE.settling)) return true;
  i32[record + THREAD.task] = 0;
  release(future);
  return false;
}

function end(record: number, future: number, phase: number): void {
  publish(future, phase, record + THREAD.task);
}
