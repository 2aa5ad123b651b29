/**
 * Hands out blocks of shared memory, aligned to 64 bytes, and takes them back; exhaustion is an error at the allocating call.
 * Small blocks come from lists private to each agent (no atomic operation), refilled in batches from the slab's; large ones are runs of pages.
 *
 * ```
 * allocate(64 … 16 KiB) ─▶ agent's list ──empty──▶ slab's list ──empty──▶ carve a span ──▶ pages
 * free                  ─▶ agent's list ──long───▶ slab's list
 * allocate(> 16 KiB)    ─▶ run of free pages, next fit (neighbours merge by lying side by side in the page table) ──▶ grow
 * ```
 *
 * Every change of a list is one store of its head, made last: a thread that dies in between leaks one block or run at most and corrupts nothing.
 * A free block's first word is the link; the rest is whatever was there.
 */
import { i32 } from '../atomics.ts';
import { SharedMemoryExhaustedError } from '../errors.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import {
  AGENT,
  CLASS_BYTES,
  CLASS_FIELDS,
  HEADER,
  HEAP_PAGE,
  LINE_WORDS,
  PAGE,
  PAGE_BYTES,
  PAGE_SHIFT,
  PAGE_TABLE,
  PAGE_WORDS,
} from './layout.ts';
import { ensureMapped, growTo, slab } from './slab.ts';

const LARGEST_CLASS_BYTES = CLASS_BYTES[CLASS_BYTES.length - 1]!;
/** How many bytes move between an agent's list and the slab's at once. */
const BATCH_BYTES = 4096;
/** The same of a task's size: an executor frees as many at once as `DRAIN_EVERY` in `executor/completed.ts` says, and takes them again. */
const TASK_BYTES = 256;
const TASK_BATCH = 64;

function classOf(bytes: number): number {
  return bytes <= 64 ? 0 : 26 - Math.clz32(bytes - 1);
}

function batchOf(sizeClass: number): number {
  const bytes = CLASS_BYTES[sizeClass]!;
  return bytes === TASK_BYTES ? TASK_BATCH : Math.max(1, Math.min(32, BATCH_BYTES / bytes));
}

/**
 * Returns a pointer to a block of at least `bytes`. Throws `SharedMemoryExhaustedError` when the maximum is reached.
 * Never blocks beyond the allocator's guard.
 */
export function allocate(bytes: number): number {
  if (selfAgent === 0) slab();
  const block =
    bytes <= LARGEST_CLASS_BYTES
      ? allocateSmall(classOf(bytes))
      : allocatePages(Math.ceil(bytes / PAGE_BYTES), PAGE.run);
  if (block === 0) {
    throw new SharedMemoryExhaustedError(
      `no ${bytes} bytes of shared memory left: ${memoryUsage().used} of at most ${memoryUsage().maximum} bytes are in use. ` +
        'Bound your queues, dispose() of what you no longer need, or raise configureMemory({ maximumBytes })',
    );
  }
  ensureMapped(block);
  return block;
}

/** As `allocate`, with all of the block that was asked for set to zero. */
export function allocateZeroed(bytes: number): number {
  const block = allocate(bytes);
  i32.fill(0, block, block + Math.ceil(bytes / 4));
  return block;
}

function allocateSmall(sizeClass: number): number {
  const list = selfAgent + AGENT.freeLists + 2 * sizeClass;
  if (i32[list] === 0 && !refill(sizeClass, list)) return 0;
  const block = i32[list]!;
  ensureMapped(block);
  i32[list + 1]! -= 1;
  i32[list] = i32[block]!;
  return block;
}

/** Moves a batch into the agent's list: from the slab's list, else carved from the class's span, else from a new span. */
function refill(sizeClass: number, list: number): boolean {
  const words = CLASS_BYTES[sizeClass]! / 4;
  const fields = HEADER.classes + sizeClass * CLASS_FIELDS;
  lockGuard(HEADER.allocatorGuard);
  let wanted = batchOf(sizeClass);
  for (; wanted > 0; wanted--) {
    let block = i32[fields]!;
    if (block !== 0) {
      ensureMapped(block);
      i32[fields + 1]! -= 1;
      i32[fields] = i32[block]!;
    } else {
      // The bump pointer at the end of its span stands at a page's beginning, and so needs no end beside it that could disagree.
      block = i32[fields + 2]!;
      if (block % PAGE_WORDS === 0) block = takePages(1, PAGE.span + sizeClass);
      if (block === 0) break;
      ensureMapped(block);
      i32[fields + 2] = block + words;
    }
    i32[block] = i32[list]!;
    i32[list] = block;
    i32[list + 1]! += 1;
  }
  unlockGuard(HEADER.allocatorGuard);
  return i32[list] !== 0;
}

function allocatePages(pages: number, kind: number): number {
  lockGuard(HEADER.allocatorGuard);
  const block = takePages(pages, kind);
  unlockGuard(HEADER.allocatorGuard);
  return block;
}

/** Takes a run of pages and marks it in the page table. Guarded by allocatorGuard. */
function takePages(pages: number, kind: number): number {
  const wilderness = i32[HEADER.wilderness]!;
  let first = findRun(i32[HEADER.rover]!, wilderness, pages) || findRun(HEAP_PAGE, wilderness, pages);
  if (first === 0) {
    // Free pages just below the wilderness are part of the new run.
    first = wilderness;
    while (first > HEAP_PAGE && i32[PAGE_TABLE + first - 1] === PAGE.free) first--;
    if (!growTo(first + pages)) return 0;
    i32[HEADER.wilderness] = first + pages;
  }
  for (let page = first + 1; page < first + pages; page++) i32[PAGE_TABLE + page] = PAGE.continued;
  i32[PAGE_TABLE + first] = kind === PAGE.run ? PAGE.run + pages : kind;
  i32[HEADER.rover] = first + pages;
  i32[HEADER.pagesUsed]! += pages;
  return first << PAGE_SHIFT;
}

/** Finds `pages` free pages side by side in [from, end); 0 when there are none. */
function findRun(from: number, end: number, pages: number): number {
  let length = 0;
  for (let page = from; page < end; page++) {
    length = i32[PAGE_TABLE + page] === PAGE.free ? length + 1 : 0;
    if (length === pages) return page - pages + 1;
  }
  return 0;
}

/** Returns a block. Freeing what isn't a block's beginning is a bug in Heddle and says so. */
export function free(block: number): void {
  const entry = i32[PAGE_TABLE + (block >>> PAGE_SHIFT)]!;
  if (entry > PAGE.run) return freePages(block >>> PAGE_SHIFT, entry - PAGE.run);
  const sizeClass = entry - PAGE.span;
  if (sizeClass < 0 || sizeClass >= CLASS_BYTES.length || block % LINE_WORDS !== 0) {
    throw new Error(`heddle: free(${block}) is not a block`);
  }
  ensureMapped(block);
  const list = selfAgent + AGENT.freeLists + 2 * sizeClass;
  i32[block] = i32[list]!;
  i32[list] = block;
  i32[list + 1]! += 1;
  if (i32[list + 1]! > 2 * batchOf(sizeClass)) giveBack(list, sizeClass, batchOf(sizeClass));
}

/** Moves `count` blocks from an agent's list to the slab's. The agent is this one, or a dead one that the reaper clears up. */
function giveBack(list: number, sizeClass: number, count: number): void {
  const fields = HEADER.classes + sizeClass * CLASS_FIELDS;
  lockGuard(HEADER.allocatorGuard);
  for (; count > 0 && i32[list] !== 0; count--) {
    const block = i32[list]!;
    ensureMapped(block);
    i32[list] = i32[block]!;
    i32[list + 1]! -= 1;
    i32[block] = i32[fields]!;
    i32[fields] = block;
    i32[fields + 1]! += 1;
  }
  unlockGuard(HEADER.allocatorGuard);
}

function freePages(first: number, pages: number): void {
  lockGuard(HEADER.allocatorGuard);
  for (let page = first + pages - 1; page >= first; page--) i32[PAGE_TABLE + page] = PAGE.free;
  i32[HEADER.pagesUsed]! -= pages;
  if (first < i32[HEADER.rover]!) i32[HEADER.rover] = first;
  unlockGuard(HEADER.allocatorGuard);
}

/** Returns a dead agent's private lists to the slab. */
export function reclaimFreeLists(agent: number): void {
  for (let sizeClass = 0; sizeClass < CLASS_BYTES.length; sizeClass++) {
    giveBack(agent + AGENT.freeLists + 2 * sizeClass, sizeClass, Infinity);
  }
}

/** Bytes that a block really has, for whoever wants to use all of it. */
export function blockBytes(block: number): number {
  const entry = i32[PAGE_TABLE + (block >>> PAGE_SHIFT)]!;
  return entry > PAGE.run ? (entry - PAGE.run) * PAGE_BYTES : CLASS_BYTES[entry - PAGE.span]!;
}

/** How much shared memory is in use (snapshot): whole pages, the lists of free small blocks included. */
export interface MemoryUsage {
  /** Bytes of pages that hold blocks. */
  used: number;
  /** Bytes that the slab has grown to. */
  committed: number;
  /** Bytes that it may grow to. */
  maximum: number;
}

/** Returns how much shared memory this runtime uses (snapshot). Never blocks. */
export function memoryUsage(): MemoryUsage {
  const memory = slab();
  return {
    used: i32[HEADER.pagesUsed]! * PAGE_BYTES,
    committed: memory.buffer.byteLength,
    maximum: i32[HEADER.maximumPages]! * PAGE_BYTES,
  };
}
