import { describe, expect, it } from 'vitest';
import type { Job } from '../record.ts';
import { Dedupe } from './dedupe.ts';
import { deadlineOf } from './grace.ts';
import { Ledger } from './ledger.ts';
import { quantiles } from './totals.ts';

const job = (seq: number): Job => ({
  seq,
  origin: 0,
  index: 0,
  file: 0,
  start: 0,
  end: 0,
  at: 0,
  source: 's',
  format: 'text',
  key: `${seq}`,
  bytes: new Uint8Array(0),
});
const left = (ledger: Ledger): number[] => ledger.jobs.map(({ seq }) => seq);

describe('Ledger', () => {
  it('forgets what is delivered, also across the wrap of the counter', () => {
    const ledger = new Ledger();
    ledger.settle(-2);
    ledger.add([1, 2, 3, 4, 5].map(job));
    // A 32-bit counter goes from 2^32 - 2, seen as -2, over -1 and 0 to 1.
    ledger.settle(1);
    expect(left(ledger)).toEqual([4, 5]);
  });

  it('condemns the job that the thread was at', () => {
    const ledger = new Ledger();
    ledger.add([1, 2, 3].map(job));
    expect(ledger.condemn(1, 'it exited')?.seq).toBe(2);
    expect(ledger.jobs[1]).toMatchObject({ seq: 2, fault: 'it exited' });
    expect(ledger.jobs[0]!.fault).toBeUndefined();
  });

  it('condemns the oldest when the third thread in a row dies with it, though at none', () => {
    const ledger = new Ledger();
    ledger.add([1, 2].map(job));
    expect(ledger.condemn(undefined, 'r')).toBeUndefined();
    expect(ledger.condemn(undefined, 'r')).toBeUndefined();
    expect(ledger.condemn(undefined, 'r')?.seq).toBe(1);
  });
});

describe('Dedupe', () => {
  it('accepts each worker’s results once, in their order', () => {
    const dedupe = new Dedupe();
    const accepted = [
      [0, 1],
      [1, 2],
      [0, 3],
      [0, 1],
      [0, 3],
      [0, 4],
      [1, 2],
    ].map(([worker, seq]) => dedupe.accept({ worker: worker!, seq: seq! }));
    expect(accepted).toEqual([true, true, true, false, false, true, false]);
  });
});

it('a job is late only when the same one has been under way for longer than is allowed', () => {
  const late = deadlineOf(100);
  expect([
    late(1, 0),
    late(1, 90),
    late(2, 150),
    late(2, 240),
    late(undefined, 400),
    late(3, 500),
    late(3, 601),
  ]).toEqual([false, false, false, false, false, false, true]);
});

it('quantiles are within a tenth of the truth', () => {
  const before = new Int32Array(160);
  const after = new Int32Array(160);
  for (let ms = 1; ms <= 1000; ms++) after[Math.floor(8 * Math.log2(1 + ms))]! += 1;
  const [p50, p99] = quantiles(before, after, [0.5, 0.99])!;
  expect(p50! / 500).toBeGreaterThan(0.9);
  expect(p50! / 500).toBeLessThan(1.1);
  expect(p99! / 990).toBeGreaterThan(0.9);
  expect(p99! / 990).toBeLessThan(1.1);
  expect(quantiles(after, after, [0.5])).toBeUndefined();
});
