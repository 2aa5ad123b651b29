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
 * The word behind the last record is 0, always: a record is there once its first word isn't. One store commits each operation, and the words around it are found
 * again from it:
 * ```
 *  put    write the record at tail, but for its first word, and a 0 behind it; then the first word     ◀ commit;   then QUEUE.put, QUEUE.tail
 *         (in a new segment: all of the record, and then the jump at tail)
 *  take   copy the record; then QUEUE.head = its end                                                   ◀ commit;   then QUEUE.taken
 * ```
 * So who takes need not look at what the other end counts, nor who puts at what is taken: the short ways (`short.ts`) each keep to their end (`ends.ts`).
 * The chain from head to the 0 is the truth. A record carries the number that QUEUE.put had, so a repair knows both counters from the first and the last record, and
 * from QUEUE.put alone when there is none. What was committed and not counted stands at tail: nobody goes past it before it is.
 */
import { hot, i32 } from '../atomics.ts';
import { blockBytes, free } from '../memory/allocator.ts';
import { ensureMapped } from '../memory/slab.ts';
import { ITEM_FLAG, LENGTH_MASK, QUEUE } from './layout.ts';
import { copyIn } from './bulk.ts';
import { copyOut, inbox } from './message.ts';
import type { Outgoing } from './message.ts';
import { grabRun, grabShort, HEAD_WORDS, offerRun, offerShort } from './short.ts';
import { allocateOrZero } from './store.ts';
import type { Store } from './store.ts';

/** Copying so much under the guard takes about as long as a block costs to allocate and free. */
const INLINE_BYTES = 2048;
const FIRST_SEGMENT_BYTES = 1024;
const LARGEST_SEGMENT_BYTES = 16_384;
const JUMP_WORDS = 2;

const { load, store } = hot;
const { tail: TAIL, head: HEAD, put: PUT, taken: TAKEN, limit: LIMIT, spare: SPARE } = QUEUE;

/** Segments are aligned to their size, since spans are. */
function endOfSegment(pointer: number): number {
  const words = blockBytes(pointer) >> 2;
  return (pointer & -words) + words;
}

function startOfSegment(pointer: number): number {
  return pointer & -(blockBytes(pointer) >> 2);
}

/** Returns where a record of `words` goes in a new segment, 0 when there is no memory for one. */
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
  const tail = words[queue + TAIL]!;
  const head = block === 0 ? length : length | ITEM_FLAG.block;
  words[at + 1] = number;
  words[at + end] = 0;
  if (block === 0) copyIn(message.words, message.from, payload, at + HEAD_WORDS);
  else words[at + HEAD_WORDS] = block;
  if (at === tail || tail === 0) {
    // With tail 0 nobody sees it before QUEUE.tail is stored.
    if (tail === 0) words[queue + HEAD] = at;
    store(at, head);
  } else {
    words[at] = head;
    words[tail + 1] = at;
    store(tail, ITEM_FLAG.jump);
  }
  if (at !== tail) words[queue + LIMIT] = endOfSegment(at) - JUMP_WORDS;
  words[queue + PUT] = number + 1;
  words[queue + TAIL] = at + end;
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

function endOf(at: number, head: number): number {
  return at + HEAD_WORDS + ((head & ITEM_FLAG.block) === 0 ? (head & LENGTH_MASK) >> 2 : 2);
}

/** Calls `visit` with the length of each record, first to last. */
function walk(queue: number, visit: (length: number) => void): void {
  const tail = i32[queue + TAIL]!;
  for (let at = i32[queue + HEAD]!; at !== tail;) {
    ensureMapped(at);
    const head = i32[at]!;
    if (head === ITEM_FLAG.jump) {
      at = i32[at + 1]!;
      continue;
    }
    visit(head & LENGTH_MASK);
    at = endOf(at, head);
  }
}

/** Counts what was put and not counted yet. Under the guard of the producers' end. */
function repairIn(queue: number): void {
  let at = i32[queue + TAIL]!;
  if (at === 0) return;
  ensureMapped(at);
  for (let head = i32[at]!; head !== 0; head = i32[at]!) {
    if (head === ITEM_FLAG.jump) at = i32[at + 1]!;
    else {
      i32[queue + PUT] = i32[at + 1]! + 1;
      at = endOf(at, head);
    }
    ensureMapped(at);
  }
  i32[queue + TAIL] = at;
}

function repair(queue: number): void {
  repairIn(queue);
  const tail = i32[queue + TAIL]!;
  if (tail === 0) {
    // The first put died before its commit. Its segment is lost, nothing else.
    i32[queue + HEAD] = 0;
    i32[queue + LIMIT] = 0;
    i32[queue + PUT] = i32[queue + TAKEN]!;
    return;
  }
  i32[queue + LIMIT] = endOfSegment(tail) - JUMP_WORDS;
  let bytes = 0;
  let count = 0;
  walk(queue, length => {
    bytes += length;
    count += 1;
  });
  i32[queue + QUEUE.bytes] = bytes;
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
  seemsFilled(queue) {
    const at = load(queue + HEAD);
    return at !== 0 && (at >= i32.length || load(at) !== 0);
  },
  holds: queue => i32[queue + TAIL] !== 0 && i32[queue + HEAD] !== i32[queue + TAIL],
  repair,
  repairIn,
  destroy(queue) {
    const tail = i32[queue + TAIL]!;
    if (tail !== 0) free(startOfSegment(tail));
    const spare = i32[queue + SPARE]!;
    if (spare !== 0) free(spare);
  },
};
