/** A value in a future's block: the arguments while it is pending, then its outcome. Short ones are in the block itself. */
import { i32, u8 } from '../atomics.ts';
import { decode, discard, encode, encodeOwn, scratch } from '../codec/index.ts';
import { allocate, free } from '../memory/allocator.ts';
import { borrowing } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { copyIn } from '../queue/bulk.ts';
import { copyOut, inbox } from '../queue/message.ts';
import { FUTURE, INLINE_BYTES } from './layout.ts';

/**
 * Encodes a value into a future that has no payload. Throws `NotShareableError` (with the path, from `place`) and `SharedMemoryExhaustedError`, and then
 * it has none.
 */
export function putPayload(future: number, value: unknown, place: string): void {
  store(future, encode(value, place));
}

/** The same for arguments, in an array of our own. */
export function putArguments(future: number, args: readonly unknown[]): void {
  store(future, encodeOwn(args, 'args'));
}

/** Takes the message over from `scratch`. */
function store(future: number, length: number): void {
  if (length <= INLINE_BYTES) {
    copyIn(scratch.i32, 0, length >> 2, future + FUTURE.payload);
    i32[future + FUTURE.block] = 0;
  } else {
    let block: number;
    try {
      block = allocate(length);
    } catch (error) {
      discard(scratch.u8, scratch.i32, 0, length);
      throw error;
    }
    ensureMapped(block + (length >> 2) - 1);
    i32.set(scratch.i32.subarray(0, length >> 2), block);
    i32[future + FUTURE.block] = block;
  }
  i32[future + FUTURE.length] = length;
}

function decodeFrom(future: number, stays: boolean): unknown {
  const length = i32[future + FUTURE.length]!;
  const block = i32[future + FUTURE.block]!;
  if (block === 0) {
    copyOut(future + FUTURE.payload, length >> 2, 0);
    if (!stays) clear(future);
    return decode(inbox.u8, inbox.i32, inbox.f64, 0, length, stays);
  }
  const bytes = privateCopy(block, length);
  if (!stays) clear(future);
  return decode(bytes, new Int32Array(bytes.buffer), new Float64Array(bytes.buffer), 0, length, stays);
}

function privateCopy(block: number, length: number): Uint8Array<ArrayBuffer> {
  ensureMapped(block + (length >> 2) - 1);
  const bytes = new Uint8Array(length);
  bytes.set(u8.subarray(block * 4, block * 4 + length));
  return bytes;
}

/** Forgets the payload, its references having been taken over or given back. */
function clear(future: number): void {
  const block = i32[future + FUTURE.block]!;
  i32[future + FUTURE.length] = 0;
  i32[future + FUTURE.block] = 0;
  if (block !== 0) free(block);
}

/** Decodes and leaves the payload as it is, for other readers. */
export function readPayload(future: number): unknown {
  return holdsShared(future) ? borrowing(() => decodeFrom(future, true)) : decodeFrom(future, true);
}

/**
 * Clears and decodes: what it refers to now belongs to this thread's handles. Cleared first, or after a death in between both the payload and the handles
 * would return the same references.
 */
export function takePayload(future: number): unknown {
  return decodeFrom(future, false);
}

/** Whether the message refers to shared objects: its first word says where the last of them is. */
function holdsShared(future: number): boolean {
  const block = i32[future + FUTURE.block]!;
  ensureMapped(block);
  return i32[block === 0 ? future + FUTURE.payload : block] !== 0;
}

/** Clears without decoding. */
export function dropPayload(future: number): void {
  const length = i32[future + FUTURE.length]!;
  if (length === 0) return;
  if (holdsShared(future)) {
    const block = i32[future + FUTURE.block]!;
    const bytes = privateCopy(block === 0 ? future + FUTURE.payload : block, length);
    clear(future);
    discard(bytes, new Int32Array(bytes.buffer), 0, length);
  } else clear(future);
}
