/**
 * Lock order checking: notes, once for each pair, that lock A was held when lock B was taken, and reports when these pairs form a circle. Then threads
 * that take the locks at unlucky moments wait for each other for ever, though they may never have done so yet.
 *
 * The pairs are a list in shared memory, from REGISTRY.orderEdges on, of records [next, held, taken, block with the place], guarded by the registry's
 * guard. Each thread remembers the pairs that it has seen there, so a pair costs something once for each thread. When a lock is freed its pairs go,
 * and what the threads remember is void (REGISTRY.orderEpoch).
 */
import { hot, i32 } from '../atomics.ts';
import { allocate, free } from '../memory/allocator.ts';
import { checkOptions } from '../memory/check-options.ts';
import { REGISTRY, WATCH } from '../memory/layout.ts';
import { readName } from '../memory/name.ts';
import { ensureMapped, slab } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { describeObject } from './describe.ts';
import { heldBy } from './held.ts';
import { callerPlace, indented, storePlace } from './place.ts';

const { add, and, load, or } = hot;

const EDGE_BYTES = 64;
const [NEXT, HELD, TAKEN, PLACE] = [0, 1, 2, 3];

/** Two locks, or more, that are not always taken in the same order. */
export interface LockInversion {
  /** What was found, in words, with both places. */
  readonly message: string;
  /** The locks in a circle: each was held when the next was taken; the first is taken now, while the last is held. */
  readonly locks: readonly string[];
}

/** How lock order checking is set up. */
export interface LockOrderOptions {
  /** Called, in the thread that takes a lock out of order, before it does; for threads that set none, it is printed to standard error. */
  onInversion?: ((inversion: LockInversion) => void) | undefined;
}

let onInversion: ((inversion: LockInversion) => void) | undefined;
/** For each lock, those that this thread knows to have been taken while it was held. */
let known = new Map<number, Set<number>>();
let knownEpoch = 0;

/**
 * Checks from now on, in all threads, in which order locks are taken by `hold()` without a timeout, and reports when two orders contradict each
 * other, each contradiction once, whether or not it leads to a deadlock this time. For development: each `hold()` costs some tenths of a microsecond more,
 * and some tens for a pair of locks that is new. `false` ends it. Never blocks. Throws `TypeError` for what is no function.
 *
 * @example
 * ```ts
 * checkLockOrder({ onInversion: ({ locks }) => console.log(locks) });
 * const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })];
 * { using one = a.hold(); using two = b.hold(); }
 * { using one = b.hold(); using two = a.hold(); } // prints [ 'Lock "a"', 'Lock "b"' ]
 * ```
 */
export function checkLockOrder(options: LockOrderOptions | false = {}): void {
  slab();
  if (options === false) {
    and(REGISTRY.watch, ~WATCH.order);
    return;
  }
  checkOptions(options, 'checkLockOrder', '{ onInversion: () => {} }');
  const action = options.onInversion;
  if (action !== undefined && typeof action !== 'function') {
    throw new TypeError(
      `checkLockOrder: onInversion must be a function, got ${String(action)} (${typeof action})`,
    );
  }
  onInversion = action;
  or(REGISTRY.watch, WATCH.order);
}

/** This thread is about to take the lock, and would wait for it as long as it takes. */
export function checkOrder(lock: number): void {
  const epoch = load(REGISTRY.orderEpoch);
  if (epoch !== knownEpoch) {
    known = new Map();
    knownEpoch = epoch;
  }
  for (const held of heldBy(selfAgent)) {
    if (held === lock || known.get(held)?.has(lock) === true) continue;
    const inversion = note(held, lock);
    let taken = known.get(held);
    if (taken === undefined) known.set(held, (taken = new Set()));
    taken.add(lock);
    if (inversion !== undefined) report(inversion);
  }
}

/** Writes a pair down, if it is new; returns what it contradicts. */
function note(held: number, taken: number): LockInversion | undefined {
  const here = callerPlace();
  const place = storePlace(here);
  let edge = 0;
  try {
    edge = allocate(EDGE_BYTES);
  } catch {
    // No memory to write it down: it is checked all the same.
  }
  let chain: number[] | undefined;
  const texts: string[] = [];
  lockGuard(REGISTRY.guard);
  const isNew = !edges().some(each => i32[each + HELD] === held && i32[each + TAKEN] === taken);
  if (isNew) {
    chain = pathBetween(taken, held);
    for (const each of chain ?? []) texts.push(readName(i32[each + PLACE]!));
    if (edge !== 0) {
      i32[edge + HELD] = held;
      i32[edge + TAKEN] = taken;
      i32[edge + PLACE] = place;
      i32[edge + NEXT] = i32[REGISTRY.orderEdges]!;
      i32[REGISTRY.orderEdges] = edge;
    }
  }
  const circle = chain?.map(each => i32[each + HELD]!);
  unlockGuard(REGISTRY.guard);
  if (!isNew || edge === 0) {
    if (edge !== 0) free(edge);
    if (place !== 0) free(place);
  }
  if (circle === undefined) return undefined;
  const locks = [...circle, held].map(describeObject);
  const message =
    `Lock order inversion: ${locks.at(-1)} is held and ${locks[0]} is taken` +
    `${indented(here, '    ')}\n  but elsewhere` +
    texts
      .map((text, n) => ` ${locks[n]} was held and ${locks[n + 1]} was taken${indented(text, '    ')}`)
      .join('\n  and') +
    '\n  Threads that do both at the same time may wait for each other for ever. Take these locks in one order everywhere.';
  return { message, locks };
}

function edges(): number[] {
  const all: number[] = [];
  for (let edge = i32[REGISTRY.orderEdges]!; edge !== 0; edge = i32[edge + NEXT]!) {
    ensureMapped(edge);
    all.push(edge);
  }
  return all;
}

/** Edges that lead from one lock to another, the shortest way; `undefined` if there are none. */
function pathBetween(from: number, to: number): number[] | undefined {
  const all = edges();
  const queue: Array<{ readonly lock: number; readonly path: number[] }> = [{ lock: from, path: [] }];
  const seen = new Set([from]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next.lock === to) return next.path;
    for (const edge of all) {
      const taken = i32[edge + TAKEN]!;
      if (i32[edge + HELD] !== next.lock || seen.has(taken)) continue;
      seen.add(taken);
      queue.push({ lock: taken, path: [...next.path, edge] });
    }
  }
  return undefined;
}

function report(inversion: LockInversion): void {
  if (onInversion === undefined) console.warn(inversion.message);
  else onInversion(inversion);
}

/** Forgets what is known of a lock that is being freed: its memory may become another lock. */
export function forgetOrder(lock: number): void {
  if (load(REGISTRY.orderEdges) === 0) return;
  const removed: number[] = [];
  lockGuard(REGISTRY.guard);
  let before: number = REGISTRY.orderEdges;
  for (let edge = i32[before]!; edge !== 0; edge = i32[before]!) {
    ensureMapped(edge);
    if (i32[edge + HELD] === lock || i32[edge + TAKEN] === lock) {
      i32[before] = i32[edge + NEXT]!;
      removed.push(edge);
    } else before = edge + NEXT;
  }
  if (removed.length > 0) add(REGISTRY.orderEpoch, 1);
  unlockGuard(REGISTRY.guard);
  for (const edge of removed) {
    if (i32[edge + PLACE] !== 0) free(i32[edge + PLACE]!);
    free(edge);
  }
}
