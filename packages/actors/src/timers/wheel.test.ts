import { expect, test } from 'vitest';
import { TimerWheel, WheelTimer } from './wheel.ts';

/** A small generator with a seed, so that a failure can be played again. */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

test('fires never early, in the order of the ticks, and within a tick in the order of the start', () => {
  const wheel = new TimerWheel(0);
  const fired: string[] = [];
  wheel.start(new WheelTimer(() => fired.push('b')), 10);
  wheel.start(new WheelTimer(() => fired.push('a')), 5);
  wheel.start(new WheelTimer(() => fired.push('c')), 9.5);
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
  const wheel = new TimerWheel(now);
  const model: { timer: WheelTimer; tick: number; order: number }[] = [];
  const fired: number[] = [];
  let order = 0;
  for (let step = 0; step < 3000; step++) {
    const choice = random();
    if (choice < 0.6) {
      const id = order++;
      const at = now + Math.floor(random() ** 6 * 3e9) + (random() < 0.5 ? 0 : random() * 300);
      const timer = new WheelTimer(() => fired.push(id));
      wheel.start(timer, at);
      model.push({ timer, tick: Math.ceil(at), order: id });
    } else if (choice < 0.75 && model.length > 0) {
      const [gone] = model.splice(Math.floor(random() * model.length), 1);
      expect(wheel.cancel(gone!.timer)).toBe(true);
      expect(wheel.cancel(gone!.timer)).toBe(false);
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
  const wheel = new TimerWheel(0);
  const fired: string[] = [];
  const second = new WheelTimer(() => fired.push('second'));
  wheel.start(
    new WheelTimer(() => {
      fired.push('first');
      wheel.start(second, 1);
    }),
    3,
  );
  wheel.advance(3);
  expect(fired).toEqual(['first', 'second']);
});

test('a timer of more than a hundred years fires in its time', () => {
  const wheel = new TimerWheel(0);
  const century = 100 * 365 * 86_400_000;
  let fired = 0;
  wheel.start(new WheelTimer(() => (fired += 1)), century);
  wheel.advance(century - 1);
  expect(fired).toBe(0);
  wheel.advance(century);
  expect(fired).toBe(1);
});
