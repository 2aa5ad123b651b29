import { expect, test } from 'vitest';
import { post, receive } from './codec.fixture.ts';
import { HEADROOM_WORDS } from './scratch.ts';
import * as tags from './tags.ts';

const { head, REF_BIT, TAG_MASK, TAG_SHIFT, PAYLOAD_SHIFT, COUNT_FOLLOWS, WHOLE } = tags;

test('no two tags are the same, and none spills into the bits beside it', () => {
  const numbers: number[] = [];
  for (const [name, value] of Object.entries(tags)) {
    if (typeof value === 'number' && /^[A-Z][A-Z0-9]*$/.test(name) && name !== 'WHOLE') numbers.push(value);
  }
  expect(numbers.length).toBeGreaterThan(20);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const tag of numbers) {
    const word = head(tag, COUNT_FOLLOWS);
    expect([(word >> TAG_SHIFT) & TAG_MASK, word >>> PAYLOAD_SHIFT, word & (REF_BIT | WHOLE)]).toEqual([
      tag,
      COUNT_FOLLOWS,
      0,
    ]);
  }
});

test('a message is its last share, its root and padding, as drawn', () => {
  expect([...post(5).i32.subarray(4)]).toEqual([0, 11]);
  expect([...post('abcde').i32.subarray(4)]).toEqual([0, head(tags.TEXT_BYTES, 5), 0x64636261, 0x65]);
  expect([...post([]).i32.subarray(4)]).toEqual([0, head(tags.ARRAY, 0)]);
  const list: unknown[] = [];
  list.push(list);
  expect([...post(list).i32.subarray(4)]).toEqual([
    0,
    head(tags.ARRAY, 1) | REF_BIT,
    head(tags.REFERENCE, 0),
    1,
  ]);
  expect([...post([-0]).i32.subarray(4)]).toEqual([
    0,
    head(tags.ARRAY, 1),
    head(tags.DOUBLE, 0),
    0,
    0,
    -0x8000_0000,
  ]);
});

test('the longest list of keys that is written in one go fits into the headroom', () => {
  const wide = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`key-${i}`.padEnd(7, 'x'), i]));
  for (let size = 0; size < 200; size++) {
    // The record begins at every distance from the end of the scratch in turn.
    const value = ['x'.repeat(65_536 - HEADROOM_WORDS * 8 + size * 4), wide, wide, 'end'];
    expect(receive(post(value))).toEqual(value);
  }
});
