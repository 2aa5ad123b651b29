/**
 * Gives each shared buffer the same number in every thread, although each thread has a different object for it: by its place in what
 * was sent to all of them, found by walking both copies in the same order.
 */
/** A shared buffer that was found, and what leads to it. */
export interface Found {
  readonly buffer: SharedArrayBuffer;
  readonly path: string;
  /** Of the typed array that it was found in; 0 for the buffer itself. */
  readonly bytesPerElement: number;
  readonly byteOffset: number;
}

/** Buffers that only this thread knows get numbers from here on: nobody else can touch them. */
const PRIVATE = 0x4000_0000;

let numbers = new WeakMap<object, number>();
let known: SharedArrayBuffer[] = [];
let nextPrivate = PRIVATE;

/** Gives each thread's private buffers numbers of their own, for waits on them. */
export function keepPrivate(thread: number): void {
  nextPrivate = PRIVATE + thread * 0x10_0000;
}

let lastBuffer: object | undefined;
let lastNumber = 0;

/** Numbers the buffers within the world, the state and the rest, in order, and forgets all others. */
export function numberBuffers(values: readonly [world: unknown, state: unknown, rest: unknown]): Found[] {
  numbers = new WeakMap();
  known = [];
  lastBuffer = undefined;
  const found: Found[] = [];
  const seen = new Set<unknown>();
  let next = 0;
  const meet = (
    buffer: SharedArrayBuffer,
    path: string,
    bytesPerElement: number,
    byteOffset: number,
  ): void => {
    if (!numbers.has(buffer)) {
      numbers.set(buffer, next++);
      known.push(buffer);
    }
    found.push({ buffer, path, bytesPerElement, byteOffset });
  };
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof SharedArrayBuffer) return meet(value, path, 0, 0);
    if (value instanceof WebAssembly.Memory) {
      const buffer = value.buffer as unknown;
      if (buffer instanceof SharedArrayBuffer) meet(buffer, path, 0, 0);
      return;
    }
    if (ArrayBuffer.isView(value)) {
      if (!(value.buffer instanceof SharedArrayBuffer)) return;
      const { BYTES_PER_ELEMENT = 1 } = value as { BYTES_PER_ELEMENT?: number };
      return meet(value.buffer, path, BYTES_PER_ELEMENT, value.byteOffset);
    }
    if (value instanceof Map) {
      let index = 0;
      for (const [key, item] of value) {
        walk(key, `${path}.key${index}`);
        walk(item, typeof key === 'string' ? `${path}.${key}` : `${path}.value${index}`);
        index++;
      }
      return;
    }
    if (value instanceof Set) {
      let index = 0;
      for (const item of value) walk(item, `${path}.item${index++}`);
      return;
    }
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      walk(item, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
    }
  };
  for (const [n, value] of values.entries()) walk(value, n === 0 ? 'world' : '');
  return found;
}

/** The number of a shared buffer. */
export function numberOf(buffer: object): number {
  if (buffer === lastBuffer) return lastNumber;
  let number = numbers.get(buffer);
  if (number === undefined) {
    const same = known.find(each => isSameMemory(each, buffer as SharedArrayBuffer));
    number = same === undefined ? nextPrivate++ : numbers.get(same)!;
    numbers.set(buffer, number);
  }
  lastBuffer = buffer;
  lastNumber = number;
  return number;
}

/**
 * Whether two objects of this thread are the same memory: a `WebAssembly.Memory` that has grown has a new buffer object, and views of the old one
 * live on. Flips a bit for a moment, which is safe because nobody else runs now.
 */
function isSameMemory(one: SharedArrayBuffer, other: SharedArrayBuffer): boolean {
  const length = Math.min(one.byteLength, other.byteLength);
  if (length === 0) return false;
  const a = new Uint8Array(one, length - 1, 1);
  const b = new Uint8Array(other, length - 1, 1);
  const before = a[0]!;
  if (b[0] !== before) return false;
  a[0] = before ^ 1;
  const same = b[0] !== before;
  a[0] = before;
  return same;
}

export function isPrivate(number: number): boolean {
  return number >= PRIVATE;
}
