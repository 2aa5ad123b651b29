import { expect, test } from 'vitest';
import { SPEED, TIME, compare, judge, spread } from './harness.ts';

const row = { what: 'a thing', ours: 'ours', against: 'theirs' };

test('a spread is the median and the quartiles, interpolated between neighbours', () => {
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, low: 1.75, high: 3.25 });
  expect(spread([7])).toEqual({ median: 7, low: 7, high: 7 });
});

test('a bar of times is reached from below, one of speeds from above, and both are eased by the factor', () => {
  expect(judge(1, { atMost: 1 }, 1)).toBe('met');
  expect(judge(1.01, { atMost: 1 }, 1)).toBe('missed');
  expect(judge(1.9, { atMost: 1 }, 2)).toBe('met');
  expect(judge(6, { atLeast: 6 }, 1)).toBe('met');
  expect(judge(5.9, { atLeast: 6 }, 1)).toBe('missed');
  expect(judge(3, { atLeast: 6 }, 2)).toBe('met');
  expect(judge(2.9, { atLeast: 6 }, 2)).toBe('missed');
});

test('a row for information has no verdict', () => {
  expect(judge(1e9, TIME, 1)).toBe('no bar');
  expect(judge(0, SPEED, 1)).toBe('no bar');
});

test('a ratio is the median of the ratios within rounds, so that a machine that slows down cancels out', () => {
  const ours = [10, 20, 40, 80, 160];
  const theirs = [20, 40, 80, 160, 40];
  const { ourTime, theirTime, ratio } = compare('work', { ...row, bar: { atMost: 1 } }, ours, theirs);
  expect([ourTime.median, theirTime!.median, ratio!.median]).toEqual([40, 40, 0.5]);
});

test('a ratio of speeds is ours by theirs as well', () => {
  const { ratio, verdict } = compare('work', { ...row, bar: { atLeast: 4 } }, [10, 10, 10], [50, 50, 50]);
  expect([ratio!.median, verdict]).toEqual([5, 'met']);
});

test('a side that this machine lacks is not measured, and no bar is missed for it', () => {
  const { ratio, verdict } = compare('work', { ...row, bar: { atMost: 1 } }, [10], undefined);
  expect([ratio, verdict]).toEqual([undefined, 'not measured']);
});
