/**
 * The words of a barrier and their changes: how parties arrive, meet, and break up.
 *
 * ```
 *   phase (OBJECT.state; changed under the guard)
 *                      last party arrives, has an action              action returned
 *   FILLING ─────────────────────────────────────────▶ ACTION ───────────────────────┐
 *    │ ▲ ▲                                                │ action threw, runner died │
 *    │ │ │ last party arrives, no action                  ▼                           ▼
 *    │ │ └──────────────────────────────── TRIPPING   BREAKING ──▶ BROKEN           TRIPPING
 *    │ │ reset()                              ▲           ▲           │
 *    │ └──────────────────────────────────────┼───────────┼───────────┘
 *    └────────────────────────────────────────┴───────────┘ a party timed out, was aborted or died; abort()
 * ```
 * TRIPPING, BREAKING and the like (Python's "draining" and "resetting") exist under the guard only: the one that ends a generation puts each
 * party's result into that party's own node, and then nothing of the generation is left in the barrier. So it is ready for the next one at
 * once, even if some of the last one are still waking up; a party that comes back early is never counted with those it has just met; and
 * those who have met can't be broken any more. Python, whose parties look at a common state as they leave, must keep newcomers out until then.
 *
 * The one time that newcomers do stand at the door is while the action runs: it is user code, so it runs under no guard. Parties that have
 * arrived are past timing out then, as in Python: one whose deadline passes just goes on waiting for the outcome.
 *
 * Words:
 * ```
 *   OBJECT.first      the line of the parties of this generation
 *   DOOR, DOOR + 1    the line of those who came while an action runs
 *   OBJECT.owner      ident of the thread that runs the action, else 0
 *   COUNT             parties that have arrived: in FILLING the length of the line
 *   GENERATION        number of the current one; wraps
 *   OUTCOMES          how the last 32 generations ended, newest in bit 0: 1 tripped. For parties that left the line during an action
 *   TIMEOUT           double, milliseconds: the default of wait(), Infinity for none
 * ```
 *
 * No lost wakeup: arriving, leaving and ending a generation all happen under the guard, and whoever ends it grants the whole line.
 */
import { hot, i32 } from '../atomics.ts';
import { ident } from '../memory/agent.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { lengthOf, mend } from '../parking/line.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll } from '../parking/wake.ts';

const { load, store } = hot;

export const FILLING = 0;
const ACTION = 1;
export const BROKEN = 2;
export const TRIPPING = 3;
export const BREAKING = 4;
export const RESETTING = 5;
export const PARTIES: number = OBJECT.own;
export const COUNT: number = OBJECT.own + 1;
const GENERATION: number = OBJECT.own + 2;
const OUTCOMES: number = OBJECT.own + 3;
const DOOR: number = OBJECT.own + 4;
export const TIMEOUT: number = OBJECT.own + 6;
export const BYTES = 128;

/** What a party is given. */
export const TRIPPED = 1;

const NOT_MET = 2;

/** NODE.wanted of the mark that a thread leaves while it runs the action. */
const RUNNER = 1;

export const partyLine: Line = {
  blocking: 'Barrier.wait()',
  twin: 'waitAsync()',
  offset: OBJECT.first,
  attempt: () => false,
  left(barrier) {
    if (load(barrier) === FILLING) end(barrier, BREAKING);
  },
  giveBack(barrier, node) {
    // The thread that ran the action is dead. A party that was granted is owed nothing and owes nothing.
    if (i32[node + NODE.wanted] === RUNNER) endAction(barrier, i32[node + NODE.given]!, BREAKING);
  },
};

export const doorLine: Line = {
  blocking: 'Barrier.wait()',
  twin: 'waitAsync()',
  offset: DOOR,
  attempt: barrier => load(barrier) !== ACTION,
  left() {},
  giveBack() {},
};

/** Ends the generation for all its parties. `phase` says how: TRIPPING, BREAKING or RESETTING. Under the guard. */
export function end(barrier: number, phase: number): void {
  const outcome = phase === TRIPPING ? TRIPPED : NOT_MET;
  store(barrier, phase);
  i32[barrier + OUTCOMES] = (i32[barrier + OUTCOMES]! << 1) | (phase === TRIPPING ? 1 : 0);
  i32[barrier + GENERATION] = (i32[barrier + GENERATION]! + 1) | 0;
  finishEnding(barrier, phase, outcome);
}

/** The part of `end` that is harmless twice. */
function finishEnding(barrier: number, phase: number, outcome: number): void {
  // First, so that a party that goes on while others are still being told never sees itself waiting.
  store(barrier + COUNT, 0);
  grantAll(barrier + OBJECT.first, outcome);
  i32[barrier + OBJECT.owner] = 0;
  store(barrier, phase === BREAKING ? BROKEN : FILLING);
  grantAll(barrier + DOOR);
}

/** Ends the generation whose action this was, unless `reset()` or `abort()` has; returns whether it did. */
export function endAction(barrier: number, generation: number, phase: number): boolean {
  lockGuard(barrier + OBJECT.guard);
  const ours = load(barrier) === ACTION && i32[barrier + GENERATION] === generation;
  if (ours) end(barrier, phase);
  unlockGuard(barrier + OBJECT.guard);
  return ours;
}

/** After a death under the guard: what was begun is ended, and a party that died while it arrived breaks the barrier. */
export function repairBarrier(barrier: number): void {
  mend(barrier + OBJECT.first);
  mend(barrier + DOOR);
  const phase = load(barrier);
  if (phase >= TRIPPING) finishEnding(barrier, phase, phase === TRIPPING ? TRIPPED : NOT_MET);
  else if (phase === FILLING && i32[barrier + COUNT] !== lengthOf(barrier + OBJECT.first))
    end(barrier, BREAKING);
  else if (phase !== ACTION) grantAll(barrier + DOOR);
}

/** How a generation ended; `undefined` while it hasn't. */
function outcomeOf(barrier: number, generation: number): number | undefined {
  const age = (i32[barrier + GENERATION]! - generation) | 0;
  if (age === 0) return undefined;
  // A party that sleeps through 32 generations is told that it met the others.
  return age > 32 || ((i32[barrier + OUTCOMES]! >>> (age - 1)) & 1) === 1 ? TRIPPED : NOT_MET;
}

/** What became of one call of `wait` when it arrived. */
export const WAITING = 0;

export const AT_DOOR = 1;
export const MET = 2;
export const IS_BROKEN = 3;
export const RUNS_ACTION = 4;
export const MAY_NOT_PARK = 5;

/** One call of `wait`. */
export interface Party {
  /** Mark that will tell of the action that this thread runs, should it die in it; 0 when there is no action here. */
  readonly mark: number;
  readonly mayPark: boolean;
  verdict: number;
  index: number;
  generation: number;
  /** TRIPPED or NOT_MET, when it was granted. */
  outcome: number | undefined;
}

/** Returns false if the party has to wait for others. Under the guard. */
function arrive(barrier: number, party: Party): boolean {
  const phase = load(barrier);
  const index = i32[barrier + COUNT]!;
  const isLast = index + 1 === i32[barrier + PARTIES];
  party.index = index;
  party.generation = i32[barrier + GENERATION]!;
  if (phase === ACTION) party.verdict = AT_DOOR;
  else if (phase === BROKEN) party.verdict = IS_BROKEN;
  else if (!isLast && !party.mayPark) party.verdict = MAY_NOT_PARK;
  else {
    i32[barrier + COUNT] = index + 1;
    if (!isLast) party.verdict = WAITING;
    else if (party.mark !== 0) {
      party.verdict = RUNS_ACTION;
      i32[party.mark + NODE.given] = party.generation;
      i32[party.mark + NODE.wanted] = RUNNER;
      i32[barrier + OBJECT.owner] = ident;
      store(barrier, ACTION);
    } else {
      party.verdict = MET;
      end(barrier, TRIPPING);
    }
  }
  return party.verdict !== WAITING;
}

/** A party's own line: its attempt is the arrival. */
export function lineOf(party: Party): Line {
  return { ...partyLine, attempt: barrier => arrive(barrier, party) };
}

/** For a party that left the line because its time was up while the action runs: it stays, until the outcome is known. */
export function outcomeLineOf(party: Party): Line {
  return { ...partyLine, attempt: barrier => outcomeOf(barrier, party.generation) !== undefined, left() {} };
}

export function guardedOutcomeOf(barrier: number, generation: number): number | undefined {
  lockGuard(barrier + OBJECT.guard);
  const outcome = outcomeOf(barrier, generation);
  unlockGuard(barrier + OBJECT.guard);
  return outcome;
}
