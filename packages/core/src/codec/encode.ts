/**
 * Turns a value into the bytes of one self-contained message, as structured clone would, plus shareables and whole errors.
 * It is atomic: if it throws, nothing was retained and no ArrayBuffer was detached.
 */
import { NotShareableError } from '../errors.ts';
import { beginAside, isAsideLost, publishAside, rewindAside, suspendAside } from './aside.ts';
import { BYTES, FAILURE, kindOf, OBJECT, SHARED, VIEWING } from './brand.ts';
import { writeBuiltin } from './builtin.ts';
import { describeError } from './errors.ts';
import { locate } from './locate.ts';
import { mode } from './numbers.ts';
import { writeCount, writeDouble } from './record.ts';
import { publish, reserve, scratch, setAside, work as shared } from './scratch.ts';
import { shapeOf } from './shape.ts';
import { hooks, shareableAddress } from './shareable.ts';
import type { Shareable } from './shareable.ts';
import { Site } from './site.ts';
import type { Writing } from './site.ts';
import { isStackOverflow } from './stack.ts';
import * as tags from './tags.ts';
import { writeText } from './text.ts';

// Copied, because V8 folds a module's own constants and loads imported ones: 10–20 % of a small message.
const {
  ARRAY,
  BIGINT,
  BIGINT64,
  DOUBLE,
  ERROR,
  FALSE,
  GREATEST_WHOLE,
  head,
  LEAST_WHOLE,
  LOOSE,
  NULL,
  REF_BIT,
  REFERENCE,
  ROOT_WORD,
  SHAREABLE,
  SPARSE,
  TRUE,
  UNDEFINED,
  WHOLE,
} = tags;
const work = shared;

export { scratch };

/**
 * The deepest nesting that is sent. Deeper, and a receiver who has less stack left could fail to read what was accepted. Node's main thread
 * has room for 1000 to 4000 levels, and its structured clone for as many.
 */
const MOST_LEVELS = 1000;

/** Thrown within the encoder where a value cannot travel; `locate` finds out afterwards which and where, so that the path costs nothing. */
const REFUSAL = new Error('refused');
const TOO_DEEP = new Error('too deep');

// The state of the message being written. `encode` within `encode` (a getter did it) puts it aside.
let busy = false;
let levels = 0;
/** Objects met so far, in the order of their records; `seenAt` says where the records are. */
let seen: unknown[] = [];
let seenAt: number[] = [];
let seenCount = 0;
/** The same, for messages with many objects. */
let seenIndex: Map<unknown, number> | undefined;
/** A scan over so many costs about as much as one look-up in a Map. */
const SCANNED_OBJECTS = 64;
/** The SHAREABLE record written last: the end of the chain. */
let lastShare = 0;

/** An array that is known to have only items. */
let own: readonly unknown[] | undefined;

/** Longer ones, that may be in vain, aren't tried to be written without noting what is met: only a call is saved by it, in all. */
const MOST_ITEMS = 32;

/** What is sent, and what is anywhere but in a field. */
const sent = new Site();
const anywhere = new Site();

/**
 * Writes `value` to the start of `scratch` and returns the length in bytes, a multiple of 8. `place` names the value in errors, e.g. `item`.
 * The bytes of the ArrayBuffers in `transfer` are copied into the message, and the buffers are detached at the end. In a message that won't leave shared memory
 * (`inSlab`), keys may be said by a number, and the bytes of a large ArrayBuffer left out: then `aside` says which and where they belong.
 */
export function encode(
  value: unknown,
  place: string,
  transfer?: readonly ArrayBuffer[],
  inSlab = false,
): number {
  if (busy) return encodeWithin(value, place, transfer, inSlab);
  busy = true;
  mode.numbered = inSlab;
  if (inSlab) beginAside(true);
  try {
    let at = writeOutermost(value);
    const words = work.i32;
    words[0] = 0;
    if ((at & 1) !== 0) words[at++] = 0;
    // Where no object was noted, there was none that could have left anything to be done.
    if (seenCount !== 0 || transfer !== undefined) finish(place, transfer, inSlab);
    return publish(at * 4);
  } catch (error) {
    throw explain(error, value, place);
  } finally {
    busy = false;
    if (inSlab) beginAside(false);
    if (seenCount !== 0) forget();
  }
}

function finish(place: string, transfer: readonly ArrayBuffer[] | undefined, inSlab: boolean): void {
  work.i32[0] = lastShare;
  if (inSlab && isAsideLost())
    throw new NotShareableError(
      `${place}: an ArrayBuffer in it was detached by a getter while it was encoded`,
    );
  if (lastShare !== 0 || transfer !== undefined) commit(transfer);
  if (inSlab) publishAside();
}

/** As `encode`, for an array of the caller's own that nobody else has seen: whether it carries named properties, half of what a short one costs, isn't asked. */
export function encodeOwn(items: readonly unknown[], place: string): number {
  own = items;
  try {
    return encode(items, place);
  } finally {
    own = undefined;
  }
}

/** A getter of the value being encoded encodes something itself: the outer message waits. */
function encodeWithin(
  value: unknown,
  place: string,
  transfer: readonly ArrayBuffer[] | undefined,
  inSlab: boolean,
): number {
  const outer = { levels, seen, seenAt, seenCount, seenIndex, lastShare };
  const resume = setAside();
  const resumeAside = suspendAside();
  const { numbered } = mode;
  beginAside(false);
  levels = 0;
  seen = [];
  seenAt = [];
  seenCount = 0;
  seenIndex = undefined;
  lastShare = 0;
  busy = false;
  try {
    return encode(value, place, transfer, inSlab);
  } finally {
    resumeAside();
    mode.numbered = numbered;
    ({ levels, seen, seenAt, seenCount, seenIndex, lastShare } = outer);
    busy = true;
    resume();
  }
}

/** Lets go of the objects of this message. */
function forget(): void {
  for (let i = 0; i < seenCount; i++) seen[i] = undefined;
  if (seenIndex !== undefined) {
    seen = [];
    seenAt = [];
    seenIndex = undefined;
  }
  seenCount = 0;
  levels = 0;
  lastShare = 0;
}

/** All is written: from here on nothing of the user's runs. Retains first, since detaching may be refused and releasing may not. */
function commit(transfer: readonly ArrayBuffer[] | undefined): void {
  transfer?.forEach((buffer: unknown, index) => {
    // `structuredClone` would take a MessagePort too, and it would be lost.
    if (typeof buffer === 'object' && buffer !== null && kindOf(buffer) === BYTES) return;
    throw new TypeError(
      `transfer[${index}]: must be an ArrayBuffer, got ${Object.prototype.toString.call(buffer)}`,
    );
  });
  const words = work.i32;
  for (let at = lastShare; at !== 0; at = words[at + 2]!) hooks.retain(words[at + 1]!);
  if (transfer === undefined || transfer.length === 0) return;
  try {
    structuredClone(undefined, { transfer: transfer as ArrayBuffer[] });
  } catch (error) {
    for (let at = lastShare; at !== 0; at = words[at + 2]!) hooks.release(words[at + 1]!);
    throw new NotShareableError(
      `transfer: one of these ArrayBuffers cannot be moved (${String(error)}). Leave it out: then it is copied`,
      { cause: error },
    );
  }
}

function explain(error: unknown, value: unknown, place: string): unknown {
  if (error === REFUSAL) {
    const found = locate(value, place);
    return new NotShareableError(found ?? `${place}: holds something that cannot be shared`);
  }
  if (error === TOO_DEEP || isStackOverflow(error)) {
    return new RangeError(
      `${place}: is nested more than ${MOST_LEVELS} levels deep, or the stack is nearly full. Send a flatter form, such as a list with indices`,
    );
  }
  return error;
}

/** True for what fits into a single word. Minus zero does not. */
function isWhole(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    (value | 0) === value &&
    value <= GREATEST_WHOLE &&
    value >= LEAST_WHOLE &&
    (value !== 0 || 1 / value > 0)
  );
}

/** Writes a record at this word and returns the word after it. */
function write(value: unknown, at: number, site: Site): number {
  if (at > work.limit) reserve(at);
  if (typeof value === 'number') {
    if (isWhole(value)) {
      work.i32[at] = (value << 1) | WHOLE;
      return at + 1;
    }
    return writeDouble(FIRST_DOUBLE, value, at);
  }
  if (typeof value === 'string') return writeText(value, at);
  if (typeof value === 'object') {
    if (value !== null) return writeObject(value, at, site);
    work.i32[at] = head(NULL, 0);
    return at + 1;
  }
  return writeRare(value, at);
}

/**
 * Writes what is sent. What holds only numbers, texts and arrays of such can't refer to itself or have anything twice: nothing is noted about it, which is a fifth
 * of what it costs to encode.
 */
function writeOutermost(value: unknown): number {
  if (typeof value !== 'object' || value === null) return write(value, ROOT_WORD, sent);
  if (Array.isArray(value)) {
    const end = writeFlat(value, ROOT_WORD);
    return end >= 0 ? end : writeObject(value, ROOT_WORD, sent);
  }
  if (ArrayBuffer.isView(value)) return writeObject(value, ROOT_WORD, sent);
  const { writer } = sent;
  const end = writer === undefined ? -1 : writer(value, ROOT_WORD, true);
  return end >= 0 ? end : writeOther(value, ROOT_WORD, sent, true);
}

function writeAnywhere(value: unknown, at: number): number {
  return write(value, at, anywhere);
}

const FIRST_DOUBLE = head(DOUBLE, 0);

const widest = new BigInt64Array(1);
const widestWords = new Int32Array(widest.buffer);

function writeRare(value: unknown, at: number): number {
  const words = work.i32;
  switch (typeof value) {
    case 'undefined':
      words[at] = head(UNDEFINED, 0);
      return at + 1;
    case 'boolean':
      words[at] = head(value ? TRUE : FALSE, 0);
      return at + 1;
    case 'bigint': {
      widest[0] = value;
      if (widest[0] === value) {
        const pair = (at + 2) >> 1;
        words[at + 1] = 0;
        words[at] = head(BIGINT64, 0);
        words[pair << 1] = widestWords[0]!;
        words[(pair << 1) + 1] = widestWords[1]!;
        return (pair << 1) + 2;
      }
      words[at] = head(BIGINT, value < 0n ? 1 : 0);
      return writeText((value < 0n ? -value : value).toString(16), at + 1);
    }
    default:
      throw REFUSAL;
  }
}

/** Returns where this object's record is, or 0 after noting that it begins here. */
function meet(object: object, at: number): number {
  if (seenIndex !== undefined) return meetMany(object, at);
  for (let i = seenCount - 1; i >= 0; i--) {
    if (seen[i] === object) return seenAt[i]!;
  }
  seen[seenCount] = object;
  seenAt[seenCount] = at;
  if (++seenCount > SCANNED_OBJECTS) {
    seenIndex = new Map();
    for (let i = 0; i < seenCount; i++) seenIndex.set(seen[i], seenAt[i]!);
  }
  return 0;
}

function meetMany(object: object, at: number): number {
  const index = seenIndex!;
  const earlier = index.get(object);
  if (earlier !== undefined) return earlier;
  index.set(object, at);
  seen[seenCount] = object;
  seenAt[seenCount++] = at;
  return 0;
}

interface Mark {
  readonly levels: number;
  readonly seenCount: number;
  readonly lastShare: number;
}

function mark(): Mark {
  return { levels, seenCount, lastShare };
}

/** Forgets what was written since. An earlier record that was marked as referred to stays so, which does no harm. */
function rewind(to: Mark): void {
  ({ levels, lastShare } = to);
  while (seenCount > to.seenCount) {
    seenCount--;
    seenIndex?.delete(seen[seenCount]);
    seen[seenCount] = undefined;
  }
}

/** Marks the earlier record as referred to. */
function writeReference(target: number, at: number): number {
  const words = work.i32;
  words[target]! |= REF_BIT;
  words[at] = head(REFERENCE, 0);
  words[at + 1] = target;
  return at + 2;
}

function writeObject(object: object, at: number, site: Site): number {
  const earlier = meet(object, at);
  if (earlier !== 0) return writeReference(earlier, at);
  if (++levels > MOST_LEVELS) throw TOO_DEEP;
  if (Array.isArray(object)) at = writeArray(object, at, site, false);
  else if (ArrayBuffer.isView(object)) at = writeExotic(VIEWING, object, at);
  else {
    const { writer } = site;
    const end = writer === undefined ? -1 : writer(object, at, false);
    at = end >= 0 ? end : writeOther(object, at, site, false);
  }
  levels--;
  return at;
}

/** Writes an object of another shape than the one that came here last, or of none. */
function writeOther(object: object, at: number, site: Site, unmet: boolean): number {
  const keys = Object.keys(object);
  const shape = keys.length === 0 ? undefined : shapeOf(keys, writing);
  const writer = shape?.compiled;
  if (writer !== undefined) {
    const end = writer(object, at, unmet);
    if (end >= 0) {
      site.writer = writer;
      return end;
    }
  }
  if (unmet) note(object, at);
  const kind = kindOf(object);
  if (kind !== OBJECT) return writeExotic(kind, object, at);
  return shape === undefined
    ? writeLoose(object, keys, at)
    : shape.writeFields(object, shape.begin(at), write);
}

function writeFlat(array: readonly unknown[], at: number): number {
  return writeArray(array, at, anywhere, true);
}

/** Notes the outermost object, or an array in it, after all. */
function note(object: object, at: number): void {
  levels = 1;
  meet(object, at);
}

function writeLoose(object: object, keys: readonly string[], at: number): number {
  at = writeCount(LOOSE, keys.length, at);
  for (const key of keys) {
    if (at > work.limit) reserve(at);
    at = write((object as Record<string, unknown>)[key], writeText(key, at), anywhere);
  }
  return at;
}

/** Where it must be `flat`, with few items and no object among them, returns −1 if it isn't; then what is behind `at` is void. */
function writeArray(array: readonly unknown[], at: number, site: Site, flat: boolean): number {
  if (flat && array.length > MOST_ITEMS) return -1;
  if (array !== own && mayHaveNames(array)) return flat ? -1 : writeSparse(array, at);
  const first = at;
  const count = array.length;
  const known = seenCount;
  const share = lastShare;
  at = writeCount(ARRAY, count, at);
  for (let i = 0; i < count; i++) {
    const item = array[i];
    if (isWhole(item)) {
      if (at > work.limit) reserve(at);
      work.i32[at++] = (item << 1) | WHOLE;
    } else if (typeof item === 'number') {
      // Here rather than in `write`: passing a double to a function puts it on the heap.
      if (at > work.limit) reserve(at);
      at = writeDouble(FIRST_DOUBLE, item, at);
    } else {
      if (flat && (item === undefined || (typeof item === 'object' && item !== null))) return -1;
      if (item === undefined && !(i in array)) {
        rewind({ levels, seenCount: known, lastShare: share });
        rewindAside(first);
        return writeSparse(array, first);
      }
      at = write(item, at, site.items);
    }
  }
  return at;
}

/**
 * Up to so many items, their names are made sooner than their values are copied: of one or two items 39 and 43 ns against 47, and copying boxes each double (three: 48
 * against 60). Of more, making names costs 6 ns an item.
 */
const MOST_NAMED = 3;

/**
 * True for arrays that carry properties besides their items: matches of regular expressions, subclasses, whatever somebody assigned. There is no
 * cheaper exact way to ask than by the keys (80 ns and 10 ns an item on V8): a quarter of what structured clone costs, and nothing is lost.
 */
function mayHaveNames(array: readonly unknown[]): boolean {
  const { length } = array;
  const listed = length <= MOST_NAMED ? Object.keys(array) : Object.values(array);
  return listed.length !== length || array.constructor !== Array;
}

function writeSparse(array: readonly unknown[], at: number): number {
  const keys = Object.keys(array);
  const words = work.i32;
  words[at] = head(SPARSE, 0);
  words[at + 1] = array.length;
  words[at + 2] = keys.length;
  at += 3;
  for (const key of keys) {
    if (at > work.limit) reserve(at);
    const index = Number(key);
    at = index <= GREATEST_WHOLE && String(index) === key ? write(index, at, anywhere) : writeText(key, at);
    at = write((array as unknown as Record<string, unknown>)[key], at, anywhere);
  }
  return at;
}

/** Everything that is neither an array nor a plain object. What has the prototype of a Map but isn't one is most likely a Proxy: refused. */
function writeExotic(kind: number, object: object, at: number): number {
  if (kind === SHARED) return writeShareable(object as Shareable, at);
  if (kind === FAILURE) return writeError(object as Error, at);
  const end = writeBuiltin(kind, object, at, writeAnywhere);
  if (end < 0) throw REFUSAL;
  return end;
}

function writeShareable(object: Shareable, at: number): number {
  const address = object[shareableAddress]();
  const words = work.i32;
  words[at] = head(SHAREABLE, 0);
  words[at + 1] = address;
  words[at + 2] = lastShare;
  lastShare = at;
  return at + 3;
}

/** Structured clone drops an error's own properties; here those that can travel do, and the others must not hide the error itself. */
function writeError(error: Error, at: number): number {
  const { builtin, className, name, message, stack, hidden, visible } = describeError(error);
  const first = at;
  work.i32[at] = head(ERROR, builtin);
  at = writeAnywhere(className, at + 3);
  at = writeAnywhere(name, at);
  at = writeAnywhere(message, at);
  at = writeAnywhere(stack, at);
  let count = 0;
  for (const key of hidden) {
    const next = writeProperty(error, key, at);
    if (next !== at) count++;
    at = next;
  }
  work.i32[first + 1] = count;
  count = 0;
  for (const key of visible) {
    const next = writeProperty(error, key, at);
    if (next !== at) count++;
    at = next;
  }
  work.i32[first + 2] = count;
  return at;
}

/** Writes an own property of an error, or nothing if it cannot travel. */
function writeProperty(error: Error, key: string, at: number): number {
  const before = mark();
  if (at > work.limit) reserve(at);
  try {
    return writeAnywhere((error as unknown as Record<string, unknown>)[key], writeText(key, at));
  } catch (problem) {
    if (problem === TOO_DEEP || isStackOverflow(problem)) throw problem;
    rewind(before);
    rewindAside(at);
    return at;
  }
}

const writing: Writing = { write, writeFlat, note };
