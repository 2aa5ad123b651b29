// Collects bytes that come in pieces, in one buffer that grows with them: a sender of single bytes costs no more than one of blocks, and
// one that announces much costs nothing before it sends it.

const FIRST_BYTES = 256;

export class Accumulator {
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(
        Math.max(length, Math.min(2 * this.#buffer.length, length + 65_536), FIRST_BYTES),
      );
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(part, this.#length);
    this.#length = length;
  }

  /** Returns the first `most` bytes and begins anew. */
  take(most: number = Infinity): Uint8Array {
    const bytes = this.#buffer.slice(0, Math.min(this.#length, most));
    this.#length = 0;
    // A long line's buffer isn't kept for the short ones that follow.
    if (this.#buffer.length > 65_536) this.#buffer = new Uint8Array(0);
    return bytes;
  }
}
