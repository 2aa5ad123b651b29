/**
 * What the codec's tests share: the way of a message through a private copy, a memory layer that only counts, and the question
 * whether two values have the same shape, references included.
 */
import { isDeepStrictEqual } from 'node:util';
import { decode, discard, encode, scratch, setShareableHooks, shareableAddress } from './index.ts';
import { setShapeNumbers } from './numbers.ts';

export interface Message {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly start: number;
  readonly length: number;
}

/** Encodes into a private buffer, behind some other bytes, as a reader of a ring would find it. */
export function post(value: unknown, transfer?: readonly ArrayBuffer[], start = 16, inSlab = false): Message {
  const length = encode(value, 'item', transfer, inSlab);
  const u8 = new Uint8Array(start + length);
  u8.set(scratch.u8.subarray(0, length), start);
  return { u8, i32: new Int32Array(u8.buffer), f64: new Float64Array(u8.buffer), start, length };
}

export function receive({ u8, i32, f64, start, length }: Message): unknown {
  return decode(u8, i32, f64, start, length);
}

export function drop({ u8, i32, start, length }: Message): void {
  discard(u8, i32, start, length);
}

export function roundTrip(value: unknown): unknown {
  return receive(post(value));
}

/** As a message that says keys by their numbers, where they have one. The value holds no large ArrayBuffer. */
export function roundTripInSlab(value: unknown): unknown {
  return receive(post(value, undefined, 16, true));
}

/** Numbers for so many shapes, and no more. */
export function numberShapes(most: number): Int32Array[] {
  const blobs: Int32Array[] = [];
  setShapeNumbers({
    publish: blob => (blobs.length < most ? blobs.push(blob) - 1 : -1),
    find: number => blobs[number],
  });
  return blobs;
}

/** A shareable, as the codec sees one. */
export class Handle {
  readonly #address: number;
  constructor(address: number) {
    this.#address = address;
  }
  [shareableAddress](): number {
    return this.#address;
  }
}

/** Counts per address what messages hold, and gives one handle per address. */
export class CountingMemory {
  readonly held = new Map<number, number>();
  readonly #handles = new Map<number, Handle>();

  constructor() {
    const count = (address: number, change: number): void =>
      void this.held.set(address, (this.held.get(address) ?? 0) + change);
    setShareableHooks({
      retain: address => count(address, 1),
      release: address => count(address, -1),
      revive: address => {
        count(address, -1);
        return this.handle(address);
      },
    });
  }

  handle(address: number): Handle {
    let handle = this.#handles.get(address);
    if (handle === undefined) this.#handles.set(address, (handle = new Handle(address)));
    return handle;
  }

  /** The sum of all counts. */
  get total(): number {
    let sum = 0;
    for (const count of this.held.values()) sum += count;
    return sum;
  }
}

/** True if both are equal and refer to themselves in the same places. */
export function sameGraph(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) && sameReferences(a, b, new Map(), new Map());
}

function sameReferences(
  a: unknown,
  b: unknown,
  ab: Map<unknown, unknown>,
  ba: Map<unknown, unknown>,
): boolean {
  if (typeof a !== 'object' || a === null) return true;
  if (ab.has(a) || ba.has(b)) return ab.get(a) === b && ba.get(b) === a;
  ab.set(a, b);
  ba.set(b, a);
  const [insideA, insideB] = [contents(a), contents(b as object)];
  return (
    insideA.length === insideB.length &&
    insideA.every((value, index) => sameReferences(value, insideB[index], ab, ba))
  );
}

function contents(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (value instanceof Error) return [value.cause];
  return Object.values(value);
}
