/**
 * Writes and reads ArrayBuffers and the views of them; views of one buffer keep sharing it.
 * One deviation from structured clone, on purpose: a view of Node's common Buffer pool brings its own bytes, not the pool's.
 */
import { corrupt } from './corrupt.ts';

interface Resizable {
  readonly resizable?: boolean;
  readonly maxByteLength?: number;
}

interface ViewClass {
  new (buffer: ArrayBuffer, byteOffset: number, length?: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
}

/** In the order of their number in a VIEW record: never reorder, only append. `Float16Array` is missing on Node 20 and 22. */
const VIEW_NAMES = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
];
const classes = VIEW_NAMES.map(
  name => (globalThis as unknown as Record<string, ViewClass | undefined>)[name],
);

/** The number of this kind of view. The getter on %TypedArray%.prototype cannot be fooled by a subclass. */
export function viewKind(view: ArrayBufferView): number {
  const name = nameOf.call(view);
  return name === undefined ? 0 : VIEW_NAMES.indexOf(name);
}

const nameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as (this: unknown) => string | undefined;

export function elementBytes(kind: number): number {
  return kind === 0 ? 1 : (classes[kind]?.BYTES_PER_ELEMENT ?? 1);
}

/** Creates a view, or refuses one that does not fit its buffer. */
export function createView(
  kind: number,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
  tracks: boolean,
): ArrayBufferView {
  const constructor = classes[kind];
  if (constructor === undefined) return corrupt(`no view has the number ${kind}`);
  try {
    return tracks ? new constructor(buffer, byteOffset) : new constructor(buffer, byteOffset, length);
  } catch {
    return corrupt('a view does not fit its buffer');
  }
}

export function isResizable(buffer: ArrayBuffer): boolean {
  return (buffer as Resizable).resizable === true;
}

export function greatestLength(buffer: ArrayBuffer): number {
  return (buffer as Resizable).maxByteLength ?? buffer.byteLength;
}

export function createResizable(byteLength: number, maxByteLength: number): ArrayBuffer {
  if (maxByteLength < byteLength) corrupt('a buffer is longer than its greatest length');
  try {
    return new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(byteLength, {
      maxByteLength,
    });
  } catch {
    return corrupt('a buffer has an impossible greatest length');
  }
}

export function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  const { detached } = buffer as { detached?: boolean };
  if (detached !== undefined) return detached;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

const keysOf = Uint8Array.prototype.keys as (this: ArrayBufferView) => unknown;

/** True if the view grows with its buffer. The language has no question for that: a clone of it is asked to grow. */
export function tracksLength(view: ArrayBufferView<ArrayBuffer>): boolean {
  const { buffer } = view;
  if (!isResizable(buffer)) return false;
  const rest = buffer.byteLength - view.byteOffset - view.byteLength;
  if (rest >= elementBytes(viewKind(view))) return false;
  try {
    const copy = structuredClone(view);
    const twin = copy.buffer as ArrayBuffer & { resize(length: number): void };
    if (!isResizable(twin)) return false;
    if (view.byteLength === 0) {
      twin.resize(greatestLength(twin));
      return copy.byteLength > 0;
    }
    // Out of bounds now, if its length is fixed; then these throw.
    twin.resize(view.byteOffset);
    return copy instanceof DataView ? copy.byteLength === 0 : keysOf.call(copy) !== undefined;
  } catch {
    return false;
  }
}
