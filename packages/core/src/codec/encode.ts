/**
 * Turns a value into the bytes of one self-contained message, as structured clone would, plus shareables and whole errors.
 * It is atomic: if it throws, nothing was retained and no ArrayBuffer was detached.
 */
import { NotShareableError } from '../errors.ts';
import { FAILURE, kindOf, BYTES, GROUP, MAPPING, MOMENT, OBJECT, PATTERN, SHARED, WRAPPER } from './brand.ts';
import { greatestLength, isDetached, isResizable, tracksLength, viewKind } from './bytes.ts';
import { describeError } from './errors.ts';
import { locate } from './locate.ts';
import { publish, reserve, scratch, setAside, work as shared } from './scratch.ts';
import type { Scratch } from './scratch.ts';
import { shapeOf } from './shape.ts';
import { hooks, shareableAddress } from './shareable.ts';
import type { Shareable } from './shareable.ts';
import { isStackOverflow } from './stack.ts';
import * as tags from './tags.ts';
import { writeText } from './text.ts';

// Copied, because V8 folds a module's own constants and loads imported ones: 10–20 % of a small message.
const {
  ARRAY,
  BIGINT,
  BIGINT64,
  BOXED,
  BUFFER,
  COUNT_FOLLOWS,
  DATE,
  DOUBLE,
  ERROR,
  FALSE,
  GREATEST_WHOLE,
  head,
  LEAST_WHOLE,
  LOOSE,
  MAP,
  NULL,
  REF_BIT,
  REFERENCE,
  REGEXP,
  ROOT_WORD,
  SET,
  SHAREABLE,
  SPARSE,
  TRUE,
  UNDEFINED,
  VIEW,
  VIEW_TRACKS,
  WHOLE,
} = tags;
const work = shared;

export { scratch };
export type { Scratch };

/**
 * The deepest nesting that is sent. Deeper, and a receiver who has less stack left could fail to read what was accepted. Node's main thread
 * has room for 1000 to 4000 levels, and its structured clone for as many.
 */
const MOST_LEVELS = 1000;

/** Thrown within the encoder where a value cannot travel; `locate` finds out afterwards which and where, so that the path costs nothing. */
const REFUSAL = new Error('a value cannot travel');
const TOO_DEEP = new Error('a value is nested too deeply');

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

/**
 * Writes `value` to the start of `scratch` and returns the length in bytes, a multiple of 8. `place` names the value in errors, e.g. `item`.
 * The bytes of the ArrayBuffers in `transfer` are copied into the message, and the buffers are detached at the end.
 */
export function encode(value: unknown, place: string, transfer?: readonly ArrayBuffer[]): number {
  if (busy) return encodeWithin(value, place, transfer);
  busy = true;
  try {
    let at = write(value, ROOT_WORD);
    const words = work.i32;
    words[0] = lastShare;
    if ((at & 1) !== 0) words[at++] = 0;
    if (lastShare !== 0 || transfer !== undefined) commit(transfer);
    return publish(at * 4);
  } catch (error) {
    throw explain(error, value, place);
  } finally {
    busy = false;
    forget();
  }
}

/** A getter of the value being encoded encodes something itself: the outer message waits. */
function encodeWithin(value: unknown, place: string, transfer: readonly ArrayBuffer[] | undefined): number {
  const outer = { levels, seen, seenAt, seenCount, seenIndex, lastShare };
  const resume = setAside();
  levels = 0;
  seen = [];
  seenAt = [];
  seenCount = 0;
  seenIndex = undefined;
  lastShare = 0;
  busy = false;
  try {
    return encode(value, place, transfer);
  } finally {
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
function write(value: unknown, at: number): number {
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
    if (value !== null) return writeObject(value, at);
    work.i32[at] = head(NULL, 0);
    return at + 1;
  }
  return writeRare(value, at);
}

const FIRST_DOUBLE = head(DOUBLE, 0);

/** Eight aligned bytes, so that they are written and read in one go. */
function writeDouble(first: number, value: number, at: number): number {
  const words = work.i32;
  const pair = (at + 2) >> 1;
  words[at + 1] = 0;
  words[at] = first;
  work.f64[pair] = value;
  return (pair << 1) + 2;
}

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

function writeObject(object: object, at: number): number {
  const earlier = meet(object, at);
  if (earlier !== 0) return writeReference(earlier, at);
  if (++levels > MOST_LEVELS) throw TOO_DEEP;
  if (Array.isArray(object)) at = writeArray(object, at);
  else if (ArrayBuffer.isView(object)) at = writeView(object, at);
  else {
    const keys = Object.keys(object);
    const shape = keys.length === 0 ? undefined : shapeOf(keys, write);
    let end = -1;
    if (shape?.compiled !== undefined) end = shape.compiled(object, at);
    if (end >= 0) at = end;
    else {
      const kind = kindOf(object);
      if (kind !== OBJECT) at = writeExotic(kind, object, at);
      else if (shape === undefined) at = writeLoose(object, keys, at);
      else {
        at = shape.begin(at);
        for (let i = 0; i < keys.length; i++) at = write((object as Record<string, unknown>)[keys[i]!], at);
      }
    }
  }
  levels--;
  return at;
}

function writeLoose(object: object, keys: readonly string[], at: number): number {
  const first = at;
  at = writeCount(LOOSE, keys.length, at);
  // A getter may have deleted keys that come after its own.
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (at > work.limit) reserve(at);
    at = write((object as Record<string, unknown>)[key], writeText(key, at));
    count++;
  }
  if (count !== keys.length) work.i32[first] = head(LOOSE, count);
  return at;
}

function writeCount(tag: number, count: number, at: number): number {
  const words = work.i32;
  if (count < COUNT_FOLLOWS) {
    words[at] = head(tag, count);
    return at + 1;
  }
  words[at] = head(tag, COUNT_FOLLOWS);
  words[at + 1] = count;
  return at + 2;
}

function writeArray(array: readonly unknown[], at: number): number {
  if (mayHaveNames(array)) return writeSparse(array, at);
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
      if (item === undefined && !(i in array)) {
        rewind({ levels, seenCount: known, lastShare: share });
        return writeSparse(array, first);
      }
      at = write(item, at);
    }
  }
  return at;
}

/**
 * True for the arrays that carry properties besides their items: matches of regular expressions and instances of subclasses. Other arrays
 * aren't searched for them: asking for its keys costs 80 ns and 10 ns an item, more than all the rest of a small message.
 */
function mayHaveNames(array: readonly unknown[]): boolean {
  return array.constructor !== Array || (array as Partial<RegExpExecArray>).index !== undefined;
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
    at = index <= GREATEST_WHOLE && String(index) === key ? write(index, at) : writeText(key, at);
    at = write((array as unknown as Record<string, unknown>)[key], at);
  }
  return at;
}

const { forEach: eachEntry } = Map.prototype;
const { forEach: eachItem } = Set.prototype;
const { getTime } = Date.prototype;
const sizeOfMap = Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get as (this: unknown) => number;
const sizeOfSet = Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get as (this: unknown) => number;
const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')!.get as (
  this: unknown,
) => string;
const lengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get as (
  this: unknown,
) => number;

/** Calls a method that checks the brand of its receiver; undefined if the object only borrowed the prototype. */
function ask<T>(method: (this: never) => T, object: object): T | undefined {
  try {
    return (method as (this: unknown) => T).call(object);
  } catch {
    return undefined;
  }
}

/** Everything that is neither an array, a view nor a plain object. What has the prototype of a Map but isn't one is most likely a Proxy: refused. */
function writeExotic(kind: number, object: object, at: number): number {
  switch (kind) {
    case SHARED:
      return writeShareable(object as Shareable, at);
    case MAPPING: {
      const size = ask(sizeOfMap, object);
      if (size !== undefined) return writeMap(object as Map<unknown, unknown>, size, at);
      break;
    }
    case GROUP: {
      const size = ask(sizeOfSet, object);
      if (size !== undefined) return writeSet(object as Set<unknown>, size, at);
      break;
    }
    case MOMENT: {
      const time = ask(getTime, object);
      if (time !== undefined) return writeDouble(head(DATE, 0), time, at);
      break;
    }
    case PATTERN: {
      const source = ask(sourceOf, object);
      if (source === undefined) break;
      work.i32[at] = head(REGEXP, 0);
      at = writeText(source, at + 1);
      if (at > work.limit) reserve(at);
      return writeText((object as RegExp).flags, at);
    }
    case WRAPPER: {
      work.i32[at] = head(BOXED, 0);
      return write(unbox(object), at + 1);
    }
    case BYTES:
      if (ask(lengthOf, object) !== undefined) return writeBuffer(object as ArrayBuffer, at);
      break;
    case FAILURE:
      return writeError(object as Error, at);
  }
  throw REFUSAL;
}

function unbox(object: object): unknown {
  for (const { valueOf } of [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype]) {
    const found = ask<unknown>(valueOf, object);
    if (found !== undefined) return found;
  }
  throw REFUSAL;
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

function writeMap(map: Map<unknown, unknown>, size: number, at: number): number {
  // Listed first: a getter inside could change the map meanwhile.
  const entries: unknown[] = [];
  eachEntry.call(map, (value, key) => void entries.push(key, value));
  at = writeCount(MAP, size, at);
  for (let i = 0; i < entries.length; i++) at = write(entries[i], at);
  return at;
}

function writeSet(set: Set<unknown>, size: number, at: number): number {
  const items: unknown[] = [];
  eachItem.call(set, item => void items.push(item));
  at = writeCount(SET, size, at);
  for (let i = 0; i < items.length; i++) at = write(items[i], at);
  return at;
}

function writeBuffer(buffer: ArrayBuffer, at: number): number {
  if (isDetached(buffer)) throw REFUSAL;
  const { byteLength } = buffer;
  const resizable = isResizable(buffer);
  const size = (byteLength + 3) >>> 2;
  reserve(at + 8 + size);
  const words = work.i32;
  words[at] = head(BUFFER, resizable ? 1 : 0);
  words[at + 1] = byteLength;
  if (resizable) at = write(greatestLength(buffer), at + 2) - 2;
  if (size !== 0) words[at + 1 + size] = 0;
  work.u8.set(new Uint8Array(buffer), (at + 2) * 4);
  return at + 2 + size;
}

interface Pool {
  readonly poolSize?: number;
}
const NodeBuffer = (globalThis as unknown as { Buffer?: (new () => Uint8Array) & Pool }).Buffer;

/** True for the small Buffers that Node cuts from a common block: their neighbours there are none of the receiver's business. */
function isPooled(view: ArrayBufferView): boolean {
  return (
    NodeBuffer !== undefined &&
    view instanceof NodeBuffer &&
    view.buffer.byteLength === NodeBuffer.poolSize &&
    view.byteLength < view.buffer.byteLength
  );
}

function writeView(view: ArrayBufferView, at: number): number {
  const { buffer } = view;
  if (kindOf(buffer) !== BYTES || isDetached(buffer as ArrayBuffer)) throw REFUSAL;
  const kind = viewKind(view);
  const words = work.i32;
  if (isPooled(view)) {
    words[at] = head(VIEW, kind);
    words[at + 1] = 0;
    words[at + 2] = view.byteLength;
    // Not `slice`: that of a Buffer copies nothing.
    return writeBuffer(new Uint8Array(view as Uint8Array).buffer, at + 3);
  }
  const tracks = tracksLength(view as ArrayBufferView<ArrayBuffer>);
  words[at] = head(VIEW, tracks ? kind | VIEW_TRACKS : kind);
  words[at + 1] = view.byteOffset;
  words[at + 2] = kind === 0 ? view.byteLength : (view as Uint8Array).length;
  return writeObject(buffer, at + 3);
}

/** Structured clone drops an error's own properties; here those that can travel do, and the others must not hide the error itself. */
function writeError(error: Error, at: number): number {
  const { builtin, className, name, message, stack, hidden, visible } = describeError(error);
  const first = at;
  work.i32[at] = head(ERROR, builtin);
  at = write(className, at + 3);
  at = write(name, at);
  at = write(message, at);
  at = write(stack, at);
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
    return write((error as unknown as Record<string, unknown>)[key], writeText(key, at));
  } catch (problem) {
    if (problem === TOO_DEEP || isStackOverflow(problem)) throw problem;
    rewind(before);
    return at;
  }
}
