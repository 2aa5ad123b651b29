import { afterEach, describe, expect, it } from 'vitest';
import { i32 } from '../atomics.ts';
import { SharedMemoryExhaustedError, Thread } from '../index.ts';
import { allocate, allocateZeroed, blockBytes, free, memoryUsage } from './allocator.ts';
import { churn, writeFar } from './allocator.fixture.ts';
import { configureMemory, ensureMapped } from './slab.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

describe('the allocator', () => {
  afterEach(() => configureMemory({ maximumBytes: GIB }));

  it('aligns every block to a cache line and gives at least what was asked for', () => {
    for (const bytes of [1, 64, 65, 128, 129, 1000, 4096, 16_384, 16_385, 65_536, 65_537, 1_000_000]) {
      const block = allocate(bytes);
      expect(block % 16, `${bytes} bytes`).toBe(0);
      expect(blockBytes(block)).toBeGreaterThanOrEqual(bytes);
      free(block);
    }
  });

  it('hands a freed block out again before it takes new memory', () => {
    const first = allocate(100);
    free(first);
    expect(allocate(100)).toBe(first);
    const before = memoryUsage().used;
    for (let round = 0; round < 100_000; round++) free(allocate(1 + (round % 20_000)));
    expect(memoryUsage().used - before).toBeLessThan(MIB);
  });

  it('merges neighbouring runs of pages, so that many middle-sized blocks make room for a large one', () => {
    const blocks = Array.from({ length: 64 }, () => allocate(65_536));
    const before = memoryUsage();
    for (const block of blocks) free(block);
    const large = allocate(60 * 65_536);
    expect(memoryUsage().committed).toBe(before.committed);
    free(large);
  });

  it('clears what is asked for cleared', () => {
    const block = allocate(512);
    i32.fill(-1, block, block + 128);
    free(block);
    const again = allocateZeroed(512);
    expect(again).toBe(block);
    expect(i32.subarray(again, again + 128).every(word => word === 0)).toBe(true);
    free(again);
  });

  it('says at the allocating call that memory is exhausted, with the figures and the cure, and works on after something was freed', () => {
    configureMemory({ maximumBytes: 4 * MIB });
    const blocks: number[] = [];
    const fill = (): void => {
      for (;;) blocks.push(allocate(100_000));
    };
    expect(fill).toThrow(SharedMemoryExhaustedError);
    expect(fill).toThrow(
      /no 100000 bytes of shared memory left: \d+ of at most 4194304 bytes are in use\. .*configureMemory/,
    );
    expect(() => allocate(2 * GIB)).toThrow(SharedMemoryExhaustedError);
    free(blocks.pop()!);
    blocks.push(allocate(100_000));
    for (const block of blocks) free(block);
  });

  it('refuses to free what is no block', () => {
    expect(() => free(3)).toThrow(/not a block/);
  });

  it('rejects a limit that makes no sense, quoting it', () => {
    expect(() => configureMemory({ maximumBytes: 17 })).toThrow(
      /maximumBytes must be from \d+ to \d+, got 17 \(number\)/,
    );
    expect(() => configureMemory({ maximumBytes: Number.NaN })).toThrow(RangeError);
  });

  it('never gives one word to two owners, from five threads at once', () => {
    const threads = [1, 2, 3, 4].map(mark => new Thread(churn, { args: [mark, 30_000] }).start());
    expect(churn(5, 30_000)).toBe(0);
    expect(threads.map(thread => thread.result({ timeout: 25_000 }))).toEqual([0, 0, 0, 0]);
  });

  it('grows under views that others hold: old pointers keep their values, new ones are seen', () => {
    const old = allocateZeroed(64);
    const view = i32;
    i32[old + 3] = 99;
    const thread = new Thread(writeFar, { args: [8 * MIB] }).start();
    const far = thread.result({ timeout: 20_000 });
    ensureMapped(far + 2 * MIB);
    expect(i32[far + 2 * MIB - 1]).toBe(4711);
    expect([view[old + 3], i32[old + 3]]).toEqual([99, 99]);
    view[old + 3] = 100;
    expect(i32[old + 3]).toBe(100);
    free(far);
    free(old);
  });
});
