/**
 * Messages that are larger than the inbox: how they get into their block of shared memory and out of it. The bytes of one large ArrayBuffer, which are most of
 * such a message as a rule, are copied once each way (`codec/aside.ts`); `ITEM.detail` says where they are.
 */
import { i32 } from '../atomics.ts';
import { aside, decode, forgetAside, scratch } from '../codec/index.ts';
import { free } from '../memory/allocator.ts';
import { ensureMapped } from '../memory/slab.ts';
import { copyFromShared, copyIn, copyInto, copyToShared } from './bulk.ts';
import { ITEM } from './layout.ts';

/** Copies the message in `scratch` to a block, and from elsewhere what was left out of it. */
export function fillBlock(to: number, count: number): void {
  const { at, bytes } = aside;
  if (at === 0) return copyIn(scratch.i32, 0, count, to);
  const behind = at + ((bytes.length + 3) >>> 2);
  copyIn(scratch.i32, 0, at, to);
  // The last word first: bytes that fill only a part of it leave the others zero.
  i32[to + behind - 1] = 0;
  copyToShared(bytes, (to + at) * 4);
  copyIn(scratch.i32, behind, count - behind, to + behind);
  forgetAside();
}

interface Views {
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
}

const LARGEST_KEPT_BYTES = 2 ** 21;
/** Where a message that doesn't fit into the inbox is decoded. It is kept, since fresh memory costs more than what is copied into it. */
let large: Views | undefined;

/** `at` is the word of the bytes of an ArrayBuffer that are most of the message, or 0: they are copied once, to where they stay. */
export function unpackLarge(item: number, length: number, at: number): unknown {
  const room = large !== undefined && large.u8.length >= length ? large : makeRoom(length);
  // Taken meanwhile: a setter that runs within `decode` may unpack another.
  large = undefined;
  const from = item + ITEM.payload;
  ensureMapped((from * 4 + length - 1) >> 2);
  const behind = at === 0 ? 0 : at + ((i32[from + at - 1]! + 3) >>> 2);
  copyInto(room.u8, 0, from * 4, at * 4);
  copyInto(room.u8, behind * 4, (from + behind) * 4, length - behind * 4);
  const leftOut =
    at === 0 ? undefined : { at, read: (bytes: number) => copyFromShared((from + at) * 4, bytes).buffer };
  try {
    return decode(room.u8, room.i32, room.f64, 0, length, false, leftOut);
  } finally {
    free(item);
    if (room.u8.length <= LARGEST_KEPT_BYTES) large = room;
  }
}

function makeRoom(length: number): Views {
  const bytes = length > LARGEST_KEPT_BYTES ? length : 2 ** Math.ceil(Math.log2(length));
  const buffer = new ArrayBuffer(bytes);
  return { u8: new Uint8Array(buffer), i32: new Int32Array(buffer), f64: new Float64Array(buffer) };
}
