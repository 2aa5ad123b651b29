/**
 * What all threads of a runtime know about each other, in shared memory: who is alive, who waits for a worker, which workers are idle.
 * Everything here is a few words changed under the registry's guard; the lists stay right at every single store, and after a death in the middle the rest is
 * made anew from them (`repairRegistry`).
 */
import { add, compareExchange, i32, load, or, store } from '../atomics.ts';
import { agents } from '../memory/agent.ts';
import { AGENT, OBJECT, REGISTRY, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { release, retain } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { onDeath, onRegistryLeft } from '../parking/reaper.ts';
import type { Line } from '../parking/wait.ts';
import { grantAll, wakeAgent } from '../parking/wake.ts';
import { setFlag } from './record.ts';

/** Joiners: served when the thread has finished, whatever its end. */
export const joinLine: Line = {
  blocking: 'Thread.join()',
  twin: 'joinAsync()',
  offset: OBJECT.first,
  attempt: record => load(record + OBJECT.state) === THREAD_STATE.finished,
  left() {},
  giveBack() {},
  ownersOf(record) {
    const agent = load(record + THREAD.agent);
    return agent !== 0 && load(agent + AGENT.thread) === record ? [agent] : [];
  },
};

/** Those who wait until it runs: served by the worker that takes it, or when it has finished without ever running. */
export const startLine: Line = {
  blocking: 'Thread.started',
  twin: 'started',
  offset: THREAD.startFirst,
  attempt(record) {
    setFlag(record, THREAD_FLAG.awaited, true);
    return load(record + OBJECT.state) >= THREAD_STATE.running;
  },
  left() {},
  giveBack() {},
};

/**
 * Marks a thread as running. Nobody who waits for that is overlooked: they set `awaited` and then look at the state, under the guard until they stand in
 * line; we set the state and then look at `awaited`. To look at the line instead would be wrong: they join it after they have looked.
 */
export function beginRunning(record: number): void {
  store(record + OBJECT.state, THREAD_STATE.running);
  if (!hasFlag(record, THREAD_FLAG.awaited)) return;
  lockGuard(record + OBJECT.guard);
  grantAll(record + THREAD.startFirst);
  unlockGuard(record + OBJECT.guard);
}

/** Those who wait until no non-daemon thread is left: stands in the main thread's record. */
export const restLine: Line = {
  blocking: 'waiting for non-daemon threads',
  twin: 'nothing',
  offset: THREAD.restFirst,
  attempt: () => load(REGISTRY.nonDaemon) === 0,
  left() {},
  giveBack() {},
};

export function hasFlag(record: number, flag: number): boolean {
  return (load(record + THREAD.flags) & flag) !== 0;
}

/** Puts a thread into the list of those alive; the registry holds a reference until it finishes. */
export function enlist(record: number): void {
  retain(record);
  lockGuard(REGISTRY.guard);
  link(record);
  unlockGuard(REGISTRY.guard);
}

function link(record: number): void {
  const first = i32[REGISTRY.first]!;
  i32[record + THREAD.next] = first;
  i32[record + THREAD.previous] = 0;
  ensureMapped(first);
  if (first !== 0) i32[first + THREAD.previous] = record;
  i32[REGISTRY.first] = record;
  setFlag(record, THREAD_FLAG.listed, true);
  i32[REGISTRY.alive]! += 1;
  if (!hasFlag(record, THREAD_FLAG.daemon | THREAD_FLAG.main)) add(REGISTRY.nonDaemon, 1);
}

function delist(record: number): void {
  lockGuard(REGISTRY.guard);
  if (hasFlag(record, THREAD_FLAG.listed)) {
    setFlag(record, THREAD_FLAG.listed, false);
    const next = i32[record + THREAD.next]!;
    const previous = i32[record + THREAD.previous]!;
    ensureMapped(Math.max(next, previous));
    if (previous === 0) i32[REGISTRY.first] = next;
    else i32[previous + THREAD.next] = next;
    if (next !== 0) i32[next + THREAD.previous] = previous;
    i32[REGISTRY.alive]! -= 1;
    if (!hasFlag(record, THREAD_FLAG.daemon | THREAD_FLAG.main)) add(REGISTRY.nonDaemon, -1);
  }
  unlockGuard(REGISTRY.guard);
}

/**
 * Makes a prepared thread a started one, enlists it and finds it a worker: an idle one, or the supervisor's next. Returns the agent to wake: 0 if the
 * supervisor must look.
 *
 * A thread that is killed in here leaves a crumb, AGENT.starting, and whoever buries it does the rest (`finishStart`): a thread that is pending and was
 * never listed is one whose start was cut short. In a mailbox or in line it stands before that, so that what is listed is also on its way.
 */
export function submit(record: number): number {
  retain(record);
  i32[selfAgent + AGENT.starting] = record;
  compareExchange(record + OBJECT.state, THREAD_STATE.initial, THREAD_STATE.pending);
  lockGuard(REGISTRY.guard);
  const idle = queue(record);
  link(record);
  unlockGuard(REGISTRY.guard);
  i32[selfAgent + AGENT.starting] = 0;
  return idle;
}

/** Gives a thread to an idle worker, or puts it in line. Under the guard. */
function queue(record: number): number {
  const idle = hasFlag(record, THREAD_FLAG.isolated) ? 0 : i32[REGISTRY.idleFirst]!;
  if (idle === 0) appendPending(record);
  else {
    // The worker comes off the stack only now that it has what to do: after a death in between the mailbox says that it isn't idle.
    store(idle + AGENT.mailbox, record);
    popIdle();
  }
  return idle;
}

/** Does what an agent that died in `submit` had yet to do. `locked` says that it held the guard, which the caller has taken over. */
function finishStart(dead: number, locked: boolean): void {
  const record = i32[dead + AGENT.starting]!;
  if (record === 0) return;
  ensureMapped(record);
  const state = load(record + OBJECT.state);
  if (state === THREAD_STATE.initial) {
    if (locked) return;
    i32[dead + AGENT.starting] = 0;
    release(record);
    return;
  }
  if (!locked) lockGuard(REGISTRY.guard);
  // One that has ended isn't listed any more.
  if (!hasFlag(record, THREAD_FLAG.listed | THREAD_FLAG.ended)) {
    if (!isQueued(record)) appendPending(record);
    link(record);
  }
  i32[dead + AGENT.starting] = 0;
  if (!locked) unlockGuard(REGISTRY.guard);
}

/** Whether a started thread stands in line or a worker has it; the worker leaves the stack then. Under the guard. */
function isQueued(record: number): boolean {
  const top = i32[REGISTRY.idleFirst]!;
  if (top !== 0 && (load(top + AGENT.mailbox) === record || load(top + AGENT.thread) === record)) popIdle();
  for (let each = i32[REGISTRY.pendingFirst]!; each !== 0; each = i32[each + THREAD.pendingNext]!) {
    ensureMapped(each);
    if (each === record) return true;
  }
  for (const agent of agents()) {
    if (load(agent + AGENT.mailbox) === record || load(agent + AGENT.thread) === record) return true;
  }
  return false;
}

function appendPending(record: number): void {
  const last = i32[REGISTRY.pendingLast]!;
  ensureMapped(last);
  i32[record + THREAD.pendingNext] = 0;
  if (last === 0) i32[REGISTRY.pendingFirst] = record;
  else i32[last + THREAD.pendingNext] = record;
  i32[REGISTRY.pendingLast] = record;
  i32[REGISTRY.pending]! += 1;
}

/** Puts back a thread that was given to a worker which died before it began. */
export function requeue(record: number): void {
  lockGuard(REGISTRY.guard);
  appendPending(record);
  unlockGuard(REGISTRY.guard);
}

/** Takes the first pending thread that may share a worker (or, with `isolated`, the first that may not); 0 when there is none. */
export function takePending(isolated: boolean): number {
  lockGuard(REGISTRY.guard);
  const record = unlinkPending(isolated);
  unlockGuard(REGISTRY.guard);
  return record;
}

function unlinkPending(isolated: boolean): number {
  let previous = 0;
  for (let record = i32[REGISTRY.pendingFirst]!; record !== 0; record = i32[record + THREAD.pendingNext]!) {
    ensureMapped(record);
    if (hasFlag(record, THREAD_FLAG.isolated) === isolated) {
      const next = i32[record + THREAD.pendingNext]!;
      if (previous === 0) i32[REGISTRY.pendingFirst] = next;
      else i32[previous + THREAD.pendingNext] = next;
      if (next === 0) i32[REGISTRY.pendingLast] = previous;
      i32[REGISTRY.pending]! -= 1;
      return record;
    }
    previous = record;
  }
  return 0;
}

/** How many pending threads have no worker on its way (snapshot). */
export function unservedThreads(): number {
  return load(REGISTRY.pending) - load(REGISTRY.starting);
}

export function countStarting(delta: number): void {
  add(REGISTRY.starting, delta);
}

function popIdle(): number {
  const agent = i32[REGISTRY.idleFirst]!;
  if (agent !== 0) {
    i32[REGISTRY.idleFirst] = i32[agent + AGENT.idleNext]!;
    i32[REGISTRY.idle]! -= 1;
  }
  return agent;
}

/** A worker takes the next thread, or becomes idle; in one step under the guard, so that a thread never waits beside an idle worker. */
export function takeOrIdle(agent: number): number {
  lockGuard(REGISTRY.guard);
  const record = unlinkPending(false);
  if (record === 0) {
    i32[agent + AGENT.idleNext] = i32[REGISTRY.idleFirst]!;
    i32[REGISTRY.idleFirst] = agent;
    i32[REGISTRY.idle]! += 1;
  }
  unlockGuard(REGISTRY.guard);
  return record;
}

/** Removes an idle worker so that it can be ended, if more than `keep` are idle; 0 if not. */
export function retireIdle(keep: number): number {
  lockGuard(REGISTRY.guard);
  const agent = i32[REGISTRY.idle]! > keep ? popIdle() : 0;
  unlockGuard(REGISTRY.guard);
  return agent;
}

/** Takes a dead worker off the idle stack, if it stands there. */
export function forgetIdle(dead: number): void {
  lockGuard(REGISTRY.guard);
  let previous = 0;
  for (let agent = i32[REGISTRY.idleFirst]!; agent !== 0; agent = i32[agent + AGENT.idleNext]!) {
    if (agent === dead) {
      if (previous === 0) i32[REGISTRY.idleFirst] = i32[agent + AGENT.idleNext]!;
      else i32[previous + AGENT.idleNext] = i32[agent + AGENT.idleNext]!;
      i32[REGISTRY.idle]! -= 1;
      break;
    }
    previous = agent;
  }
  unlockGuard(REGISTRY.guard);
}

/** What the layer above wants to know of threads that work for it; set by `executor/obituary.ts`. */
export const employers: {
  /** A thread with an employer has ended; its outcome has been written. Harmless twice. */
  mourn(record: number): void;
  /** The supervisor was woken. */
  look(): void;
  /** How many employers hold the program open. Under the registry's guard. */
  holding(): number;
} = { mourn() {}, look() {}, holding: () => 0 };

/** A thread died while it changed the registry: finds out from the lists what the other words must be. Under the guard. */
function repairRegistry(dead: number): void {
  let alive = 0;
  let nonDaemon = 0;
  let previous = 0;
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    i32[record + THREAD.previous] = previous;
    setFlag(record, THREAD_FLAG.listed, true);
    alive += 1;
    if (!hasFlag(record, THREAD_FLAG.daemon | THREAD_FLAG.main)) nonDaemon += 1;
    previous = record;
  }
  i32[REGISTRY.alive] = alive;
  store(REGISTRY.nonDaemon, nonDaemon + employers.holding());
  let pending = 0;
  let last = 0;
  for (let record = i32[REGISTRY.pendingFirst]!; record !== 0; record = i32[record + THREAD.pendingNext]!) {
    ensureMapped(record);
    pending += 1;
    last = record;
  }
  i32[REGISTRY.pending] = pending;
  i32[REGISTRY.pendingLast] = last;
  let idle = 0;
  for (let agent = i32[REGISTRY.idleFirst]!; agent !== 0; agent = i32[agent + AGENT.idleNext]!) idle += 1;
  i32[REGISTRY.idle] = idle;
  finishStart(dead, true);
}

onRegistryLeft(repairRegistry);
onDeath(dead => finishStart(dead, false));

/**
 * Ends a thread's life: out of the list, finished, joiners woken. Its outcome has been written. `agent` is the worker that ran it, 0 if that is
 * dead. Should the worker be killed in here, the supervisor does it again; each step is harmless twice, and the agent forgets the record only
 * when it is finished and before the reference goes.
 */
export function finish(record: number, agent: number): void {
  if (load(record + OBJECT.state) === THREAD_STATE.finished) return;
  if (i32[record + THREAD.employer] !== 0) employers.mourn(record);
  delist(record);
  i32[record + THREAD.agent] = 0;
  lockGuard(record + OBJECT.guard);
  store(record + OBJECT.state, THREAD_STATE.finished);
  grantAll(record + OBJECT.first);
  grantAll(record + THREAD.startFirst);
  unlockGuard(record + OBJECT.guard);
  openRest();
  if (agent !== 0) i32[agent + AGENT.thread] = 0;
  release(record);
}

/** Lets the program end, if nothing holds it open any more. */
export function openRest(): void {
  if (load(REGISTRY.nonDaemon) !== 0) return;
  const main = load(REGISTRY.mainRecord);
  if (main === 0) return;
  lockGuard(main + OBJECT.guard);
  if (load(REGISTRY.nonDaemon) === 0) grantAll(main + THREAD.restFirst);
  unlockGuard(main + OBJECT.guard);
}

/**
 * Dooms the running threads that `terminate()` was called for and that haven't ended by themselves, and returns the agents that run them. Under the
 * guard, so that a record in the list can't be finished and its memory used for something else meanwhile.
 */
export function condemn(): number[] {
  const doomed: number[] = [];
  lockGuard(REGISTRY.guard);
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    const agent = load(record + THREAD.agent);
    if (agent === 0 || !hasFlag(record, THREAD_FLAG.terminate)) continue;
    if ((or(record + THREAD.flags, THREAD_FLAG.doomed) & THREAD_FLAG.ended) === 0) doomed.push(agent);
  }
  unlockGuard(REGISTRY.guard);
  return doomed;
}

/** Pointers of all threads that are alive, each with a reference added for the caller (snapshot). */
export function aliveRecords(): number[] {
  const records: number[] = [];
  lockGuard(REGISTRY.guard);
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    retain(record);
    records.push(record);
  }
  unlockGuard(REGISTRY.guard);
  return records;
}

/** Wakes the supervisor, if it has come up; if not, it looks by itself when it has. */
export function wakeSupervisor(): void {
  const supervisor = load(REGISTRY.supervisor);
  if (supervisor > 0) wakeAgent(supervisor);
}

/** Makes this thread the one that starts the supervisor; false if another has. */
export function claimSupervisor(): boolean {
  return compareExchange(REGISTRY.supervisor, 0, -1) === 0;
}
