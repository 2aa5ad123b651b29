/** What the allocator's tests run in threads. */
import { i32 } from '../atomics.ts';
import { task } from '../thread/target.ts';
import { allocate, blockBytes, free } from './allocator.ts';

/** Allocates and frees at random; every block carries its owner's mark from end to end, so that two owners of one word are found out. */
export const churn = task(import.meta, function churn(mark: number, rounds: number): number {
  const held: Array<{ block: number; words: number }> = [];
  let seed = mark;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  let clashes = 0;
  const check = ({ block, words }: { block: number; words: number }): void => {
    if (i32[block] !== mark || i32[block + words - 1] !== mark) clashes += 1;
  };
  for (let round = 0; round < rounds; round++) {
    if (held.length < 40 && random(2) === 0) {
      const bytes = 8 + random(random(20) === 0 ? 200_000 : 3000);
      const block = allocate(bytes);
      const words = Math.ceil(bytes / 4);
      if (blockBytes(block) < bytes) clashes += 1;
      i32[block] = mark;
      i32[block + words - 1] = mark;
      held.push({ block, words });
    } else if (held.length > 0) {
      const [item] = held.splice(random(held.length), 1);
      check(item!);
      free(item!.block);
    }
  }
  for (const item of held) {
    check(item);
    free(item.block);
  }
  return clashes;
});

/** Writes beyond what the creator's views reached when they were made. */
export const writeFar = task(import.meta, function writeFar(bytes: number): number {
  const block = allocate(bytes);
  i32[block + bytes / 4 - 1] = 4711;
  return block;
});
