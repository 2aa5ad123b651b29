/**
 * Says which steps may be swapped without anybody noticing; the exhaustive search doesn't explore both orders of these.
 *
 * Two atomic steps are independent when they touch different words or only read. Plain code may touch anything that the explorer can't
 * see, so it is independent only of atomic reads: the price of finding a race between plain code and a store that published too early.
 */
import { HEADER, OPERATION, STATE, THREAD, TIMER } from './layout.ts';
import { threadAt, words } from './words.ts';

const NOTHING = 0;
const READ = 1;
const WRITE = 2;
const PLAIN = 3;
const ANYTHING = 4;

function reach(candidate: number): number {
  if (candidate >= TIMER) return ANYTHING;
  const thread = threadAt(candidate);
  if (words[thread + THREAD.state] === STATE.looping) return ANYTHING;
  switch (words[thread + THREAD.operation]) {
    case OPERATION.plain:
      return words[HEADER.around] === 1 ? PLAIN : NOTHING;
    case OPERATION.wake:
      return words[HEADER.around] === 1 ? PLAIN : NOTHING;
    case OPERATION.pause:
      return NOTHING;
    case OPERATION.load:
      return READ;
    default:
      return WRITE;
  }
}

function samePlace(one: number, other: number): boolean {
  const a = threadAt(one);
  const b = threadAt(other);
  // Elements of different sizes overlap within eight bytes.
  return (
    words[a + THREAD.buffer] === words[b + THREAD.buffer] &&
    words[a + THREAD.offset]! >>> 3 === words[b + THREAD.offset]! >>> 3
  );
}

/** Whether the next steps of two candidates depend on each other. */
export function dependent(one: number, other: number): boolean {
  const a = reach(one);
  const b = reach(other);
  if (a === ANYTHING || b === ANYTHING) return true;
  if (a === NOTHING || b === NOTHING) return false;
  if (a === PLAIN || b === PLAIN) return a !== READ && b !== READ;
  return (a === WRITE || b === WRITE) && samePlace(one, other);
}
