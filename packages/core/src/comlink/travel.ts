/**
 * Shareables in what structured clone carries. Each is replaced by an empty object, its *hole*; the holes are sent along in a list, beside the
 * shareables as bytes. Structured clone keeps identity within a message, so the receiver knows a hole by its being the one in the list, and no
 * value of a user can look like one.
 */
import { i32 } from '../atomics.ts';
import { pack, unpack } from '../attach.ts';
import { BYTES, GROUP, MAPPING, OBJECT, REFUSED, kindOf } from '../codec/brand.ts';
import { shareableAddress } from '../codec/shareable.ts';
import { ThreadStateError } from '../errors.ts';
import { HEADER } from '../memory/layout.ts';

/** What structured clone is given. */
export interface Parcel {
  readonly runtime: number;
  readonly value: unknown;
  readonly holes: readonly object[];
  readonly packed: Uint8Array;
}

/** What a look into a value found. */
export interface Contents {
  shareable: boolean;
  /** Something that `postMessage` could transfer. */
  transferable: boolean;
}

/** By its prototype: to ask a proxy of comlink's for a property would be a call. */
function isShareable(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype !== null && shareableAddress in prototype;
}

/** Looks at everything in a value that structured clone would. */
export function contentsOf(value: unknown): Contents {
  const found: Contents = { shareable: false, transferable: false };
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (Array.isArray(next)) pushAll(rest, next);
    else if (ArrayBuffer.isView(next)) found.transferable = true;
    else if (isShareable(next)) found.shareable = true;
    else {
      const kind = kindOf(next);
      if (kind === MAPPING) for (const entry of next as Map<unknown, unknown>) rest.push(entry[0], entry[1]);
      else if (kind === GROUP) pushAll(rest, next as Set<unknown>);
      else if (kind === OBJECT) pushAll(rest, Object.values(next));
      else if (kind === BYTES || kind === REFUSED) found.transferable = true;
    }
  }
  return found;
}

/** One by one: a million items are too many for arguments. */
function pushAll(rest: unknown[], items: Iterable<unknown>): void {
  for (const item of items) if (typeof item === 'object' && item !== null) rest.push(item);
}

/**
 * What structured clone shall carry in place of `value`. Made only when it is looked at: packed bytes hold references until they are unpacked,
 * and over a `SharedPort` nobody looks.
 */
export function parcel(value: unknown): Parcel {
  let made: { readonly value: unknown; readonly holes: object[]; readonly shareables: object[] } | undefined;
  const open = (): NonNullable<typeof made> => (made ??= withHoles(value));
  return {
    runtime: i32[HEADER.runtimeId]!,
    get value() {
      return open().value;
    },
    get holes() {
      return open().holes;
    },
    // The last: what can't be cloned has been met by then.
    get packed() {
      return pack(open().shareables);
    },
  };
}

function withHoles(value: unknown): { value: unknown; holes: object[]; shareables: object[] } {
  const holes: object[] = [];
  const shareables: object[] = [];
  const copies = new Map<object, object>();
  const copy = (original: unknown): unknown => {
    if (typeof original !== 'object' || original === null) return original;
    const known = copies.get(original);
    if (known !== undefined) return known;
    if (ArrayBuffer.isView(original)) return original;
    if (Array.isArray(original)) {
      const items: unknown[] = Array.from({ length: 0 });
      items.length = original.length;
      copies.set(original, items);
      return fillIn(items, original, copy);
    }
    if (isShareable(original)) {
      const hole = {};
      copies.set(original, hole);
      holes.push(hole);
      shareables.push(original);
      return hole;
    }
    const kind = kindOf(original);
    if (kind === MAPPING) {
      const map = new Map();
      copies.set(original, map);
      for (const [key, item] of original as Map<unknown, unknown>) map.set(copy(key), copy(item));
      return map;
    }
    if (kind === GROUP) {
      const set = new Set();
      copies.set(original, set);
      for (const item of original as Set<unknown>) set.add(copy(item));
      return set;
    }
    if (kind !== OBJECT) return original;
    const fields = {};
    copies.set(original, fields);
    return fillIn(fields, original, copy);
  };
  return { value: copy(value), holes, shareables };
}

function fillIn(target: object, source: object, copy: (value: unknown) => unknown): object {
  for (const key of Object.keys(source)) {
    const value = copy((source as Record<string, unknown>)[key]);
    if (key === '__proto__')
      Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
    else (target as Record<string, unknown>)[key] = value;
  }
  return target;
}

/** Puts the shareables back, in place: what structured clone made is ours. Throws `ThreadStateError` in a worker of another runtime. */
export function unwrapParcel({ runtime, value, holes, packed }: Parcel): unknown {
  if (!isOfThisRuntime(runtime)) {
    throw new ThreadStateError(
      'comlink: a shared object came from a runtime that this worker has not joined; call attach(runtimeHandle()) here before',
    );
  }
  const shareables = unpack(packed) as object[];
  const fillings = new Map<unknown, object>(holes.map((hole, index) => [hole, shareables[index]!]));
  const seen = new Set<object>();
  const fill = (item: unknown): unknown => {
    const filling = fillings.get(item);
    if (filling !== undefined) return filling;
    if (typeof item !== 'object' || item === null || seen.has(item) || ArrayBuffer.isView(item)) return item;
    seen.add(item);
    const kind = Array.isArray(item) ? OBJECT : kindOf(item);
    if (kind === OBJECT) fillIn(item, item, fill);
    else if (kind === MAPPING) {
      const entries = [...(item as Map<unknown, unknown>)];
      (item as Map<unknown, unknown>).clear();
      for (const [key, inner] of entries) (item as Map<unknown, unknown>).set(fill(key), fill(inner));
    } else if (kind === GROUP) {
      const items = [...(item as Set<unknown>)];
      (item as Set<unknown>).clear();
      for (const inner of items) (item as Set<unknown>).add(fill(inner));
    }
    return item;
  };
  return fill(value);
}

/** Whether this thread sees the shared memory of that runtime. */
export function isOfThisRuntime(runtime: number): boolean {
  return runtime !== 0 && i32[HEADER.runtimeId] === runtime;
}

/** This runtime's number; 0 in a worker that has not joined one. */
export function thisRuntime(): number {
  return i32[HEADER.runtimeId] ?? 0;
}
