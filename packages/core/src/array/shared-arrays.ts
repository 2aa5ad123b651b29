/** The classes of shared arrays, one for each typed array, and what finds the class of one that another thread made. */
import { KIND, registerKind } from '../memory/kinds.ts';
import { Existing } from '../memory/shared-object.ts';
import { SharedArray, elementOf } from './shared-array.ts';

/** A shared array of integers from −128 to 127. See `SharedArray`. */
export class SharedInt8Array extends SharedArray<Int8Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 0;
}

/** A shared array of integers from 0 to 255. See `SharedArray`. */
export class SharedUint8Array extends SharedArray<Uint8Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 1;
}

/** A shared array of integers from 0 to 255; what is beyond becomes the nearest of them. See `SharedArray`. */
export class SharedUint8ClampedArray extends SharedArray<Uint8ClampedArray<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 2;
}

/** A shared array of integers from −32768 to 32767. See `SharedArray`. */
export class SharedInt16Array extends SharedArray<Int16Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 3;
}

/** A shared array of integers from 0 to 65535. See `SharedArray`. */
export class SharedUint16Array extends SharedArray<Uint16Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 4;
}

/** A shared array of integers from −2³¹ to 2³¹ − 1; `Atomics.wait` and `notify` work on its view. See `SharedArray`. */
export class SharedInt32Array extends SharedArray<Int32Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 5;
}

/** A shared array of integers from 0 to 2³² − 1. See `SharedArray`. */
export class SharedUint32Array extends SharedArray<Uint32Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 6;
}

/** A shared array of floating-point numbers of 32 bits. See `SharedArray`. */
export class SharedFloat32Array extends SharedArray<Float32Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 7;
}

/** A shared array of floating-point numbers of 64 bits: any `number`. See `SharedArray`. */
export class SharedFloat64Array extends SharedArray<Float64Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 8;
}

/** A shared array of `bigint`s from −2⁶³ to 2⁶³ − 1. See `SharedArray`. */
export class SharedBigInt64Array extends SharedArray<BigInt64Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 9;
}

/** A shared array of `bigint`s from 0 to 2⁶⁴ − 1. See `SharedArray`. */
export class SharedBigUint64Array extends SharedArray<BigUint64Array<SharedArrayBuffer>> {
  /** @internal */
  protected static override readonly element: number = 10;
}

const CLASSES: ReadonlyArray<new (source: number) => SharedArray> = [
  SharedInt8Array,
  SharedUint8Array,
  SharedUint8ClampedArray,
  SharedInt16Array,
  SharedUint16Array,
  SharedInt32Array,
  SharedUint32Array,
  SharedFloat32Array,
  SharedFloat64Array,
  SharedBigInt64Array,
  SharedBigUint64Array,
];

registerKind(KIND.sharedArray, {
  revive: pointer => new CLASSES[elementOf(pointer)]!(new Existing(pointer) as unknown as number),
  lines: [],
});
