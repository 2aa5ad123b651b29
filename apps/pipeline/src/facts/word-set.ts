// A set of words that are slices of one byte array: a hash table of offsets, so that no string is made for a word that is there
// already. It is used again for the next file; emptying costs as much as the table that the last file needed.

/** Collects distinct slices. */
export class WordSet {
  /** Number of a word plus one, or 0. Its length is a power of two, at least twice the number of words. */
  #slots: Int32Array = new Int32Array(1 << 12);
  #mask = 0;
  #starts: Int32Array = new Int32Array(1 << 11);
  #lengths: Int32Array = new Int32Array(1 << 11);
  #hashes: Int32Array = new Int32Array(1 << 11);
  size = 0;

  /** Empties the set, and makes room for about as many words as a text of so many bytes usually has. */
  reset(textBytes: number): void {
    let slots = 1 << 10;
    while (slots < textBytes >> 3 && slots < 1 << 16) slots <<= 1;
    this.#reserve(slots);
    this.size = 0;
  }

  /** Adds `bytes[start, end)`, whose hash is `hash`; returns whether it is new. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    const length = end - start;
    let slot = slotOf(hash, this.#mask);
    for (let word = this.#slots[slot]!; word !== 0; word = this.#slots[slot]!) {
      if (this.#hashes[word - 1] === hash && this.#lengths[word - 1] === length) {
        const there = this.#starts[word - 1]!;
        let i = 0;
        while (i < length && bytes[there + i] === bytes[start + i]) i += 1;
        if (i === length) return false;
      }
      slot = (slot + 1) & this.#mask;
    }
    const word = this.size;
    if (word === this.#starts.length) this.#growWords();
    this.#starts[word] = start;
    this.#lengths[word] = length;
    this.#hashes[word] = hash;
    this.#slots[slot] = word + 1;
    this.size = word + 1;
    if (this.size * 2 > this.#mask) this.#rehash();
    return true;
  }

  #reserve(slots: number): void {
    if (this.#slots.length < slots) this.#slots = new Int32Array(slots);
    else this.#slots.fill(0, 0, slots);
    this.#mask = slots - 1;
  }

  #rehash(): void {
    this.#reserve((this.#mask + 1) * 2);
    for (let word = 0; word < this.size; word += 1) {
      let slot = slotOf(this.#hashes[word]!, this.#mask);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = word + 1;
    }
  }

  #growWords(): void {
    this.#starts = doubled(this.#starts);
    this.#lengths = doubled(this.#lengths);
    this.#hashes = doubled(this.#hashes);
  }
}

/** The upper bits of the hash are the better ones. */
function slotOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Starts a hash. */
export const HASH_START: number = 0x811c9dc5 | 0;

/** Takes one more byte into a hash (FNV-1a). */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x0100_0193);
}

/** Hashes a slice. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let i = start; i < end; i += 1) hash = hashByte(hash, bytes[i]!);
  return hash;
}
