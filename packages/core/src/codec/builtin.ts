/**
 * Writes the builtin objects that hold more than properties: Map, Set, Date, RegExp, boxed primitives, ArrayBuffers and their views.
 * Each is asked by a method that checks what it really is, so that no getter or borrowed prototype can lie.
 */
import { leaveAside } from './aside.ts';
import { BYTES, GROUP, kindOf, MAPPING, MOMENT, PATTERN, VIEWING, WRAPPER } from './brand.ts';
import { greatestLength, isDetached, isResizable, tracksLength, viewKind } from './bytes.ts';
import { writeCount, writeDouble } from './record.ts';
import { reserve, work } from './scratch.ts';
import type { WriteAnywhere as Write } from './shape.ts';
import { BOXED, BUFFER, DATE, head, MAP, REGEXP, SET, VIEW, VIEW_TRACKS } from './tags.ts';
import { writeText } from './text.ts';

const REFUSED_HERE = -1;

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

/** Writes an object of one of the kinds above; returns −1 if it is none of them in truth, or is detached. */
export function writeBuiltin(kind: number, object: object, at: number, write: Write): number {
  switch (kind) {
    case MAPPING: {
      const size = ask(sizeOfMap, object);
      if (size !== undefined) return writeMap(object as Map<unknown, unknown>, size, at, write);
      break;
    }
    case GROUP: {
      const size = ask(sizeOfSet, object);
      if (size !== undefined) return writeSet(object as Set<unknown>, size, at, write);
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
      const primitive = unbox(object);
      if (primitive === undefined) break;
      work.i32[at] = head(BOXED, 0);
      return write(primitive, at + 1);
    }
    case BYTES:
      if (ask(lengthOf, object) !== undefined) return writeBuffer(object as ArrayBuffer, at, write);
      break;
    case VIEWING:
      return writeView(object as ArrayBufferView, at, write);
  }
  return REFUSED_HERE;
}

function unbox(object: object): unknown {
  for (const { valueOf } of [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype]) {
    const found = ask<unknown>(valueOf, object);
    if (found !== undefined) return found;
  }
  return undefined;
}

function writeMap(map: Map<unknown, unknown>, size: number, at: number, write: Write): number {
  // Listed first: a getter inside could change the map meanwhile.
  const entries: unknown[] = [];
  eachEntry.call(map, (value, key) => void entries.push(key, value));
  at = writeCount(MAP, size, at);
  for (let i = 0; i < entries.length; i++) at = write(entries[i], at);
  return at;
}

function writeSet(set: Set<unknown>, size: number, at: number, write: Write): number {
  const items: unknown[] = [];
  eachItem.call(set, item => void items.push(item));
  at = writeCount(SET, size, at);
  for (let i = 0; i < items.length; i++) at = write(items[i], at);
  return at;
}

function writeBuffer(buffer: ArrayBuffer, at: number, write: Write): number {
  if (isDetached(buffer)) return REFUSED_HERE;
  const { byteLength } = buffer;
  const resizable = isResizable(buffer);
  const size = (byteLength + 3) >>> 2;
  reserve(at + 8 + size);
  const words = work.i32;
  words[at] = head(BUFFER, resizable ? 1 : 0);
  words[at + 1] = byteLength;
  if (resizable) at = write(greatestLength(buffer), at + 2) - 2;
  if (size !== 0) words[at + 1 + size] = 0;
  if (resizable || !leaveAside(buffer, at + 2)) work.u8.set(new Uint8Array(buffer), (at + 2) * 4);
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

function writeView(view: ArrayBufferView, at: number, write: Write): number {
  const { buffer } = view;
  if (kindOf(buffer) !== BYTES || isDetached(buffer as ArrayBuffer)) return REFUSED_HERE;
  const kind = viewKind(view);
  const words = work.i32;
  if (isPooled(view)) {
    words[at] = head(VIEW, kind);
    words[at + 1] = 0;
    words[at + 2] = view.byteLength;
    // Not `slice`: that of a Buffer copies nothing.
    return writeBuffer(new Uint8Array(view as Uint8Array).buffer, at + 3, write);
  }
  const tracks = tracksLength(view as ArrayBufferView<ArrayBuffer>);
  words[at] = head(VIEW, tracks ? kind | VIEW_TRACKS : kind);
  words[at + 1] = view.byteOffset;
  words[at + 2] = kind === 0 ? view.byteLength : (view as Uint8Array).length;
  return write(buffer, at + 3);
}
