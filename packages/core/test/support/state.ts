/** Looks into shared memory and waits for what is to be seen there: the way for a test to know that somebody waits, without sleeping. */
import { OBJECT } from '../../src/memory/layout.ts';
import { lockGuard, unlockGuard } from '../../src/parking/guard.ts';
import { lengthOf } from '../../src/parking/line.ts';

/** Milliseconds after which a test gives up. */
export const LONG = 20_000;

/** For every wait in a test: longer than it should ever take, and shorter than for ever. */
export const SOON: { readonly timeout: number } = { timeout: LONG };

/** Where a shared object's block is. */
export function pointerOf(object: object): number {
  return (object as { at: number }).at;
}

/** How many stand in the object's line, threads and promises (or in the one at another offset). */
export function waitingAt(object: object, offset: number = OBJECT.first): number {
  const pointer = pointerOf(object);
  lockGuard(pointer + OBJECT.guard);
  const length = lengthOf(pointer + offset);
  unlockGuard(pointer + OBJECT.guard);
  return length;
}

/** Lets the event loop run until the condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + LONG; !condition();) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** As `until`, with this thread blocked: its event loop stands still meanwhile. */
export function untilBlocked(condition: () => boolean, what: string): void {
  for (const end = performance.now() + LONG; !condition();) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    Atomics.wait(nothing, 0, 0, 1);
  }
}

/** Numbers that look random and are the same in every run: `random(n)` is from 0 to n − 1. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
