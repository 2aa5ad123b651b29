/**
 * Tells what kind of object a value really is, whatever realm it comes from, and why those that cannot travel can't.
 * Answers are remembered per prototype; the functions that write a kind still check the brand, since a prototype can be borrowed.
 */
import { shareableAddress } from './shareable.ts';

export const OBJECT = 0;
export const SHARED = 1;
export const MAPPING = 2;
export const GROUP = 3;
export const MOMENT = 4;
export const PATTERN = 5;
export const WRAPPER = 6;
export const BYTES = 7;
export const FAILURE = 8;
export const REFUSED = 9;
/** Not by prototype: `ArrayBuffer.isView` tells. */
export const VIEWING = 10;

const { getPrototypeOf } = Object;
const tagOf: (this: unknown) => string = Object.prototype.toString;
const plain: object = Object.prototype;

const kinds = new WeakMap<object, number>();

/** The kind of an object that is neither an array nor a view. A kind is likely, not certain: it is the prototype's. */
export function kindOf(object: object): number {
  const prototype = getPrototypeOf(object) as object | null;
  if (prototype === plain || prototype === null) return OBJECT;
  let kind = kinds.get(prototype);
  if (kind === undefined) {
    kind = classify(object);
    kinds.set(prototype, kind);
  }
  return kind;
}

const KINDS_BY_TAG: Record<string, number> = {
  '[object Map]': MAPPING,
  '[object Set]': GROUP,
  '[object Date]': MOMENT,
  '[object RegExp]': PATTERN,
  '[object Number]': WRAPPER,
  '[object String]': WRAPPER,
  '[object Boolean]': WRAPPER,
  '[object BigInt]': WRAPPER,
  '[object ArrayBuffer]': BYTES,
  '[object Error]': FAILURE,
  '[object DOMException]': FAILURE,
};

function classify(object: object): number {
  if (typeof (object as Record<symbol, unknown>)[shareableAddress] === 'function') return SHARED;
  if (object instanceof Map) return MAPPING;
  if (object instanceof Set) return GROUP;
  if (object instanceof Error) return FAILURE;
  if (object instanceof Date) return MOMENT;
  if (object instanceof RegExp) return PATTERN;
  if (object instanceof ArrayBuffer) return BYTES;
  if (refusal(object) !== undefined) return REFUSED;
  return KINDS_BY_TAG[tagOf.call(object)] ?? OBJECT;
}

/** Objects of the language that hold more than properties. Their `Symbol.toStringTag` names them in every realm. */
const REFUSALS: Record<string, string> = {
  Promise: 'promises cannot be shared: await it and share the result, or pass a Future',
  WeakMap:
    'a WeakMap cannot be shared: its keys are objects of one thread. Use a Map with string or number keys',
  WeakSet: 'a WeakSet cannot be shared: its items are objects of one thread. Use a Set of strings or numbers',
  WeakRef: 'a WeakRef cannot be shared: it refers to an object of one thread',
  FinalizationRegistry: 'a FinalizationRegistry cannot be shared: it watches objects of one thread',
  Generator: 'generators cannot be shared: put the items that it yields into a Queue',
  AsyncGenerator: 'generators cannot be shared: put the items that it yields into a Queue',
  Symbol: 'symbols cannot be shared: use a string',
  SharedArrayBuffer: 'a SharedArrayBuffer cannot travel inside a message: use a SharedBuffer',
  'WebAssembly.Memory': 'a WebAssembly.Memory cannot travel inside a message: share its bytes',
  ThreadLocal:
    'a ThreadLocal cannot be shared: declare it at module level, and each thread has its own value',
  Scheduler:
    'a Scheduler cannot be shared: its actions are functions of one thread. Make one in the thread that runs it',
  Guard: 'a guard cannot be shared: it belongs to the code that holds the lock. Pass the lock',
  Module: 'a module cannot be shared: import it in the other thread',
};
const ITERATOR = / Iterator$|^Iterator( Helper)?$/;
const EXOTIC = /^(WebAssembly|Intl|Temporal)\./;

/** Says why this object cannot travel; undefined if nothing speaks against it. */
export function refusal(object: object): string | undefined {
  const tag = (object as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof tag !== 'string') return undefined;
  if (Object.hasOwn(REFUSALS, tag)) return REFUSALS[tag];
  if (ITERATOR.test(tag))
    return 'iterators cannot be shared: collect the items into an array, or put them into a Queue';
  if (EXOTIC.test(tag)) return `${tag} objects cannot be shared: send what they were made from`;
  if (tag in KINDS_BY_NAME) return undefined;
  // A class of the host (MessagePort, ReadableStream, Blob, URL, …) is a global named like its tag; a user's class is not.
  const host = (globalThis as Record<string, unknown>)[tag];
  if (typeof host === 'function' && object instanceof host) {
    return `${nameOfHost(object, tag)} objects belong to their thread and cannot be shared: send the data that they were made from`;
  }
  return undefined;
}

/** Node's MessagePort has the tag of its base class. */
function nameOfHost(object: object, tag: string): string {
  const { name } = object.constructor;
  return typeof (globalThis as Record<string, unknown>)[name] === 'function' ? name : tag;
}

const KINDS_BY_NAME: Record<string, true> = {
  Map: true,
  Set: true,
  ArrayBuffer: true,
  BigInt: true,
  DataView: true,
  DOMException: true,
};
