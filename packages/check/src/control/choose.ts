/**
 * Decides which candidate takes the next step: a prefix of forced choices first, then a strategy. Run by whoever holds the baton, so that
 * a thread that is chosen again runs on without any hand-over.
 *
 * A candidate is a thread that can take a step, or (TIMER + thread) the passing of time until that thread's deadline. Time may pass at any
 * moment, however early: on a busy machine it does.
 */
import { canBeKilled, kill } from './death.ts';
import { dependent } from './dependence.ts';
import {
  CHANGE_POINTS,
  HEADER,
  KILL,
  KILL_POINTS,
  MAXIMUM_THREADS,
  OUTCOME,
  ROW,
  SEGMENT,
  SEGMENTS,
  STATE,
  STRATEGY,
  THREAD,
  TIMER,
  TIMES,
  TIME_POINTS,
} from './layout.ts';
import { nextState } from './random.ts';
import { rowAt, threadAt, times, words } from './words.ts';

/** When all that can run spin for this long, nobody will ever change what they look at. */
const LIVELOCK_STEPS = 1500;

const RUNS = (1 << TIMER) - 1;

/**
 * Chooses, writes the trace's row, and returns the candidate; -1 when the schedule is over, and then the outcome is set. Kills threads on the way, the caller's
 * own perhaps, if the schedule has faults.
 */
export function choose(): number {
  for (;;) {
    const chosen = chooseStep();
    if (chosen < KILL) return chosen;
    kill(chosen - KILL);
  }
}

function chooseStep(): number {
  const step = words[HEADER.step]!;
  const able = candidates();
  if (able === 0) return end(words[HEADER.alive] === 0 ? OUTCOME.completed : OUTCOME.deadlock);
  if (step >= words[HEADER.limit]!) return end(OUTCOME.livelock);
  const enabled = withoutSpinners(able);
  if (enabled === 0) return end(OUTCOME.livelock);
  if (step === words[HEADER.branchAt]) words[HEADER.sleep] = words[HEADER.branchSleep]!;
  const row = rowAt(step);
  words[row + ROW.enabled] = enabled;
  words[row + ROW.sleep] = words[HEADER.sleep]!;
  words[row + ROW.operation] = 0;
  words[row + ROW.buffer] = -1;
  const chosen = forced(enabled) ?? fault() ?? strategic(enabled);
  words[row + ROW.candidate] = chosen;
  if (words[HEADER.branchAt]! >= 0 && step >= words[HEADER.branchAt]!) wakeSleepers(chosen);
  words[HEADER.last] = chosen;
  words[HEADER.step] = step + 1;
  return chosen;
}

function end(outcome: number): number {
  if (words[HEADER.outcome] === OUTCOME.running) words[HEADER.outcome] = outcome;
  return -1;
}

/** All candidates, one bit each. */
function candidates(): number {
  let set = 0;
  const count = words[HEADER.threads]!;
  for (let index = 0; index < count; index++) {
    const thread = threadAt(index);
    const state = words[thread + THREAD.state];
    if (state === STATE.finished) continue;
    if (state === STATE.ready || state === STATE.home) set |= 1 << index;
    else if (state === STATE.looping && words[thread + THREAD.ready]! > 0) set |= 1 << index;
    if (times[TIMES.deadline + index] !== Infinity) set |= 1 << (TIMER + index);
  }
  return set;
}

function idleStepsOf(index: number): number {
  const thread = threadAt(index);
  return words[thread + THREAD.idleVersion] === words[HEADER.version] ? words[thread + THREAD.idleSteps]! : 0;
}

/** Leaves out threads that spin while others get on, so that fairness isn't up to luck. Empty when all spin for good. */
function withoutSpinners(able: number): number {
  let calm = able & RUNS;
  if (calm === 0) return able;
  let stillest = -1;
  let fewest = Infinity;
  for (let index = 0; index < MAXIMUM_THREADS; index++) {
    if ((able & (1 << index)) === 0) continue;
    const idle = idleStepsOf(index);
    if (idle >= words[HEADER.spinSteps]!) calm &= ~(1 << index);
    if (idle < fewest) {
      fewest = idle;
      stillest = index;
    }
  }
  const timers = able & ~RUNS;
  if (calm !== 0) return calm | timers;
  if (timers !== 0) return timers;
  return fewest >= LIVELOCK_STEPS ? 0 : 1 << stillest;
}

/** The choice that the prefix asks for, if there is one left and it is possible. */
function forced(enabled: number): number | undefined {
  while (words[HEADER.segment]! < words[HEADER.segments]!) {
    if (words[HEADER.segmentLeft]! > 0) {
      const candidate = words[SEGMENTS + words[HEADER.segment]! * SEGMENT.words + SEGMENT.candidate]!;
      if (candidate < KILL ? (enabled & (1 << candidate)) !== 0 : canBeKilled(candidate - KILL)) {
        words[HEADER.segmentLeft]! -= 1;
        return candidate;
      }
      words[HEADER.diverged] = 1;
    }
    const next = words[HEADER.segment]! + 1;
    words[HEADER.segment] = next;
    words[HEADER.segmentLeft] = words[SEGMENTS + next * SEGMENT.words + SEGMENT.count]!;
  }
  return undefined;
}

/** The death that was drawn for this step or, if nobody had begun then, for an earlier one. */
function fault(): number | undefined {
  for (let point = 0; point < KILL_POINTS; point++) {
    const at = words[HEADER.killPoints + point]!;
    if (at < 0 || words[HEADER.step]! < at) continue;
    let victims = 0;
    for (let index = 0; index < words[HEADER.threads]!; index++) {
      if (canBeKilled(index)) victims |= 1 << index;
    }
    if (victims === 0) continue;
    words[HEADER.killPoints + point] = -1;
    return KILL + oneOf(victims);
  }
  return undefined;
}

function strategic(enabled: number): number {
  switch (words[HEADER.strategy]) {
    case STRATEGY.random:
      return randomWalk(enabled);
    case STRATEGY.pct:
      return byPriority(enabled);
    default:
      return steadily(enabled);
  }
}

function draw(below: number): number {
  const state = nextState(words[HEADER.random]!);
  words[HEADER.random] = state;
  return (state >>> 0) % below;
}

function oneOf(set: number): number {
  let rest = draw(bits(set));
  for (let candidate = 0; ; candidate++) {
    if ((set & (1 << candidate)) === 0) continue;
    if (rest-- === 0) return candidate;
  }
}

function bits(set: number): number {
  let count = 0;
  for (let left = set; left !== 0; left &= left - 1) count++;
  return count;
}

/** Stays with the last thread with the schedule's stickiness, else anybody; lets time pass in one choice of 16. */
function randomWalk(enabled: number): number {
  const runs = enabled & RUNS;
  const timers = enabled & ~RUNS;
  if (runs === 0) return oneOf(timers);
  if (timers !== 0 && draw(16) === 0) return oneOf(timers);
  const last = words[HEADER.last]! & (TIMER - 1);
  if (words[HEADER.last]! >= 0 && (runs & (1 << last)) !== 0 && draw(256) < words[HEADER.stickiness]!)
    return last;
  return oneOf(runs);
}

/**
 * Probabilistic concurrency testing (Burckhardt et al., 2010): the thread of highest priority runs, and at a few steps drawn beforehand
 * the running thread falls below all others. A bug that needs d ordering constraints is found with a probability of at least 1/(n·k^(d-1)).
 * Deadlines come last, and at a few steps drawn beforehand.
 */
function byPriority(enabled: number): number {
  const step = words[HEADER.step]!;
  const timers = enabled & ~RUNS;
  const runs = enabled & RUNS;
  if (timers !== 0) {
    if (runs === 0) return oneOf(timers);
    for (let point = 0; point < TIME_POINTS; point++) {
      const at = words[HEADER.timePoints + point]!;
      if (at >= 0 && step >= at) {
        words[HEADER.timePoints + point] = -1;
        return oneOf(timers);
      }
    }
  }
  let top = highest(runs);
  for (let point = 0; point < CHANGE_POINTS; point++) {
    if (words[HEADER.changePoints + point] === step) {
      words[HEADER.lowest]! -= 1;
      words[HEADER.priorities + top] = words[HEADER.lowest]!;
      top = highest(runs);
    }
  }
  return top;
}

function highest(runs: number): number {
  let top = -1;
  for (let candidate = 0; candidate < TIMER; candidate++) {
    if ((runs & (1 << candidate)) === 0) continue;
    if (top < 0 || words[HEADER.priorities + candidate]! > words[HEADER.priorities + top]!) top = candidate;
  }
  return top;
}

/** Without preemption: the same thread as long as it can, then the next; time passes only when nobody can run. */
function steadily(enabled: number): number {
  const sleep = words[HEADER.sleep]!;
  let set = enabled;
  if (sleep !== -1 && words[HEADER.branchAt]! >= 0) {
    set = awake(enabled, sleep);
    if (set === 0) {
      // All that could come now has been seen, or is beyond the bound: run to the end without branching any more.
      words[HEADER.sleep] = -1;
      words[rowAt(words[HEADER.step]!) + ROW.sleep] = -1;
      set = enabled;
    }
  }
  const last = words[HEADER.last]!;
  const begin = last < 0 ? 0 : last & (TIMER - 1);
  for (let ahead = 0; ahead < MAXIMUM_THREADS; ahead++) {
    const candidate = (begin + ahead) % MAXIMUM_THREADS;
    if ((set & (1 << candidate)) !== 0) return candidate;
  }
  let earliest = -1;
  for (let index = 0; index < MAXIMUM_THREADS; index++) {
    if ((set & (1 << (TIMER + index))) === 0) continue;
    if (earliest < 0 || times[TIMES.deadline + index]! < times[TIMES.deadline + earliest]!) earliest = index;
  }
  return TIMER + earliest;
}

/** Candidates that lead somewhere new within the bound on preemptions. */
function awake(enabled: number, sleep: number): number {
  const set = enabled & ~sleep;
  const last = words[HEADER.last]!;
  if (set === 0 || last < 0) return set;
  const same = 1 << (last & (TIMER - 1));
  const preempts = (enabled & same) !== 0 ? (set & same) === 0 : (set & RUNS) === 0 && (enabled & RUNS) !== 0;
  if (!preempts) return set;
  if (words[HEADER.budget]! <= 0) return 0;
  words[HEADER.budget]! -= 1;
  return set;
}

/** After a step, candidates that depend on it no longer sleep: their step means something new now. */
function wakeSleepers(chosen: number): void {
  const sleep = words[HEADER.sleep]!;
  if (sleep === -1) return;
  let rest = sleep & ~(1 << chosen);
  for (let candidate = 0; candidate < 2 * MAXIMUM_THREADS; candidate++) {
    if ((rest & (1 << candidate)) !== 0 && dependent(candidate, chosen)) rest &= ~(1 << candidate);
  }
  words[HEADER.sleep] = rest;
}
