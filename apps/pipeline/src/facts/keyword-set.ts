// Tells keywords from other words without making a string of each.

import { hashBytes } from './word-set.ts';

/** A set of words that never changes. */
export class KeywordSet {
  readonly #byHash = new Map<number, Uint8Array[]>();
  readonly #longest: number;

  constructor(words: Iterable<string>) {
    let longest = 0;
    for (const word of words) {
      const bytes = Buffer.from(word);
      const hash = hashBytes(bytes, 0, bytes.length);
      this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), bytes]);
      longest = Math.max(longest, bytes.length);
    }
    this.#longest = longest;
  }

  /** Returns whether `bytes[start, end)`, whose hash is `hash`, is one of them. */
  has(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    if (end - start > this.#longest) return false;
    return this.#byHash.get(hash)?.some(word => equals(word, bytes, start, end)) ?? false;
  }
}

function equals(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let i = 0; i < word.length; i += 1) if (word[i] !== bytes[start + i]) return false;
  return true;
}
