/** Two threads that talk densely by sleeping hold on to their cores for a moment; others never do. */
import { SharedInt32Array } from '@heddle/core';
import { expect, test } from 'vitest';
import { Apart } from './apart.ts';
import { bellWords } from './bell.ts';

const HOLD_MS = 12;

function pair(): { one: Apart; other: Apart; bells: SharedInt32Array } {
  const bells = new SharedInt32Array(bellWords(3));
  return { one: new Apart(bells, 1), other: new Apart(bells, 2), bells };
}

/** Ends now. */
function talk(one: Apart, messages: number, everyMs: number): void {
  const from = performance.now() - messages * everyMs;
  for (let n = 0; n < messages; n++) one.sleptFor(from + n * everyMs, 2);
}

test('a dense conversation by sleeping makes both hold, and only for a moment', async () => {
  let two: ReturnType<typeof pair>;
  let held: boolean[];
  let before: number;
  do {
    // Another pair where this thread has stood still for longer than they hold.
    two = pair();
    before = performance.now();
    expect([two.one.holds(), two.other.holds()]).toEqual([false, false]);
    talk(two.one, 32, 0.05);
    held = [two.one.holds(), two.other.holds()];
  } while (performance.now() - before > HOLD_MS / 2);
  expect(held).toEqual([true, true]);
  const { one, other } = two;
  const until = performance.now() + HOLD_MS + 5;
  while (performance.now() < until) await new Promise(resolve => setTimeout(resolve, 1));
  expect([one.holds(), other.holds()]).toEqual([false, false]);
});

test('messages that come now and then, or are found by watching, make nobody hold', () => {
  const { one, other } = pair();
  talk(one, 1000, 1);
  expect(other.holds()).toBe(false);
  for (let n = 0; n < 1000; n++) {
    one.foundAtOnce();
    talk(one, 31, 0.05);
  }
  expect(other.holds()).toBe(false);
});

test('the next time is the further away the more often it was in vain', () => {
  const { one, bells } = pair();
  const times: number[] = [];
  const start = performance.now();
  for (let ms = 0; ms < 20_000; ms += 0.05) {
    one.sleptFor(start + ms, 2);
    if (bells.view.every(word => word === 0)) continue;
    times.push(ms);
    bells.view.fill(0);
  }
  const pauses = times.slice(1).map((time, n) => time - times[n]!);
  expect(pauses.length).toBeGreaterThan(5);
  // Of the whole, what is spent on it comes to less than a hundredth.
  expect(pauses.at(-1)! / HOLD_MS).toBeGreaterThan(100);
  for (let n = 1; n < pauses.length; n++) expect(pauses[n]!).toBeGreaterThanOrEqual(pauses[n - 1]! - 5);
});

test('what a dead thread, or a clock that was set, has left in the word makes nobody hold', () => {
  const { one, bells } = pair();
  for (const offset of [-1000, 1000, 2 ** 31, HOLD_MS + 5]) {
    bells.view.fill(((performance.timeOrigin + performance.now() + offset) % 2 ** 32) | 0);
    expect(one.holds()).toBe(false);
  }
});
