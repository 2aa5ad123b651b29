import { expect, test } from 'vitest';
import type { TimerOwner } from './table.ts';
import { TimerWheel } from './wheel.ts';

/** A wheel of functions. */
class Actions implements TimerOwner {
  readonly seed = 0;
  readonly wheel: TimerWheel;

  constructor(now: number) {
    this.wheel = new TimerWheel(now);
  }

  /** Returns the timer's number. */
  start(at: number, action: () => void): number {
    const { table } = this.wheel;
    const place = table.take(this, action);
    this.wheel.start(place, at);
    return table.numberOf(place);
  }

  defer(ms: number, action: () => void): number {
    const { table } = this.wheel;
    const place = table.take(this, action);
    this.wheel.defer(place, ms);
    return table.numberOf(place);
  }

  cancel(number: number): boolean {
    const { table } = this.wheel;
    const place = table.placeOf(number);
    if (place === 0) return false;
    this.wheel.stop(place);
    table.release(place);
    return true;
  }

  due(place: number): void {
    const { table } = this.wheel;
    const action = table.contents[place] as () => void;
    table.release(place);
    action();
  }
}

/** A small generator with a seed, so that a failure can be played again. */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

test('fires never early, in the order of the ticks, and within a tick in the order of the start', () => {
  const timers = new Actions(0);
  const { wheel } = timers;
  const fired: string[] = [];
  timers.start(10, () => fired.push('b'));
  timers.start(5, () => fired.push('a'));
  timers.start(9.5, () => fired.push('c'));
  wheel.advance(4.9);
  expect(fired).toEqual([]);
  wheel.advance(9.9);
  expect(fired).toEqual(['a']);
  wheel.advance(10);
  expect(fired).toEqual(['a', 'b', 'c']);
  expect(wheel.size).toBe(0);
});

test.each([1, 2, 3, 4, 5])('agrees with a sorted list, seed %i', seed => {
  const random = lcg(seed);
  let now = Math.floor(random() * 1e6);
  const timers = new Actions(now);
  const { wheel } = timers;
  const model: { timer: number; tick: number; order: number }[] = [];
  const fired: number[] = [];
  let order = 0;
  for (let step = 0; step < 3000; step++) {
    const choice = random();
    if (choice < 0.6) {
      const id = order++;
      const at = now + Math.floor(random() ** 6 * 3e9) + (random() < 0.5 ? 0 : random() * 300);
      const timer = timers.start(at, () => fired.push(id));
      model.push({ timer, tick: Math.ceil(at), order: id });
    } else if (choice < 0.75 && model.length > 0) {
      const [gone] = model.splice(Math.floor(random() * model.length), 1);
      expect(timers.cancel(gone!.timer)).toBe(true);
      expect(timers.cancel(gone!.timer)).toBe(false);
    } else {
      now += Math.floor(random() ** 4 * 1e7);
      const due = model.filter(({ tick }) => tick <= now);
      for (const each of due) model.splice(model.indexOf(each), 1);
      fired.length = 0;
      const { next } = wheel;
      if (due.length > 0) expect(next).toBeLessThanOrEqual(Math.min(...due.map(({ tick }) => tick)));
      wheel.advance(now);
      const ticks = new Map(due.map(each => [each.order, each.tick]));
      expect(fired).toEqual([...ticks.keys()].sort((a, b) => ticks.get(a)! - ticks.get(b)! || a - b));
    }
    expect(wheel.size).toBe(model.length);
  }
});

test('an action may start a timer for the same tick, which fires in the same advance', () => {
  const timers = new Actions(0);
  const fired: string[] = [];
  timers.start(3, () => {
    fired.push('first');
    timers.start(1, () => fired.push('second'));
  });
  timers.wheel.advance(3);
  expect(fired).toEqual(['first', 'second']);
});

test('a timer of more than a hundred years fires in its time', () => {
  const timers = new Actions(0);
  const { wheel } = timers;
  const century = 100 * 365 * 86_400_000;
  let fired = 0;
  timers.start(century, () => (fired += 1));
  wheel.advance(century - 1);
  expect(fired).toBe(0);
  wheel.advance(century);
  expect(fired).toBe(1);
});

test('those that were deferred count from the time at which they are dealt, in the order of their start, and can be cancelled before', () => {
  const timers = new Actions(0);
  const { wheel } = timers;
  const fired: string[] = [];
  timers.defer(10, () => fired.push('a'));
  const cancelled = timers.defer(10, () => fired.push('cancelled'));
  timers.defer(5, () => fired.push('b'));
  expect(wheel.size).toBe(0);
  expect(timers.cancel(cancelled)).toBe(true);
  expect(wheel.startDeferred(100)).toBe(105);
  expect([wheel.hasDeferred, wheel.size]).toEqual([false, 2]);
  timers.start(110, () => fired.push('c'));
  wheel.advance(109);
  expect(fired).toEqual(['b']);
  wheel.advance(110);
  expect(fired).toEqual(['b', 'a', 'c']);
});

test('a number is never that of another timer, also when the columns have been given back', () => {
  const timers = new Actions(0);
  const { table } = timers.wheel;
  const small = table.words.length;
  const seen = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const numbers = Array.from({ length: 5000 }, () => timers.start(30_000, () => {}));
    for (const number of numbers) seen.add(number);
    expect(seen.size).toBe(5000 * (round + 1) + 2 * round);
    expect(table.words.length).toBeGreaterThan(small);
    for (const number of numbers) expect(timers.cancel(number)).toBe(true);
    // One that is alone needs less than a quarter, and another less than a quarter of that.
    for (const each of ['first', 'second']) seen.add(timers.start(30_000, () => each));
    for (const number of seen) timers.cancel(number);
    for (let n = 0; n < 2; n++) timers.cancel(timers.start(30_000, () => {}));
    expect(table.words.length).toBe(small);
    for (const number of numbers) expect(timers.cancel(number)).toBe(false);
  }
  for (const foreign of [0, 1, -1, 448, 0.5, NaN, Infinity, 2 ** 53, 2 ** 24 + 449])
    expect(timers.cancel(foreign)).toBe(false);
});
