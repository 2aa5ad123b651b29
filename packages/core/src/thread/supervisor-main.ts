/**
 * The supervisor: a worker that owns all workers, runs no user code and never blocks. It starts workers when threads wait for one, hears of their
 * deaths (in milliseconds, whatever the main thread does) and settles the dead's affairs.
 *
 * One owner, because a worker dies with its creator and is mourned only by it: thus a thread outlives the thread that started it.
 */
import { exchange, i32, load, store } from '../atomics.ts';
import { agents, reserveAgent } from '../memory/agent.ts';
import { AGENT, AGENT_STATE, OBJECT, OUTCOME, REGISTRY, THREAD, THREAD_STATE } from '../memory/layout.ts';
import { ensureMapped, slab } from '../memory/slab.ts';
import { listen } from '../parking/async.ts';
import { onStuck, selfAgent } from '../parking/guard.ts';
import { holdLoop } from '../parking/keep-alive.ts';
import { reap, takeOverGuards } from '../parking/reaper.ts';
import { now } from '../parking/deadline.ts';
import { condemn } from './alive.ts';
import { serveDumpRequests } from './dump-triggers.ts';
import { TERMINATED, conclude } from './ending.ts';
import { handleUncaught } from './except-hook.ts';
import { hasVanished, host } from './host.ts';
import { finish } from './life.ts';
import { countStarting, forgetIdle, requeue, retireIdle, takePending, unservedThreads } from './placement.ts';
import { employers } from './registry.ts';
import type { SpawnedWorker } from './spawn.ts';

/** In AGENT.mailbox until the worker has come up. */
const BOOTING = -1;

/** Idle workers beyond this many are ended, one a second: a burst of threads shouldn't keep its memory for ever. */
const KEEP_IDLE = 8;
const TRIM_EVERY_MS = 1000;
const WATCH_EVERY_MS = 250;

interface Owned {
  worker: SpawnedWorker | undefined;
  agent: number;
  error: { readonly value: unknown } | undefined;
  terminated: boolean;
  /** On this thread's clock. */
  terminatedAt: number;
}

const owned = new Set<Owned>();

/** Runs the supervisor; returns at once, the event loop does the rest. */
export function supervise(): void {
  holdLoop();
  store(REGISTRY.supervisor, selfAgent);
  onStuck(takeOverGuardsOfTheGone);
  listen(look);
  serveDumpRequests();
  every(TRIM_EVERY_MS, trim);
  every(WATCH_EVERY_MS, watchForeign);
}

function every(ms: number, action: () => void): void {
  const timer = setInterval(action, ms) as unknown as { unref?(): void };
  timer.unref?.();
}

/**
 * Of all threads that are dead and of whose death this thread hasn't heard yet, not only of the one that holds the guard here: the holder may live, and itself
 * wait for a guard that a dead one holds.
 */
function takeOverGuardsOfTheGone(): void {
  for (const agent of agents()) {
    if (load(agent + AGENT.state) === AGENT_STATE.alive && hasVanished(i32[agent + AGENT.nativeId]!))
      takeOverGuards(agent);
  }
  for (const { agent, terminated, terminatedAt } of owned) {
    if (terminated && now() - terminatedAt > host.lingersMs) takeOverGuards(agent);
  }
}

/** Workers that Heddle didn't start die without telling us: their threads vanish from the operating system's list. */
function watchForeign(): void {
  for (const agent of agents()) {
    if (load(agent + AGENT.state) !== AGENT_STATE.alive || i32[agent + AGENT.foreign] === 0) continue;
    if (!hasVanished(i32[agent + AGENT.nativeId]!)) continue;
    const record = i32[agent + AGENT.thread]!;
    reap(agent);
    if (record !== 0) finish(record, 0);
    // It may have died while it started a thread.
    look();
  }
}

/** Does what the shared words ask for; called at every wake. */
function look(): void {
  serveDumpRequests();
  if (exchange(REGISTRY.terminations, 0) !== 0) endCondemned();
  for (let record = takePending(true); record !== 0; record = takePending(true)) startWorker(record);
  while (unservedThreads() > 0) {
    countStarting(1);
    startWorker(0);
  }
  employers.look();
}

function endCondemned(): void {
  const agentsToEnd = new Set(condemn());
  for (const each of owned) if (agentsToEnd.has(each.agent)) end(each);
}

function trim(): void {
  const agent = retireIdle(KEEP_IDLE);
  if (agent === 0) return;
  for (const each of owned) if (each.agent === agent) end(each);
}

function end(each: Owned): void {
  if (each.terminated) return;
  each.terminated = true;
  each.terminatedAt = now();
  each.worker?.terminate();
}

function startWorker(record: number): void {
  const agent = reserveAgent();
  i32[agent + AGENT.mailbox] = BOOTING;
  const limits = {
    heapMiB: record === 0 ? 0 : i32[record + THREAD.heapMiB]!,
    stackMiB: record === 0 ? 0 : i32[record + THREAD.stackKiB]! / 1024,
  };
  const each: Owned = { worker: undefined, agent, error: undefined, terminated: false, terminatedAt: 0 };
  try {
    each.worker = host.spawn({ memory: slab(), agent, record }, limits, {
      failed(error) {
        each.error = { value: error };
      },
      ended(code) {
        owned.delete(each);
        mourn(each, code);
      },
    });
  } catch (error) {
    reap(agent);
    bootFailed(record, error);
    return;
  }
  if (record !== 0) {
    i32[agent + AGENT.thread] = record;
    store(record + THREAD.agent, agent);
  }
  owned.add(each);
}

/** No worker can be had: the thread that waited for it has died before it ran. */
function bootFailed(isolatedRecord: number, error: unknown): void {
  if (isolatedRecord === 0) countStarting(-1);
  const record = isolatedRecord !== 0 ? isolatedRecord : takePending(false);
  if (record !== 0) die(record, 'no worker thread could be started for it', error);
}

/** A worker has ended. What it ran is over; what it was about to run goes to another. */
function mourn(each: Owned, code: number): void {
  const { agent } = each;
  const record = i32[agent + AGENT.thread]!;
  const mailbox = load(agent + AGENT.mailbox);
  ensureMapped(record);
  forgetIdle(agent);
  reap(agent);
  // It may have named it as its own already; it hasn't begun to run it.
  if (mailbox > 0) requeue(mailbox);
  if (mailbox === BOOTING && !each.terminated)
    bootFailed(
      record,
      each.error?.value ?? new Error(`the worker exited with code ${code} while it started`),
    );
  else if (record !== 0 && record !== mailbox) obituary(record, each, code);
  else if (each.error !== undefined) reportOrphan(each.error.value);
  look();
}

function obituary(record: number, each: Owned, code: number): void {
  if (load(record + OBJECT.state) === THREAD_STATE.finished) {
    if (each.error !== undefined) handleUncaught(record, each.error.value);
    return;
  }
  if (i32[record + THREAD.outcome] !== OUTCOME.none) finish(record, 0);
  else if (each.error !== undefined) {
    const error = each.error.value;
    if ((error as { code?: string } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
      die(record, 'it ran out of memory', error);
    else {
      handleUncaught(record, error);
      conclude(record, OUTCOME.threw, error);
      finish(record, 0);
    }
  } else if (each.terminated) die(record, TERMINATED);
  else die(record, `it ended without returning: process.exit(${code}) was called in it`);
}

function die(record: number, reason: string, error?: unknown): void {
  if (error !== undefined) handleUncaught(record, error);
  conclude(record, OUTCOME.died, error === undefined ? { reason } : { reason, error });
  finish(record, 0);
}

/** An error in something that a finished thread left behind. */
function reportOrphan(error: unknown): void {
  console.error('Exception in what a finished thread left running:', error);
}
