/**
 * The one seam through which Heddle touches `Atomics`; every word is named by its index in the slab's `Int32Array`.
 * Hot operations go through WebAssembly on V8 and through plain `Atomics` elsewhere, with the same meaning: sequentially consistent.
 */
import { instantiate } from './atomics-wasm.ts';
import type { WasmAtomics } from './atomics-wasm.ts';
import { bornWith } from './memory/birth.ts';
import { OBJECT } from './memory/layout.ts';

/** The slab's words. Replaced when the slab is created, attached or has grown: never keep a copy across a call. */
export let i32: Int32Array<SharedArrayBuffer> = new Int32Array(0) as never;
/** The slab's bytes, replaced together with `i32`. */
export let u8: Uint8Array<SharedArrayBuffer> = new Uint8Array(0) as never;
/** The slab's doubles, replaced together with `i32`. */
export let f64: Float64Array<SharedArrayBuffer> = new Float64Array(0) as never;
/** The slab's words in pairs, replaced together with `i32`. Only for copying, and only where `copiesPairs` says so. */
export let i64: BigInt64Array<SharedArrayBuffer> = new BigInt64Array(0) as never;

const plain: WasmAtomics = {
  load: word => Atomics.load(i32, word),
  store: (word, value) => void Atomics.store(i32, word, value),
  add: (word, delta) => Atomics.add(i32, word, delta),
  and: (word, mask) => Atomics.and(i32, word, mask),
  or: (word, mask) => Atomics.or(i32, word, mask),
  exchange: (word, value) => Atomics.exchange(i32, word, value),
  compareExchange: (word, expected, replacement) => Atomics.compareExchange(i32, word, expected, replacement),
  take(lock, taker) {
    const before = Atomics.compareExchange(i32, lock, 0, 1);
    if (before === 0) i32[lock + OBJECT.owner] = taker;
    return before;
  },
  give: lock => Atomics.compareExchange(i32, lock, 1, 0),
};

/** Told by its stack format. V8 is where the detour through WebAssembly pays: JavaScriptCore and SpiderMonkey inline `Atomics`. */
function isV8(): boolean {
  return !('Bun' in globalThis) && (new Error('probe').stack?.startsWith('Error: probe\n    at ') ?? false);
}

/** Whether moving pairs of words as bigints is fast: V8 makes no bigint for one that is only moved (20 words in 8 ns, one by one in 20). */
export const copiesPairs: boolean = isV8();

/** A tool that instruments `Atomics` (schedule exploration) sets this before Heddle is loaded, so that it sees every step. */
export const explored: boolean =
  (globalThis as Record<symbol, unknown>)[Symbol.for('heddle.plainAtomics')] === true;

function choose(): WasmAtomics {
  if (bornWith === undefined || !isV8() || explored) return plain;
  try {
    return instantiate(bornWith);
  } catch {
    // A content security policy without 'wasm-unsafe-eval': plain Atomics mean the same, only slower.
    return plain;
  }
}

/**
 * The operations for hot paths. A module destructures what it needs into constants of its own, which is what lets V8 inline them
 * (an imported binding, even a constant one, is loaded anew at each call).
 */
export const hot: WasmAtomics = choose();

export const load: WasmAtomics['load'] = hot.load;
export const store: WasmAtomics['store'] = hot.store;
/** Adds and returns the value before. */
export const add: WasmAtomics['add'] = hot.add;
export const and: WasmAtomics['and'] = hot.and;
export const or: WasmAtomics['or'] = hot.or;
export const exchange: WasmAtomics['exchange'] = hot.exchange;
/** Returns the value before: the swap happened exactly if that equals `expected`. */
export const compareExchange: WasmAtomics['compareExchange'] = hot.compareExchange;

/** Points the views at a memory; called again when it has grown. */
export function bind(memory: WebAssembly.Memory): void {
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  i32 = new Int32Array(buffer);
  u8 = new Uint8Array(buffer);
  f64 = new Float64Array(buffer);
  i64 = new BigInt64Array(buffer);
}
/** Is thrown out of a wait in a thread that was terminated, where the platform can't end it (Deno). Nobody is meant to catch it. */
export class Condemned extends Error {
  static {
    this.prototype.name = 'Condemned';
  }
}

let isCondemned: (() => boolean) | undefined;

/** Makes this thread's waits ask after each awakening whether the thread should end, and throw `Condemned` if so. */
export function endInWaits(check: () => boolean): void {
  isCondemned = check;
}

/**
 * Blocks while the word holds `expected`, at most `timeoutMs`. Throws `TypeError` where blocking is forbidden.
 * May return early for no reason: callers loop.
 */
export function wait(word: number, expected: number, timeoutMs: number): 'ok' | 'not-equal' | 'timed-out' {
  const result = Atomics.wait(i32, word, expected, timeoutMs);
  if (isCondemned?.() === true) throw new Condemned('this thread was terminated');
  return result;
}

/** As `wait`, so briefly that a thread which was terminated is back in its event loop by itself: never throws `Condemned`. */
export function waitBriefly(word: number, expected: number, timeoutMs: number): void {
  Atomics.wait(i32, word, expected, timeoutMs);
}

let nobodysWord: Int32Array<SharedArrayBuffer> | undefined;
/** Sleeping threads that may be condemned look so often. */
const SLEEP_SLICE_MS = 100;

/** Blocks for a time, on a word that nobody notifies. May return early: callers loop. */
export function blockFor(timeoutMs: number): void {
  nobodysWord ??= new Int32Array(new SharedArrayBuffer(4));
  if (isCondemned === undefined) {
    Atomics.wait(nobodysWord, 0, 0, timeoutMs);
  } else {
    Atomics.wait(nobodysWord, 0, 0, Math.min(timeoutMs, SLEEP_SLICE_MS));
    if (isCondemned()) throw new Condemned('this thread was terminated');
  }
}

/** Starts waiting without blocking and without a timeout: a timeout would leak until its deadline (measured). */
export function waitAsync(
  word: number,
  expected: number,
): { async: boolean; value: Promise<unknown> | string } {
  return Atomics.waitAsync(i32, word, expected) as { async: boolean; value: Promise<unknown> | string };
}

/** Wakes up to `count` of the threads that wait on the word and returns how many there were. */
export function notify(word: number, count: number): number {
  return Atomics.notify(i32, word, count);
}

const pauseHint = (Atomics as { pause?: () => void }).pause;

/** Tells the processor that this is a spin loop, where the engine can. */
export const pause: () => void = pauseHint ?? ((): void => {});

let blockable: boolean | undefined;

/** Says whether this thread may block: everywhere but in a browser's window or service worker. */
export function canBlock(): boolean {
  if (blockable === undefined) {
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
      blockable = true;
    } catch {
      blockable = false;
    }
  }
  return blockable;
}
