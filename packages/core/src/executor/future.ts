/**
 * `Future`: what will have come of a task. In the thread that submitted the task the handle is light: it is told of the outcome (`completed.ts`), takes it
 * into this thread's heap and gives the block of shared memory back. Only when it travels does it become a counted handle like others.
 *
 * ```
 *  submitted ──▶ expected (has a ticket) ──arrive──▶ settled: value or error in this heap, no block
 *                    │ encoded into a message             │ encoded: a block is made for it again
 *                    ▼                                    ▼
 *                 counted as well ─────────────────▶ counted handle of a settled future
 *  received from another thread ──▶ counted handle: looks at the block, waits in its line
 * ```
 */
import { hot, i32 } from '../atomics.ts';
import { shareableAddress } from '../codec/shareable.ts';
import { CancelledError, HeddleError, TimeoutError } from '../errors.ts';
import { allocateZeroed } from '../memory/allocator.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import type { Kind } from '../memory/kinds.ts';
import { AGENT, OBJECT } from '../memory/layout.ts';
import { Existing, makeHandle, NOT_CLONEABLE, release, retain } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { WaitOptions } from '../sync/options.ts';
import { handleUncaught } from '../thread/except-hook.ts';
import { joinSite } from './call-site.ts';
import type { Origin } from './call-site.ts';
import { countAwaited, drainCompleted, expect, stopPolling } from './completed.ts';
import { dropTask } from './drop-task.ts';
import { FUTURE, PHASE, PHASE_MASK } from './layout.ts';
import { putPayload } from './payload.ts';
import {
  abandon,
  dismiss,
  futureLine,
  putError,
  readOutcome,
  repairFuture,
  requestCancel,
} from './settle.ts';
import { forgetFailure, noteFailure } from './unlooked.ts';
import { tellRunner, withdraw } from './withdrawing.ts';

const { load } = hot;

/** Says to the constructor that `submitting` is meant, a block that this agent expects. An argument of its own for each future would be garbage. */
const SUBMITTED: unique symbol = Symbol('submitted');
const submitting: { future: number; origin: Origin | undefined } = { future: 0, origin: undefined };

// What a handle has come to, in bits.
/** This agent submitted it, and it hasn't arrived. */
const EXPECTED = 1;
/** It is a counted handle. */
const COUNTED = 2;
/** Somebody asked for the outcome: a failure need not be reported. */
const LOOKED = 4;
/** The event loop is held for it. */
const AWAITED = 8;
/** It waits in the block's line, so as to be told. */
const WATCHED = 16;

/** Says to the constructor that it has settled before it began. */
class Settled {
  readonly phase: number;
  readonly value: unknown;
  constructor(phase: number, value: unknown) {
    this.phase = phase;
    this.value = value;
  }
}

/** What few futures have. In an object of its own, since each field costs each future its room and its time. */
interface Rare {
  /** What this very handle aborted it with: here it is the same object, elsewhere a copy. */
  reason?: { readonly value: unknown } | undefined;
  failure?: object | undefined;
  callbacks?: Array<(future: never) => void> | undefined;
  cleanUp?: (() => void) | undefined;
}

/** How many futures have settled in this thread. */
let settledHere = 0;

/**
 * What will have come of a task that was submitted to a `ThreadPoolExecutor`. It is a `PromiseLike`: `await future` gives the result and never blocks, while
 * `result()` blocks. It travels to other threads, which may wait for it too. Semantics: Python's `concurrent.futures.Future`, with milliseconds for
 * seconds; callbacks run in the thread that registered them.
 *
 * A task that failed, and whose future nobody looked at (`await`, `result`, `exception`), is reported through the exception hook when the future
 * is collected or its thread ends.
 *
 * @example
 * ```ts
 * await using pool = new ThreadPoolExecutor();
 * const future = pool.submit((n: number) => n * n, 7);
 * await future; // => 49
 * future.done; // => true
 * ```
 */
export class Future<T = unknown> implements PromiseLike<T> {
  /** The block; 0 when the outcome is here and nobody else needs it. */
  #at: number;
  /** PHASE, once it is final and the outcome is here; until then the block says it. */
  #phase = 0;
  #outcome: { readonly value: unknown } | undefined;
  #origin: Origin | undefined;
  /** EXPECTED and so on. */
  #bits = 0;
  #rare: Rare | undefined;
  #promise: Promise<T> | undefined;
  /** Of the promise, until that has settled. */
  #resolve: ((value: never) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** When it settled here, among all futures of this thread. @internal */
  order: number = 0;
  /** Makes cloning fail at the sender. @internal */
  protected readonly notCloneable: symbol = NOT_CLONEABLE;

  /** Futures come from `submit`; this throws `TypeError`. For one that you settle yourself there is `SettableFuture`. */
  constructor(source?: never) {
    const from = source as Existing | Settled | typeof SUBMITTED | undefined;
    if (from === SUBMITTED) {
      this.#at = submitting.future;
      this.#origin = submitting.origin;
      this.#bits = EXPECTED;
    } else if (from instanceof Existing) {
      this.#at = from.pointer;
      this.#bits = COUNTED | LOOKED;
      makeHandle(this, from.pointer);
    } else if (from instanceof Settled) {
      this.#at = 0;
      this.#settle(from.phase, from);
    } else
      throw new TypeError(
        'Future: a future comes from submit() of a ThreadPoolExecutor, not from new; one that you settle yourself is a SettableFuture',
      );
  }

  /** A future of a block that this agent expects. @internal */
  static submitted<T>(future: number, origin: Origin | undefined): Future<T> {
    submitting.future = future;
    submitting.origin = origin;
    const made = new Future<T>(SUBMITTED as never);
    expect(made, future);
    return made;
  }

  /** A future that has failed before it began. @internal */
  static failed<T>(error: unknown): Future<T> {
    return new Future<T>(new Settled(PHASE.threw, error) as never);
  }

  /** A future that was called off before it began. @internal */
  static aborted<T>(reason: unknown): Future<T> {
    return new Future<T>(new Settled(PHASE.cancelled, reason) as never);
  }

  /** The outcome is in the block, which goes when this returns. @internal */
  arrive(future: number): void {
    this.#bits &= ~EXPECTED;
    if (this.#phase === 0) this.#read(future);
    if ((this.#bits & COUNTED) === 0) this.#at = 0;
  }

  /** Runs once when it has settled here. @internal */
  whenSettled(cleanUp: () => void): void {
    if (this.#phase === 0) this.#rarely.cleanUp = cleanUp;
    else cleanUp();
  }

  #read(future: number): void {
    const phase = load(future) & PHASE_MASK;
    let outcome: { readonly value: unknown } | undefined;
    try {
      outcome = this.#rare?.reason ?? readOutcome(future);
    } catch (error) {
      this.#settle(PHASE.threw, { value: error });
      return;
    }
    if (outcome === undefined && phase === PHASE.threw) {
      outcome = { value: new HeddleError('the task failed, and there was no shared memory left to say how') };
    }
    this.#settle(phase, outcome);
  }

  #settle(phase: number, outcome: { readonly value: unknown } | undefined): void {
    this.#phase = phase;
    this.order = ++settledHere;
    if (phase === PHASE.cancelled && outcome === undefined)
      outcome = { value: new CancelledError('the task was cancelled') };
    this.#outcome = outcome;
    const origin = this.#origin;
    this.#origin = undefined;
    if (phase !== PHASE.returned && origin !== undefined)
      joinSite(outcome!.value, origin.site, origin.pool, origin.exact);
    if (this.#resolve !== undefined) {
      if (phase === PHASE.returned) this.#resolve(outcome!.value as never);
      else this.#reject!(outcome!.value);
      this.#resolve = undefined;
      this.#reject = undefined;
    } else if (phase === PHASE.threw && (this.#bits & LOOKED) === 0)
      this.#rarely.failure = noteFailure(this, outcome!.value);
    if ((this.#bits & AWAITED) !== 0) {
      this.#bits &= ~AWAITED;
      countAwaited(-1);
    }
    const rare = this.#rare;
    rare?.cleanUp?.();
    const callbacks = rare?.callbacks;
    if (callbacks !== undefined) queueMicrotask(() => callbacks.forEach(callback => this.#call(callback)));
    // What they hold on to goes; a failure that was noted just now stays.
    if (rare !== undefined) rare.cleanUp = rare.callbacks = undefined;
  }

  get #rarely(): Rare {
    return (this.#rare ??= {});
  }

  #call(callback: (future: never) => void): void {
    try {
      callback(this as never);
    } catch (error) {
      handleUncaught(i32[selfAgent + AGENT.thread]!, error);
    }
  }

  /** The phase now; if it is final, the outcome is here. */
  #look(): number {
    if (this.#phase !== 0) return this.#phase;
    const phase = load(this.#at) & PHASE_MASK;
    if (phase >= PHASE.returned) this.#read(this.#at);
    return phase;
  }

  #nowLooked(): void {
    this.#bits |= LOOKED;
    const rare = this.#rare;
    if (rare?.failure === undefined) return;
    forgetFailure(rare.failure);
    rare.failure = undefined;
  }

  /** Whether it has settled: the task returned or threw, or it was cancelled (snapshot). */
  get done(): boolean {
    return this.#look() >= PHASE.returned;
  }

  /** Whether a thread runs the task now (snapshot). */
  get running(): boolean {
    const phase = this.#look();
    return phase > PHASE.pending && phase < PHASE.returned;
  }

  /** Whether it was cancelled (snapshot). */
  get cancelled(): boolean {
    return this.#look() === PHASE.cancelled;
  }

  /**
   * Calls the task off. If it hasn't begun, it never will; returns true, and the future is cancelled. If it runs, returns false, and the task is asked to stop:
   * it sees `currentTask().cancelled`, and if it then throws `CancelledError` (`throwIfCancelled()`) the future is cancelled after all. Returns false if
   * the task has finished, and true if it was cancelled before. Never blocks.
   */
  cancel(): boolean {
    if (this.#look() >= PHASE.returned) return this.#phase === PHASE.cancelled;
    return this.#cancel(undefined);
  }

  #cancel(reason: { readonly value: unknown } | undefined): boolean {
    const future = this.#at;
    const pool = i32[future + FUTURE.pool]!;
    // Both references may go when the outcome arrives.
    retain(pool);
    retain(future);
    const withdrawn = withdraw(pool, future);
    if (withdrawn) {
      if (reason !== undefined) this.#rarely.reason = reason;
      dismiss(future, PHASE.cancelled, reason);
    } else {
      if (reason === undefined) requestCancel(future);
      else if (abandon(future, PHASE.cancelled, reason)) this.#rarely.reason = reason;
      tellRunner(pool, future);
    }
    if (this.#phase === 0) this.#look();
    release(future);
    release(pool);
    drainCompleted();
    return withdrawn;
  }

  /** The signal of its submission was aborted: it rejects with the reason at once, and the task is asked to stop. @internal */
  abort(reason: unknown): void {
    if (this.#look() < PHASE.returned) this.#cancel({ value: reason });
  }

  /** Whether it has settled by an error, without counting as a look at it. @internal */
  hasFailed(): boolean {
    return this.#look() === PHASE.threw;
  }

  /** Makes sure that this thread's wake word is bumped when it settles. @internal */
  watch(): void {
    if ((this.#bits & (EXPECTED | WATCHED)) !== 0 || this.#look() >= PHASE.returned) return;
    this.#bits |= WATCHED;
    const found = (): void => void this.#look();
    void waitInLine(this, this.#at, futureLine, Infinity, undefined).then(found);
  }

  /** Blocks until it has settled, at most until the deadline; returns whether it has. @internal */
  waitUntil(deadline: number): boolean {
    if (this.#look() >= PHASE.returned) return true;
    stopPolling();
    if (this.#phase !== 0) return true;
    return waitBlocking(this.#at, futureLine, deadline) && this.#look() >= PHASE.returned;
  }

  #wait(options: WaitOptions | undefined, place: string): void {
    const deadline =
      options === undefined ? Infinity : deadlineIn(options, place, 'waitAsync([future], { signal })');
    if (!this.waitUntil(deadline)) throw new TimeoutError(`${place}: not done within ${options?.timeout} ms`);
  }

  /**
   * Blocks until the task has finished, and returns what it returned. Throws what it threw (class, message, stack, code, cause and own properties, and where it
   * was submitted), `CancelledError` if it was cancelled, `ThreadDiedError` if its thread died, `TimeoutError` after `timeout` milliseconds, and
   * `BlockingNotAllowedError` if it would have to wait in a browser window: `await` the future there.
   */
  result(options?: WaitOptions): T {
    this.#nowLooked();
    this.#wait(options, 'Future.result');
    if (this.#phase === PHASE.returned) return this.#outcome!.value as T;
    throw this.#outcome!.value;
  }

  /**
   * Blocks until the task has finished, and returns in a box what it threw, or `undefined` if it returned: a task may throw anything, `undefined` too. Throws
   * what `result` throws when there is no outcome: `CancelledError`, `TimeoutError`, `BlockingNotAllowedError`.
   */
  exception(options?: WaitOptions): { readonly error: unknown } | undefined {
    this.#nowLooked();
    this.#wait(options, 'Future.exception');
    if (this.#phase === PHASE.cancelled) throw this.#outcome!.value;
    return this.#phase === PHASE.returned ? undefined : { error: this.#outcome!.value };
  }

  /** Returns a promise of the result, which rejects with what `result()` throws. Holds the event loop until it has settled. Never blocks. */
  promise(): Promise<T> {
    this.#nowLooked();
    this.#promise ??= this.#makePromise();
    return this.#promise;
  }

  #makePromise(): Promise<T> {
    const phase = this.#look();
    if (phase >= PHASE.returned) {
      const { value } = this.#outcome!;
      return phase === PHASE.returned ? Promise.resolve(value as T) : Promise.reject(value);
    }
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#awaitHere();
    });
  }

  /** Makes sure that it settles here when it has settled, and that the event loop goes on until then. */
  #awaitHere(): void {
    if ((this.#bits & EXPECTED) !== 0) {
      if ((this.#bits & AWAITED) !== 0) return;
      this.#bits |= AWAITED;
      countAwaited(1);
    } else this.watch();
  }

  /** As of a promise: `await future` is the result. */
  // oxlint-disable-next-line unicorn/no-thenable, typescript/no-explicit-any -- as of a promise
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.promise().then(onFulfilled, onRejected);
  }

  /** As of a promise. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as of a promise
  catch<B = never>(onRejected?: ((reason: any) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.promise().catch(onRejected);
  }

  /** As of a promise. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.promise().finally(onFinally);
  }

  /**
   * Calls `callback(future)` in this thread, on its event loop, when the future has settled, however; callbacks are called in the order in which they were
   * registered. What one throws goes to the exception hook. Holds the event loop until then. Throws `TypeError` for what is no function. Never blocks.
   */
  onDone(callback: (future: this) => void): void {
    if (typeof callback !== 'function')
      throw new TypeError(`Future.onDone: expected a function, got ${String(callback)} (${typeof callback})`);
    if (this.#look() >= PHASE.returned) {
      queueMicrotask(() => this.#call(callback));
      return;
    }
    const rare = this.#rarely;
    if (rare.callbacks === undefined) {
      rare.callbacks = [callback];
      if (this.#resolve === undefined) this.#awaitHere();
    } else rare.callbacks.push(callback);
  }

  /** For logs: `<Future running>`. */
  toString(): string {
    const words = ['pending', 'running', 'running', 'running', 'returned', 'threw', 'cancelled'];
    return `<${this.constructor.name} ${words[this.#look()]}>`;
  }

  static {
    // By its symbol, as every shareable.
    Object.defineProperty(this.prototype, shareableAddress, {
      value(this: Future): number {
        return this.#travel();
      },
    });
  }

  /** Where its block is; it gets one if it has none any more. */
  #travel(): number {
    this.#nowLooked();
    if ((this.#bits & COUNTED) !== 0) return this.#at;
    if ((this.#bits & EXPECTED) !== 0 && this.#phase === 0) retain(this.#at);
    else this.#at = this.#rebuild();
    this.#bits |= COUNTED;
    makeHandle(this, this.#at);
    return this.#at;
  }

  /** A block of its own for an outcome that is here. */
  #rebuild(): number {
    const future = allocateZeroed(FUTURE.bytes);
    i32[future + OBJECT.kind] = KIND.future;
    i32[future + OBJECT.references] = 1;
    i32[future] = this.#phase;
    if (this.#phase === PHASE.returned) putPayload(future, this.#outcome!.value, 'result');
    else putError(future, this.#outcome!.value);
    return future;
  }
}

/** What a future's block is to the layers below; one that is settled by hand is the same and more. */
export const futureKind: Kind = {
  revive: pointer => new Future(new Existing(pointer) as never),
  lines: [futureLine],
  repair: repairFuture,
  destroy(future) {
    dropTask(future);
    const pool = i32[future + FUTURE.pool]!;
    if (pool !== 0) release(pool);
  },
};

registerKind(KIND.future, futureKind);
