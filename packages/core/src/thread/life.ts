/**
 * A thread's states in its record, and the lines of those who wait for them: for its start, for its end, and for the end of all that hold the program open.
 */
import { i32, load, store } from '../atomics.ts';
import { AGENT, OBJECT, REGISTRY, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { release } from '../memory/shared-object.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll } from '../parking/wake.ts';
import { delist } from './alive.ts';
import { hasFlag, setFlag } from './record.ts';
import { employers } from './registry.ts';

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

/** Those who wait until no non-daemon thread is left: stands in the main thread's record. */
export const restLine: Line = {
  blocking: 'waiting for non-daemon threads',
  twin: 'nothing',
  offset: THREAD.restFirst,
  attempt: () => load(REGISTRY.nonDaemon) === 0,
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
