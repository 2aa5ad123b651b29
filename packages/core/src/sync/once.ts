/**
 * A value that is made once, by whichever thread comes first, while all others wait for it.
 *
 * State word (OBJECT.state; changed under the guard):
 * ```
 *          first comes                  returned
 *   NEW ───────────────▶ RUNNING ─────────────────────▶ DONE   (for ever: looked at without the guard)
 *    ▲                    │   ▲ threw or died, and somebody waits: the first in line runs
 *    └────────────────────┘   └──┐
 *      threw or died, and nobody └ RUNNING
 *      waits
 * ```
 * Words:
 * ```
 *   RUNNER   mark of the call that runs the initializer, else 0. While it names a mark, that thread's death hands the running on
 *   VALUE    message with the value; written before DONE, then never again
 * ```
 *
 * Each call that may become the runner makes its mark before it joins the line, and carries it in its node (NODE.wanted): so the moment in which it is told
 * to run is the moment in which RUNNER names it, and there is none at which a death would leave nobody in charge.
 *
 * No lost wakeup: looking at the state and joining the line happen under the guard; whoever leaves RUNNING does so under the guard too, and grants
 * the whole line (DONE) or the first in it, who is RUNNING then.
 */
import { hot, i32 } from '../atomics.ts';
import { DeadlockError, TimeoutError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { NODE, OBJECT } from '../memory/layout.ts';
import { dropMessage, readMessage, storeMessage } from '../memory/message.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { mark, unmark, waitInLine } from '../parking/async.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { first, mend } from '../parking/line.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { Line } from '../parking/standing.ts';
import { grant, grantAll } from '../parking/wake.ts';
import { describe } from './describe.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { load, store } = hot;

const NEW = 0;
const RUNNING = 1;
const DONE = 2;

const RUNNER: number = OBJECT.own;
const VALUE: number = OBJECT.own + 1;
const BYTES = 64;

const onceLine: Line = {
  blocking: 'Once.run()',
  twin: 'runAsync()',
  offset: OBJECT.first,
  attempt(once, node) {
    const state = load(once);
    if (state === NEW) {
      i32[once + RUNNER] = i32[node + NODE.wanted]!;
      store(once, RUNNING);
    }
    return state !== RUNNING;
  },
  left() {},
  // Both a runner's mark and the node of one who was told to run and never did lead here.
  giveBack: (once, node) => giveUp(once, node, i32[node + NODE.wanted]!),
};

/** The running has failed: the first in line runs, or the next to come. Does nothing unless one of the marks is the runner's. */
function giveUp(once: number, ...marks: number[]): void {
  lockGuard(once + OBJECT.guard);
  if (load(once) === RUNNING && marks.includes(i32[once + RUNNER]!)) handOn(once);
  unlockGuard(once + OBJECT.guard);
}

/** Under the guard. */
function handOn(once: number): void {
  const next = first(once + OBJECT.first);
  // Named before it is told: should we die here, `repair` sees that the runner still stands in line.
  i32[once + RUNNER] = next === 0 ? 0 : i32[next + NODE.wanted]!;
  if (next === 0) store(once, NEW);
  else grant(next);
}

function complete(once: number, message: number): void {
  lockGuard(once + OBJECT.guard);
  i32[once + VALUE] = message;
  store(once, DONE);
  i32[once + RUNNER] = 0;
  grantAll(once + OBJECT.first);
  unlockGuard(once + OBJECT.guard);
}

/** Whether a call of this thread is the runner, be it that it doesn't know yet: then blocking would be for ever. */
function runsHere(once: number): boolean {
  if (load(once) !== RUNNING) return false;
  lockGuard(once + OBJECT.guard);
  const runner = i32[once + RUNNER]!;
  ensureMapped(runner);
  const here = runner !== 0 && i32[runner + NODE.agent] === selfAgent;
  unlockGuard(once + OBJECT.guard);
  return here;
}

/** After a death under the guard. */
function repairOnce(once: number): void {
  mend(once + OBJECT.first);
  const state = load(once);
  if (state === DONE) grantAll(once + OBJECT.first);
  else if (state === NEW) i32[once + RUNNER] = 0;
  else {
    const runner = i32[once + RUNNER]!;
    const next = first(once + OBJECT.first);
    if (runner === 0) handOn(once);
    else if (next !== 0 && i32[next + NODE.wanted] === runner) grant(next);
  }
}

/**
 * A value that is made once, however many threads ask for it: the first runs its initializer, the others wait until it is there. Each thread
 * passes an initializer, since functions don't travel; only one of them ever runs to its end. What it returns is kept in shared memory:
 * other threads get a copy (shareables: the same memory), each thread always the same one.
 *
 * When an initializer throws, its caller gets the error and the next in line runs its own: a failure isn't remembered. The same if its thread dies.
 * Semantics: C++'s `call_once`, and Rust's `OnceLock::get_or_init`.
 *
 * Everything done in the initializer is seen by those who get the value.
 *
 * @example
 * ```ts
 * const port = new Once<number>({ name: 'port' });
 * port.run(() => 8080); // => 8080
 * port.run(() => 9090); // => 8080
 * port.tryGet(); // => { value: 8080 }
 * ```
 */
export class Once<T = void> extends SharedObject {
  #value: { readonly value: T } | undefined;

  /** Creates one whose value is still to be made. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.once, BYTES, options);
  }

  /** Whether the value is there (snapshot; once true, true for ever). */
  get done(): boolean {
    return load(this.live()) === DONE;
  }

  /** Returns the value in a box if it is there, else `undefined`. Never blocks. */
  tryGet(): { readonly value: T } | undefined {
    const once = this.live();
    if (this.#value === undefined && load(once) === DONE)
      this.#value = Object.freeze({ value: readMessage(i32[once + VALUE]!) as T });
    return this.#value;
  }

  /**
   * Returns the value. If nobody has made it, calls `initialize` for it; if somebody is making it, blocks until it is there, or until it is this
   * thread's turn because the other's initializer has failed.
   *
   * Throws what `initialize` throws, `NotShareableError` if what it returns can't travel and `TypeError` if that is a promise (use `runAsync`): all three
   * count as failures. Throws `TimeoutError` when others took longer than `timeout` milliseconds (the own initializer isn't timed),
   * `DeadlockError` if this very thread is making it, `RangeError` for a bad timeout, and `BlockingNotAllowedError` if it would have to
   * wait in a browser window.
   */
  run(initialize: () => T, options?: WaitOptions): T {
    const known = this.tryGet();
    if (known !== undefined) return known.value;
    const once = this.live();
    const deadline = deadlineIn(options, 'Once.run');
    mustBeFunction(initialize, 'Once.run');
    if (runsHere(once)) throw this.#deadlock();
    const runner = mark(once, onceLine, 0);
    try {
      if (!waitBlocking(once, onceLine, deadline, runner)) throw this.#tooLate(options);
      if (i32[once + RUNNER] === runner) return this.#make(once, initialize);
    } catch (error) {
      giveUp(once, runner);
      throw error;
    } finally {
      unmark(runner);
    }
    return this.tryGet()!.value;
  }

  #make(once: number, initialize: () => T): T {
    const value = initialize();
    if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function') {
      throw new TypeError(
        `${describe('Once', this)}: the initializer returned a promise, which run() can't wait for; use runAsync()`,
      );
    }
    return this.#complete(once, value);
  }

  #complete(once: number, value: T): T {
    const message = storeMessage(value, 'value');
    this.#value = Object.freeze({ value });
    complete(once, message);
    return value;
  }

  /**
   * As `run`, without blocking; `initialize` may return a promise. Rejects with `signal.reason` when aborted while it waits for others; an initializer that
   * runs is not interrupted. Holds the event loop while it waits. An initializer that awaits its own `Once` waits for ever.
   */
  async runAsync(initialize: () => T | PromiseLike<T>, options?: AsyncWaitOptions): Promise<T> {
    const known = this.tryGet();
    if (known !== undefined) return known.value;
    const once = this.live();
    const deadline = deadlineIn(options, 'Once.runAsync');
    mustBeFunction(initialize, 'Once.runAsync');
    options?.signal?.throwIfAborted();
    const runner = mark(once, onceLine, 0);
    try {
      if (!(await waitInLine(this, once, onceLine, deadline, options?.signal, runner)))
        throw this.#tooLate(options);
      if (i32[once + RUNNER] === runner) return this.#complete(once, await initialize());
    } catch (error) {
      giveUp(once, runner);
      throw error;
    } finally {
      unmark(runner);
    }
    return this.tryGet()!.value;
  }

  #tooLate(options: WaitOptions | undefined): TimeoutError {
    return new TimeoutError(
      `${describe('Once', this)}: the initializer of another caller has not finished within ${options?.timeout} ms`,
    );
  }

  #deadlock(): DeadlockError {
    return new DeadlockError(
      `${describe('Once', this)}: this thread is running its initializer, and would wait here for its end`,
    );
  }
}

function mustBeFunction(initialize: unknown, place: string): void {
  if (typeof initialize !== 'function') {
    throw new TypeError(
      `${place}: initialize must be a function, got ${String(initialize)} (${typeof initialize})`,
    );
  }
}

registerKind(KIND.once, {
  revive: pointer => new Once(new Existing(pointer) as NameOptions),
  lines: [onceLine],
  repair: repairOnce,
  destroy(once) {
    const value = i32[once + VALUE]!;
    if (value !== 0) dropMessage(value);
  },
});
