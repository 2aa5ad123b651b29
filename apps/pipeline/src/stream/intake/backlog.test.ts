import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Job } from '../record.ts';
import { Backlog, type Policy } from './backlog.ts';
import { Spill } from './spill.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-backlog-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
function job(index: number, bytes = 10): Job {
  return {
    seq: 0,
    origin: 1,
    index,
    file: 0,
    start: 0,
    end: 0,
    at: 0,
    source: 's',
    format: 'text',
    key: `${index}`,
    bytes: new Uint8Array(bytes).fill(index),
  };
}
function make(
  policy: Policy,
  maxItems = 3,
  more: { maxBytes?: number; spill?: Spill } = {},
): { backlog: Backlog; dropped: number[] } {
  const dropped: number[] = [];
  const { maxBytes = 1e6, spill } = more;
  const backlog = new Backlog({
    maxItems,
    maxBytes,
    policy,
    onDrop: ({ index }) => dropped.push(index),
    ...(spill === undefined ? {} : { spill }),
  });
  return { backlog, dropped };
}
const take = async (backlog: Backlog, max: number): Promise<number[] | undefined> =>
  (await backlog.take(max, never))?.map(({ index }) => index);

describe('Backlog', () => {
  it('block: refuses when it is full, and wakes those who wait when half is empty', async () => {
    const { backlog } = make('block', 4);
    expect([0, 1, 2, 3, 4].map(index => backlog.offer(job(index)))).toEqual([true, true, true, true, false]);
    let woken = false;
    const room = backlog.room().then(() => (woken = true));
    await take(backlog, 1);
    expect(woken).toBe(false);
    await take(backlog, 1);
    await room;
    expect(backlog.offer(job(4))).toBe(true);
    expect(await take(backlog, 9)).toEqual([2, 3, 4]);
  });

  it('dropNew and dropOld: keep the oldest or the newest, and tell of each that they drop', async () => {
    for (const [policy, kept, gone] of [
      ['dropNew', [0, 1, 2], [3, 4]],
      ['dropOld', [2, 3, 4], [0, 1]],
    ] as const) {
      const { backlog, dropped } = make(policy);
      for (let i = 0; i < 5; i++) expect(backlog.offer(job(i))).toBe(true);
      expect(dropped).toEqual(gone);
      expect(backlog.dropped).toBe(2);
      expect(await take(backlog, 9)).toEqual(kept);
    }
  });

  it('is bounded by bytes too, but lets a large one in alone', async () => {
    const { backlog } = make('block', 100, { maxBytes: 1000 });
    expect(backlog.offer(job(0, 5000))).toBe(true);
    expect(backlog.offer(job(1))).toBe(false);
    await take(backlog, 1);
    expect(backlog.offer(job(1))).toBe(true);
  });

  it('spill: keeps the order by way of the disk, block by block, and leaves no file', async () => {
    const spill = new Spill(folder, 1e9);
    const { backlog } = make('spill', 10, { spill });
    const count = 3000;
    for (let i = 0; i < count; i++) expect(backlog.offer(job(i, 500))).toBe(true);
    expect(backlog.size).toBe(10);
    expect(backlog.spilled).toBe(count - 10);
    expect(readdirSync(folder).length).toBeGreaterThan(0);
    const taken: number[] = [];
    // New ones come while it is read back.
    for (let more = 0; more < 100; more++) {
      taken.push(...(await take(backlog, 7))!);
      backlog.offer(job(count + more, 500));
    }
    // Bytes of its own, not the block's.
    expect((await backlog.take(1, never))![0]!.bytes.buffer.byteLength).toBe(500);
    taken.push(taken.length);
    backlog.close();
    for (let some = await take(backlog, 64); some !== undefined; some = await take(backlog, 64))
      taken.push(...some);
    expect(taken).toEqual(Array.from({ length: count + 100 }, (_, i) => i));
    expect(spill.bytes).toBe(0);
    spill.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('spill: refuses when the disk has its share too', () => {
    const spill = new Spill(folder, 2000);
    const { backlog } = make('spill', 1, { spill });
    const taken = Array.from({ length: 50 }, (_, i) => backlog.offer(job(i, 100)));
    expect(taken.indexOf(false)).toBeGreaterThan(1);
    spill.close();
  });

  it('takers stand in line, an aborted one takes nothing, and all hear of the end', async () => {
    const { backlog } = make('block');
    const abort = new AbortController();
    const gone = backlog.take(1, abort.signal);
    const [first, second] = [take(backlog, 1), take(backlog, 1)];
    abort.abort();
    expect(await gone).toBeUndefined();
    backlog.offer(job(1));
    backlog.close();
    expect(await first).toEqual([1]);
    expect(await second).toBeUndefined();
  });
});
