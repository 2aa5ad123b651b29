/**
 * Writes and reads strings, unit by unit: lone surrogates survive, and nothing is normalised.
 * One byte per UTF-16 unit where all are below 256, two otherwise; the fastest means that the runtime has are found by looking, not by its name.
 */
import { compile } from './compile.ts';
import { corrupt } from './corrupt.ts';
import { writeCount } from './record.ts';
import { reserve, work as shared } from './scratch.ts';
import * as tags from './tags.ts';

// Copied, because V8 folds a module's own constants and loads imported ones.
const { head, TEXT_BYTES, TEXT_UNITS } = tags;
const work = shared;

/** Up to here, a loop over `charCodeAt` beats every call out of JavaScript (Node 24: 2.5 ns a unit against 55 ns). */
const LOOP_UNITS = 20;
/** Up to here, text is encoded in a staging area first: a view of the right place in `work` would cost more. */
const STAGED_BYTES = 1024;
const fromCharCode = String.fromCharCode;

/** The part of Node's and Bun's `Buffer.prototype` that works on any `Uint8Array`. */
interface NativeText {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
  ucs2Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

/** Deno has these methods too, ten to a hundred times slower than its `TextDecoder`. */
function findNative(): NativeText | undefined {
  const host = globalThis as { Buffer?: { prototype: Partial<NativeText> }; Deno?: unknown };
  const found = host.Buffer?.prototype;
  if (host.Deno !== undefined || found === undefined) return undefined;
  const all = [found.latin1Slice, found.ucs2Slice, found.latin1Write, found.ucs2Write];
  return all.every(method => typeof method === 'function') ? (found as NativeText) : undefined;
}

const native = findNative();
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const staged = new Uint8Array(STAGED_BYTES);
const stagedWords = new Int32Array(staged.buffer);

/** Writes a TEXT record at this word, and returns the word after it. */
export function writeText(text: string, at: number): number {
  const length = text.length;
  if (length > LOOP_UNITS) return writeLong(text, at);
  const words = work.i32;
  let to = at + 1;
  let all = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    all |= a | b | c | d;
    words[to++] = a | (b << 8) | (c << 16) | (d << 24);
  }
  if (i < length) {
    let word = 0;
    for (let shift = 0; i < length; i++, shift += 8) {
      const unit = text.charCodeAt(i);
      all |= unit;
      word |= unit << shift;
    }
    words[to++] = word;
  }
  if (all > 0xff) return writeUnits(text, at);
  words[at] = head(TEXT_BYTES, length);
  return to;
}

function writeLong(text: string, at: number): number {
  const length = text.length;
  const size = (length + 3) >>> 2;
  reserve(at + 2 + size);
  if (length <= STAGED_BYTES) {
    const { read, written } = encoder.encodeInto(text, staged);
    if (read === length && written === length) {
      const words = work.i32;
      words[at] = head(TEXT_BYTES, length);
      words[at + size] = 0;
      if (size > 64) {
        work.u8.set(length === STAGED_BYTES ? staged : staged.subarray(0, length), (at + 1) * 4);
      } else {
        for (let i = length; (i & 3) !== 0; i++) staged[i] = 0;
        for (let i = 0; i < size; i++) words[at + 1 + i] = stagedWords[i]!;
      }
      return at + 1 + size;
    }
  } else if (native === undefined) {
    const to = writeCount(TEXT_BYTES, length, at);
    work.i32[to + size - 1] = 0;
    const { read, written } = encoder.encodeInto(text, work.u8.subarray(to * 4, to * 4 + length));
    if (read === length && written === length) return to + size;
  }
  if (native === undefined || /[^\0-\xff]/.test(text)) return writeUnits(text, at);
  const to = writeCount(TEXT_BYTES, length, at);
  work.i32[to + size - 1] = 0;
  native.latin1Write.call(work.u8, text, to * 4, length);
  return to + size;
}

function writeUnits(text: string, at: number): number {
  const length = text.length;
  reserve(at + 2 + ((length + 1) >>> 1));
  const to = writeCount(TEXT_UNITS, length, at);
  if (native !== undefined && length > LOOP_UNITS) {
    work.i32[to + ((length - 1) >>> 1)] = 0;
    native.ucs2Write.call(work.u8, text, to * 4, length * 2);
  } else {
    const words = work.i32;
    for (let i = 0; i < length; i += 2) {
      // Behind the end `charCodeAt` gives NaN, and NaN << 16 is 0.
      words[to + (i >> 1)] = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
    }
  }
  return to + ((length + 1) >>> 1);
}

/**
 * Short strings repeat from message to message (kinds, keys, states), and building one costs more than recognising it.
 * One slot per hash of (length, bytes): the bytes in `known`, the string in `knownText`; a newcomer evicts.
 */
const SLOT_BITS = 10;
const CACHED_UNITS = 12;
const known = new Int32Array(4 << SLOT_BITS);
const knownText: string[] = Array.from({ length: 1 << SLOT_BITS }, () => '');

/** Reads one byte per unit. `at` is the word where the bytes start; the caller has checked that they lie within the message. */
export function readBytes(words: Int32Array, bytes: Uint8Array, at: number, length: number): string {
  if (length > CACHED_UNITS) return readLong(bytes, at * 4, length);
  if (length === 0) return '';
  const a = words[at]!;
  const b = length > 4 ? words[at + 1]! : 0;
  const c = length > 8 ? words[at + 2]! : 0;
  const hash = Math.imul(Math.imul(Math.imul(a ^ length, 0x9e37_79b1) ^ b, 0x85eb_ca6b) ^ c, 0xc2b2_ae35);
  const slot = (hash ^ (hash >>> 15)) & ((1 << SLOT_BITS) - 1);
  const place = slot << 2;
  if (known[place] === a && known[place + 1] === b && known[place + 2] === c && known[place + 3] === length) {
    return knownText[slot]!;
  }
  const text = buildShort(a, b, c, length);
  // The caller's padding may be corrupt: then this slot is never found again, and does no harm.
  known[place] = a;
  known[place + 1] = b;
  known[place + 2] = c;
  known[place + 3] = length;
  knownText[slot] = text;
  return text;
}

function buildShort(a: number, b: number, c: number, length: number): string {
  const a0 = a & 0xff;
  const a1 = (a >>> 8) & 0xff;
  const a2 = (a >>> 16) & 0xff;
  const a3 = a >>> 24;
  if (length < 4) {
    if (length === 1) return fromCharCode(a0);
    return length === 2 ? fromCharCode(a0, a1) : fromCharCode(a0, a1, a2);
  }
  if (length === 4) return fromCharCode(a0, a1, a2, a3);
  const b0 = b & 0xff;
  const b1 = (b >>> 8) & 0xff;
  const b2 = (b >>> 16) & 0xff;
  const b3 = b >>> 24;
  if (length < 8) {
    if (length === 5) return fromCharCode(a0, a1, a2, a3, b0);
    return length === 6 ? fromCharCode(a0, a1, a2, a3, b0, b1) : fromCharCode(a0, a1, a2, a3, b0, b1, b2);
  }
  if (length === 8) return fromCharCode(a0, a1, a2, a3, b0, b1, b2, b3);
  const c0 = c & 0xff;
  const c1 = (c >>> 8) & 0xff;
  const c2 = (c >>> 16) & 0xff;
  if (length === 9) return fromCharCode(a0, a1, a2, a3, b0, b1, b2, b3, c0);
  if (length === 10) return fromCharCode(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1);
  if (length === 11) return fromCharCode(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2);
  return fromCharCode(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c >>> 24);
}

/** Makes a text of so many bytes, for one length. */
type MakeText = (bytes: Uint8Array, start: number) => string;

const LISTED_UNITS = 32;
const makers: MakeText[] = Array.from({ length: LISTED_UNITS + 1 }, (_, length) => throughArray(length));
const uses = new Int32Array(LISTED_UNITS + 1);
const USES_BEFORE_COMPILING = 64;

/** One array per length, so that none is built per string. */
function throughArray(length: number): MakeText {
  const units = new Array<number>(length).fill(0);
  return (bytes, start) => {
    for (let i = 0; i < length; i++) units[i] = bytes[start + i]!;
    return fromCharCode.apply(null, units);
  };
}

/** Where code may be compiled, the units are listed in the call: half as dear as through an array. */
function listed(length: number): MakeText | undefined {
  const units = Array.from({ length }, (_, i) => `bytes[start+${i}]`);
  return compile({ fromCharCode }, `return(bytes,start)=>fromCharCode(${units.join()})`) as
    | MakeText
    | undefined;
}
const CHUNK_UNITS = 8192;

function readLong(bytes: Uint8Array, start: number, length: number): string {
  if (length <= LISTED_UNITS) {
    if (uses[length]! < USES_BEFORE_COMPILING && ++uses[length]! === USES_BEFORE_COMPILING)
      makers[length] = listed(length) ?? makers[length]!;
    return makers[length]!(bytes, start);
  }
  if (native !== undefined) return native.latin1Slice.call(bytes, start, start + length);
  const view = bytes.subarray(start, start + length);
  // Bytes above 127 are not UTF-8 here. Each sequence that decodes all the same is shorter than its bytes: an equal length means ASCII.
  const text = decoder.decode(view);
  if (text.length === length && !text.includes('\ufffd')) return text;
  return inChunks(view);
}

function inChunks(units: Uint8Array | Uint16Array): string {
  let text = '';
  for (let i = 0; i < units.length; i += CHUNK_UNITS) {
    text += fromCharCode.apply(null, units.subarray(i, i + CHUNK_UNITS) as unknown as number[]);
  }
  return text;
}

const strictDecoder = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true });

/** Reads two bytes per unit. `at` is the word where they start; the caller has checked that they lie within the message. */
export function readUnits(bytes: Uint8Array, at: number, length: number): string {
  const start = at * 4;
  if (native !== undefined) return native.ucs2Slice.call(bytes, start, start + length * 2);
  if (length > LISTED_UNITS) {
    try {
      return strictDecoder.decode(bytes.subarray(start, start + length * 2));
    } catch {
      // A lone surrogate: only `fromCharCode` keeps it.
    }
  }
  if ((bytes.byteOffset + start) % 2 !== 0) corrupt('text at an odd address');
  return inChunks(new Uint16Array(bytes.buffer, bytes.byteOffset + start, length));
}
