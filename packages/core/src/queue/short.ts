/**
 * The short ways into a FIFO queue and out of it, for what most of all puts and gets are: a message of a few hundred bytes, while nobody waits, in the segment that is
 * there. Each is one step under the guard of its own end and touches its end's cache line, and the records. When they may be gone, and why nobody is
 * overlooked: `ends.ts`. What the records are, and what commits: `fifo.ts`; the stores are those of `append` and `take` there, in the same order, so a
 * death in between is repaired in the same way.
 *
 * Whether there is anything to take is seen from the records, not from the counters: to look at the other end's line would take it away from who is working there.
 */
import { copiesPairs as inPairs, hot, i32, i64 } from '../atomics.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { LOOP_WORDS } from './bulk.ts';
import { LENGTH_MASK, OUTCOME, QUEUE } from './layout.ts';
import { inbox, INBOX_WORDS } from './message.ts';
import type { Batch, Outgoing } from './message.ts';
import { MOST_AT_ONCE as AT_ONCE } from './store.ts';

/** Length and number of a record. */
export const HEAD_WORDS = 2;

// Constants of this module, which V8 folds.
const { load, store } = hot;
const copiesPairs = inPairs;
const MOST_AT_ONCE = AT_ONCE;

/** Longer ones are copied in another way. */
const SHORT_BYTES = LOOP_WORDS * 4;

const {
  head: HEAD,
  taken: TAKEN,
  tail: TAIL,
  put: PUT,
  limit: LIMIT,
  guard: OUT,
  putGuard: IN,
  maxsize: MAXSIZE,
  takenSeen: TAKEN_SEEN,
  inClosed: IN_CLOSED,
  outClosed: OUT_CLOSED,
} = QUEUE;

function copyOutPairs(from: number, count: number, to: number): void {
  const source = i64;
  const target = inbox.i64;
  for (let pair = 0; pair < count; pair++) target[to + pair] = source[from + pair]!;
}

/** `mayPut` and `putNow` in one for a short message, where the segment has room. */
export function offerShort(queue: number, message: Outgoing): number {
  const { length, from, words: source } = message;
  if (message.block !== 0 || length > SHORT_BYTES) return OUTCOME.unclear;
  const count = length >> 2;
  let outcome: number = OUTCOME.unclear;
  lockGuard(queue + IN);
  const words = i32;
  const at = words[queue + TAIL]!;
  const number = words[queue + PUT]!;
  const maxsize = words[queue + MAXSIZE]!;
  const payload = at + HEAD_WORDS;
  const end = payload + count;
  if (words[queue + IN_CLOSED] === 0 && end <= words[queue + LIMIT]! && end < words.length) {
    if (
      maxsize > 0 &&
      ((number - words[queue + TAKEN_SEEN]!) | 0) >= maxsize &&
      seeTaken(queue, number) >= maxsize
    )
      outcome = OUTCOME.none;
    else {
      words[at + 1] = number;
      // One by one: a pair that is read just after its words were written one by one isn't there yet, and the processor waits for it.
      for (let word = 0; word < count; word++) words[payload + word] = source[from + word]!;
      words[end] = 0;
      store(at, length);
      words[queue + PUT] = number + 1;
      words[queue + TAIL] = end;
      outcome = OUTCOME.done;
    }
  }
  unlockGuard(queue + IN);
  return outcome;
}

/** Looks at the other end; returns how many are stored when `number` were put. */
function seeTaken(queue: number, number: number): number {
  const taken = load(queue + TAKEN);
  i32[queue + TAKEN_SEEN] = taken;
  return (number - taken) | 0;
}

/** `mayTake` and `takeNow` in one for a short message. */
export function grabShort(queue: number): number {
  let outcome: number = OUTCOME.unclear;
  lockGuard(queue + OUT);
  const words = i32;
  const at = words[queue + HEAD]!;
  if (words[queue + OUT_CLOSED] === 0 && at < words.length) {
    const length = at === 0 ? 0 : load(at);
    if (length === 0) outcome = OUTCOME.none;
    else if ((length & ~LENGTH_MASK) === 0 && length <= SHORT_BYTES) {
      const target = inbox.i32;
      const payload = at + HEAD_WORDS;
      const count = length >> 2;
      if (copiesPairs) copyOutPairs(payload >> 1, count >> 1, 0);
      else for (let word = 0; word < count; word++) target[word] = words[payload + word]!;
      inbox.start = 0;
      inbox.block = 0;
      inbox.length = length;
      words[queue + HEAD] = payload + count;
      words[queue + TAKEN] = words[at + 1]! + 1;
      outcome = OUTCOME.done;
    }
  }
  unlockGuard(queue + OUT);
  return outcome;
}

/**
 * As `offerShort`, for the messages of a batch, as far as they go: all records first, and then one commit for all, the first word of the first. A death before it puts
 * none of them, and one after it all: they are counted from the first one on.
 */
export function offerRun(queue: number, batch: Batch): void {
  lockGuard(queue + IN);
  const words = i32;
  if (words[queue + IN_CLOSED] === 0) {
    const maxsize = words[queue + MAXSIZE]!;
    let number = words[queue + PUT]!;
    let room = maxsize === 0 ? Infinity : maxsize - seeTaken(queue, number);
    const limit = Math.min(words[queue + LIMIT]!, words.length - 1);
    const first = words[queue + TAIL]!;
    let at = first;
    let firstLength = 0;
    for (let left = MOST_AT_ONCE; left > 0 && room > 0 && batch.put < batch.size; left--, room--) {
      const { length, from, words: source, block } = batch.select();
      const count = length >> 2;
      const payload = at + HEAD_WORDS;
      if (block !== 0 || length > SHORT_BYTES || payload + count > limit) break;
      words[at + 1] = number++;
      if (at === first) firstLength = length;
      else words[at] = length;
      for (let word = 0; word < count; word++) words[payload + word] = source[from + word]!;
      at = payload + count;
      batch.advance();
    }
    if (at !== first) {
      words[at] = 0;
      store(first, firstLength);
      words[queue + PUT] = number;
      words[queue + TAIL] = at;
    }
  }
  unlockGuard(queue + IN);
}

/** As `grabShort`, for as many as go: all are copied first, and then one commit for all. */
export function grabRun(queue: number, max: number, lengths: Int32Array): number {
  let number = 0;
  lockGuard(queue + OUT);
  const words = i32;
  if (words[queue + OUT_CLOSED] === 0) {
    const most = Math.min(max, MOST_AT_ONCE);
    const target = inbox.i32;
    let at = words[queue + HEAD]!;
    let end = 0;
    for (; number < most && at !== 0 && at < words.length; number++) {
      const length = load(at);
      const count = length >> 2;
      if (length === 0 || (length & ~LENGTH_MASK) !== 0 || length > SHORT_BYTES || end + count > INBOX_WORDS)
        break;
      const payload = at + HEAD_WORDS;
      if (copiesPairs) copyOutPairs(payload >> 1, count >> 1, end >> 1);
      else for (let word = 0; word < count; word++) target[end + word] = words[payload + word]!;
      lengths[number] = length;
      end += count;
      at = payload + count;
    }
    if (number > 0) {
      words[queue + HEAD] = at;
      words[queue + TAKEN]! += number;
    }
  }
  unlockGuard(queue + OUT);
  return number;
}
