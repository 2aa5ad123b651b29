/**
 * First in, first out: records one after the other in a chain of segments, so that a put and a get touch one cache line of the queue and the record.
 *
 * ```
 *          head                                               tail            limit
 *           ▼                                                  ▼                ▼
 *  ░░░░░░░░ length·number·payload │ length·number·payload │ jump·next ─▶ ├ … │ length·number·pointer │          ┤
 *  taken already (freed when head jumps)                                 └ a segment: 1, 4 or 16 KiB ────────────┘
 * ```
 *
 * One store commits each operation, and the words around it are found again from it:
 * ```
 *  put    write the record behind tail; then QUEUE.tail = its end             ◀ commit
 *         (in a new segment: first the jump behind tail, seen only once tail has moved)
 *  take   copy the record; then QUEUE.head = its end                          ◀ commit
 * ```
 * The chain from head to tail is the truth. A record carries the number that QUEUE.put had, so a repair knows both counters from
 * the first and the last record, and from QUEUE.put alone when there is none: a put that had committed would have left one.
 */
import { copiesPairs as inPairs, i32, i64 } from '../atomics.ts';
import { blockBytes, free } from '../memory/allocator.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { ITEM_FLAG, LENGTH_MASK, OUTCOME, QUEUE } from './layout.ts';
import { copyIn, LOOP_WORDS } from './bulk.ts';
import { copyOut, inbox, INBOX_WORDS } from './message.ts';
import type { Batch, Outgoing } from './message.ts';
import { allocateOrZero, MOST_AT_ONCE as AT_ONCE } from './store.ts';
import type { Store } from './store.ts';

/** Copying so much under the guard takes about as long as a block costs to allocate and free. */
const INLINE_BYTES = 2048;
const FIRST_SEGMENT_BYTES = 1024;
const LARGEST_SEGMENT_BYTES = 16_384;
const HEAD_WORDS = 2;
const JUMP_WORDS = 2;

const { tail: TAIL, head: HEAD, put: PUT, taken: TAKEN, limit: LIMIT, spare: SPARE } = QUEUE;

/** Segments are aligned to their size, since spans are. */
function endOfSegment(pointer: number): number {
  const words = blockBytes(pointer) >> 2;
  return (pointer & -words) + words;
}

function startOfSegment(pointer: number): number {
  return pointer & -(blockBytes(pointer) >> 2);
}

/** Returns where a record of `words` goes in a new segment, 0 when there is no memory for one. Makes it the last, but for the commit. */
function extend(queue: number, words: number): number {
  const tail = i32[queue + TAIL]!;
  const needed = (words + JUMP_WORDS) * 4;
  let segment = i32[queue + SPARE]!;
  if (segment !== 0 && blockBytes(segment) >= needed) i32[queue + SPARE] = 0;
  else {
    let bytes = tail === 0 ? FIRST_SEGMENT_BYTES : Math.min(LARGEST_SEGMENT_BYTES, blockBytes(tail) * 4);
    while (bytes < needed) bytes *= 4;
    segment = allocateOrZero(bytes);
    if (segment === 0) return 0;
  }
  ensureMapped(segment);
  i32[queue + LIMIT] = endOfSegment(segment) - JUMP_WORDS;
  if (tail === 0) i32[queue + HEAD] = segment;
  else {
    i32[tail + 1] = segment;
    i32[tail] = ITEM_FLAG.jump;
  }
  return segment;
}

/** Follows the jump at head, and keeps or frees the segment that is done with. */
function cross(queue: number, at: number): number {
  const next = i32[at + 1]!;
  const old = startOfSegment(at);
  i32[queue + HEAD] = next;
  const spare = i32[queue + SPARE]!;
  if (spare === 0) i32[queue + SPARE] = old;
  else if (blockBytes(old) > blockBytes(spare)) {
    i32[queue + SPARE] = old;
    free(spare);
  } else free(old);
  ensureMapped(next);
  return next;
}

function append(queue: number, message: Outgoing): boolean {
  const { length, block } = message;
  const payload = block === 0 ? length >> 2 : 2;
  const end = HEAD_WORDS + payload;
  // A local name for the words saves a look at the module's for each; after anything that may map more memory it must be read again.
  let words = i32;
  let at = words[queue + TAIL]!;
  if (at + end > words[queue + LIMIT]!) {
    at = extend(queue, end);
    if (at === 0) return false;
    words = i32;
  } else if (at >= words.length) {
    ensureMapped(at);
    words = i32;
  }
  const number = words[queue + PUT]!;
  words[at + 1] = number;
  if (block === 0) {
    words[at] = length;
    copyIn(message.words, message.from, payload, at + HEAD_WORDS);
  } else {
    words[at] = length | ITEM_FLAG.block;
    words[at + HEAD_WORDS] = block;
  }
  words[queue + TAIL] = at + end;
  words[queue + PUT] = number + 1;
  return true;
}

function take(queue: number, start: number): void {
  let words = i32;
  let at = words[queue + HEAD]!;
  if (at >= words.length) {
    ensureMapped(at);
    words = i32;
  }
  let head = words[at]!;
  if (head === ITEM_FLAG.jump) {
    at = cross(queue, at);
    words = i32;
    head = words[at]!;
  }
  const length = head & LENGTH_MASK;
  const number = words[at + 1]!;
  let payload = 2;
  if ((head & ITEM_FLAG.block) === 0) {
    payload = length >> 2;
    copyOut(at + HEAD_WORDS, payload, start);
    inbox.start = start;
    inbox.block = 0;
  } else inbox.block = words[at + HEAD_WORDS]!;
  inbox.length = length;
  words[queue + HEAD] = at + HEAD_WORDS + payload;
  words[queue + TAKEN] = number + 1;
}

// Constants of this module, which V8 folds.
const copiesPairs = inPairs;
const MOST_AT_ONCE = AT_ONCE;

/** Longer ones are copied in another way. */
const SHORT_BYTES = LOOP_WORDS * 4;

const {
  guard: GUARD,
  flags: FLAGS,
  maxsize: MAXSIZE,
  maxBytes: MAX_BYTES,
  nextGetter: NEXT_GETTER,
  nextPutter: NEXT_PUTTER,
  promisedItems: PROMISED_ITEMS,
  promisedSlots: PROMISED_SLOTS,
} = QUEUE;

function copyOutPairs(from: number, count: number, to: number): void {
  const source = i64;
  const target = inbox.i64;
  for (let pair = 0; pair < count; pair++) target[to + pair] = source[from + pair]!;
}

/**
 * `mayPut` and `putNow` in one for a short message, when nobody waits, bytes aren't counted, the queue isn't shut down and the segment has room. The stores are
 * those of `append`, in the same order, so a death in between is repaired in the same way.
 */
function offerShort(queue: number, message: Outgoing): number {
  const { length, from, words: source } = message;
  if (message.block !== 0 || length > SHORT_BYTES) return OUTCOME.unclear;
  const count = length >> 2;
  let outcome: number = OUTCOME.unclear;
  lockGuard(queue + GUARD);
  const words = i32;
  const at = words[queue + TAIL]!;
  const number = words[queue + PUT]!;
  const maxsize = words[queue + MAXSIZE]!;
  const special =
    words[queue + FLAGS]! |
    words[queue + NEXT_GETTER]! |
    words[queue + NEXT_PUTTER]! |
    words[queue + MAX_BYTES]!;
  const payload = at + HEAD_WORDS;
  const end = payload + count;
  if (special === 0 && end <= words[queue + LIMIT]! && end <= words.length) {
    const used = ((number - words[queue + TAKEN]!) | 0) + words[queue + PROMISED_SLOTS]!;
    if (maxsize > 0 && used >= maxsize) outcome = OUTCOME.none;
    else {
      words[at + 1] = number;
      words[at] = length;
      // One by one: a pair that is read just after its words were written one by one isn't there yet, and the processor waits for it.
      for (let word = 0; word < count; word++) words[payload + word] = source[from + word]!;
      words[queue + TAIL] = end;
      words[queue + PUT] = number + 1;
      outcome = OUTCOME.done;
    }
  }
  unlockGuard(queue + GUARD);
  return outcome;
}

/** `mayTake` and `takeNow` in one for a short message, when nobody waits for room, bytes aren't counted and the queue isn't shut down. */
function grabShort(queue: number): number {
  let outcome: number = OUTCOME.unclear;
  lockGuard(queue + GUARD);
  const words = i32;
  const at = words[queue + HEAD]!;
  const taken = words[queue + TAKEN]!;
  const stored = (words[queue + PUT]! - taken) | 0;
  const special = words[queue + FLAGS]! | words[queue + NEXT_PUTTER]! | words[queue + MAX_BYTES]!;
  if (special === 0 && at < words.length) {
    if (stored <= words[queue + PROMISED_ITEMS]!) outcome = OUTCOME.none;
    else {
      const length = words[at]!;
      if ((length & ~LENGTH_MASK) === 0 && length <= SHORT_BYTES) {
        const target = inbox.i32;
        const payload = at + HEAD_WORDS;
        const count = length >> 2;
        if (copiesPairs) copyOutPairs(payload >> 1, count >> 1, 0);
        else for (let word = 0; word < count; word++) target[word] = words[payload + word]!;
        inbox.start = 0;
        inbox.block = 0;
        inbox.length = length;
        words[queue + HEAD] = payload + count;
        words[queue + TAKEN] = taken + 1;
        outcome = OUTCOME.done;
      }
    }
  }
  unlockGuard(queue + GUARD);
  return outcome;
}

/**
 * As `offerShort`, for the messages of a batch, as far as they go: all records first, and then one commit for all. A death before it puts none of them, and one
 * after it all, as the last record's number says.
 */
function offerRun(queue: number, batch: Batch): void {
  lockGuard(queue + GUARD);
  const words = i32;
  const special =
    words[queue + FLAGS]! |
    words[queue + NEXT_GETTER]! |
    words[queue + NEXT_PUTTER]! |
    words[queue + MAX_BYTES]!;
  if (special === 0) {
    const maxsize = words[queue + MAXSIZE]!;
    let number = words[queue + PUT]!;
    let room =
      maxsize === 0
        ? Infinity
        : maxsize - ((number - words[queue + TAKEN]!) | 0) - words[queue + PROMISED_SLOTS]!;
    const limit = Math.min(words[queue + LIMIT]!, words.length);
    let at = words[queue + TAIL]!;
    for (let left = MOST_AT_ONCE; left > 0 && room > 0 && batch.put < batch.size; left--, room--) {
      const { length, from, words: source, block } = batch.select();
      const count = length >> 2;
      const payload = at + HEAD_WORDS;
      if (block !== 0 || length > SHORT_BYTES || payload + count > limit) break;
      words[at + 1] = number++;
      words[at] = length;
      for (let word = 0; word < count; word++) words[payload + word] = source[from + word]!;
      at = payload + count;
      batch.advance();
    }
    words[queue + TAIL] = at;
    words[queue + PUT] = number;
  }
  unlockGuard(queue + GUARD);
}

/** As `grabShort`, for as many as go: all are copied first, and then one commit for all. */
function grabRun(queue: number, max: number, lengths: Int32Array): number {
  let number = 0;
  lockGuard(queue + GUARD);
  const words = i32;
  const special = words[queue + FLAGS]! | words[queue + NEXT_PUTTER]! | words[queue + MAX_BYTES]!;
  if (special === 0) {
    const taken = words[queue + TAKEN]!;
    const stored = ((words[queue + PUT]! - taken) | 0) - words[queue + PROMISED_ITEMS]!;
    const most = Math.min(max, stored, MOST_AT_ONCE);
    const target = inbox.i32;
    let at = words[queue + HEAD]!;
    let end = 0;
    for (; number < most && at < words.length; number++) {
      const length = words[at]!;
      const count = length >> 2;
      if ((length & ~LENGTH_MASK) !== 0 || length > SHORT_BYTES || end + count > INBOX_WORDS) break;
      const payload = at + HEAD_WORDS;
      if (copiesPairs) copyOutPairs(payload >> 1, count >> 1, end >> 1);
      else for (let word = 0; word < count; word++) target[end + word] = words[payload + word]!;
      lengths[number] = length;
      end += count;
      at = payload + count;
    }
    if (number > 0) {
      words[queue + HEAD] = at;
      words[queue + TAKEN] = taken + number;
    }
  }
  unlockGuard(queue + GUARD);
  return number;
}

/** Calls `visit` with each record, first to last. */
function walk(queue: number, visit: (length: number, number: number) => void): void {
  const tail = i32[queue + TAIL]!;
  for (let at = i32[queue + HEAD]!; at !== tail;) {
    ensureMapped(at);
    const head = i32[at]!;
    if (head === ITEM_FLAG.jump) {
      at = i32[at + 1]!;
      continue;
    }
    visit(head & LENGTH_MASK, i32[at + 1]!);
    at += HEAD_WORDS + ((head & ITEM_FLAG.block) === 0 ? (head & LENGTH_MASK) >> 2 : 2);
  }
}

function repair(queue: number): void {
  const tail = i32[queue + TAIL]!;
  if (tail === 0) {
    // The first put died before its commit. Its segment is lost, nothing else.
    i32[queue + HEAD] = 0;
    i32[queue + LIMIT] = 0;
    return;
  }
  i32[queue + LIMIT] = endOfSegment(tail) - JUMP_WORDS;
  let bytes = 0;
  let count = 0;
  let last = 0;
  walk(queue, (length, number) => {
    bytes += length;
    count += 1;
    last = number;
  });
  i32[queue + QUEUE.bytes] = bytes;
  if (count > 0) i32[queue + PUT] = last + 1;
  i32[queue + TAKEN] = i32[queue + PUT]! - count;
}

export const fifo: Store = {
  inlineBytes: INLINE_BYTES,
  append,
  take,
  offerShort,
  grabShort,
  offerRun,
  grabRun,
  holds: queue => i32[queue + TAIL] !== 0 && i32[queue + HEAD] !== i32[queue + TAIL],
  repair,
  destroy(queue) {
    const tail = i32[queue + TAIL]!;
    if (tail !== 0) free(startOfSegment(tail));
    const spare = i32[queue + SPARE]!;
    if (spare !== 0) free(spare);
  },
};
