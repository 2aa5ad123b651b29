/**
 * A meeting point for a fixed number of parties, as Python's `threading.Barrier`; it can be used again and again.
 *
 * Here is the class, which runs the action; `barrier-state.ts` has the phases, the words and the argument that no wakeup is lost.
 */
import { canBlock, f64, hot, i32 } from '../atomics.ts';
import { BlockingNotAllowedError, BrokenBarrierError, DeadlockError } from '../errors.ts';
import { ident } from '../memory/agent.ts';
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { mark, unmark, waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { deadlineIn, deadlineOf } from '../parking/deadline.ts';
import { givenToMe, waitBlocking } from '../parking/wait.ts';
import {
  AT_DOOR,
  BREAKING,
  BROKEN,
  BYTES,
  COUNT,
  FILLING,
  IS_BROKEN,
  MAY_NOT_PARK,
  MET,
  PARTIES,
  RESETTING,
  RUNS_ACTION,
  TIMEOUT,
  TRIPPED,
  TRIPPING,
  WAITING,
  doorLine,
  end,
  endAction,
  guardedOutcomeOf,
  lineOf,
  outcomeLineOf,
  partyLine,
  repairBarrier,
} from './barrier-state.ts';
import type { Party } from './barrier-state.ts';
import { describe } from './describe.ts';
import { wholeNumber } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { load, store } = hot;

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

registerKind(KIND.barrier, {
  revive: pointer => new Barrier(1, new Existing(pointer) as BarrierOptions),
  lines: [partyLine, doorLine],
  repair: repairBarrier,
});
