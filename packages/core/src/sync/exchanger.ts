/**
 * A meeting point of two, where each gets what the other brought. At most one waits at a time: the next to come takes what that one brought and gives
 * it what it brought itself.
 *
 * Words (changed under the guard):
 * ```
 *   OBJECT.first   the line, of one at most
 *   OFFER          message of the one who waits; what is left of one who has gone, if nobody waits; else 0
 *   TICKET         number of the last offer; wraps. Says whether an offer is still one's own
 *   REPLY          message that is being given to the one who waits, else 0: a death in between is made good by giving it
 * ```
 * A message belongs to whoever has taken it out of these words: by an exchange, by `withdraw`, or by finding it left over.
 *
 * No lost wakeup: looking for a partner, joining the line, being chosen and giving up all happen under the guard.
 *
 * A thread that is killed just as it exchanges has exchanged, or hasn't come: the other gets its value, or waits on for somebody else.
 */
import { i32 } from '../atomics.ts';
import { TimeoutError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { dropMessage, storeMessage, takeMessage } from '../memory/message.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { givenToMe, waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { grant } from '../parking/wake.ts';
import { describe } from './describe.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const OFFER: number = OBJECT.own;
const TICKET: number = OBJECT.own + 1;
const REPLY: number = OBJECT.own + 2;
const BYTES = 64;

const exchangeLine: Line = {
  blocking: 'Exchanger.exchange()',
  twin: 'exchangeAsync()',
  offset: OBJECT.first,
  attempt: () => false,
  left() {},
  // The one to whom it was given is dead.
  giveBack: (_exchanger, node) => dropMessage(i32[node + NODE.given]!),
};

/** One call of `exchange`. */
interface Visit {
  readonly mine: number;
  /** Number of the own offer, if it was made. */
  ticket: number | undefined;
  /** Message that somebody left behind, to be dropped when no guard is held. */
  leftOver: number;
  /** Message that it got, 0 before. */
  got: number;
}

/** A visit's own line: its attempt looks for a partner, and makes an offer if there is none. */
function lineOf(visit: Visit): Line {
  return {
    ...exchangeLine,
    attempt(exchanger, node) {
      const partner = first(exchanger + OBJECT.first);
      const offer = i32[exchanger + OFFER]!;
      if (partner === 0) {
        visit.leftOver = offer;
        visit.ticket = (i32[exchanger + TICKET]! + 1) | 0;
        i32[exchanger + TICKET] = visit.ticket;
        i32[exchanger + OFFER] = visit.mine;
        return false;
      }
      i32[node + NODE.given] = offer;
      i32[exchanger + REPLY] = visit.mine;
      grant(partner, visit.mine);
      i32[exchanger + OFFER] = 0;
      i32[exchanger + REPLY] = 0;
      return true;
    },
    // An abort that came too late: the exchange has taken place.
    giveBack(_exchanger, node) {
      visit.got = i32[node + NODE.given]!;
    },
  };
}

/** Drops what others left behind. Not under the guard. */
function tidy(visit: Visit): void {
  if (visit.leftOver !== 0) dropMessage(visit.leftOver);
  visit.leftOver = 0;
}

/** Takes the own offer back, if nobody has done so, and drops it. */
function withdraw(exchanger: number, visit: Visit): void {
  tidy(visit);
  lockGuard(exchanger + OBJECT.guard);
  const isThere = visit.ticket === i32[exchanger + TICKET] && i32[exchanger + OFFER] === visit.mine;
  if (isThere) i32[exchanger + OFFER] = 0;
  unlockGuard(exchanger + OBJECT.guard);
  if (isThere || visit.ticket === undefined) dropMessage(visit.mine);
}

/** After a death under the guard. */
function repairExchanger(exchanger: number): void {
  mend(exchanger + OBJECT.first);
  const reply = i32[exchanger + REPLY]!;
  const waiting = first(exchanger + OBJECT.first);
  if (reply !== 0 && waiting !== 0) grant(waiting, reply);
  i32[exchanger + REPLY] = 0;
}

/**
 * A point where threads and async tasks meet in pairs and swap values: each brings one and gets the other's. Semantics: Java's `Exchanger`. Values are
 * copied as in a queue (shareables: the same memory), so for large ones swap `SharedBuffer`s.
 *
 * Everything that one did before `exchange` is seen by the other after it.
 *
 * @example
 * ```ts
 * const exchanger = new Exchanger<string>();
 * const other = exchanger.exchangeAsync('tea');
 * exchanger.exchange('coffee'); // => 'tea'
 * await other; // => 'coffee'
 * ```
 */
export class Exchanger<T = unknown> extends SharedObject {
  /** Creates one at which nobody waits. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.exchanger, BYTES, options);
  }

  /** Whether somebody waits for a partner (snapshot). */
  get waiting(): boolean {
    return first(this.live() + OBJECT.first) !== 0;
  }

  /**
   * Blocks until another thread or task comes, and returns what it brought. If it takes longer than `timeout` milliseconds, throws `TimeoutError`, and
   * the value has gone to nobody; if the partner's thread dies while it waits, that is as if it had never come.
   *
   * Throws `NotShareableError` for a value that can't travel (then it has not come), `RangeError` for a negative or NaN timeout, and
   * `BlockingNotAllowedError` if it would have to wait in a browser window.
   */
  exchange(value: T, options?: WaitOptions): T {
    const exchanger = this.live();
    const deadline = deadlineIn(options, 'Exchanger.exchange');
    const visit = comeWith(value);
    let met: boolean;
    try {
      met = waitBlocking(exchanger, lineOf(visit), deadline, visit.mine, () => tidy(visit));
    } catch (error) {
      withdraw(exchanger, visit);
      throw error;
    }
    if (met) return takeMessage(givenToMe()) as T;
    withdraw(exchanger, visit);
    throw this.#tooLate(options);
  }

  /**
   * As `exchange`, without blocking; rejects with `signal.reason` when aborted, unless the exchange has taken place by then: then it resolves, so that
   * no value is lost. Holds the event loop meanwhile.
   */
  async exchangeAsync(value: T, options?: AsyncWaitOptions): Promise<T> {
    const exchanger = this.live();
    const deadline = deadlineIn(options, 'Exchanger.exchangeAsync');
    const signal = options?.signal;
    signal?.throwIfAborted();
    const visit = comeWith(value);
    const keep = (given: number): void => void (visit.got = given);
    const enter = (): void => tidy(visit);
    try {
      const line = lineOf(visit);
      if (!(await waitInLine(this, exchanger, line, deadline, signal, visit.mine, keep, enter)))
        throw this.#tooLate(options);
    } catch (error) {
      if (visit.got === 0) {
        withdraw(exchanger, visit);
        throw error;
      }
    }
    return takeMessage(visit.got) as T;
  }

  #tooLate(options: WaitOptions | undefined): TimeoutError {
    return new TimeoutError(
      `${describe('Exchanger', this)}: nobody came to exchange within ${options?.timeout} ms`,
    );
  }
}

function comeWith(value: unknown): Visit {
  return { mine: storeMessage(value, 'value'), ticket: undefined, leftOver: 0, got: 0 };
}

registerKind(KIND.exchanger, {
  revive: pointer => new Exchanger(new Existing(pointer) as NameOptions),
  lines: [exchangeLine],
  repair: repairExchanger,
  destroy(exchanger) {
    const offer = i32[exchanger + OFFER]!;
    if (offer !== 0) dropMessage(offer);
  },
});
