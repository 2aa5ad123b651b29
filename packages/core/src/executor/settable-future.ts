/** `SettableFuture`: a future that no pool settles, but whoever has it. */
import { hot, i32 } from '../atomics.ts';
import { InvalidStateError, ThreadStateError } from '../errors.ts';
import { allocateZeroed } from '../memory/allocator.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { OBJECT } from '../memory/layout.ts';
import { storeMessage } from '../memory/message.ts';
import { Existing } from '../memory/shared-object.ts';
import { slab } from '../memory/slab.ts';
import { withoutUnshareables } from '../thread/except-hook.ts';
import { beginByHand, cancelByHand, settleByHand } from './by-hand.ts';
import { Future, futureKind } from './future.ts';
import { CANCEL, FUTURE, PHASE } from './layout.ts';
import { phaseOf } from './settle.ts';

const { load } = hot;

const WORDS: readonly string[] = [
  'it is pending',
  'it is running',
  'it is being settled',
  'it is being settled',
  'it has a result',
  'it has an exception',
  'it was cancelled',
];

/**
 * A future that you settle yourself, once, from any thread: the answer to a message, a value that several threads wait for. It travels, and in each thread
 * `await`, `result()`, `wait()` and all else that a `Future` has wait for it, blocking or not. Everything done before it was settled is seen by who gets the
 * outcome. Semantics: the executor's side of Python's `concurrent.futures.Future`.
 *
 * Nobody knows which thread will settle it, so if that dies before, others go on waiting; unless it said `setRunningOrNotifyCancel()`: then the future fails
 * with `ThreadDiedError`.
 *
 * @example
 * ```ts
 * const answer = new SettableFuture<number>();
 * const thread = new Thread((answer: SettableFuture<number>) => answer.setResult(42), { args: [answer] }).start();
 * await answer; // => 42
 * ```
 */
export class SettableFuture<T = unknown> extends Future<T> {
  readonly #at: number;

  /** Creates a pending future. Throws `SharedMemoryExhaustedError`. Never blocks. */
  constructor() {
    const [source] = arguments as unknown as [unknown];
    const existing = source instanceof Existing ? source : new Existing(createBlock());
    super(existing as never);
    this.#at = existing.pointer;
  }

  /**
   * Settles it with a value (copied; shareables are shared), and wakes all who wait. Throws `InvalidStateError` if it was settled or cancelled before, and
   * `NotShareableError` for a value that can't travel, which leaves it unsettled. Never blocks.
   */
  setResult(value: T): void {
    this.#settle(PHASE.returned, storeMessage(value, 'result'), 'setResult');
  }

  /**
   * Settles it with an error, which may be anything: `await` and `result()` throw it. What can't travel of an error is left out. Throws `InvalidStateError`
   * if it was settled or cancelled before. Never blocks.
   */
  setException(error: unknown): void {
    let message: number;
    try {
      message = storeMessage(error, 'error');
    } catch {
      message = storeMessage(withoutUnshareables(error), 'error');
    }
    this.#settle(PHASE.threw, message, 'setException');
  }

  #settle(phase: number, message: number, method: string): void {
    if (settleByHand(this.#at, phase, message)) return;
    throw new InvalidStateError(
      `SettableFuture.${method}: ${WORDS[phaseOf(this.#at)]!}; a future is settled once`,
    );
  }

  /**
   * Says that this thread works on it from now on: `cancel()` has no effect any more but `cancelRequested`, and should the thread end or die without settling it, it
   * fails with `ThreadDiedError`. Returns false, and does nothing, if it was cancelled: then don't bother. Throws `ThreadStateError` if it runs or has been
   * settled. Never blocks. Source: Python's `set_running_or_notify_cancel`.
   */
  setRunningOrNotifyCancel(): boolean {
    if (beginByHand(this.#at)) return true;
    const phase = phaseOf(this.#at);
    if (phase === PHASE.cancelled) return false;
    throw new ThreadStateError(
      `SettableFuture.setRunningOrNotifyCancel: future in unexpected state: ${WORDS[phase]!}`,
    );
  }

  /** Whether somebody called `cancel()` while it ran: whoever works on it may stop (snapshot). */
  get cancelRequested(): boolean {
    return (load(this.#at) & CANCEL) !== 0;
  }

  /**
   * Cancels it, if nobody works on it yet (`setRunningOrNotifyCancel`): returns true, and who waits hears `CancelledError`. While somebody does, returns
   * false and sets `cancelRequested`. Returns false if it has been settled, and true if it was cancelled before. Never blocks.
   */
  override cancel(): boolean {
    return cancelByHand(this.#at);
  }
}

function createBlock(): number {
  slab();
  const future = allocateZeroed(FUTURE.bytes);
  i32[future + OBJECT.kind] = KIND.settableFuture;
  i32[future + OBJECT.references] = 1;
  return future;
}

registerKind(KIND.settableFuture, {
  ...futureKind,
  revive: pointer => Reflect.construct(SettableFuture, [new Existing(pointer)]) as SettableFuture,
});
