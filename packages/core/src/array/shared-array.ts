/**
 * Arrays of numbers in shared memory that travel: one class for each typed array of the language. The elements begin on the cache line behind
 * the object's own words; ELEMENT and LENGTH are written once, before anybody else can see the array.
 */
import { i32, u8 } from '../atomics.ts';
import { KIND } from '../memory/kinds.ts';
import { LINE_WORDS, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { wholeNumber } from '../sync/options.ts';

const FIRST_WORD = LINE_WORDS;
const ELEMENT: number = OBJECT.own;
const LENGTH: number = OBJECT.own + 1;
const GREATEST_BYTES = 0x7fff_ff00;

/** The typed arrays that a `SharedArray` may be seen through. */
export type NumericView =
  | Int8Array<SharedArrayBuffer>
  | Uint8Array<SharedArrayBuffer>
  | Uint8ClampedArray<SharedArrayBuffer>
  | Int16Array<SharedArrayBuffer>
  | Uint16Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Uint32Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Float64Array<SharedArrayBuffer>
  | BigInt64Array<SharedArrayBuffer>
  | BigUint64Array<SharedArrayBuffer>;

interface ViewClass<V> {
  new (buffer: SharedArrayBuffer, byteOffset: number, length: number): V;
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
}

/** Part of the layout: an array's ELEMENT word is an index here. */
const VIEWS: ReadonlyArray<ViewClass<NumericView>> = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

/** The handles whose views are in use: as long as somebody has the view, the memory beneath must not be freed. */
const owners = new WeakMap<NumericView, object>();

/**
 * A fixed number of numbers in shared memory, all zero at first. It travels as an address: every thread that has it sees the same elements
 * through its `view`, an ordinary typed array. Make one as `new SharedFloat64Array(1000)` or `SharedInt32Array.of(1, 2, 3)`.
 *
 * Plain reads and writes of elements by several threads at once are as unordered as ever: use a lock, or `Atomics` on the `view` of
 * integers, or give each thread a part of its own, as `parallelFor` does.
 *
 * @example
 * ```ts
 * const samples = new SharedFloat64Array(3);
 * samples.view[0] = 1.5;
 * samples.length; // => 3
 * ```
 */
export abstract class SharedArray<V extends NumericView = NumericView> extends SharedObject {
  /** @internal */
  declare protected static readonly element: number;

  #view: V | undefined;

  /**
   * Reserves that many elements, or as many as the given numbers, which it copies. Throws `RangeError` for a length that is no whole number from 0 or
   * too great, `TypeError` for what is neither a length nor iterable, and `SharedMemoryExhaustedError`. Never blocks.
   */
  constructor(source: number | Iterable<V[number]>, options?: NameOptions) {
    if ((source as unknown) instanceof Existing) {
      super(KIND.sharedArray, 0, source as unknown as Existing);
      return;
    }
    const type = new.target.name;
    const { element } = new.target;
    const size = VIEWS[element]!.BYTES_PER_ELEMENT;
    const values = typeof source === 'number' ? undefined : elementsOf(source, type);
    const length = wholeNumber(
      values?.length ?? source,
      0,
      Math.floor(GREATEST_BYTES / size),
      `${type}: length`,
    );
    super(KIND.sharedArray, FIRST_WORD * 4 + length * size, options);
    i32[this.at + ELEMENT] = element;
    i32[this.at + LENGTH] = length;
    if (values === undefined) return;
    try {
      (this.view as { set(values: ArrayLike<unknown>): void }).set(values);
    } catch (error) {
      // A bigint among numbers, or the other way round.
      this.dispose();
      throw new TypeError(`${type}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Makes an array of the given numbers. */
  static of<A extends SharedArray>(
    this: new (source: Iterable<A['view'][number]>) => A,
    ...values: Array<A['view'][number]>
  ): A {
    return new this(values);
  }

  /**
   * The elements themselves, not a copy: always the same typed array, of fixed length. As long as you have it, the memory isn't used for anything
   * else, unless you call `dispose()`; a view that you make of `view.buffer` yourself keeps nothing.
   */
  get view(): V {
    const at = this.live();
    if (this.#view === undefined) {
      const length = i32[at + LENGTH]!;
      const View = VIEWS[i32[at + ELEMENT]!]!;
      ensureMapped(at + FIRST_WORD + ((length * View.BYTES_PER_ELEMENT) >> 2));
      this.#view = new View(u8.buffer, (at + FIRST_WORD) * 4, length) as V;
      owners.set(this.#view, this);
    }
    return this.#view;
  }

  /** How many elements. */
  get length(): number {
    return i32[this.live() + LENGTH]!;
  }

  /** How many bytes the elements take. */
  get byteLength(): number {
    return this.view.byteLength;
  }

  /** Goes through the elements, each as it is when its turn comes. */
  [Symbol.iterator](): IterableIterator<V[number]> {
    return this.view[Symbol.iterator]() as IterableIterator<V[number]>;
  }

  /** @internal */
  protected override summary(): string {
    return `length=${this.length}`;
  }
}

/** Which of the typed arrays the elements are. */
export function elementOf(pointer: number): number {
  return i32[pointer + ELEMENT]!;
}

function elementsOf(source: unknown, type: string): ArrayLike<unknown> {
  if (ArrayBuffer.isView(source) && 'length' in source) return source as unknown as ArrayLike<unknown>;
  if (typeof source === 'object' && source !== null && Symbol.iterator in source)
    return Array.from(source as Iterable<unknown>);
  throw new TypeError(`${type}: expected a length or numbers, got ${String(source)} (${typeof source})`);
}
