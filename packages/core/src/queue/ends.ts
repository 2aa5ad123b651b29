/**
 * The two ends of a queue. Each has a guard and a cache line of its own, so that who puts and who gets don't wait for each other, and don't take the line from
 * each other: what goes from one core to the other is the items.
 *
 * ```
 *  out: OBJECT.guard     head · taken · done · outClosed                      in: QUEUE.putGuard     tail · put · limit · takenSeen · inClosed
 *
 *  short ways (`short.ts`)          only the guard of their end, and only while nothing is special there: `inClosed`, `outClosed` are 0
 *  everything else (`lines.ts`)     both: first `out`, then `in`
 * ```
 * What is changed under both guards (the lines, the promises, the shutdown, `maxBytes`' count, a new segment) neither short way can come upon half changed. What it needs to
 * know of that is summed up in one word on its own line, which is written before the guards are freed:
 *  - `inClosed` unless nobody waits at all, nobody has been promised room, bytes aren't counted, and there is no shutdown;
 *  - `outClosed` unless no putter waits, no item is promised, bytes aren't counted, and there is no shutdown.
 *
 * No wakeup is lost between the two: a getter looks for an item and joins the line under both guards. A short put that came before it under `in` has published its
 * item, and the getter finds it. One that comes after it finds `inClosed`, and goes the long way, which tells the getter. Likewise with putters and short gets,
 * under `out`; and a short put itself never waits: who finds no room looks again under both guards when it joins.
 *
 * A short put counts the items as its end saw them last (`takenSeen`, never more than were taken), and looks at the other end's line only when by that
 * the queue is full. So the limit is exact, and "full" is said only of a queue that was.
 *
 * Deaths. A thread that dies on a short way holds one guard: its end is repaired under that one (`Store.repairIn`), or under both when it is `out`, and the other
 * end goes on meanwhile. Who dies with both has them taken over together (`reaper.ts`). The reaper takes them in the same order as everybody. If it meets another dead
 * thread's `in`, it takes that over first (`onStuck`), which needs nothing else. So nobody waits in a circle.
 */
import { i32 } from '../atomics.ts';
import { inheritGuard, lockGuard, unlockGuard } from '../parking/guard.ts';
import { QUEUE } from './layout.ts';

const {
  guard: OUT,
  putGuard: IN,
  flags: FLAGS,
  maxBytes: MAX_BYTES,
  nextGetter: NEXT_GETTER,
  nextPutter: NEXT_PUTTER,
  promisedItems: PROMISED_ITEMS,
  promisedSlots: PROMISED_SLOTS,
  taken: TAKEN,
  takenSeen: TAKEN_SEEN,
  inClosed: IN_CLOSED,
  outClosed: OUT_CLOSED,
} = QUEUE;

export function lockEnds(queue: number): void {
  lockGuard(queue + OUT);
  lockGuard(queue + IN);
}

export function unlockEnds(queue: number): void {
  unlockIn(queue);
  unlockGuard(queue + OUT);
}

/** For who has the other guard already. */
export function lockIn(queue: number): void {
  lockGuard(queue + IN);
}

export function unlockIn(queue: number): void {
  setClosed(queue);
  unlockGuard(queue + IN);
}

/** As `lockIn`, for who repairs what a dead thread left: that one may have held this guard too. */
export function inheritIn(queue: number, dead: number): void {
  if (!inheritGuard(queue + IN, dead)) lockGuard(queue + IN);
}

/** Closes and opens the short ways, under both guards, or while nobody else knows the queue. */
export function setClosed(queue: number): void {
  const words = i32;
  const both = words[queue + FLAGS]! | words[queue + NEXT_PUTTER]! | words[queue + MAX_BYTES]!;
  words[queue + OUT_CLOSED] = both | words[queue + PROMISED_ITEMS]!;
  words[queue + IN_CLOSED] = both | words[queue + NEXT_GETTER]! | words[queue + PROMISED_SLOTS]!;
  words[queue + TAKEN_SEEN] = words[queue + TAKEN]!;
}
