/** A seeded generator whose state is one shared word, so that all threads draw from the same sequence (xorshift, 32 bits). */

/** Returns the state that follows; never 0. */
export function nextState(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x | 0;
}

/** Spreads a seed over all bits, so that neighbouring seeds begin differently. Never 0. */
export function stateOf(seed: number): number {
  let x = (seed ^ 0x9e37_79b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  x ^= x >>> 16;
  return x === 0 ? 1 : x;
}
