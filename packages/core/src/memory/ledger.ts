/**
 * The references that one thread counts, written down in shared memory, so that its death returns them.
 * Only the owner writes its ledger; after its death the reaper reads it, once.
 *
 * A ledger is a list of blocks of 64 words: word 0 links the next block, the others hold a pointer each, or 0.
 */
import { i32 } from '../atomics.ts';
import { selfAgent } from '../parking/guard.ts';
import { allocateZeroed, free } from './allocator.ts';
import { AGENT } from './layout.ts';
import { ensureMapped } from './slab.ts';

const BLOCK_WORDS = 64;

/** Words of this thread's ledger that are free. A plain array: it dies with the thread, and with it the need for it. */
const vacant: number[] = [];

/** Writes down one reference and returns the word where it stands. */
export function enter(pointer: number): number {
  if (vacant.length === 0) {
    const block = allocateZeroed(BLOCK_WORDS * 4);
    i32[block] = i32[selfAgent + AGENT.ledger]!;
    i32[selfAgent + AGENT.ledger] = block;
    for (let word = block + BLOCK_WORDS - 1; word > block; word--) vacant.push(word);
  }
  const word = vacant.pop()!;
  i32[word] = pointer;
  return word;
}

/** Strikes a reference out. */
export function strike(word: number): void {
  i32[word] = 0;
  vacant.push(word);
}

/** What another thread counts references to. Of one that is alive a snapshot, and no more than so many blocks: the ledger may change while it is read. */
export function referencesOf(agent: number, mostBlocks: number = Infinity): number[] {
  const pointers: number[] = [];
  let block = i32[agent + AGENT.ledger]!;
  for (let blocks = 0; block > 0 && blocks < mostBlocks; blocks++) {
    ensureMapped(block);
    for (let word = block + 1; word < block + BLOCK_WORDS; word++) {
      const pointer = i32[word]!;
      ensureMapped(pointer);
      if (pointer > 0 && pointer < i32.length) pointers.push(pointer);
    }
    block = i32[block]!;
  }
  return pointers;
}

/** Calls `release` for every reference of a dead agent and frees its ledger. */
export function settle(agent: number, release: (pointer: number) => void): void {
  let block = i32[agent + AGENT.ledger]!;
  i32[agent + AGENT.ledger] = 0;
  while (block !== 0) {
    ensureMapped(block);
    for (let word = block + 1; word < block + BLOCK_WORDS; word++) {
      const pointer = i32[word]!;
      if (pointer !== 0) release(pointer);
    }
    const next = i32[block]!;
    free(block);
    block = next;
  }
}
