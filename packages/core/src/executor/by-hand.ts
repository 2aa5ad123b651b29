/**
 * Settling futures that no pool has: whoever has a handle may. The outcome is a message of its own (FUTURE.verdict), stored before anything else, so
 * what can't travel changes nothing. Of several that settle at the same time one brings the future to `judging`; the others have lost.
 *
 * A thread that says that it works on a future (`beginByHand`) answers for it: each agent has a list of those (AGENT.runs, by FUTURE.completedNext, each
 * with a reference), written by the agent alone, and what it hasn't settled by the end of its thread, or of itself, fails then. So who waits for it doesn't hang.
 */
import { hot, i32 } from '../atomics.ts';
import { ThreadDiedError } from '../errors.ts';
import { describeAgent } from '../memory/agent.ts';
import { AGENT, OBJECT } from '../memory/layout.ts';
import { dropMessage, storeMessage } from '../memory/message.ts';
import { release, retain } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { onDeath, onThreadEnd } from '../parking/reaper.ts';
import { FUTURE, PHASE, WITHOUT_WORDS } from './layout.ts';
import { changePhase, isFinal, phaseOf, publish, requestCancel, seize } from './settle.ts';

const { load } = hot;

/** Settles it with a message, 0 for none, which is then its own; false if it isn't pending or running any more, and then the message is dropped. */
export function settleByHand(future: number, phase: number, message: number): boolean {
  // The reference that `publish` takes.
  retain(future);
  lockGuard(future + OBJECT.guard);
  const seized = seize(future, PHASE.pending) || seize(future, PHASE.running);
  unlockGuard(future + OBJECT.guard);
  if (!seized) {
    release(future);
    if (message !== 0) dropMessage(message);
    return false;
  }
  i32[future + FUTURE.sentence] = phase;
  i32[future + FUTURE.verdict] = message === 0 ? WITHOUT_WORDS : message;
  if (i32[future + FUTURE.runner] === selfAgent) forget(future);
  publish(future, phase, selfAgent + AGENT.settling);
  return true;
}

/** Cancels it if it is pending; asks whoever works on it to stop if it runs. Returns whether it is cancelled. */
export function cancelByHand(future: number): boolean {
  for (;;) {
    const phase = phaseOf(future);
    if (phase === PHASE.running) {
      requestCancel(future);
      return false;
    }
    if (phase !== PHASE.pending) return phase === PHASE.cancelled;
    retain(future);
    lockGuard(future + OBJECT.guard);
    const seized = seize(future, PHASE.pending);
    unlockGuard(future + OBJECT.guard);
    if (seized) {
      i32[future + FUTURE.sentence] = PHASE.cancelled;
      i32[future + FUTURE.verdict] = WITHOUT_WORDS;
      publish(future, PHASE.cancelled, selfAgent + AGENT.settling);
      return true;
    }
    release(future);
  }
}

/** Makes this thread the one that works on it; false if it isn't pending. */
export function beginByHand(future: number): boolean {
  prune();
  lockGuard(future + OBJECT.guard);
  const began = phaseOf(future) === PHASE.pending;
  if (began) {
    // Listed before it runs: a death in between leaves one in the list that isn't this agent's.
    retain(future);
    i32[future + FUTURE.completedNext] = i32[selfAgent + AGENT.runs]!;
    i32[selfAgent + AGENT.runs] = future;
    i32[future + FUTURE.runner] = selfAgent;
    changePhase(future, PHASE.pending, PHASE.running);
  }
  unlockGuard(future + OBJECT.guard);
  return began;
}

/** Takes it out of this agent's list, if it is there. */
function forget(future: number): void {
  let link = selfAgent + AGENT.runs;
  for (let each = i32[link]!; each !== 0 && each !== future; each = i32[link]!)
    link = each + FUTURE.completedNext;
  if (i32[link] !== future) return;
  i32[link] = i32[future + FUTURE.completedNext]!;
  release(future);
}

/** Takes those out of the list that somebody else has settled. */
function prune(): void {
  for (const future of runsOf(selfAgent)) if (isFinal(load(future))) forget(future);
}

function runsOf(agent: number): number[] {
  const futures: number[] = [];
  for (let each = i32[agent + AGENT.runs]!; each !== 0; each = i32[each + FUTURE.completedNext]!) {
    ensureMapped(each);
    futures.push(each);
  }
  return futures;
}

/** The agent's thread has ended: what it said it works on, and hasn't settled, will never be. */
function failRuns(agent: number, how: string): void {
  const futures = runsOf(agent);
  if (futures.length === 0) return;
  i32[agent + AGENT.runs] = 0;
  const who = describeAgent(agent);
  for (const future of futures) {
    if (i32[future + FUTURE.runner] === agent && phaseOf(future) === PHASE.running) {
      const error = new ThreadDiedError(`${who}, which worked on this future, ${how} without settling it`);
      settleByHand(future, PHASE.threw, storeMessage(error, 'error'));
    }
    release(future);
  }
}

onDeath(agent => failRuns(agent, 'died'));
onThreadEnd(() => {
  if (i32[selfAgent + AGENT.runs] !== 0) failRuns(selfAgent, 'ended');
});
