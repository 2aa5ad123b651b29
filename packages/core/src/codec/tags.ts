/**
 * The layout of an encoded message: every bit of it is named here and nowhere else.
 * A message is self-contained: it can be read by any thread at any time, without knowing what was sent before it. One that stays in shared memory may name lists of
 * keys that lie there (NUMBERED).
 *
 * ```
 * message   ┌───────────────┬───────────────┬───────────────┬─ ─ ─┬───────────┐
 * (words)   │ 0: last share │ 1: root value │ 2: …          │     │ 0 or pad  │   length: a multiple of 8 bytes
 *           └───────┬───────┴───────────────┴───────────────┴─ ─ ─┴───────────┘
 *                   └──► offset of the last SHAREABLE record, which names the one before, … 0 ends the chain
 *
 * first word of a value        31                              8   7   6 … 1   0
 *   a whole number of 31 bits  │ the number, sign included                   │ 1 │
 *   anything else              │ payload, 24 bits             │ ref │ tag    │ 0 │
 * ```
 *
 * `ref` says that a REFERENCE further on points here, so the reader must remember this value, and create it before its
 * contents. Offsets count words from the start of the message. A count of 2²⁴−1 in the payload says that the next word holds it.
 *
 * | tag | payload | words that follow |
 * |---|---|---|
 * | UNDEFINED, NULL, TRUE, FALSE | | |
 * | DOUBLE, DATE | | to the next even word: one unused; then two words of IEEE 754 |
 * | BIGINT64 | | to the next even word: one unused; then two words, two's complement |
 * | BIGINT | 1 if negative | a text: hexadecimal digits |
 * | TEXT_BYTES | length | one byte per UTF-16 unit (all are below 256), zeros to the end of the word |
 * | TEXT_UNITS | length | two bytes per UTF-16 unit, zeros to the end of the word |
 * | SHAPED | words of the blob | hash of the blob; blob: number of keys, then (length, bytes) per key, a byte each, zeros to the end of the word; then the values |
 * | NUMBERED | number of the keys, see `numbers.ts` | the values |
 * | LOOSE | number of entries | per entry: a text (the key), a value |
 * | ARRAY | length | the values |
 * | SPARSE | | length, number of entries; per entry: a whole number or text (the key), a value |
 * | MAP, SET | size | per entry: key and value, or the item |
 * | REGEXP | | text (source), text (flags) |
 * | BOXED | | the primitive |
 * | BUFFER | 1 if resizable | byte length; if resizable a number (greatest byte length); the bytes, to the end of the word |
 * | VIEW | kind, tracking << 8 | byte offset, length in elements; the buffer (BUFFER or REFERENCE) |
 * | ERROR | builtin class | hidden and visible own properties, a count of each; four values: class name, name, message, stack; per property: a text, a value |
 * | SHAREABLE | | address, offset of the SHAREABLE record before this one or 0 |
 * | REFERENCE | | offset of the record that it stands for |
 */

/** Set in the first word of a whole number, clear in all others. */
export const WHOLE = 1;
export const GREATEST_WHOLE = 0x3fff_ffff;
export const LEAST_WHOLE: number = -0x4000_0000;

export const TAG_SHIFT = 1;
export const TAG_MASK = 0x3f;
export const REF_BIT: number = 1 << 7;
export const PAYLOAD_SHIFT = 8;
/** The payload that says: the count is in the next word. */
export const COUNT_FOLLOWS = 0xff_ffff;

/** The message's first word, then the root. */
export const ROOT_WORD = 1;

export const UNDEFINED = 1;
export const NULL = 2;
export const TRUE = 3;
export const FALSE = 4;
export const DOUBLE = 5;
export const TEXT_BYTES = 6;
export const TEXT_UNITS = 7;
export const SHAPED = 8;
export const ARRAY = 9;
export const REFERENCE = 10;
export const LOOSE = 11;
export const SHAREABLE = 12;
export const MAP = 13;
export const SET = 14;
export const DATE = 15;
export const BIGINT64 = 16;
export const BIGINT = 17;
export const SPARSE = 18;
export const REGEXP = 19;
export const BOXED = 20;
export const BUFFER = 21;
export const VIEW = 22;
export const ERROR = 23;
export const NUMBERED = 24;

/** In a VIEW's payload: the view follows the length of its resizable buffer. */
export const VIEW_TRACKS: number = 1 << 8;

/** The first word of a value that isn't a small whole number. */
export function head(tag: number, payload: number): number {
  return (payload << PAYLOAD_SHIFT) | (tag << TAG_SHIFT);
}
