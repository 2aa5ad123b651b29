// Where the threads put the bytes that they hand to each other.

import { SharedBuffer } from '@heddle/core';
import type { Allocate } from '../cargo.ts';

/** What a full queue holds at most in shared buffers. */
const SHARED_BYTES = 64 * 1024 * 1024;

/**
 * Returns an allocator for cargo that goes into a queue of `queueSize` items. Large cargo is an ordinary array, which the queue copies and
 * counts against its `maxBytes`; it doesn't count what lies in shared buffers, so these must be small enough for all of them together.
 */
export function sharing(queueSize: number): Allocate {
  const largest = Math.floor(SHARED_BYTES / queueSize);
  return byteLength => (byteLength <= largest ? new SharedBuffer(byteLength) : new Uint8Array(byteLength));
}
