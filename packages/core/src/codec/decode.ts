/**
 * Turns the bytes of one message back into a value. They must be private memory: another thread that wrote meanwhile could crash the engine.
 * Bytes that no encoder wrote give a CorruptMessageError or a value, but never a read outside the message or memory out of proportion to it.
 */
import { createResizable, createView } from './bytes.ts';
import { corrupt } from './corrupt.ts';
import { createError, setHidden, setOwn } from './errors.ts';
import { isStackOverflow } from './stack.ts';
import { hooks } from './shareable.ts';
import { define, numberedShape, readShape } from './shape.ts';
import type { ReaderShape } from './shape.ts';
import type { Reading } from './shape-reader.ts';
import * as tags from './tags.ts';
import { readBytes, readUnits } from './text.ts';

// Copied, because V8 folds a module's own constants and loads imported ones.
const {
  ARRAY,
  BIGINT,
  BIGINT64,
  BOXED,
  BUFFER,
  COUNT_FOLLOWS,
  DATE,
  DOUBLE,
  ERROR,
  FALSE,
  head,
  LOOSE,
  MAP,
  NULL,
  NUMBERED,
  PAYLOAD_SHIFT,
  REF_BIT,
  REFERENCE,
  REGEXP,
  ROOT_WORD,
  SET,
  SHAPED,
  SHAREABLE,
  SPARSE,
  TAG_MASK,
  TAG_SHIFT,
  TEXT_BYTES,
  TEXT_UNITS,
  TRUE,
  UNDEFINED,
  VIEW,
  VIEW_TRACKS,
  WHOLE,
} = tags;

// The state of the message being read. A setter that runs within `decode` could call it again: then this is put aside.
let words: Int32Array = new Int32Array(0);
let bytes: Uint8Array = new Uint8Array(0);
let doubles: Float64Array = new Float64Array(0);
/** The word where the message starts, the one after it, and the one to read next. */
let base = 0;
let end = 0;
let next = 0;
/** The values that something refers to, by the offset of their record. Created when the first of them appears. */
let referred: Map<number, unknown> | undefined;
/** Shareables whose record is at this offset or before have been handed to their handle. */
let revived = 0;
let busy = false;
/** Whether this thread is reading a message: then the bytes that it reads from must stay. */
export function isReading(): boolean {
  return busy;
}

/** Where the bytes of a large ArrayBuffer are that were left out of the message. */
let left: LeftOut | undefined;

/** The bytes of one ArrayBuffer, which aren't in the message that is read, but where they were taken from. */
export interface LeftOut {
  /** Word of the message where they belong. */
  readonly at: number;
  /** Copies them. */
  read(byteLength: number): ArrayBuffer;
}

/**
 * Reads the message of `length` bytes at byte `start` (both multiples of 8). All three views must be of the same private buffer.
 * If that fails, the counts that no handle took over are returned, as by `discard`, unless the message `stays` where it was copied from.
 */
export function decode(
  u8: Uint8Array,
  i32: Int32Array,
  f64: Float64Array,
  start: number,
  length: number,
  stays = false,
  leftOut?: LeftOut,
): unknown {
  if (busy) return decodeWithin(u8, i32, f64, start, length, stays, leftOut);
  busy = true;
  left = leftOut;
  if (words !== i32) {
    words = i32;
    bytes = u8;
    doubles = f64;
  }
  base = start >> 2;
  next = base + ROOT_WORD;
  end = base + (length >> 2);
  revived = 0;
  try {
    if (end > i32.length || length < 8) corrupt(`${length} bytes at ${start}`);
    return read();
  } catch (error) {
    if (!stays) releaseFrom(i32, base, end, revived);
    if (!isStackOverflow(error)) throw error;
    throw new RangeError(
      'a message is nested too deeply for what is left of this stack: take it from the queue in a shallower call',
      { cause: error },
    );
  } finally {
    busy = false;
    if (referred !== undefined) referred = undefined;
  }
}

function decodeWithin(
  u8: Uint8Array,
  i32: Int32Array,
  f64: Float64Array,
  start: number,
  length: number,
  stays: boolean,
  leftOut: LeftOut | undefined,
): unknown {
  const outer = { words, bytes, doubles, base, end, next, referred, revived, left };
  busy = false;
  referred = undefined;
  try {
    return decode(u8, i32, f64, start, length, stays, leftOut);
  } finally {
    ({ words, bytes, doubles, base, end, next, referred, revived, left } = outer);
    busy = true;
  }
}

/** Returns the counts that a message holds, when it is dropped unread. */
export function discard(_u8: Uint8Array, i32: Int32Array, start: number, length: number): void {
  const from = start >> 2;
  releaseFrom(i32, from, Math.min(from + (length >> 2), i32.length), 0);
}

/** Follows the chain of SHAREABLE records down to this offset. Each link must lead backwards, so corrupt bytes cannot make it endless. */
function releaseFrom(i32: Int32Array, from: number, to: number, downTo: number): void {
  let at = from < to ? i32[from]! : 0;
  while (at > downTo && from + at + 2 < to) {
    hooks.release(i32[from + at + 1]!);
    const before = i32[from + at + 2]!;
    if (before >= at) return;
    at = before;
  }
}

function remember(record: number, value: unknown): void {
  referred ??= new Map();
  referred.set(record - base, value);
}

/** Takes the next words, or fails if the message ends before. */
function take(count: number): number {
  const at = next;
  if (count > end - at) corrupt('a value ends outside the message');
  next = at + count;
  return at;
}

function readCount(payload: number): number {
  return payload === COUNT_FOLLOWS ? words[take(1)]! >>> 0 : payload;
}

/** Each item takes a word at least: no count can be greater than what is left. */
function readItems(payload: number): number {
  const count = readCount(payload);
  if (count > end - next) corrupt(`${count} items in ${end - next} words`);
  return count;
}

function read(): unknown {
  const at = next;
  if (at >= end) corrupt('a value is missing');
  const word = words[at]!;
  next = at + 1;
  if ((word & WHOLE) !== 0) return word >> 1;
  const payload = word >>> PAYLOAD_SHIFT;
  switch ((word >> TAG_SHIFT) & TAG_MASK) {
    case UNDEFINED:
      return undefined;
    case NULL:
      return null;
    case TRUE:
      return true;
    case FALSE:
      return false;
    case DOUBLE:
      return doubles[pair()]!;
    case TEXT_BYTES: {
      const size = (payload + 3) >>> 2;
      if (payload === COUNT_FOLLOWS || size > end - next) return readLongText(payload);
      next = at + 1 + size;
      return readBytes(words, bytes, at + 1, payload);
    }
    case TEXT_UNITS: {
      const length = readCount(payload);
      const from = take(Math.ceil(length / 2));
      return readUnits(bytes, from, length);
    }
    case SHAPED: {
      if (payload + 1 > end - next) corrupt('the list of keys of an object ends outside the message');
      const shape = readShape(words, at + 2, payload, words[at + 1]!);
      next = at + 2 + payload;
      return readFields(shape, word, at);
    }
    case NUMBERED:
      return readFields(numberedShape(payload), word, at);
    case ARRAY: {
      if ((word & REF_BIT) === 0) {
        if (payload === 2) return [read(), read()];
        if (payload === 1) return [read()];
        if (payload === 3) return [read(), read(), read()];
      }
      return readArray(word, at, payload);
    }
    case REFERENCE: {
      const target = words[take(1)]!;
      const found = referred?.get(target);
      return found !== undefined ? found : corrupt(`nothing was met at word ${target}`);
    }
    default:
      return readRare(word, at, payload);
  }
}

function readFields(shape: ReaderShape, word: number, at: number): object {
  if (shape.keys.length > end - next) corrupt('the values of an object are missing');
  if ((word & REF_BIT) === 0) return shape.build(reading);
  const object = {};
  remember(at, object);
  return shape.fill(object, read);
}

/** For the readers that `shape.ts` compiles. */
const reading: Reading = {
  read,
  next: () => next,
  goTo(at) {
    next = at;
  },
  end: () => end,
  words: () => words,
  doubles: () => doubles,
};

/** The place of the two words that follow the one before `next`, as an index of doubles. */
function pair(): number {
  const index = (next + 1) >> 1;
  next = (index << 1) + 2;
  if (next > end) corrupt('a number ends outside the message');
  return index;
}

function readLongText(payload: number): string {
  const length = readCount(payload);
  const from = take(Math.ceil(length / 4));
  return readBytes(words, bytes, from, length);
}

function readText(): string {
  const text = read();
  return typeof text === 'string' ? text : corrupt('a text was expected');
}

const FIRST_DOUBLE = head(DOUBLE, 0);

function readArray(word: number, at: number, payload: number): unknown[] {
  const count = readItems(payload);
  const array: unknown[] = [];
  if ((word & REF_BIT) !== 0) remember(at, array);
  for (let i = 0; i < count; i++) {
    // Numbers are read here rather than in `read`: a double that a function returns is put on the heap.
    const first = next < end ? words[next]! : 0;
    if ((first & WHOLE) !== 0) {
      next++;
      array.push(first >> 1);
    } else if (first === FIRST_DOUBLE) {
      next++;
      array.push(doubles[pair()]!);
    } else {
      array.push(read());
    }
  }
  return array;
}

const widest = new BigInt64Array(1);
const widestWords = new Int32Array(widest.buffer);

function readRare(word: number, at: number, payload: number): unknown {
  const isReferred = (word & REF_BIT) !== 0;
  switch ((word >> TAG_SHIFT) & TAG_MASK) {
    case LOOSE: {
      const count = readItems(payload);
      const object = {};
      if (isReferred) remember(at, object);
      for (let i = 0; i < count; i++) define(object, readText(), read());
      return object;
    }
    case SPARSE: {
      const from = take(2);
      const array: unknown[] = [];
      if (isReferred) remember(at, array);
      const count = readItems(words[from + 1]! >>> 0);
      for (let i = 0; i < count; i++) {
        const key = read();
        if (typeof key !== 'string' && typeof key !== 'number')
          corrupt('a key of an array is neither text nor number');
        define(array, String(key), read());
      }
      array.length = words[from]! >>> 0;
      return array;
    }
    case MAP: {
      const count = readItems(payload);
      const map = new Map<unknown, unknown>();
      if (isReferred) remember(at, map);
      for (let i = 0; i < count; i++) map.set(read(), read());
      return map;
    }
    case SET: {
      const count = readItems(payload);
      const set = new Set<unknown>();
      if (isReferred) remember(at, set);
      for (let i = 0; i < count; i++) set.add(read());
      return set;
    }
    default: {
      const value = readWhole(word, payload);
      if (isReferred) remember(at, value);
      return value;
    }
  }
}

/** Reads what is created in one go, nothing inside being able to refer to it; errors remember themselves. */
function readWhole(word: number, payload: number): unknown {
  switch ((word >> TAG_SHIFT) & TAG_MASK) {
    case DATE:
      return new Date(doubles[pair()]!);
    case BIGINT64: {
      const from = pair() << 1;
      widestWords[0] = words[from]!;
      widestWords[1] = words[from + 1]!;
      return widest[0]!;
    }
    case BIGINT: {
      const digits = readText();
      if (!/^[\da-f]+$/.test(digits)) corrupt('a bigint has no digits');
      const value = BigInt(`0x${digits}`);
      return payload === 1 ? -value : value;
    }
    case REGEXP: {
      const source = readText();
      const flags = readText();
      try {
        return new RegExp(source, flags);
      } catch {
        return corrupt('a regular expression is none');
      }
    }
    case BOXED: {
      const value = read();
      if (value === undefined || value === null || typeof value === 'object')
        corrupt('a boxed value is no primitive');
      return Object(value) as unknown;
    }
    case BUFFER:
      return readBuffer(payload);
    case VIEW:
      return readView(payload);
    case ERROR:
      return readError(word, payload);
    case SHAREABLE: {
      const from = take(2);
      const handle = hooks.revive(words[from]!);
      revived = from - 1 - base;
      return handle;
    }
    default:
      return corrupt(`no value begins with ${word}`);
  }
}

function readBuffer(payload: number): ArrayBuffer {
  const byteLength = words[take(1)]! >>> 0;
  const greatest = payload === 0 ? byteLength : read();
  const start = take(Math.ceil(byteLength / 4)) * 4;
  if (left !== undefined && start === (base + left.at) * 4) return left.read(byteLength);
  if (payload === 0) return bytes.slice(start, start + byteLength).buffer as ArrayBuffer;
  if (typeof greatest !== 'number') return corrupt('the greatest length of a buffer is no number');
  const buffer = createResizable(byteLength, greatest);
  new Uint8Array(buffer).set(bytes.subarray(start, start + byteLength));
  return buffer;
}

function readView(payload: number): ArrayBufferView {
  const from = take(2);
  const byteOffset = words[from]! >>> 0;
  const length = words[from + 1]! >>> 0;
  const buffer = read();
  if (!(buffer instanceof ArrayBuffer)) return corrupt('a view has no buffer');
  return createView(payload & 0xff, buffer, byteOffset, length, (payload & VIEW_TRACKS) !== 0);
}

function readError(word: number, payload: number): Error {
  const from = take(2);
  const record = from - 1;
  const error = createError(payload, read(), read(), read(), read());
  if ((word & REF_BIT) !== 0) remember(record, error);
  for (let i = 0; i < words[from]!; i++) setHidden(error, readText(), read());
  for (let i = 0; i < words[from + 1]!; i++) setOwn(error, readText(), read());
  return error;
}
