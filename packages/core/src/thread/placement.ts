/**
 * Which worker a started thread comes to: an idle one, off a stack, or the next that has come up, for which it stands in line. Changed under the registry's
 * guard; stack and line stay right at every single store (`repairRegistry`).
 */
import { add, compareExchange, i32, load, store } from '../atomics.ts';
import { agents } from '../memory/agent.ts';
import { AGENT, OBJECT, REGISTRY, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { release, retain } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { link } from './alive.ts';
import { hasFlag } from './record.ts';

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
export function finishStart(dead: number, locked: boolean): void {
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
