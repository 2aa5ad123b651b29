/**
 * The keys of plain objects, written once per message as one blob and recognised by comparing words: no key is decoded twice by a thread.
 * A shape that keeps coming is read and written by a function compiled for it; where code may not be compiled, a loop does the same.
 */
import { compile } from './compile.ts';
import { corrupt } from './corrupt.ts';
import { reserve, work } from './scratch.ts';
import * as tags from './tags.ts';
import { writeText } from './text.ts';

// Copied, because V8 folds a module's own constants and loads imported ones.
const { FALSE, head, NULL, SHAPED, TRUE, UNDEFINED, WHOLE } = tags;

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
/** Objects that go on in so many ways after the same keys are dictionaries: shapes of them would hardly be met again. */
const MOST_BRANCHES = 64;
const READER_SLOTS = 1024;

/** Writes a value into `work` at this word, and returns the word after it. */
export type Write = (value: unknown, at: number, site: Site) => number;
export type WriteAnywhere = (value: unknown, at: number) => number;
/** Writes a whole record, or returns −1 if the object has other keys or isn't plain: then nothing was written. */
export type WriteObject = (object: object, at: number) => number;
/** Reads the next value of the message. */
export type Read = () => unknown;
/** What a compiled reader needs of the message being read: a value, and the words of those that it reads itself. */
export interface Reading {
  read: Read;
  /** The word to read next. */
  next(): number;
  goTo(next: number): void;
  /** The word after the message. */
  end(): number;
  words(): Int32Array;
}
type Fields = Record<string, unknown>;

const plain = Object.prototype;
const { getPrototypeOf } = Object;

/** A text longer than this isn't remembered: comparing it could cost as much as writing it. */
const LONGEST_REMEMBERED = 24;
/** A place whose texts differ so often in a row isn't one where the same text comes again and again. */
const MOST_MISSES = 32;
/** The record of such a text, two bytes to the unit. */
const REMEMBERED_WORDS = 1 + LONGEST_REMEMBERED / 2;

/**
 * A place where values come from: the field of a shape, the items of an array there, or what is sent. What came there last is likely to come
 * there again, and recognising it is cheaper than looking it up.
 */
export class Site {
  /** Writes the objects of the shape that came last. */
  writer: WriteObject | undefined = undefined;
  /** The text that came last, and its record. */
  text = '';
  readonly words: Int32Array = new Int32Array(REMEMBERED_WORDS).fill(head(tags.TEXT_BYTES, 0), 0, 1);
  count = 1;
  /** How many in a row were none that came last. */
  misses = 0;
  /** Of the items, when arrays come here. */
  #items: Site | undefined = undefined;

  get items(): Site {
    return (this.#items ??= new Site());
  }
}

/** Writes a text that isn't the one that came here last, and remembers it. */
function writeNewText(site: Site, text: string, at: number): number {
  const end = writeText(text, at);
  if (site.misses < MOST_MISSES) {
    // Once it is known that each is different, the empty text is what is compared: for any other that is over at the length.
    const { words } = site;
    if (++site.misses === MOST_MISSES) {
      site.text = '';
      site.count = 1;
      words[0] = head(tags.TEXT_BYTES, 0);
    } else {
      site.text = text;
      site.count = end - at;
      const source = work.i32;
      for (let i = at; i < end; i++) words[i - at] = source[i]!;
    }
  }
  return end;
}

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
  /** What the fields were when the writer was about to be compiled: it looks for that first. */
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
      if (observed) this.types[i] = typeof value;
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
export function shapeOf(keys: readonly string[], write: Write): WriterShape | undefined {
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
    if (shape.uses === USES_BEFORE_COMPILING) shape.compiled = compileWriter(shape, write);
  }
  return shape;
}

function follow(from: Step, key: string): Step | undefined {
  let next = from.further?.get(key);
  if (next === undefined) {
    if (from.further !== undefined && from.further.size >= MOST_BRANCHES) return undefined;
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

/** The text that a field had last, and its record: comparing some words is cheaper than making a text of them. */
class Recent {
  text = '';
  readonly words: Int32Array = new Int32Array(RECENT_WORDS);
  /** 0 while there is none. */
  count = 0;
  misses = 0;
}

const RECENT_WORDS = 1 + LONGEST_REMEMBERED / 4;
const TEXT_TAG: number = head(tags.TEXT_BYTES, 0) & 0xff;

/** Reads a field that isn't the text that was there last, and remembers it if it is one. */
function readNewText(recent: Recent, at: number, reading: Reading): unknown {
  reading.goTo(at);
  const value = reading.read();
  if (typeof value !== 'string' || recent.misses === MOST_MISSES) return value;
  const words = reading.words();
  const count = reading.next() - at;
  if (++recent.misses === MOST_MISSES || count > RECENT_WORDS || (words[at]! & 0xff) !== TEXT_TAG) {
    recent.count = 0;
    return value;
  }
  for (let word = 0; word < count; word++) recent.words[word] = words[at + word]!;
  recent.count = count;
  recent.text = value;
  return value;
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

/** Reads one field, given what it was in an example; anything else goes through `read`. */
function readerSource(example: unknown, i: number): string {
  const any = `reading.goTo(at);v${i}=reading.read();at=reading.next()`;
  if (typeof example === 'number')
    return `let v${i};if(at<end&&(words[at]&${WHOLE})!==0)v${i}=words[at++]>>1;else{${any}}`;
  if (typeof example === 'string') {
    return `let v${i};{let k=0;const w=r${i}.words,c=r${i}.count;if(at+c<=end)while(k<c&&words[at+k]===w[k])k++;
if(k===c&&c!==0){v${i}=r${i}.text;at+=c;r${i}.misses=0}else{v${i}=readNewText(r${i},at,reading);at=reading.next()}}`;
  }
  return `let v${i};${any}`;
}

/** `["__proto__"]` defines a property; `"__proto__"` would set the prototype. */
function compileReader(
  keys: readonly string[],
  example: object,
  reading: Reading,
): (() => object) | undefined {
  const fields = keys.map((key, i) => `${key === '__proto__' ? '["__proto__"]' : JSON.stringify(key)}:v${i}`);
  const source = `${keys.map((_, i) => `const r${i}=new Recent();`).join('')}
return()=>{const words=reading.words(),end=reading.end();let at=reading.next();
${keys.map((key, i) => readerSource(Object.getOwnPropertyDescriptor(example, key)?.value, i)).join('\n')}
reading.goTo(at);
return{${fields.join()}}}`;
  return compile(['reading', 'readNewText', 'Recent'], [reading, readNewText, Recent], source) as
    | (() => object)
    | undefined;
}

/** Writes one field, given what it was so far; anything else goes through `write`, and then there must be room for the `rest` again. */
function fieldSource(type: string | undefined, i: number, rest: number): string {
  const v = `v${i}`;
  const any = `at=write(${v},at,sites[${i}]);if(at+${rest}>work.limit)reserve(at+${rest});words=work.i32`;
  switch (type) {
    case 'number':
      return `if(typeof ${v}==='number'&&${v}<<1>>1===${v}&&(${v}!==0||1/${v}>0))words[at++]=${v}<<1|${WHOLE};else{${any}}`;
    case 'string':
      return `if(${v}===s${i}.text){const w=s${i}.words,c=s${i}.count;for(let j=0;j<c;j++)words[at+j]=w[j];at+=c;s${i}.misses=0}
else if(typeof ${v}==='string'&&${v}.length<=${LONGEST_REMEMBERED}){at=writeNewText(s${i},${v},at);words=work.i32}else{${any}}`;
    case 'boolean':
      return `if(${v}===true)words[at++]=${head(TRUE, 0)};else if(${v}===false)words[at++]=${head(FALSE, 0)};else{${any}}`;
    default:
      return `if(${v}===undefined)words[at++]=${head(UNDEFINED, 0)};else if(${v}===null)words[at++]=${head(NULL, 0)};else{${any}}`;
  }
}

/**
 * The keys are compared by a `for … in`, which costs V8 nothing but the comparing (13 ns where `Object.keys` and the trie take 25). A key that is inherited is one too
 * many there, and the object is left to those. All values are read before anything is written, since a getter may encode something itself.
 */
function compileWriter(shape: WriterShape, write: Write): WriteObject | undefined {
  const { keys, blob, hash, types } = shape;
  const texts = keys.map(key => JSON.stringify(key));
  const first = [head(SHAPED, blob.length), hash, ...blob];
  const room = first.length + keys.length * REMEMBERED_WORDS;
  const source = `${keys.map((_, i) => `const s${i}=sites[${i}];`).join('')}
return(object,at)=>{let n=0;
for(const key in object)switch(n++){${texts.map((text, i) => `case ${i}:if(key!==${text})return -1;break;`).join('')}default:return -1}
if(n!==${keys.length})return -1;
const v0=object[${texts[0]}];
if(getPrototypeOf(object)!==plain)return -1;
${texts.map((text, i) => (i === 0 ? '' : `const v${i}=object[${text}];`)).join('')}
if(at+${room}>work.limit)reserve(at+${room});
let words=work.i32;${first.map((word, i) => `words[at+${i}]=${word};`).join('')}
at+=${first.length};
${keys.map((_, i) => fieldSource(types[i], i, (keys.length - i) * REMEMBERED_WORDS)).join('\n')}
return at}`;
  return compile(
    ['write', 'work', 'reserve', 'writeNewText', 'sites', 'getPrototypeOf', 'plain'],
    [write, work, reserve, writeNewText, shape.sites, getPrototypeOf, plain],
    source,
  ) as WriteObject | undefined;
}
