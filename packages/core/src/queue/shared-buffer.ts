/** Bytes in shared memory that are handed to other threads without being copied. */
import { i32, u8 } from '../atomics.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { LINE_WORDS, OBJECT } from '../memory/layout.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import '../sync/guard.ts';
import { wholeNumber } from '../sync/options.ts';

/** The bytes begin on the cache line behind the object's own. */
const FIRST_WORD = LINE_WORDS;
const LENGTH = OBJECT.own;
const GREATEST_BYTES = 0x7fff_ff00;

/** The handles whose views are in use: as long as somebody has the view, the memory beneath must not be freed. */
const owners = new WeakMap<ArrayBufferView, SharedBuffer>();

/**
 * Bytes in shared memory. It travels as an address, so handing a megabyte to another thread costs as much as handing over one byte; all threads that have it
 * see the same bytes, at the same time. Who may write when is up to you: usually whoever took it from the queue.
 *
 * The memory is free for others when no thread has the buffer any more. The garbage collector finds that out sooner or later; `dispose()`, or `using`, says so at once, in each thread for itself.
 *
 * @example
 * ```ts
 * const frame = new SharedBuffer(1024);
 * frame.bytes[0] = 255;
 * frame.bytes.length; // => 1024
 * ```
 */
export class SharedBuffer extends SharedObject {
  #bytes: Uint8Array<SharedArrayBuffer> | undefined;

  /** Reserves `byteLength` bytes, all zero. Throws `RangeError` unless it is a whole number, and `SharedMemoryExhaustedError`. Never blocks. */
  constructor(byteLength: number, options?: NameOptions) {
    if ((byteLength as unknown) instanceof Existing)
      super(KIND.sharedBuffer, 0, byteLength as unknown as Existing);
    else {
      wholeNumber(byteLength, 0, GREATEST_BYTES, 'SharedBuffer: byteLength');
      super(KIND.sharedBuffer, FIRST_WORD * 4 + byteLength, options);
      i32[this.at + LENGTH] = byteLength;
    }
  }

  /**
   * The bytes themselves, not a copy: always the same view, of fixed length. As long as you have it, the memory isn't used for anything else,
   * unless you call `dispose()`. For numbers call `view(Float64Array)`: a view that you make of `bytes.buffer` yourself keeps nothing.
   */
  get bytes(): Uint8Array<SharedArrayBuffer> {
    const at = this.live();
    if (this.#bytes === undefined) {
      const length = i32[at + LENGTH]!;
      ensureMapped(at + FIRST_WORD + (length >> 2));
      this.#bytes = new Uint8Array(u8.buffer, (at + FIRST_WORD) * 4, length);
      owners.set(this.#bytes, this);
    }
    return this.#bytes;
  }

  /**
   * Makes another view of the same bytes, of numbers: `buffer.view(Float64Array)`. As long as you have it, the memory isn't used for anything else, unless
   * you call `dispose()`. Throws `RangeError` if `byteLength` is no multiple of what a number takes.
   */
  view<V extends ArrayBufferView>(type: {
    new (buffer: SharedArrayBuffer, byteOffset: number, length: number): V;
    readonly BYTES_PER_ELEMENT: number;
  }): V {
    const { buffer, byteOffset, byteLength } = this.bytes;
    if (byteLength % type.BYTES_PER_ELEMENT !== 0) {
      throw new RangeError(
        `SharedBuffer.view: byteLength must be a multiple of ${type.BYTES_PER_ELEMENT}, got ${byteLength}`,
      );
    }
    const view = new type(buffer, byteOffset, byteLength / type.BYTES_PER_ELEMENT);
    owners.set(view, this);
    return view;
  }

  /** As `dispose()`, for `using frame = frames.get()`: other threads that have the buffer keep it. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** How many bytes. */
  get byteLength(): number {
    return i32[this.live() + LENGTH]!;
  }

  /** @internal */
  protected override summary(): string {
    return `byteLength=${this.byteLength}`;
  }
}

registerKind(KIND.sharedBuffer, {
  revive: pointer => new SharedBuffer(new Existing(pointer) as unknown as number),
  lines: [],
});
