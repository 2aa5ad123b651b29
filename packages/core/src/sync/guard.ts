/**
 * What `hold()` returns: the certainty that this piece of code holds the lock. Only the guard releases it, once, at the end of
 * its `using` scope or before.
 */
import { ThreadStateError } from '../errors.ts';

(Symbol as { dispose?: symbol }).dispose ??= Symbol.for('Symbol.dispose');
(Symbol as { asyncDispose?: symbol }).asyncDispose ??= Symbol.for('Symbol.asyncDispose');

/** A held lock. `using held = lock.hold()` releases it when the scope ends, also by an exception. */
export interface Guard extends Disposable {
  /** Whether it still holds what it was made for. */
  readonly held: boolean;
  /** Releases before the scope ends. Never blocks. Throws `ThreadStateError` when it was released already. */
  release(): void;
}

/** What can be released on behalf of a guard. */
interface Releasable {
  /** @internal */
  releaseGuard(): void;
}

/** The guard of what has no owner. */
export class LockGuard implements Guard {
  #target: Releasable | undefined;

  constructor(target: Releasable) {
    this.#target = target;
  }

  /** Tells the codec to refuse it: in another thread it would release what it doesn't hold. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    return this.#target !== undefined;
  }

  release(): void {
    const target = this.#target;
    if (target === undefined)
      throw new ThreadStateError('guard: released already; a guard releases its lock once');
    this.#target = undefined;
    target.releaseGuard();
  }

  [Symbol.dispose](): void {
    if (this.#target !== undefined) this.release();
  }
}
