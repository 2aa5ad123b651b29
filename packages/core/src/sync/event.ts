/**
 * A flag that threads wait for, as Python's `threading.Event`. `isSet`, an uncontended `set` and `clear` are one atomic instruction each.
 *
 * State word (OBJECT.state):
 * ```
 *   0         not set, nobody waits
 *   SET       set, and nobody waits: there is nothing to wait for
 *   WAITERS   not set, and the line isn't empty. Entered and left under the guard only
 *
 *          set                    enter            set: grants the whole line
 *   SET ◀─────── 0 ◀── clear ──    0 ─────▶ WAITERS ─────────────────────────▶ SET
 *                                  ◀────── last left
 * ```
 *
 * The generation rule: `set()` wakes everybody who waits at that moment, also if `clear()` follows at once. It holds because a waiter is
 * granted, in its own node, and doesn't look at the flag again.
 *
 * No lost wakeup: a waiter turns 0 into WAITERS under the guard, so each later `set()` finds that word, takes the guard and then the line.
 */
import { hot, i32 } from '../atomics.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll } from '../parking/wake.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { compareExchange, load, store } = hot;

const SET = 1;
const WAITERS = 2;

/** 1 while a `set()` grants the line: its death in the middle is made good by granting the rest. Guarded by the guard. */
const SETTING: number = OBJECT.own;
const BYTES = 64;

const eventLine: Line = {
  blocking: 'Event.wait()',
  twin: 'waitAsync()',
  offset: OBJECT.first,
  attempt(event) {
    for (;;) {
      const seen = load(event);
      if (seen === SET) return true;
      if (seen === WAITERS || compareExchange(event, 0, WAITERS) === 0) return false;
    }
  },
  left(event) {
    if (first(event + OBJECT.first) === 0) compareExchange(event, WAITERS, 0);
  },
  giveBack() {},
};

function setForLine(event: number): void {
  lockGuard(event + OBJECT.guard);
  i32[event + SETTING] = 1;
  store(event, SET);
  grantAll(event + OBJECT.first);
  i32[event + SETTING] = 0;
  unlockGuard(event + OBJECT.guard);
}

function repairEvent(event: number): void {
  mend(event + OBJECT.first);
  if (i32[event + SETTING] === 1) grantAll(event + OBJECT.first);
  i32[event + SETTING] = 0;
  if (first(event + OBJECT.first) === 0) compareExchange(event, WAITERS, 0);
  else store(event, WAITERS);
}

/**
 * A flag that any number of threads and async tasks wait for until somebody sets it. Semantics: Python's `threading.Event`, with milliseconds
 * for seconds. `set()` wakes all who wait at that moment, even if `clear()` follows at once.
 *
 * Everything done before `set()` in one thread is seen by those whose wait it ends, and by those who find `isSet` true.
 *
 * @example
 * ```ts
 * const ready = new Event({ name: 'ready' });
 * ready.wait({ timeout: 5 }); // => false
 * ready.set();
 * ready.wait(); // => true
 * ```
 */
export class Event extends SharedObject {
  /** Creates an event that isn't set. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.event, BYTES, options);
  }

  /** Whether it is set (snapshot). Cheap enough for the condition of a busy loop. */
  get isSet(): boolean {
    return load(this.live()) === SET;
  }

  /** Sets the flag and wakes all who wait, in the order in which they came. Setting it twice does nothing more. Never blocks. */
  set(): void {
    const event = this.live();
    for (;;) {
      const seen = compareExchange(event, 0, SET);
      if (seen === 0) return;
      if (seen === WAITERS) return setForLine(event);
      // Set already: written all the same, so that what we did before is seen by those who see the flag from now on.
      if (compareExchange(event, SET, SET) === SET) return;
    }
  }

  /** Unsets the flag: from now on `wait` waits. Those whose wait was ended by a `set()` before this are not affected. Never blocks. */
  clear(): void {
    compareExchange(this.live(), SET, 0);
  }

  /**
   * Blocks until the event is set; returns true, or false when `timeout` milliseconds passed first. Throws `RangeError` for a negative or NaN timeout,
   * and `BlockingNotAllowedError` if it would have to wait in a browser window.
   */
  wait(options?: WaitOptions): boolean {
    const event = this.live();
    const deadline = deadlineIn(options, 'Event.wait');
    return load(event) === SET || waitBlocking(event, eventLine, deadline);
  }

  /** As `wait`, without blocking; rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
  async waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const event = this.live();
    const deadline = deadlineIn(options, 'Event.waitAsync');
    options?.signal?.throwIfAborted();
    return load(event) === SET || waitInLine(this, event, eventLine, deadline, options?.signal);
  }

  /** @internal */
  protected override summary(): string {
    return this.isSet ? 'set' : 'unset';
  }
}

registerKind(KIND.event, {
  revive: pointer => new Event(new Existing(pointer) as NameOptions),
  lines: [eventLine],
  repair: repairEvent,
});
