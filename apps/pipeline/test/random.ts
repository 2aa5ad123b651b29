// Numbers that look random and are the same at every run.

/** Returns a function that returns whole numbers from 0 below its argument. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}
