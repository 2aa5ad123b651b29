/**
 * The keys of plain objects, written once per message as one blob and recognised by comparing words: no key is decoded twice by a thread.
 * A shape that keeps coming is read and written by a function compiled for it; where code may not be compiled, a loop does the same.
 */
import { corrupt } from './corrupt.ts';
import { numbers } from './numbers.ts';
import { work } from './scratch.ts';
import { compileReader } from './shape-reader.ts';
import type { Read, Reading } from './shape-reader.ts';
import { compileWriter } from './shape-writer.ts';
import { Site } from './site.ts';
import type { WriteObject, Write, Writing } from './site.ts';
import * as tags from './tags.ts';

// Copied, because V8 folds a module's own constants and loads imported ones.
const { head, SHAPED } = tags;

/** Objects with more keys are written key by key: they are likelier dictionaries than records. */
const MOST_KEYS = 32;
/** With the two words before it, a blob must fit into `HEADROOM_WORDS`. */
const MOST_BLOB_WORDS = 64;
/** The first sightings of a list of keys are written key by key, so that dictionaries don't fill the caches. */
const SIGHTINGS_BEFORE_SHAPE = 2;
/** Compiling costs 10–50 µs and saves some 50 ns. */
const USES_BEFORE_COMPILING = 64;
/** Then all is forgotten and learnt anew: rare enough to cost nothing, and it bounds what strange traffic can pile up. */
const MOST_STEPS = 8192;
/** Objects that go on in so many ways after the same keys are dictionaries: shapes of them would hardly be met again. How many first keys there are says nothing. */
const MOST_BRANCHES = 64;
const READER_SLOTS = 1024;

export type WriteAnywhere = (value: unknown, at: number) => number;
type Fields = Record<string, unknown>;

const plain = Object.prototype;

/** One step in the trie of keys that were seen together, in their order. */
class Step {
  sightings = 0;
  shape: WriterShape | undefined = undefined;
  /** The step that was taken last, and its key: nearly always the one taken next. */
  lastKey = '';
  last: Step | undefined = undefined;
  further: Map<string, Step> | undefined = undefined;
}

/** How to write objects with these keys. */
export class WriterShape {
  readonly keys: readonly string[];
  readonly blob: Int32Array;
  readonly hash: number;
  uses = 0;
  compiled: WriteObject | undefined = undefined;
  /** What the fields were when the writer was about to be compiled. */
  readonly types: string[] = [];
  readonly sites: readonly Site[];

  constructor(keys: readonly string[], blob: Int32Array) {
    this.keys = keys;
    this.blob = blob;
    this.hash = hashOf(blob, 0, blob.length);
    this.sites = keys.map(() => new Site());
  }

  /** Writes the values of a plain object, after `begin`. */
  writeFields(object: object, at: number, write: Write): number {
    const { keys, sites } = this;
    const observed = this.uses === USES_BEFORE_COMPILING - 1;
    for (let i = 0; i < keys.length; i++) {
      const value = (object as Fields)[keys[i]!];
      if (observed) this.types[i] = Array.isArray(value) ? 'array' : typeof value;
      at = write(value, at, sites[i]!);
    }
    return at;
  }

  /** Writes everything up to the values; returns the word where they go. */
  begin(at: number): number {
    const { blob } = this;
    const words = work.i32;
    words[at] = head(SHAPED, blob.length);
    words[at + 1] = this.hash;
    for (let i = 0; i < blob.length; i++) words[at + 2 + i] = blob[i]!;
    return at + 2 + blob.length;
  }
}

let root = new Step();
let steps = 0;

/** Finds the shape for these keys; undefined if there is none (yet), which means: write them key by key. */
export function shapeOf(keys: readonly string[], writing: Writing): WriterShape | undefined {
  const count = keys.length;
  let step = root;
  if (count > MOST_KEYS) return undefined;
  for (let i = 0; i < count; i++) {
    const key = keys[i]!;
    const next = step.last !== undefined && step.lastKey === key ? step.last : follow(step, key);
    if (next === undefined) return undefined;
    step = next;
  }
  const { shape } = step;
  if (shape === undefined) return settle(step, keys);
  if (shape.compiled === undefined && shape.uses <= USES_BEFORE_COMPILING) {
    shape.uses++;
    if (shape.uses === USES_BEFORE_COMPILING) shape.compiled = compileWriter(shape, writing);
  }
  return shape;
}

function follow(from: Step, key: string): Step | undefined {
  let next = from.further?.get(key);
  if (next === undefined) {
    if (from !== root && from.further !== undefined && from.further.size >= MOST_BRANCHES) return undefined;
    if (steps >= MOST_STEPS) {
      root = new Step();
      steps = 0;
    }
    steps++;
    next = new Step();
    from.further ??= new Map();
    from.further.set(key, next);
  }
  from.lastKey = key;
  from.last = next;
  return next;
}

function settle(step: Step, keys: readonly string[]): WriterShape | undefined {
  if (step.sightings >= SIGHTINGS_BEFORE_SHAPE) return undefined;
  step.sightings++;
  if (step.sightings < SIGHTINGS_BEFORE_SHAPE) return undefined;
  const blob = pack(keys);
  if (blob !== undefined) step.shape = new WriterShape([...keys], blob);
  return step.shape;
}

/** One byte for the number of keys, then each key's length and bytes. */
function pack(keys: readonly string[]): Int32Array | undefined {
  const packed: number[] = [keys.length];
  for (const key of keys) {
    if (key.length > 0xff) return undefined;
    packed.push(key.length);
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      if (unit > 0xff) return undefined;
      packed.push(unit);
    }
  }
  const blob = new Int32Array((packed.length + 3) >>> 2);
  if (blob.length > MOST_BLOB_WORDS) return undefined;
  new Uint8Array(blob.buffer).set(packed);
  return blob;
}

function unpack(words: Int32Array, at: number, count: number): string[] {
  const packed = new Uint8Array(words.slice(at, at + count).buffer);
  const keys: string[] = [];
  let next = 1;
  for (let i = 0; i < packed[0]!; i++) {
    const end = next + 1 + (packed[next] ?? 0);
    if (next >= packed.length || end > packed.length)
      corrupt('a key of an object ends outside the list of its keys');
    keys.push(String.fromCharCode(...packed.subarray(next + 1, end)));
    next = end;
  }
  if (new Set(keys).size !== keys.length) corrupt('an object has the same key twice');
  return keys;
}

function hashOf(words: Int32Array, at: number, count: number): number {
  let hash = count;
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ words[at + i]!, 0x9e37_79b1) ^ (hash >>> 15);
  return hash;
}

/** How to read objects with these keys. */
export class ReaderShape {
  readonly hash: number;
  readonly blob: Int32Array;
  readonly keys: readonly string[];
  uses = 0;
  compiled: (() => object) | undefined = undefined;

  constructor(hash: number, blob: Int32Array, keys: readonly string[]) {
    this.hash = hash;
    this.blob = blob;
    this.keys = keys;
  }

  /** Reads the values into a new object. */
  build(reading: Reading): object {
    if (this.compiled !== undefined) return this.compiled();
    const object = this.fill({}, reading.read);
    if (this.uses++ === USES_BEFORE_COMPILING) this.compiled = compileReader(this.keys, object, reading);
    return object;
  }

  /** Reads the values into an object that something inside may refer to. */
  fill(object: object, read: Read): object {
    const { keys } = this;
    for (let i = 0; i < keys.length; i++) define(object, keys[i]!, read());
    return object;
  }
}

const NONE = new ReaderShape(0, new Int32Array(0), []);
const readers: ReaderShape[] = Array.from({ length: READER_SLOTS }, () => NONE);

/**
 * Recognises the blob of `count` words at this word; the caller has checked that it lies within the message. Each shape may be in one of two slots, so that two
 * that come in turn don't drive each other out.
 */
export function readShape(words: Int32Array, at: number, count: number, hash: number): ReaderShape {
  const slot = (hash ^ (hash >>> 16)) & (READER_SLOTS - 1);
  const shape = readers[slot]!;
  if (shape.hash === hash && isBlob(shape.blob, words, at, count)) return shape;
  const other = readers[slot ^ 1]!;
  if (other.hash === hash && isBlob(other.blob, words, at, count)) return other;
  readers[slot ^ 1] = shape;
  return learn(words, at, count, hash, slot);
}

const numbered: (ReaderShape | undefined)[] = [];

/** The shape that has this number. */
export function numberedShape(number: number): ReaderShape {
  return numbered[number] ?? learnNumbered(number);
}

function learnNumbered(number: number): ReaderShape {
  const blob = numbers.find(number);
  if (blob === undefined) corrupt(`no list of keys has the number ${number}`);
  return (numbered[number] = readShape(blob, 0, blob.length, hashOf(blob, 0, blob.length)));
}

function isBlob(blob: Int32Array, words: Int32Array, at: number, count: number): boolean {
  if (blob.length !== count) return false;
  for (let i = 0; i < count; i++) if (blob[i] !== words[at + i]) return false;
  return true;
}

function learn(words: Int32Array, at: number, count: number, hash: number, slot: number): ReaderShape {
  if (count === 0 || count > MOST_BLOB_WORDS)
    corrupt('the list of keys of an object has an impossible length');
  const shape = new ReaderShape(hash, words.slice(at, at + count), unpack(words, at, count));
  readers[slot] = shape;
  return shape;
}

/** Sets an own property as structured clone does: a setter or a frozen namesake on the prototype plays no part. */
export function define(object: object, key: string, value: unknown): void {
  if (key in plain) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Fields)[key] = value;
  }
}
