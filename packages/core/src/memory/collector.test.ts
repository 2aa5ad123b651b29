import { expect, test } from 'vitest';
import { collect, prepareToCollect } from './collector.ts';

test('what a job has made and let go of is gone within the job, and no promise of its is settled meanwhile', () => {
  prepareToCollect();
  let settled = 0;
  void Promise.resolve().then(() => (settled += 1));
  const kept = Array.from({ length: 100 }, (_, n) => ({ n }));
  const refs = kept.map(each => new WeakRef(each));
  for (let round = 0; round < 20; round++) {
    const dropped = Array.from({ length: 100 }, (_, n) => new WeakRef({ n }));
    expect(collect()).toBe(true);
    // The last may still be in a register.
    expect(dropped.filter(ref => ref.deref() !== undefined).length).toBeLessThanOrEqual(1);
  }
  expect(refs.map(ref => ref.deref())).toEqual(kept);
  expect(settled).toBe(0);
});
