/**
 * Every error that Heddle throws on purpose extends `HeddleError`, so one `instanceof` tells ours from yours.
 * Bad numbers are `RangeError` and bad types `TypeError`, as in the language itself.
 */
import type { Guard } from './sync/guard.ts';

/** The base of all Heddle errors. */
export class HeddleError extends Error {
  static {
    this.prototype.name = 'HeddleError';
  }
}

/** Is thrown where Python raises `RuntimeError`: releasing what isn't held, starting a thread twice. */
export class ThreadStateError extends HeddleError {
  static {
    this.prototype.name = 'ThreadStateError';
  }
}

/** Is thrown by a blocking call that would have to park where the platform forbids it (a browser window). Use the async twin that it names. */
export class BlockingNotAllowedError extends HeddleError {
  static {
    this.prototype.name = 'BlockingNotAllowedError';
  }
}

/** Is thrown when waiting would close a cycle of threads that wait for each other. */
export class DeadlockError extends HeddleError {
  static {
    this.prototype.name = 'DeadlockError';
  }
}

/**
 * Is thrown once, by the first `hold()` or `holdAsync()` of a lock whose holder has died: what the lock protects may be half changed. The lock is held
 * nevertheless: by `guard`. Repair what it protects, go on, and release the guard, best with `using`.
 *
 * @example
 * ```ts
 * function holdRepaired(lock: Lock, repair: () => void): Guard {
 *   try {
 *     return lock.hold();
 *   } catch (error) {
 *     if (!(error instanceof AbandonedLockError) || error.guard === undefined) throw error;
 *     repair();
 *     return error.guard;
 *   }
 * }
 * ```
 */
export class AbandonedLockError extends HeddleError {
  // Private, so that an error that nobody caught travels without it.
  readonly #guard: Guard | undefined;

  constructor(message: string, guard?: Guard) {
    super(message);
    this.#guard = guard;
  }

  /** The guard that holds the lock now; `undefined` when `Condition.wait()` threw, whose caller has one, and in other threads than the one it was thrown in. */
  get guard(): Guard | undefined {
    return #guard in this ? this.#guard : undefined;
  }

  static {
    this.prototype.name = 'AbandonedLockError';
  }
}

/** Is thrown to those who wait at a barrier that was broken, reset or aborted. Source: Python's `BrokenBarrierError`. */
export class BrokenBarrierError extends HeddleError {
  static {
    this.prototype.name = 'BrokenBarrierError';
  }
}

/** Is thrown by `get` when nothing came in time. Source: Python's `queue.Empty`. */
export class QueueEmptyError extends HeddleError {
  static {
    this.prototype.name = 'QueueEmptyError';
  }
}

/** Is thrown by `put` when no room came in time. Source: Python's `queue.Full`. */
export class QueueFullError extends HeddleError {
  static {
    this.prototype.name = 'QueueFullError';
  }
}

/** Is thrown by `put` after `shutdown()`, and by `get` once nothing is left. Source: Python's `queue.ShutDown`. */
export class QueueShutDownError extends HeddleError {
  static {
    this.prototype.name = 'QueueShutDownError';
  }
}

/** Is thrown when a deadline passed, by calls that have no boolean to say so with. */
export class TimeoutError extends HeddleError {
  static {
    this.prototype.name = 'TimeoutError';
  }
}

/** Is thrown at the sender by a value that cannot travel between threads; the message begins with the path to it. */
export class NotShareableError extends HeddleError {
  static {
    this.prototype.name = 'NotShareableError';
  }
}

/** Is thrown by the call that needed shared memory when there is none left. */
export class SharedMemoryExhaustedError extends HeddleError {
  static {
    this.prototype.name = 'SharedMemoryExhaustedError';
  }
}

/** Is thrown by `result()` of a thread that ended without returning or throwing: it was terminated, exited or ran out of memory. */
export class ThreadDiedError extends HeddleError {
  static {
    this.prototype.name = 'ThreadDiedError';
  }
}

/** Is thrown by a future that was cancelled, and by a task that found itself cancelled. Source: Python's `concurrent.futures.CancelledError`. */
export class CancelledError extends HeddleError {
  static {
    this.prototype.name = 'CancelledError';
  }
}

/** Is thrown by an operation that a future's state doesn't allow: settling it twice. Source: Python's `concurrent.futures.InvalidStateError`. */
export class InvalidStateError extends HeddleError {
  static {
    this.prototype.name = 'InvalidStateError';
  }
}

/**
 * Is thrown by a pool whose workers can't be made ready, because its initializer failed or no thread can be started, and by the tasks that waited
 * then. Source: Python's `concurrent.futures.BrokenExecutor`.
 */
export class BrokenExecutorError extends HeddleError {
  static {
    this.prototype.name = 'BrokenExecutorError';
  }
}
