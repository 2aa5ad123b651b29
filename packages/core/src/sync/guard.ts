/**
 * What `hold()` returns: the certainty that this piece of code holds the lock. Only the guard releases it, once, at the end of
 * its `using` scope or before.
 */
(Symbol as { dispose?: symbol }).dispose ??= Symbol.for('Symbol.dispose');
(Symbol as { asyncDispose?: symbol }).asyncDispose ??= Symbol.for('Symbol.asyncDispose');

/** A held lock. `using held = lock.hold()` releases it when the scope ends, also by an exception. */
export interface Guard extends Disposable {
  /** Whether it still holds what it was made for. */
  readonly held: boolean;
  /** Releases before the scope ends. Never blocks. Throws `ThreadStateError` when it was released already. */
  release(): void;
}
