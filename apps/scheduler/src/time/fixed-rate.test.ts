import { expect, test } from 'vitest';
import { nextFixedRate } from './fixed-rate.ts';

test('the first run is at the start', () => {
  expect(nextFixedRate(1000, 60, 0)).toBe(1000);
  expect(nextFixedRate(1000, 60, 999)).toBe(1000);
});

test('a run that is due now is past: the next one is a period later', () => {
  expect(nextFixedRate(1000, 60, 1000)).toBe(1060);
  expect(nextFixedRate(1000, 60, 1060)).toBe(1120);
});

test('a late run does not delay those after it', () => {
  expect(nextFixedRate(1000, 60, 1061)).toBe(1120);
  expect(nextFixedRate(1000, 60, 1119)).toBe(1120);
});

test('missed runs are skipped', () => {
  expect(nextFixedRate(0, 60, 1_000_000_007)).toBe(1_000_000_020);
});

test.each([
  [Number.NaN, 60, 0, 'startMs must be a finite number, got NaN'],
  [0, 0, 0, 'everyMs must be a finite number above 0, got 0'],
  [0, -1, 0, 'everyMs must be a finite number above 0, got -1'],
  [0, Number.POSITIVE_INFINITY, 0, 'everyMs must be a finite number above 0, got Infinity'],
  [0, 60, Number.NaN, 'nowMs must be a finite number, got NaN'],
])('nextFixedRate(%d, %d, %d) throws: %s', (startMs, everyMs, nowMs, message) => {
  expect(() => nextFixedRate(startMs, everyMs, nowMs)).toThrow(message);
});
