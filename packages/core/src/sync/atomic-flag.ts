/** A flag that all threads test and set in one step, without a lock. The state word is 0 or 1; nobody ever waits for it. */
import { hot } from '../atomics.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';

const { exchange, load } = hot;

const BYTES = 64;

/**
 * A flag that exactly one of many threads sets first. To wait for a flag use an `Event`. No operation ever blocks.
 *
 * What a thread did before it changed the flag is seen by those who see the change.
 *
 * @example
 * ```ts
 * const claimed = new AtomicFlag();
 * claimed.testAndSet(); // => false
 * claimed.testAndSet(); // => true
 * ```
 */
export class AtomicFlag extends SharedObject {
  /** Creates a flag that isn't set. Throws `TypeError` for a name that is no string and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(options?: NameOptions) {
    super(KIND.atomicFlag, BYTES, options);
  }

  /** Whether it is set (snapshot). */
  get isSet(): boolean {
    return load(this.live()) !== 0;
  }

  /** Sets it and returns whether it was set before: of many callers, one gets false. */
  testAndSet(): boolean {
    return exchange(this.live(), 1) !== 0;
  }

  /** Unsets it and returns whether it was set before. */
  clear(): boolean {
    return exchange(this.live(), 0) !== 0;
  }

  /** @internal */
  protected override summary(): string {
    return this.isSet ? 'set' : 'clear';
  }
}

registerKind(KIND.atomicFlag, {
  revive: pointer => new AtomicFlag(new Existing(pointer) as NameOptions),
  lines: [],
});
