/**
 * A latch that opens when it was counted down often enough, and stays open. Semantics: Java's `CountDownLatch`.
 *
 * The state word is the count. It becomes 0 under the guard only, in the same step in which the line is granted, so a thread that is killed there
 * leaves either a latch that isn't open or one whose repair opens it for the rest.
 *
 * No lost wakeup: a waiter looks at the count and joins the line under the guard.
 */
import { hot } from '../atomics.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { mend } from '../parking/line.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { grantAll } from '../parking/wake.ts';
import { wholeNumber } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { compareExchange, load, store } = hot;

const MAXIMUM = 0x7fff_ffff;
const BYTES = 64;

const latchLine: Line = {
  blocking: 'CountDownLatch.wait()',
  twin: 'waitAsync()',
  offset: OBJECT.first,
  attempt: latch => load(latch) === 0,
  left() {},
  giveBack() {},
};

/** Takes `n` off, or as much as is left; returns once that is done. */
function countDown(latch: number, n: number): void {
  for (;;) {
    const seen = load(latch);
    if (seen === 0) return;
    if (seen <= n) {
      open(latch, n);
      return;
    }
    if (compareExchange(latch, seen, seen - n) === seen) return;
  }
}

/** Takes the last of the count off. Others may have been faster: it only falls, so what was enough before still is. */
function open(latch: number, n: number): void {
  lockGuard(latch + OBJECT.guard);
  if (load(latch) <= n) {
    store(latch, 0);
    grantAll(latch + OBJECT.first);
  }
  unlockGuard(latch + OBJECT.guard);
}

/**
 * Lets threads and async tasks wait until a number of things have happened, wherever. It opens once; for a gate that closes again use an `Event` or a
 * `Barrier`. Semantics: Java's `CountDownLatch`.
 *
 * Everything done before `countDown()` in one thread is seen by those whose wait ends by it.
 *
 * @example
 * ```ts
 * const done = new CountDownLatch(3);
 * done.countDown();
 * done.countDown(2);
 * done.wait(); // => true
 * done.count; // => 0
 * ```
 */
export class CountDownLatch extends SharedObject {
  /** Creates a latch; with 0 it is open. Throws `RangeError` unless `count` is a whole number from 0 to 2³¹−1. Never blocks. */
  constructor(count: number, options?: NameOptions) {
    const existing = (options as unknown) instanceof Existing;
    if (!existing) wholeNumber(count, 0, MAXIMUM, 'CountDownLatch: count');
    super(KIND.countDownLatch, BYTES, options);
    if (!existing) store(this.at, count);
  }

  /** How much is still to be counted (snapshot). */
  get count(): number {
    return load(this.live());
  }

  /**
   * Counts down by `n` (default 1), not below 0; who brings it to 0 wakes all who wait. On an open latch it does nothing. Never blocks. Throws
   * `RangeError` unless `n` is a whole number from 1.
   */
  countDown(n: number = 1): void {
    const latch = this.live();
    wholeNumber(n, 1, MAXIMUM, 'CountDownLatch.countDown: n');
    countDown(latch, n);
  }

  /**
   * Blocks until the count is 0; returns true, or false when `timeout` milliseconds passed first. Throws `RangeError` for a negative or NaN timeout, and
   * `BlockingNotAllowedError` if it would have to wait in a browser window.
   */
  wait(options?: WaitOptions): boolean {
    const latch = this.live();
    const deadline = deadlineIn(options, 'CountDownLatch.wait');
    return load(latch) === 0 || waitBlocking(latch, latchLine, deadline);
  }

  /** As `wait`, without blocking; rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
  async waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const latch = this.live();
    const deadline = deadlineIn(options, 'CountDownLatch.waitAsync');
    options?.signal?.throwIfAborted();
    return load(latch) === 0 || waitInLine(this, latch, latchLine, deadline, options?.signal);
  }

  /** @internal */
  protected override summary(): string {
    return `count=${this.count}`;
  }
}

registerKind(KIND.countDownLatch, {
  revive: pointer => new CountDownLatch(0, new Existing(pointer) as NameOptions),
  lines: [latchLine],
  repair(latch) {
    mend(latch + OBJECT.first);
    if (load(latch) === 0) grantAll(latch + OBJECT.first);
  },
});
