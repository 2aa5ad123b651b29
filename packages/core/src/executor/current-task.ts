/** What a task's code may know of itself: whether it shall stop. */
import { i32, load } from '../atomics.ts';
import { CancelledError } from '../errors.ts';
import { AGENT, THREAD } from '../memory/layout.ts';
import { selfAgent } from '../parking/guard.ts';
import { CANCEL } from './layout.ts';
import { isCancelRequested } from './settle.ts';

/** The task that a pool's thread runs now, seen from inside. */
export interface CurrentTask {
  /** Whether the task was asked to stop: its future was cancelled, its time is up, or its signal was aborted. One atomic load: for busy loops. */
  readonly cancelled: boolean;
  /** Throws `CancelledError` if the task was asked to stop; its future then is `cancelled`. */
  throwIfCancelled(): void;
  /** Is aborted when the task is asked to stop, as soon as this thread's event loop turns: for `fetch` and other async code. */
  readonly signal: AbortSignal;
}

class RunningTask implements CurrentTask {
  readonly #future: number;
  #controller: AbortController | undefined;
  #ended: boolean | undefined;

  constructor(future: number) {
    this.#future = future;
  }

  get cancelled(): boolean {
    return this.#ended ?? isCancelRequested(this.#future);
  }

  throwIfCancelled(): void {
    if (this.cancelled) throw cancelledHere();
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    this.look();
    return this.#controller.signal;
  }

  /** The thread was woken: perhaps because of this. */
  look(): void {
    if (this.#controller !== undefined && !this.#controller.signal.aborted && this.cancelled)
      this.#controller.abort(cancelledHere());
  }

  /** What is left of it, callbacks perhaps, sees the state at the end. The future's block will be another's. */
  end(): void {
    this.#ended = this.cancelled;
  }
}

function cancelledHere(): CancelledError {
  return new CancelledError('the task was asked to stop');
}

const never = new AbortController().signal;

/** Outside of a pool nobody asks anything. */
const nobody: CurrentTask = { cancelled: false, throwIfCancelled() {}, signal: never };

let running = 0;
let view: RunningTask | undefined;

/** The worker begins with a task, or (0) has come to its end. */
export function setRunning(future: number): void {
  if (view !== undefined) {
    view.end();
    view = undefined;
  }
  running = future;
}

/** The event loop was woken. */
export function lookAtCancel(): void {
  view?.look();
}

/** Whether this thread runs a task of that pool. */
export function runsFor(pool: number): boolean {
  const record = i32[selfAgent + AGENT.thread]!;
  return record !== 0 && i32[record + THREAD.employer] === pool;
}

/** Whether the running task was asked to stop, other than by its outcome having been decided already. */
export function askedToStop(future: number): boolean {
  return (load(future) & CANCEL) !== 0;
}

/**
 * Returns the task that this thread runs for a pool. Called anywhere else, as when a task is called as the function that it is, it returns one
 * that is never cancelled. Ask at the task's beginning if it is async: after an `await` it is still the same. Never blocks.
 *
 * @example
 * ```ts
 * export const search = task(import.meta, function search(from: number, to: number) {
 *   const { throwIfCancelled } = currentTask();
 *   for (let n = from; n < to; n++) {
 *     currentTask().throwIfCancelled();
 *     // …
 *   }
 * });
 * ```
 */
export function currentTask(): CurrentTask {
  if (running === 0) return nobody;
  view ??= new RunningTask(running);
  return view;
}
