import { describe, expect, it } from 'vitest';
import { i32 } from '../atomics.ts';
import '../index.ts';
import { SHAPES } from './layout.ts';
import { findShape, publishShape } from './shapes.ts';

function slotOf(number: number): number {
  return SHAPES.first + number * SHAPES.words;
}

describe('lists of keys with a number', () => {
  it('are found by it, word for word, and get no second one', () => {
    const first = publishShape(Int32Array.of(1, 2, 3));
    const second = publishShape(Int32Array.of(1, 2, 4));
    expect(second).not.toBe(first);
    expect(publishShape(Int32Array.of(1, 2, 3))).toBe(first);
    expect(findShape(first)).toEqual(Int32Array.of(1, 2, 3));
    expect(findShape(second)).toEqual(Int32Array.of(1, 2, 4));
    expect(findShape(second)!.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('have none when they are too long', () => {
    const longest = new Int32Array(SHAPES.words - 1).fill(-7);
    expect(findShape(publishShape(longest))).toEqual(longest);
    expect(publishShape(new Int32Array(SHAPES.words).fill(-7))).toBe(-1);
  });

  it('are not in a slot that somebody has begun to write, nor where there is no slot', () => {
    const before = publishShape(Int32Array.of(20));
    i32[slotOf(before + 1)] = -1;
    i32[slotOf(before + 1) + 1] = 21;
    expect(findShape(before + 1)).toBeUndefined();
    expect(publishShape(Int32Array.of(21))).toBe(before + 2);
    expect(findShape(before + 3)).toBeUndefined();
    expect(findShape(SHAPES.most)).toBeUndefined();
    expect(findShape(0xff_ffff)).toBeUndefined();
  });

  it('have none when all slots are taken, and those that have one keep it', () => {
    const numbers = Array.from({ length: SHAPES.most }, (_, i) => publishShape(Int32Array.of(1000, i)));
    const numbered = numbers.filter(number => number !== -1);
    expect(numbered.length).toBeLessThan(SHAPES.most);
    expect(new Set(numbered).size).toBe(numbered.length);
    numbered.forEach((number, i) => expect(findShape(number)).toEqual(Int32Array.of(1000, i)));
    expect(publishShape(Int32Array.of(1000, 0))).toBe(numbered[0]);
    expect(publishShape(Int32Array.of(1001))).toBe(-1);
    // What comes behind isn't a slot any more, but the page table.
    expect(slotOf(SHAPES.most)).toBeLessThanOrEqual(16_384);
  });
});
