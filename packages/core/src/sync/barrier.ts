/**
 * A meeting point for a fixed number of parties, as Python's `threading.Barrier`; it can be used again and again.
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
import { canBlock, f64, hot, i32 } from '../atomics.ts';
import { BlockingNotAllowedError, BrokenBarrierError, DeadlockError } from '../errors.ts';
import { ident } from '../memory/agent.ts';
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { mark, unmark, waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { lengthOf, mend } from '../parking/line.ts';
import { deadlineIn, deadlineOf, givenToMe, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/wait.ts';
import { grantAll } from '../parking/wake.ts';
import { describe } from './lock.ts';
import { wholeNumber } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { load, store } = hot;

const FILLING = 0;
const ACTION = 1;
const BROKEN = 2;
const TRIPPING = 3;
const BREAKING = 4;
const RESETTING = 5;

const PARTIES: number = OBJECT.own;
const COUNT: number = OBJECT.own + 1;
const GENERATION: number = OBJECT.own + 2;
const OUTCOMES: number = OBJECT.own + 3;
const DOOR: number = OBJECT.own + 4;
const TIMEOUT: number = OBJECT.own + 6;
const BYTES = 128;

/** What a party is given. */
const TRIPPED = 1;
const NOT_MET = 2;
/** NODE.wanted of the mark that a thread leaves while it runs the action. */
const RUNNER = 1;

const partyLine: Line = {
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

const doorLine: Line = {
  blocking: 'Barrier.wait()',
  twin: 'waitAsync()',
  offset: DOOR,
  attempt: barrier => load(barrier) !== ACTION,
  left() {},
  giveBack() {},
};

/** Ends the generation for all its parties. `phase` says how: TRIPPING, BREAKING or RESETTING. Under the guard. */
function end(barrier: number, phase: number): void {
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
function endAction(barrier: number, generation: number, phase: number): boolean {
  lockGuard(barrier + OBJECT.guard);
  const ours = load(barrier) === ACTION && i32[barrier + GENERATION] === generation;
  if (ours) end(barrier, phase);
  unlockGuard(barrier + OBJECT.guard);
  return ours;
}

/** After a death under the guard: what was begun is ended, and a party that died while it arrived breaks the barrier. */
function repairBarrier(barrier: number): void {
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
const WAITING = 0;
const AT_DOOR = 1;
const MET = 2;
const IS_BROKEN = 3;
const RUNS_ACTION = 4;
const MAY_NOT_PARK = 5;

/** One call of `wait`. */
interface Party {
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
function lineOf(party: Party): Line {
  return { ...partyLine, attempt: barrier => arrive(barrier, party) };
}

/** For a party that left the line because its time was up while the action runs: it stays, until the outcome is known. */
function outcomeLineOf(party: Party): Line {
  return { ...partyLine, attempt: barrier => outcomeOf(barrier, party.generation) !== undefined, left() {} };
}

/** How a barrier is set up. */
export interface BarrierOptions extends NameOptions {
  /**
   * Called by the last party to arrive, before the others go on. It belongs to the handle in this thread and doesn't travel: other threads
   * set theirs with `barrier.action = …`. In `waitAsync` it may return a promise.
   */
  action?: (() => unknown) | undefined;
  /** Milliseconds for each `wait` that doesn't say otherwise. */
  timeout?: number | undefined;
}

/**
 * A point where a fixed number of threads and async tasks wait for each other, again and again. Semantics: Python's `threading.Barrier`, with
 * milliseconds for seconds. One party that doesn't come in time breaks it for all.
 *
 * Everything that any party did before `wait` is seen by the action, and what the action did by all parties after it.
 *
 * @example
 * ```ts
 * const barrier = new Barrier(1, { action: () => 'all are here' });
 * barrier.wait(); // => 0
 * barrier.waiting; // => 0
 * ```
 */
export class Barrier extends SharedObject {
  /** @internal */
  protected static override readonly optionNames: ReadonlySet<string> = new Set([
    'action',
    'name',
    'timeout',
  ]);

  /** What the last party runs if it is a party of this thread; other threads have their own. */
  action: (() => unknown) | undefined;

  /**
   * Creates a barrier for that many parties. Throws `RangeError` unless it is a whole number from 1, and for a bad timeout; `TypeError` for an action
   * that is no function. Never blocks.
   */
  constructor(parties: number, options?: BarrierOptions) {
    const existing = (options as unknown) instanceof Existing;
    if (!existing) {
      wholeNumber(parties, 1, 0x7fff_ffff, 'Barrier: parties');
      if (options !== undefined && options !== null) {
        checkOptions(options, 'Barrier', '{ action: () => {}, timeout: 100 }');
        checkNames(options, new.target.optionNames, 'Barrier');
      }
      deadlineIn(options, 'Barrier');
      const action: unknown = options?.action;
      if (action !== undefined && typeof action !== 'function') {
        throw new TypeError(`Barrier: action must be a function, got ${String(action)} (${typeof action})`);
      }
    }
    super(KIND.barrier, BYTES, options);
    if (existing) return;
    this.action = options?.action;
    i32[this.at + PARTIES] = parties;
    f64[(this.at + TIMEOUT) / 2] = options?.timeout ?? Infinity;
  }

  /** How many have to come. */
  get parties(): number {
    return i32[this.live() + PARTIES]!;
  }

  /** How many have come and wait for the others, or for the action to return (snapshot); 0 as soon as they may go on, and when broken. */
  get waiting(): number {
    return load(this.live() + COUNT);
  }

  /** Whether it is broken (snapshot); it stays so until `reset()`. */
  get broken(): boolean {
    const phase = load(this.live());
    return phase === BROKEN || phase === BREAKING;
  }

  /**
   * Blocks until all parties have come, and returns which one this was: 0 for the first, `parties − 1` for the last, each number once.
   * While an action runs, a party of the next round waits at the door first, without a time bound.
   *
   * Throws `BrokenBarrierError` if the barrier is broken or breaks meanwhile: by `abort()`, by `reset()`, by a party whose `timeout` passed (this one
   * or any other), whose signal aborted, whose thread died, or whose action threw; that party throws what the action threw. Throws
   * `RangeError` for a bad timeout, `BlockingNotAllowedError` if it would have to wait in a browser window (then it has not arrived), and
   * `DeadlockError` when the action itself calls it.
   */
  wait(options?: WaitOptions): number {
    const barrier = this.live();
    const timeout = this.#timeout(barrier, options, 'Barrier.wait');
    for (;;) {
      const party = this.#party(barrier, canBlock());
      try {
        if (waitBlocking(barrier, lineOf(party), deadlineOf(timeout, 'Barrier.wait')))
          party.outcome = givenToMe();
        if (party.verdict === RUNS_ACTION) return this.#runAction(barrier, party);
      } finally {
        if (party.mark !== 0) unmark(party.mark);
      }
      if (party.verdict !== AT_DOOR) {
        return this.#conclude(barrier, party, timeout) ?? this.#stay(barrier, party, timeout);
      }
      this.#waitAtDoor(barrier);
    }
  }

  #waitAtDoor(barrier: number): void {
    if (i32[barrier + OBJECT.owner] === ident) {
      throw new DeadlockError(
        `${describe('Barrier', this)}: this thread runs the barrier's action, and would wait here for its end`,
      );
    }
    waitBlocking(barrier, doorLine, Infinity);
  }

  #stay(barrier: number, party: Party, timeout: number): number {
    waitBlocking(barrier, outcomeLineOf(party), Infinity);
    return this.#conclude(barrier, party, timeout)!;
  }

  #runAction(barrier: number, party: Party): number {
    try {
      const result = this.action?.();
      if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
        throw new TypeError(
          `${describe('Barrier', this)}: the action returned a promise, which wait() can't wait for; use waitAsync()`,
        );
      }
    } catch (error) {
      endAction(barrier, party.generation, BREAKING);
      throw error;
    }
    return this.#trip(barrier, party);
  }

  #trip(barrier: number, party: Party): number {
    if (endAction(barrier, party.generation, TRIPPING)) return party.index;
    throw this.#brokenError('it was reset or aborted while the action ran');
  }

  /**
   * As `wait`, without blocking; rejects with `signal.reason` when aborted, which breaks the barrier for the others unless all had come by
   * then. Holds the event loop meanwhile.
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<number> {
    const barrier = this.live();
    const timeout = this.#timeout(barrier, options, 'Barrier.waitAsync');
    const signal = options?.signal;
    signal?.throwIfAborted();
    for (;;) {
      const party = this.#party(barrier, true);
      try {
        const deadline = deadlineOf(timeout, 'Barrier.waitAsync');
        await waitInLine(this, barrier, lineOf(party), deadline, signal, 0, outcome => {
          party.outcome = outcome;
        });
        if (party.verdict === RUNS_ACTION) return await this.#runActionAsync(barrier, party);
      } finally {
        if (party.mark !== 0) unmark(party.mark);
      }
      if (party.verdict !== AT_DOOR) {
        return (
          this.#conclude(barrier, party, timeout) ?? (await this.#stayAsync(barrier, party, timeout, signal))
        );
      }
      await waitInLine(this, barrier, doorLine, Infinity, signal);
    }
  }

  async #stayAsync(
    barrier: number,
    party: Party,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    await waitInLine(this, barrier, outcomeLineOf(party), Infinity, signal);
    return this.#conclude(barrier, party, timeout)!;
  }

  async #runActionAsync(barrier: number, party: Party): Promise<number> {
    try {
      await this.action?.();
    } catch (error) {
      endAction(barrier, party.generation, BREAKING);
      throw error;
    }
    return this.#trip(barrier, party);
  }

  #timeout(barrier: number, options: WaitOptions | undefined, place: string): number {
    deadlineIn(options, place);
    const timeout = options?.timeout;
    return timeout === undefined ? f64[(barrier + TIMEOUT) / 2]! : timeout;
  }

  #party(barrier: number, mayPark: boolean): Party {
    const marked = this.action === undefined ? 0 : mark(barrier, partyLine, 0);
    return { mark: marked, mayPark, verdict: WAITING, index: 0, generation: 0, outcome: undefined };
  }

  /** Returns the party's number, or throws; `undefined` if its time was up but the action is running. */
  #conclude(barrier: number, party: Party, timeout: number): number | undefined {
    if (party.verdict === MET) return party.index;
    if (party.verdict === IS_BROKEN)
      throw this.#brokenError('it was broken before, and reset() has not been called');
    if (party.verdict === MAY_NOT_PARK) {
      throw new BlockingNotAllowedError(
        'Barrier.wait() would block, which this thread may not do; await waitAsync() instead',
      );
    }
    const hasTimedOut = party.outcome === undefined;
    const outcome = party.outcome ?? guardedOutcomeOf(barrier, party.generation);
    if (outcome === TRIPPED) return party.index;
    if (outcome === undefined) return undefined;
    throw this.#brokenError(
      hasTimedOut
        ? `not all parties came within ${timeout} ms`
        : 'it was aborted or reset, or another party did not stay or failed',
    );
  }

  #brokenError(why: string): BrokenBarrierError {
    return new BrokenBarrierError(`${describe('Barrier', this)}: broken: ${why}`);
  }

  /**
   * Makes the barrier as new. Those who wait get `BrokenBarrierError`, also while the action runs; those at the door are not affected, and come in.
   * Never blocks.
   */
  reset(): void {
    const barrier = this.live();
    lockGuard(barrier + OBJECT.guard);
    if (load(barrier) === BROKEN) store(barrier, FILLING);
    else if (i32[barrier + COUNT]! > 0) end(barrier, RESETTING);
    unlockGuard(barrier + OBJECT.guard);
  }

  /** Breaks the barrier: all who wait, and all who come until `reset()`, get `BrokenBarrierError`. Never blocks. */
  abort(): void {
    const barrier = this.live();
    lockGuard(barrier + OBJECT.guard);
    if (load(barrier) !== BROKEN) end(barrier, BREAKING);
    unlockGuard(barrier + OBJECT.guard);
  }

  /** @internal */
  protected override summary(): string {
    return this.broken ? 'broken' : `waiters=${this.waiting}/${this.parties}`;
  }
}

function guardedOutcomeOf(barrier: number, generation: number): number | undefined {
  lockGuard(barrier + OBJECT.guard);
  const outcome = outcomeOf(barrier, generation);
  unlockGuard(barrier + OBJECT.guard);
  return outcome;
}

registerKind(KIND.barrier, {
  revive: pointer => new Barrier(1, new Existing(pointer) as BarrierOptions),
  lines: [partyLine, doorLine],
  repair: repairBarrier,
});
