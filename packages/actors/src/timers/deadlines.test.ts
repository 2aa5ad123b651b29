import { expect, test } from 'vitest';
import { Deadlines, NEVER } from './deadlines.ts';
import type { Due } from './deadlines.ts';

const MS = 5000;

class World {
  time = 0;
  rings: { readonly at: number; readonly ring: () => void }[] = [];
  readonly expired: { readonly name: number; readonly at: number }[] = [];
  readonly deadlines = new Deadlines(
    MS,
    () => this.time,
    (ms, now, ring) => this.rings.push({ at: now + ms, ring }),
  );

  begin(name: number): Due {
    const due: Due = {
      earlier: undefined,
      later: undefined,
      due: NEVER,
      expire: () => {
        this.deadlines.remove(due);
        this.expired.push({ name, at: this.time });
      },
    };
    this.deadlines.add(due);
    return due;
  }

  /** Rings what is due on the way, as a wheel does: at whole milliseconds. */
  moveTo(time: number): void {
    for (;;) {
      const next = this.rings.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || Math.ceil(next.at) > time) break;
      this.rings = this.rings.filter(each => each !== next);
      this.time = Math.max(this.time, Math.ceil(next.at));
      next.ring();
    }
    this.time = time;
  }
}

test('each expires when its time is over, counted from the first look at the clock after it began, in the order of the beginnings', () => {
  const world = new World();
  world.begin(0);
  world.deadlines.date(10.5);
  world.begin(1);
  world.begin(2);
  world.deadlines.date(20);
  world.begin(3);
  world.moveTo(5010);
  expect(world.expired).toEqual([]);
  world.moveTo(5019);
  expect(world.expired).toEqual([{ name: 0, at: 5011 }]);
  world.moveTo(20_000);
  // Nobody has looked at the clock since 3 began.
  expect(world.expired.map(({ name, at }) => [name, at])).toEqual([
    [0, 5011],
    [1, 5020],
    [2, 5020],
  ]);
  world.deadlines.date(20_000);
  world.moveTo(25_000);
  expect(world.expired.at(-1)).toEqual({ name: 3, at: 25_000 });
});

test('what is taken out never expires, and the timer that rings for nothing is the only one', () => {
  const world = new World();
  for (let n = 0; n < 100; n++) {
    const due = world.begin(n);
    if (n % 3 === 0) world.deadlines.date(n);
    world.deadlines.remove(due);
    expect(world.deadlines.hasUndated).toBe(false);
  }
  expect(world.rings.length).toBe(1);
  world.moveTo(10_000);
  expect(world.expired).toEqual([]);
  expect(world.rings.length).toBe(0);
});

test('as a list of all that are open says, whatever begins, is taken out and is looked at when', () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const world = new World();
  const open = new Map<number, Due>();
  const ends = new Map<number, number>();
  const undated = new Set<number>();
  for (let n = 0; n < 2000; n++) {
    const dice = random();
    if (dice < 0.5) {
      open.set(n, world.begin(n));
      undated.add(n);
    } else if (dice < 0.7) {
      for (const name of undated) ends.set(name, Math.ceil(world.time + MS));
      undated.clear();
      world.deadlines.date(world.time);
    } else if (dice < 0.9) {
      const names = [...open.keys()];
      const name = names[Math.floor(random() * names.length)];
      if (name !== undefined) {
        world.deadlines.remove(open.get(name)!);
        open.delete(name);
        undated.delete(name);
        ends.delete(name);
      }
    } else {
      const before = world.expired.length;
      world.moveTo(world.time + Math.floor(random() * 900));
      const over = [...ends].filter(([name, end]) => end <= world.time && open.delete(name));
      expect(world.expired.slice(before).map(({ name, at }) => [name, at])).toEqual(over);
    }
  }
  expect(world.expired.length).toBeGreaterThan(100);
});
