import { afterEach, describe, expect, it } from 'vitest';
import { Thread, stackSize } from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import { depth } from './context.fixture.ts';

afterEach(() => {
  stackSize(0);
});

describe('stackSize, as CPython tests its own', () => {
  it('is the platform’s by default, and returns what it was before', () => {
    expect([stackSize(), stackSize(8), stackSize(), stackSize(0.25), stackSize(0), stackSize()]).toEqual([
      0, 0, 8, 8, 0.25, 0,
    ]);
  });

  it('holds for threads that are started from then on, on any thread', async () => {
    const usual = new Thread(depth).start().result(SOON);
    stackSize(32);
    const large = new Thread(depth).start().result(SOON);
    stackSize(1);
    const small = new Thread(depth).start().result(SOON);
    expect(large).toBeGreaterThan(3 * usual);
    expect(small).toBeLessThan(usual / 2);
    stackSize(0);
    const again = new Thread(depth).start().result(SOON);
    expect(again).toBeGreaterThan(usual / 2);
    expect(again).toBeLessThan(2 * usual);
  });

  it.each([
    [
      'too little',
      () => stackSize(0.01),
      RangeError,
      'stackSize: mib must be 0 or from 0.03125 (32 KiB) to 1024, got 0.01',
    ],
    ['a negative size', () => stackSize(-1), RangeError, 'got -1'],
    ['too much', () => stackSize(2000), RangeError, 'got 2000'],
    ['NaN', () => stackSize(Number.NaN), RangeError, 'got NaN'],
    [
      'a text',
      () => stackSize('4' as never),
      TypeError,
      'stackSize: mib must be a number of MiB, got 4 (string)',
    ],
  ])('refuses %s, and nothing has changed then', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
    expect(stackSize()).toBe(0);
  });
});
