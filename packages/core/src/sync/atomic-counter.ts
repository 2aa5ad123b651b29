/** A 32-bit integer that all threads change in one step each, without a lock. The state word is the value; nobody ever waits for it. */
import { hot } from '../atomics.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';

const { add, compareExchange, exchange, load, store } = hot;

const BYTES = 64;
const LOWEST = -0x8000_0000;
const HIGHEST = 0x7fff_ffff;

function integer(value: unknown, place: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`${place} must be a 32-bit integer, got ${String(value)} (${typeof value})`);
  if (!Number.isInteger(value) || value < LOWEST || value > HIGHEST) {
    throw new RangeError(`${place} must be a 32-bit integer, got ${value} (number)`);
  }
  return value;
}

/**
 * A number that threads count with together. Each operation is one atomic instruction, and none ever blocks.
 *
 * The value is a 32-bit integer and **wraps around**, as an `Int32Array` element does: one more than 2147483647 is −2147483648.
 * What a thread did before an operation is seen by those who see its result.
 *
 * @example
 * ```ts
 * const served = new AtomicCounter();
 * served.increment(); // => 1
 * served.add(10); // => 11
 * served.value; // => 11
 * ```
 */
export class AtomicCounter extends SharedObject {
  /** Creates a counter (default 0). Throws `TypeError` or `RangeError` for what is no 32-bit integer. Never blocks. */
  constructor(value: number = 0, options?: NameOptions) {
    const existing = (options as unknown) instanceof Existing;
    if (!existing) integer(value, 'AtomicCounter: value');
    super(KIND.atomicCounter, BYTES, options);
    if (!existing) store(this.at, value);
  }

  /** The value now (snapshot); assigning stores. To change it by what it was, use `add` or `compareExchange`. */
  get value(): number {
    return load(this.live());
  }

  set value(value: number) {
    store(this.live(), integer(value, 'AtomicCounter.value:'));
  }

  /** Adds one and returns the new value: each caller gets another number. */
  increment(): number {
    return (add(this.live(), 1) + 1) | 0;
  }

  /** Subtracts one and returns the new value. */
  decrement(): number {
    return (add(this.live(), -1) - 1) | 0;
  }

  /** Adds `delta`, which may be negative, and returns the new value. */
  add(delta: number): number {
    const counter = this.live();
    integer(delta, 'AtomicCounter.add: delta');
    return (add(counter, delta) + delta) | 0;
  }

  /** Stores `value` and returns the one before. */
  exchange(value: number): number {
    const counter = this.live();
    return exchange(counter, integer(value, 'AtomicCounter.exchange: value'));
  }

  /** Stores `replacement` if the value is `expected`; returns the value before, so it happened exactly if that equals `expected`. */
  compareExchange(expected: number, replacement: number): number {
    const counter = this.live();
    integer(expected, 'AtomicCounter.compareExchange: expected');
    integer(replacement, 'AtomicCounter.compareExchange: replacement');
    return compareExchange(counter, expected, replacement);
  }

  /** @internal */
  protected override summary(): string {
    return `value=${this.value}`;
  }
}

registerKind(KIND.atomicCounter, {
  revive: pointer => new AtomicCounter(0, new Existing(pointer) as NameOptions),
  lines: [],
});
