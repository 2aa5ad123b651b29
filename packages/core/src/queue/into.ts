/**
 * Taking bytes into memory that the caller has already.
 *
 * Where an item is large, most of what `get` costs is memory that no cache has seen: an ArrayBuffer of its own for each item, which the garbage collector then has to find
 * (a major collection for every 64 MiB). Without it an item of 1 MiB takes half of the time; what is left is two copies between two cores' caches.
 */
import { createView, elementBytes, isDetached, isResizable, viewKind } from '../codec/bytes.ts';
import { checkOptions } from '../memory/check-options.ts';
import { copyInto } from './bulk.ts';

/** The kind of what isn't a view, but the buffer itself. */
const BUFFER = -1;

/** Returns the caller's memory, if there is any. Throws `TypeError` for what can't take bytes; nothing has been taken then. */
export function intoOf(
  options: { readonly into?: unknown } | null | undefined,
  place: string,
): ArrayBuffer | undefined {
  if (options === undefined || options === null) return undefined;
  checkOptions(options, place, '{ into: new ArrayBuffer(65536) }');
  const { into } = options;
  if (into === undefined) return undefined;
  if (!(into instanceof ArrayBuffer)) {
    const hint = ArrayBuffer.isView(into) ? '; pass its .buffer' : '';
    throw new TypeError(`${place}: into must be an ArrayBuffer, got ${nameOf(into)}${hint}`);
  }
  if (isDetached(into))
    throw new TypeError(`${place}: into is detached: its memory was given away, or freed`);
  return into;
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `an object of class ${value.constructor?.name ?? 'null'}`
    : `${String(value)} (${typeof value})`;
}

/** Whether so many bytes of that kind can be had there. An `ArrayBuffer` has to be as long as its bytes. Asked when they are there: memory may be detached meanwhile. */
function fits(kind: number, length: number, into: ArrayBuffer): boolean {
  return kind === BUFFER ? length === into.byteLength : length <= into.byteLength;
}

function viewOn(kind: number, length: number, into: ArrayBuffer): ArrayBuffer | ArrayBufferView {
  return kind === BUFFER ? into : createView(kind, into, 0, length / elementBytes(kind), false);
}

/** Copies bytes of shared memory, which must be mapped, to where they fit, else returns `undefined`. */
export function placeShared(
  kind: number,
  from: number,
  length: number,
  into: ArrayBuffer,
): ArrayBuffer | ArrayBufferView | undefined {
  if (!fits(kind, length, into)) return undefined;
  copyInto(new Uint8Array(into), 0, from, length);
  return viewOn(kind, length, into);
}

/** Moves what was decoded, if it is bytes and fits, and isn't there already. */
export function place(value: unknown, into: ArrayBuffer): unknown {
  const view = ArrayBuffer.isView(value);
  if (!view && !(value instanceof ArrayBuffer)) return value;
  const buffer = view ? value.buffer : value;
  const kind = view ? viewKind(value) : BUFFER;
  const length = value.byteLength;
  if (buffer === into || length === 0 || !(buffer instanceof ArrayBuffer) || isResizable(buffer))
    return value;
  if (!fits(kind, length, into)) return value;
  new Uint8Array(into).set(new Uint8Array(buffer, view ? value.byteOffset : 0, length));
  return viewOn(kind, length, into);
}
