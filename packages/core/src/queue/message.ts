/**
 * What passes between the codec and the queues: messages going out, encoded before the guard is taken, and messages that came in, copied out under
 * the guard and decoded after it is free. Nothing is ever decoded from shared memory, and no user code runs under a guard.
 */
import { f64, i32 } from '../atomics.ts';
import { createView, elementBytes, isResizable, viewKind } from '../codec/bytes.ts';
import { aside, decode, discard, encode, forgetAside, scratch } from '../codec/index.ts';
import { checkTransfer } from '../codec/transfer.ts';
import { NotShareableError } from '../errors.ts';
import { allocate, free } from '../memory/allocator.ts';
import { ensureMapped } from '../memory/slab.ts';
import { copyFromShared, copyInto, copyToShared, LOOP_WORDS } from './bulk.ts';
import { place, placeShared } from './into.ts';
import { fillBlock, unpackLarge } from './large.ts';
import { ITEM, ITEM_FLAG, LENGTH_MASK } from './layout.ts';

/** From here on an ArrayBuffer is copied straight into shared memory and straight out of it, past the codec. */
const RAW_BYTES = 4096;

/** A message on its way into a queue. */
export interface Outgoing {
  /** The codec's words, private to this thread, from word `from` on; unused when there is a block. */
  words: Int32Array;
  from: number;
  /** Bytes, a multiple of 8. */
  length: number;
  /** Item in shared memory that holds the message; 0 while it is in `words`. */
  block: number;
  priority: number;
  /** The async wait node of the putter who waits with it, 0 when none. */
  node: number;
  /** What is to be detached once the message is accepted. */
  transfer: readonly ArrayBuffer[] | undefined;
}

/** The one message of a call that doesn't wait, or that blocks the thread while it does. */
export const outgoing: Outgoing = {
  words: scratch.i32,
  from: 0,
  length: 0,
  block: 0,
  priority: 0,
  node: 0,
  transfer: undefined,
};

/**
 * Encodes a value as `outgoing`; what is longer than `inlineBytes` gets a block at once. Throws what the codec throws, and `SharedMemoryExhaustedError`;
 * then nothing is kept.
 */
export function pack(
  value: unknown,
  place: string,
  inlineBytes: number,
  transfer?: readonly ArrayBuffer[],
): Outgoing {
  if (transfer !== undefined) checkTransfer(transfer, 'transfer');
  outgoing.transfer = transfer;
  outgoing.node = 0;
  if (typeof value === 'object' && value !== null && isBytes(value) && packRaw(value)) return outgoing;
  const length = encode(value, place, undefined, true);
  outgoing.words = scratch.i32;
  outgoing.from = 0;
  outgoing.length = length;
  outgoing.block = 0;
  if (length > inlineBytes) {
    try {
      outgoing.block = createItem(length, 0, aside.at);
    } catch (error) {
      forgetAside();
      discard(scratch.u8, scratch.i32, 0, length);
      throw error;
    }
    fillBlock(outgoing.block + ITEM.payload, length >> 2);
  }
  return outgoing;
}

function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Returns a block for a message, with everything but its payload, number and priority filled in. */
function createItem(length: number, flags: number, detail: number): number {
  const item = allocate(ITEM.payload * 4 + length);
  ensureMapped(item + ITEM.payload + (length >> 2) - 1);
  i32[item + ITEM.head] = length | flags;
  i32[item + ITEM.detail] = detail;
  i32[item + ITEM.taken] = 0;
  return item;
}

/** Packs a large ArrayBuffer, or a view of all of one, without the codec's two extra copies. Returns false for anything else. */
function packRaw(value: object): boolean {
  let buffer: ArrayBufferLike;
  let kind = -1;
  if (ArrayBuffer.isView(value)) {
    buffer = value.buffer;
    if (value.byteLength < RAW_BYTES || value.byteLength !== buffer.byteLength) return false;
    kind = viewKind(value);
  } else if (value instanceof ArrayBuffer) buffer = value;
  else return false;
  if (buffer.byteLength < RAW_BYTES || !(buffer instanceof ArrayBuffer) || isResizable(buffer)) return false;
  const length = (buffer.byteLength + 7) & LENGTH_MASK;
  const item = createItem(length, ITEM_FLAG.raw, ((kind + 1) & 0xff) | ((length - buffer.byteLength) << 8));
  copyToShared(new Uint8Array(buffer), (item + ITEM.payload) * 4);
  outgoing.length = length;
  outgoing.block = item;
  return true;
}

/** A copy that stays as it is while other messages are encoded; it takes the block over. */
export function keep(message: Outgoing): Outgoing {
  if (message.block !== 0) return { ...message };
  return {
    ...message,
    words: message.words.slice(message.from, message.from + (message.length >> 2)),
    from: 0,
  };
}

/** As `pack`, for the next of a batch. The path is made only for the error: it costs more than the rest. */
export function packNext(value: unknown, batch: Batch, inlineBytes: number): Outgoing {
  try {
    return pack(value, 'item', inlineBytes);
  } catch (error) {
    if (error instanceof NotShareableError) abandon(pack(value, `items[${batch.size}]`, inlineBytes));
    throw error;
  }
}

/** Words before each message of a batch: length, block, priority. */
const BATCH_HEAD_WORDS = 4;

const FIRST_BATCH_WORDS = 1024;
const LARGEST_KEPT_BATCH_WORDS = 16_384;
/** Memory of a batch that is done with, for the next: to make it costs as much as ten small messages. */
let spareWords: Int32Array<ArrayBuffer> | undefined;

/** Messages that are put together, one after the other. Private to the call that made it, which goes on until all are accepted or abandoned. */
export class Batch {
  #i32: Int32Array<ArrayBuffer> = spareWords ?? new Int32Array(FIRST_BATCH_WORDS);
  #f64: Float64Array<ArrayBuffer> = new Float64Array(this.#i32.buffer);
  #end = 0;
  #at = 0;
  /** How many there are. */
  size = 0;
  /** How many of them were accepted. */
  put = 0;

  constructor() {
    spareWords = undefined;
  }

  /** Adds a message, whose block it takes over. */
  add(message: Outgoing): void {
    const count = message.block === 0 ? message.length >> 2 : 0;
    const at = this.#end;
    const end = at + BATCH_HEAD_WORDS + count;
    if (end > this.#i32.length) this.#grow(end);
    const to = this.#i32;
    to[at] = message.length;
    to[at + 1] = message.block;
    this.#f64[(at + 2) >> 1] = message.priority;
    const { words, from } = message;
    for (let word = 0; word < count; word++) to[at + BATCH_HEAD_WORDS + word] = words[from + word]!;
    this.#end = end;
    this.size += 1;
  }

  #grow(words: number): void {
    const larger = new Int32Array(Math.max(this.#i32.length * 2, words + 2));
    larger.set(this.#i32);
    this.#i32 = larger;
    this.#f64 = new Float64Array(larger.buffer, 0, larger.length >> 1);
  }

  /** Makes `outgoing` the first message that hasn't been accepted. There must be one. */
  select(): Outgoing {
    const at = this.#at;
    outgoing.words = this.#i32;
    outgoing.from = at + BATCH_HEAD_WORDS;
    outgoing.length = this.#i32[at]!;
    outgoing.block = this.#i32[at + 1]!;
    outgoing.priority = this.#f64[(at + 2) >> 1]!;
    outgoing.node = 0;
    outgoing.transfer = undefined;
    return outgoing;
  }

  /** The selected message was accepted. After the last, none may be selected any more. */
  advance(): void {
    this.#at += BATCH_HEAD_WORDS + (this.#i32[this.#at + 1] === 0 ? this.#i32[this.#at]! >> 2 : 0);
    this.put += 1;
    if (this.put === this.size && this.#i32.length <= LARGEST_KEPT_BATCH_WORDS) spareWords = this.#i32;
  }

  /** Drops the messages that weren't accepted. */
  abandon(): void {
    for (let rest = this.size - this.put; rest > 0; rest--) {
      abandon(this.select());
      // Not accepted, but done with.
      this.advance();
    }
  }
}

/** Drops a message that no queue accepted. */
export function abandon(message: Outgoing): void {
  if (message.block === 0) {
    const words = message.words as Int32Array<ArrayBuffer>;
    discard(new Uint8Array(words.buffer), words, message.from * 4, message.length);
  } else {
    dropItem(message.block);
    message.block = 0;
  }
}

const INBOX_BYTES = 65_536;
/** A longer message is copied to a buffer of its own, which is forgotten. */
const inboxBuffer = new ArrayBuffer(INBOX_BYTES);

/** Where messages are copied to under the guard, private to this thread. */
export const inbox = {
  u8: new Uint8Array(inboxBuffer) as Uint8Array<ArrayBuffer>,
  i32: new Int32Array(inboxBuffer) as Int32Array<ArrayBuffer>,
  f64: new Float64Array(inboxBuffer) as Float64Array<ArrayBuffer>,
  i64: new BigInt64Array(inboxBuffer) as BigInt64Array<ArrayBuffer>,
  /** Word where the message taken last begins, when it has no block. */
  start: 0,
  length: 0,
  /** Block of the message taken last, 0 when it is in the inbox. */
  block: 0,
};

export const INBOX_WORDS: number = INBOX_BYTES / 4;

/** Copies words from shared memory to `inbox` at `start`. */
export function copyOut(from: number, count: number, start: number): void {
  const words = inbox.i32;
  if (count > LOOP_WORDS) {
    copyInto(inbox.u8, start * 4, from * 4, count * 4);
    return;
  }
  const source = i32;
  for (let word = 0; word < count; word++) words[start + word] = source[from + word]!;
}

/** Turns the message taken last into its value; bytes into memory of the caller's, if it gives any and they fit. Not under a guard. */
export function unpack(into?: ArrayBuffer): unknown {
  if (into !== undefined) return place(inbox.block === 0 ? unpack() : unpackItem(inbox.block, 0, into), into);
  if (inbox.block !== 0) return unpackItem(inbox.block);
  return decode(inbox.u8, inbox.i32, inbox.f64, inbox.start * 4, inbox.length);
}

/** Turns a message in the inbox into its value. */
export function unpackAt(start: number, length: number): unknown {
  return decode(inbox.u8, inbox.i32, inbox.f64, start * 4, length);
}

/** Turns an item that was taken into its value, and frees it. The inbox may be written from word `start` on. */
export function unpackItem(item: number, start: number = 0, into?: ArrayBuffer): unknown {
  ensureMapped(item);
  const head = i32[item + ITEM.head]!;
  const length = head & LENGTH_MASK;
  if ((head & ITEM_FLAG.raw) !== 0) {
    const detail = i32[item + ITEM.detail]!;
    const bytesLong = length - (detail >> 8);
    const kind = (detail & 0xff) - 1;
    const placed = into === undefined ? undefined : placeRaw(item, kind, bytesLong, into);
    if (placed !== undefined) return placed;
    const bytes = privateCopy(item, bytesLong);
    free(item);
    if (kind === -1) return bytes.buffer;
    return kind === VIEW_OF_BYTES
      ? bytes
      : createView(kind, bytes.buffer, 0, bytes.length / elementBytes(kind), false);
  }
  const from = item + ITEM.payload;
  ensureMapped(from + (length >> 2) - 1);
  if (length + start * 4 <= INBOX_BYTES) {
    copyOut(from, length >> 2, start);
    free(item);
    return decode(inbox.u8, inbox.i32, inbox.f64, start * 4, length);
  }
  return unpackLarge(item, length, i32[item + ITEM.detail]!);
}

const VIEW_OF_BYTES = viewKind(new Uint8Array(0));

function placeRaw(item: number, kind: number, length: number, into: ArrayBuffer): unknown {
  const from = (item + ITEM.payload) * 4;
  ensureMapped((from + length - 1) >> 2);
  const placed = placeShared(kind, from, length, into);
  if (placed !== undefined) free(item);
  return placed;
}

function privateCopy(item: number, length: number): Uint8Array<ArrayBuffer> {
  const from = (item + ITEM.payload) * 4;
  ensureMapped((from + length - 1) >> 2);
  return copyFromShared(from, length);
}

/** Frees an item unread, and what it refers to. Not under a guard. */
function dropItem(item: number): void {
  ensureMapped(item);
  const head = i32[item + ITEM.head]!;
  const length = head & LENGTH_MASK;
  const bytes = (head & ITEM_FLAG.raw) === 0 ? privateCopy(item, length) : undefined;
  free(item);
  if (bytes !== undefined) discard(bytes, new Int32Array(bytes.buffer), 0, length);
}

/** Drops the message taken last unread. A copy, because what it refers to may be a queue, whose end empties that queue through the inbox. */
export function drop(): void {
  if (inbox.block !== 0) return dropItem(inbox.block);
  const bytes = inbox.u8.slice(inbox.start * 4, inbox.start * 4 + inbox.length);
  discard(bytes, new Int32Array(bytes.buffer), 0, inbox.length);
}

/** Writes an item's priority. */
export function setPriority(item: number, priority: number): void {
  f64[(item + ITEM.priority) >> 1] = priority;
}

export function priorityOf(item: number): number {
  return f64[(item + ITEM.priority) >> 1]!;
}
