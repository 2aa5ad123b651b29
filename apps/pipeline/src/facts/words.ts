// Goes once over the bytes of a text and finds its words: how many, which of them could be names, how many lines, and the
// distinct words in the form that the full-text index takes. It works on bytes and makes no strings, except for words beyond
// ASCII and possible keywords, which are few.

import { ASCII_FOLD, BYTE_CLASS, cut, fold, LETTER, PIECE_BYTES, PIECE_STRIDE, SEPARATOR } from './word.ts';
import { HASH_START, hashByte, hashBytes, WordSet } from './word-set.ts';
import type { KeywordSet } from './keyword-set.ts';

const SPACE = 0x20;
const LINE_FEED = 0x0a;

/** What one text consists of. */
export interface Words {
  readonly tokens: number;
  readonly lines: number;
  /** Distinct words that could be names. 0 in languages that have no keywords, such as prose. */
  readonly identifiers: number;
  /** The distinct words, folded, separated by spaces. Good until the next call. */
  readonly words: Uint8Array;
}

/** Finds words. It keeps its tables for the next text. */
export class WordFinder {
  readonly #exact = new WordSet();
  readonly #folded = new WordSet();
  #out: Buffer = Buffer.allocUnsafeSlow(1024 * 1024);
  #length = 0;
  #tokens = 0;
  #lines = 0;
  #identifiers = 0;

  /** `bytes` must be UTF-8. `keywords` are the words of the language that can't be names, or undefined if nothing can. */
  find(bytes: Buffer, keywords: KeywordSet | undefined): Words {
    this.#exact.reset(bytes.length);
    this.#folded.reset(bytes.length);
    this.#length = 0;
    this.#tokens = 0;
    this.#lines = 0;
    this.#identifiers = 0;
    // The loops over bytes are methods of their own, called for each word: V8 compiles a function that is called often, but leaves
    // one that runs long, again and again, in the middle of its inner loop (measured: 300 times in 10,000 files).
    for (let at = this.#separators(bytes, 0); at < bytes.length; at = this.#separators(bytes, at)) {
      at = this.#word(bytes, at, keywords);
    }
    return {
      tokens: this.#tokens,
      lines: this.#lines,
      identifiers: this.#identifiers,
      words: this.#out.subarray(0, this.#length),
    };
  }

  /** Returns where the next word begins. */
  #separators(bytes: Buffer, start: number): number {
    const end = bytes.length;
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      if (BYTE_CLASS[byte] !== SEPARATOR) break;
      if (byte === LINE_FEED) this.#lines += 1;
      at += 1;
    }
    return at;
  }

  /** Takes the word that begins at `start`, and returns where it ends. */
  #word(bytes: Buffer, start: number, keywords: KeywordSet | undefined): number {
    const limit = bytes.length;
    let end = start;
    let hash = HASH_START;
    // Collects the high bit of every byte: is the word within ASCII?
    let high = 0;
    while (end < limit) {
      const byte = bytes[end]!;
      if (BYTE_CLASS[byte] === SEPARATOR) break;
      hash = hashByte(hash, byte);
      high |= byte;
      end += 1;
    }
    this.#tokens += 1;
    if (!this.#exact.add(bytes, start, end, hash)) return end;
    if (
      keywords !== undefined &&
      BYTE_CLASS[bytes[start]!] === LETTER &&
      !keywords.has(bytes, start, end, hash)
    ) {
      this.#identifiers += 1;
    }
    if (high < 0x80) this.#addAscii(bytes, start, end);
    else this.#add(Buffer.from(fold(bytes.toString('utf8', start, end))));
    return end;
  }

  #addAscii(bytes: Buffer, start: number, end: number): void {
    if (end - start > PIECE_BYTES) {
      this.#add(Buffer.from(bytes.toString('latin1', start, end).toLowerCase(), 'latin1'));
      return;
    }
    this.#reserve(end - start);
    const out = this.#out;
    const at = this.#length;
    let to = at;
    let hash = HASH_START;
    for (let from = start; from < end; from += 1) {
      const byte = ASCII_FOLD[bytes[from]!]!;
      hash = hashByte(hash, byte);
      out[to] = byte;
      to += 1;
    }
    this.#keep(at, to, hash);
  }

  /** Adds a folded word, in pieces if it is long. */
  #add(word: Buffer): void {
    for (let start = 0; ;) {
      const end = word.length - start > PIECE_BYTES ? cut(word, start + PIECE_BYTES) : word.length;
      this.#reserve(end - start);
      word.copy(this.#out, this.#length, start, end);
      const to = this.#length + end - start;
      this.#keep(this.#length, to, hashBytes(this.#out, this.#length, to));
      if (end === word.length) return;
      start = cut(word, start + PIECE_STRIDE);
    }
  }

  /** Keeps what was written at the end of the output, unless it is there already. */
  #keep(start: number, end: number, hash: number): void {
    if (!this.#folded.add(this.#out, start, end, hash)) return;
    this.#out[end] = SPACE;
    this.#length = end + 1;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes + 1;
    if (needed <= this.#out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#out.length * 2, needed));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
  }
}
