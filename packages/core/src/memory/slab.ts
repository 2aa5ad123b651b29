/**
 * The one slab of shared memory that all threads of a runtime see. It grows without moving; a thread's views learn of it when they
 * meet a pointer beyond their end (`ensureMapped`).
 */
import { bind, compareExchange, i32, load, store } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { birthError, bornWith, createMemory } from './birth.ts';
import { HEADER, HEAP_PAGE, LAYOUT_VERSION, MAGIC, PAGE_BYTES, PAGE_WORDS } from './layout.ts';

let memory: WebAssembly.Memory | undefined;
const onBound: Array<() => void> = [];

/** Registers what must happen in this thread as soon as the slab is there (the agent takes its slot). */
export function whenBound(action: () => void): void {
  onBound.push(action);
  if (memory !== undefined) action();
}

/** Returns the slab, creating it if this thread (a foreign worker that never attached) has none. */
export function slab(): WebAssembly.Memory {
  if (memory === undefined) {
    if (birthError !== undefined) throw birthError;
    adopt(createMemory());
  }
  return memory!;
}

function adopt(shared: WebAssembly.Memory): void {
  memory = shared;
  bind(shared);
  for (const action of onBound) action();
}

/**
 * Limits how much shared memory this runtime uses, in bytes, rounded up to 64 KiB (default 1 GiB, less on phones). May be changed at any time;
 * what is in use already stays. Throws `RangeError` below 1 MiB or above what was reserved at load. Never blocks.
 */
export function configureMemory(options: { maximumBytes: number }): void {
  slab();
  const reserved = i32[HEADER.reservedPages]!;
  const pages = Math.ceil(options.maximumBytes / PAGE_BYTES);
  if (!(pages >= HEAP_PAGE + 6 && pages <= reserved)) {
    throw new RangeError(
      `configureMemory: maximumBytes must be from ${(HEAP_PAGE + 6) * PAGE_BYTES} to ${reserved * PAGE_BYTES}, got ${String(options.maximumBytes)} (${typeof options.maximumBytes})`,
    );
  }
  store(HEADER.maximumPages, pages);
}

/** Joins a slab that another thread created. Throws `ThreadStateError` when this thread already has another. */
export function attachSlab(shared: WebAssembly.Memory): void {
  if (!(shared instanceof WebAssembly.Memory)) {
    throw new TypeError('attach: expected what runtimeHandle() returned in another thread');
  }
  const words = new Int32Array(shared.buffer);
  if (words[HEADER.magic] !== MAGIC || words[HEADER.version] !== LAYOUT_VERSION) {
    throw new ThreadStateError(
      `attach: this memory was made by another version of Heddle (layout ${words[HEADER.version]}, this is ${LAYOUT_VERSION}); use one version in all threads`,
    );
  }
  if (memory !== undefined) {
    if (i32[HEADER.runtimeId] === words[HEADER.runtimeId]) return;
    throw new ThreadStateError(
      'attach: this thread has shared memory of its own already; attach in a worker, before its first Lock, Queue or Thread is created',
    );
  }
  adopt(shared);
}

/** Makes sure that this thread's views reach the word at `pointer`; another thread may have grown the slab. */
export function ensureMapped(pointer: number): void {
  if (pointer >= i32.length) bind(memory!);
}

/** Grows the slab so that it has at least `pages`; returns false when the maximum doesn't allow it. Under the allocator's guard. */
export function growTo(pages: number): boolean {
  const now = memory!.buffer.byteLength / PAGE_BYTES;
  if (pages > now) {
    const maximum = load(HEADER.maximumPages);
    if (pages > maximum) return false;
    // By an eighth, at least 1 MiB, so that growing stays rare.
    const generous = Math.min(maximum, Math.max(pages, now + Math.max(16, now >>> 3)));
    if (!tryGrow(generous - now) && !tryGrow(pages - now)) return false;
  }
  if (i32.length < pages * PAGE_WORDS) bind(memory!);
  return true;
}

function tryGrow(pages: number): boolean {
  try {
    memory!.grow(pages);
    return true;
  } catch {
    return false;
  }
}

/** Reserves a fresh ident; never the same twice within 2³¹ (0 is skipped), so that owner words are certain. */
export function nextIdent(): number {
  for (;;) {
    const last = load(HEADER.nextIdent);
    const next = last === 0x7fff_ffff ? 1 : last + 1;
    if (compareExchange(HEADER.nextIdent, last, next) === last) return next;
  }
}

/** For tests of the wrap. */
export function setLastIdent(value: number): void {
  store(HEADER.nextIdent, value);
}

if (bornWith !== undefined) adopt(bornWith);
