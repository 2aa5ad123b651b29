/** Names of primitives and threads: a block with the length in bytes and then UTF-8. Written once, before anybody else can see it. */
import { i32, u8 } from '../atomics.ts';
import { allocate } from './allocator.ts';
import { ensureMapped } from './slab.ts';

const MAXIMUM_BYTES = 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Stores a name (cut to 1 KiB, or another limit) and returns its block. */
export function writeName(name: string, maximumBytes: number = MAXIMUM_BYTES): number {
  const bytes = encoder.encode(name).subarray(0, maximumBytes);
  const block = allocate(4 + bytes.length);
  i32[block] = bytes.length;
  u8.set(bytes, (block + 1) * 4);
  return block;
}

/** Reads a name; `''` for no block. */
export function readName(block: number): string {
  if (block === 0) return '';
  ensureMapped(block);
  const start = (block + 1) * 4;
  // A private copy (`slice` of a shared view may be shared again): decoding live shared memory crashes Node 20 and 22, and browsers refuse it.
  return decoder.decode(new Uint8Array(u8.subarray(start, start + i32[block]!)));
}

/** As `readName`, for a block that may have been freed meanwhile: then it returns anything, but not much of it. */
export function peekName(block: number): string {
  if (block <= 0) return '';
  ensureMapped(block);
  const length = Math.min(Math.max(0, i32[block]!), MAXIMUM_BYTES);
  const start = (block + 1) * 4;
  return decoder.decode(new Uint8Array(u8.subarray(start, start + length)));
}
