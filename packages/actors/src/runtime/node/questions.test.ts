import { expect, test } from 'vitest';
import type { PendingAsk } from '../ask.ts';
import { NUMBERS_PER_GENERATION } from '../runtime.ts';
import type { Outbox } from './outbox.ts';
import { Questions } from './questions.ts';

const SLOT = 3;

function question(): PendingAsk {
  return { number: 0, slot: 1, path: '/a', keeper: undefined } as unknown as PendingAsk;
}

function questions(generation = 0): Questions {
  return new Questions(SLOT, generation, () => undefined as unknown as Outbox);
}

test('a question is found by its number as long as it is open, whatever else is asked meanwhile', () => {
  const known = questions();
  const old = question();
  const number = known.leaves(old);
  const given = new Set([number]);
  for (let n = 0; n < 5000; n++) {
    const one = question();
    const its = known.leaves(one);
    expect(given.has(its)).toBe(false);
    given.add(its);
    expect(known.get(its)).toBe(one);
    expect(known.get(number)).toBe(old);
    known.settled(one, true);
    expect(known.get(its)).toBeUndefined();
  }
  expect(known.open).toBe(1);
});

test('many at once are found, in however long a table, and settled in any order', () => {
  const known = questions(2);
  for (let round = 0; round < 3; round++) {
    const open = Array.from({ length: 3000 }, question);
    const numbers = open.map(one => known.leaves(one));
    expect(Math.min(...numbers)).toBeGreaterThan(2 * NUMBERS_PER_GENERATION * 256);
    expect(numbers.every((number, n) => number % 256 === SLOT && known.get(number) === open[n])).toBe(true);
    const backwards = [...open.entries()].toSorted(([a], [b]) => ((a * 7919) % 3000) - ((b * 7919) % 3000));
    for (const [, one] of backwards) known.settled(one, true);
    expect(known.open).toBe(0);
    expect(numbers.some(number => known.get(number) !== undefined)).toBe(false);
  }
});

test('a number that leaves twice is one question', () => {
  const known = questions();
  const one = question();
  expect(known.leaves(one)).toBe(known.leaves(one));
  expect(known.open).toBe(1);
});

test('of those that went to a thread that has died, all that its successor has not seen die, in the order in which they were asked', () => {
  const known = questions();
  const dead: number[] = [];
  const open = Array.from({ length: 200 }, (_, n) => {
    const one = { ...question(), slot: n % 2, died: () => void dead.push(n) } as unknown as PendingAsk;
    known.leaves(one);
    return one;
  });
  known.threadDied(1, 5);
  known.seenBy(1, 5, [open[1]!.number, open[99]!.number]);
  expect(dead).toEqual(open.map((_, n) => n).filter(n => n % 2 === 1 && n !== 1 && n !== 99));
});
