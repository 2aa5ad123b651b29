/**
 * Which locks the guards of each thread hold together with others (an `RWLock`, to read): a lock held by many can stand in no list through the lock
 * itself. From AGENT.shares on, each agent has a list of records [next, lock]; written by the agent with plain stores, read by others as `held.ts` says.
 */
import { i32 } from '../atomics.ts';
import { agents } from '../memory/agent.ts';
import { allocate } from '../memory/allocator.ts';
import { AGENT } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { selfAgent } from '../parking/guard.ts';

const RECORD_BYTES = 64;
const [NEXT, LOCK] = [0, 1];
const LONGEST = 1000;

/** Records of this thread that are in no list. */
const pool: number[] = [];

/** Makes sure that `addShare` needs no memory. Throws `SharedMemoryExhaustedError`. */
export function prepareShare(): void {
  if (pool.length === 0) pool.push(allocate(RECORD_BYTES));
}

/** Writes down that a guard of this thread shares the lock, and returns the record. `prepareShare` was called before. */
export function addShare(lock: number): number {
  const record = pool.pop() ?? allocate(RECORD_BYTES);
  i32[record + LOCK] = lock;
  i32[record + NEXT] = i32[selfAgent + AGENT.shares]!;
  i32[selfAgent + AGENT.shares] = record;
  return record;
}

/** Whether the record is still in this thread's list: not when the thread has ended. */
export function hasShare(record: number): boolean {
  return wordBefore(record) !== 0;
}

/** Writes down that the guard is about to give its share back. */
export function dropShare(record: number): void {
  i32[wordBefore(record)] = i32[record + NEXT]!;
  pool.push(record);
}

/** The word that links the record into this thread's list; 0 if it is in none. */
function wordBefore(record: number): number {
  let before = selfAgent + AGENT.shares;
  while (i32[before] !== record) {
    before = i32[before]! + NEXT;
    if (before === NEXT) return 0;
  }
  return before;
}

/** The locks that an agent's guards share (snapshot). */
export function sharesOf(agent: number): number[] {
  const locks: number[] = [];
  for (let record = i32[agent + AGENT.shares]!; record > 0 && locks.length < LONGEST;) {
    ensureMapped(record);
    locks.push(i32[record + LOCK]!);
    record = i32[record + NEXT]!;
  }
  return locks;
}

/** The agents whose guards share that lock (snapshot). */
export function sharersOf(lock: number): number[] {
  return [...agents()].filter(agent => sharesOf(agent).includes(lock));
}
