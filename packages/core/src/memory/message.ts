/**
 * A value in shared memory: a block with its length and the codec's bytes. Stored by one thread, read by any number, freed once.
 * ```
 * word 0: length in bytes   word 1: unused   word 2…: encoded value
 * ```
 */
import { i32, u8 } from '../atomics.ts';
import { decode, discard, encode, scratch } from '../codec/index.ts';
import { allocate, free } from './allocator.ts';
import { ensureMapped } from './slab.ts';
import { borrowing } from './shared-object.ts';

const HEAD_WORDS = 2;

/** Encodes a value into a block of its own. Throws `NotShareableError` (with the path, from `place`) and `SharedMemoryExhaustedError`, and then keeps nothing. */
export function storeMessage(value: unknown, place: string): number {
  const length = encode(value, place);
  let block: number;
  try {
    block = allocate(length + HEAD_WORDS * 4);
  } catch (error) {
    discard(scratch.u8, scratch.i32, 0, length);
    throw error;
  }
  i32[block] = length;
  u8.set(scratch.u8.subarray(0, length), (block + HEAD_WORDS) * 4);
  return block;
}

interface Private {
  u8: Uint8Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  f64: Float64Array<ArrayBuffer>;
  length: number;
}

/** A private copy: other threads must not change the bytes while text is decoded from them. */
function copyOut(block: number): Private {
  ensureMapped(block);
  const length = i32[block]!;
  const start = (block + HEAD_WORDS) * 4;
  ensureMapped((start + length) >> 2);
  const bytes = new Uint8Array(length);
  bytes.set(u8.subarray(start, start + length));
  return { u8: bytes, i32: new Int32Array(bytes.buffer), f64: new Float64Array(bytes.buffer), length };
}

/** Decodes and leaves the message as it is: what it refers to stays referred to by it. */
export function readMessage(block: number): unknown {
  const copy = copyOut(block);
  return borrowing(() => decode(copy.u8, copy.i32, copy.f64, 0, copy.length, true));
}

/** Decodes and frees: what it refers to now belongs to this thread's handles. */
export function takeMessage(block: number): unknown {
  const copy = copyOut(block);
  free(block);
  return decode(copy.u8, copy.i32, copy.f64, 0, copy.length);
}

/** Frees without decoding. */
export function dropMessage(block: number): void {
  const copy = copyOut(block);
  free(block);
  discard(copy.u8, copy.i32, 0, copy.length);
}
