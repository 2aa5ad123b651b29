/**
 * A thread may be killed at any store. Here one is, at each: an operation runs with the k-th store to shared memory under the queue's guards replaced by
 * death, for k = 1, 2, 3 …; then the guards are taken over and repaired as the reaper does it, and the queue must be as if the operation
 * had happened entirely, or not at all.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';

// Some play an operation a thousand times, which on a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

class Killed extends Error {}

/** How many stores the victim has left to live; Infinity for everybody else. */
const life = { left: Infinity };

/** Before each store. The dead stay dead, whatever the code on their stack tries to do about it. */
function spend(): void {
  if (life.left === 0) throw new Killed();
  life.left -= 1;
}

// The words as the modules see them: each store through a view of them, and each atomic store, may be the last.
vi.mock('../../src/atomics.ts', async importOriginal => {
  const real = await importOriginal<typeof import('../../src/atomics.ts')>();
  const views = new WeakMap<object, object>();
  const mortal = (view: Int32Array | Float64Array): unknown => {
    let proxy = views.get(view);
    if (proxy === undefined) {
      proxy = new Proxy(view, {
        get(target, key) {
          const value = Reflect.get(target, key, target) as unknown;
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (key === 'set' || key === 'fill' || key === 'copyWithin') spend();
            return (value as (...given: unknown[]) => unknown).apply(target, args);
          };
        },
        set(target, key, value) {
          spend();
          return Reflect.set(target, key, value, target);
        },
      });
      views.set(view, proxy);
    }
    return proxy;
  };
  const wrap =
    <A extends unknown[], R>(action: (...args: A) => R) =>
    (...args: A): R => {
      spend();
      return action(...args);
    };
  const { load } = real;
  const stores = {
    store: wrap(real.store),
    add: wrap(real.add),
    and: wrap(real.and),
    or: wrap(real.or),
    exchange: wrap(real.exchange),
    compareExchange: wrap(real.compareExchange),
  };
  const lazy = {
    get i32() {
      return mortal(real.i32);
    },
    get f64() {
      return mortal(real.f64);
    },
    get u8() {
      return real.u8;
    },
    // Only ever read.
    get i64() {
      return real.i64;
    },
  };
  return Object.defineProperties(
    { ...real, ...stores, load, hot: { load, ...stores } },
    Object.getOwnPropertyDescriptors(lazy),
  );
});

const { LifoQueue, Lock, PriorityQueue, Queue } = await import('../../src/index.ts');
const atomics = await import('../../src/atomics.ts');
const { AGENT, OBJECT } = await import('../../src/memory/layout.ts');
const { isHeldBy, selfAgent } = await import('../../src/parking/guard.ts');
const { freeLeftBehind } = await import('../../src/parking/reaper.ts');
const { wakeAgent } = await import('../../src/parking/wake.ts');
const { OUTCOME, QUEUE } = await import('../../src/queue/layout.ts');
const { pack, unpack } = await import('../../src/queue/message.ts');
const { grabShort, offerShort } = await import('../../src/queue/short.ts');

type Item = [key: number, name: string];
type AnyQueue =
  | InstanceType<typeof Queue<Item>>
  | InstanceType<typeof LifoQueue<Item>>
  | InstanceType<typeof PriorityQueue<Item>>;

function pointerOf(object: object): number {
  return (object as { at: number }).at;
}

let armed: { queue: number; k: number; held: number } | undefined;

function isArmed(guard: number): boolean {
  return (
    armed !== undefined && (guard === armed.queue + OBJECT.guard || guard === armed.queue + QUEUE.putGuard)
  );
}

// lockGuard writes its crumb first and takes the guard next: the count begins when the compare-exchange on the first of the queue's guards has succeeded.
vi.mock('../../src/parking/guard.ts', async importOriginal => {
  const real = await importOriginal<typeof import('../../src/parking/guard.ts')>();
  const around = {
    lockGuard(guard: number) {
      if (life.left === 0) throw new Killed();
      const { left } = life;
      life.left = Infinity;
      real.lockGuard(guard);
      life.left = isArmed(guard) && armed!.held++ === 0 ? armed!.k : left;
    },
    unlockGuard(guard: number) {
      // Freeing the guard is one instruction, after which nothing needs repair.
      if (life.left === 0) throw new Killed();
      const left = isArmed(guard) && --armed!.held === 0 ? Infinity : life.left;
      life.left = Infinity;
      real.unlockGuard(guard);
      life.left = left;
    },
    get selfAgent() {
      return real.selfAgent;
    },
  };
  return Object.defineProperties({ ...real }, Object.getOwnPropertyDescriptors(around));
});

/** Runs the operation and lets the thread die at its k-th store under a guard of the queue, which it leaves as it is; returns whether it did. */
function dieOnly(queue: AnyQueue, k: number, operation: () => void): boolean {
  armed = { queue: pointerOf(queue), k, held: 0 };
  try {
    operation();
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return true;
  } finally {
    armed = undefined;
    life.left = Infinity;
  }
}

/** The dead thread's place is taken by this one, which repairs as the reaper does. */
function bury(): void {
  freeLeftBehind();
  // And at the end everybody looks again at what they wait for.
  atomics.i32[selfAgent + AGENT.rescan]! += 1;
  wakeAgent(selfAgent);
}

function holds(queue: AnyQueue): [out: boolean, into: boolean] {
  const at = pointerOf(queue);
  return [isHeldBy(at + OBJECT.guard, selfAgent), isHeldBy(at + QUEUE.putGuard, selfAgent)];
}

/** Both in one. */
function dieAt(queue: AnyQueue, k: number, operation: () => void): boolean {
  const killed = dieOnly(queue, k, operation);
  if (killed) {
    expect(holds(queue)).toContain(true);
    bury();
    expect(holds(queue)).toEqual([false, false]);
  }
  return killed;
}

const classes: Array<[string, (options?: object) => AnyQueue]> = [
  ['Queue', options => new Queue<Item>(options)],
  ['LifoQueue', options => new LifoQueue<Item>(options)],
  ['PriorityQueue', options => new PriorityQueue<Item>(options)],
];

/** The order in which these items should come out, a reference implementation. */
function ordered(name: string, items: Item[]): Item[] {
  if (name === 'Queue') return items;
  if (name === 'LifoQueue') return items.toReversed();
  return items.toSorted((a, b) => a[0] - b[0]);
}

/** Long names make the store take new segments, and blocks of their own. */
function items(count: number): Item[] {
  return Array.from({ length: count }, (_, at): Item => [
    (at * 7) % 5,
    `item ${at} ${'x'.repeat(at % 6 === 5 ? 3000 : (at * 97) % 400)}`,
  ]);
}

/** Says what is in the queue, without changing it more than a get does. */
function contents(queue: AnyQueue): Item[] {
  const all: Item[] = [];
  for (let taken = queue.tryGet(); taken !== undefined; taken = queue.tryGet()) all.push(taken.value);
  return all;
}

function counters(queue: AnyQueue): number[] {
  const words = atomics.i32;
  const at = pointerOf(queue);
  return [
    QUEUE.promisedItems,
    QUEUE.nextGetter,
    QUEUE.promisedSlots,
    QUEUE.promisedBytes,
    QUEUE.nextPutter,
    QUEUE.bytes,
  ].map(word => words[at + word]!);
}

beforeEach(() => {
  life.left = Infinity;
});

/** Enough for every operation; each test checks that it got past the last store. */
const MANY = 3000;

/** With a limit of bytes everything goes the long way, without one what is short goes the short one. */
const ways: Array<[string, object | undefined]> = [
  ['the long way', { maxBytes: 1 << 20 }],
  ['the short way', undefined],
];

/** Only a `Queue` has a short way. */
const kinds = classes.flatMap(([name, make]) =>
  ways.slice(0, name === 'Queue' ? 2 : 1).map(([way, limits]) => [name, way, () => make(limits)] as const),
);

describe.each(kinds)('a thread that is killed in %s, %s,', (name, _, make) => {
  // Among them: the first segment, a full one, one kept for reuse, and a heap's array that is full.
  for (const filled of [0, 1, 2, 3, 4, 5, 6, 7, 30, 64]) {
    it(`put, with ${filled} items stored, has put its item or hasn't`, () => {
      let before = 0;
      let after = 0;
      let k = 0;
      for (; k < MANY; k++) {
        const queue = make();
        const all = items(filled + 1);
        for (const item of all.slice(0, filled)) queue.put(item);
        const killed = dieAt(queue, k, () => queue.put(all[filled]!));
        const { size } = queue;
        expect([filled, filled + 1]).toContain(size);
        expect(queue.unfinishedTasks).toBe(size);
        if (!killed) expect(size).toBe(filled + 1);
        else if (size === filled) before += 1;
        else after += 1;
        queue.put([9, 'after']);
        expect(contents(queue)).toEqual(ordered(name, [...all.slice(0, size), [9, 'after']]));
        expect(counters(queue)).toEqual([0, 0, 0, 0, 0, 0]);
        expect(queue.unfinishedTasks).toBe(size + 1);
        queue.dispose();
        if (!killed) break;
      }
      expect(k).toBeLessThan(MANY);
      expect(before).toBeGreaterThan(0);
      expect(after).toBeGreaterThan(0);
    });
  }

  for (const filled of [1, 2, 3, 4, 5, 6, 7, 30, 64]) {
    it(`get, with ${filled} items stored, has taken one item or none`, () => {
      let before = 0;
      let after = 0;
      let k = 0;
      for (; k < MANY; k++) {
        const queue = make();
        const all = items(filled);
        for (const item of all) queue.put(item);
        const killed = dieAt(queue, k, () => void queue.get());
        const { size } = queue;
        expect([filled, filled - 1]).toContain(size);
        expect(queue.unfinishedTasks).toBe(filled);
        if (!killed) expect(size).toBe(filled - 1);
        else if (size === filled) before += 1;
        else after += 1;
        expect(contents(queue)).toEqual(ordered(name, all).slice(filled - size));
        expect(counters(queue)).toEqual([0, 0, 0, 0, 0, 0]);
        queue.put([1, 'after']);
        expect(contents(queue)).toEqual([[1, 'after']]);
        queue.dispose();
        if (!killed) break;
      }
      expect(k).toBeLessThan(MANY);
      expect(before).toBeGreaterThan(0);
      expect(after).toBeGreaterThan(0);
    });
  }

  // More than a guard's turn, and more than one segment holds; long ones among them.
  for (const [filled, added] of [
    [0, 1],
    [0, 5],
    [3, 9],
    [30, 40],
  ] as const) {
    it(`putMany of ${added}, with ${filled} items stored, has put the first of them or none`, () => {
      const sizes = new Set<number>();
      let k = 0;
      for (; k < MANY; k++) {
        const queue = make();
        const all = items(filled + added);
        queue.putMany(all.slice(0, filled));
        const killed = dieAt(queue, k, () => queue.putMany(all.slice(filled)));
        const { size } = queue;
        sizes.add(size);
        expect(queue.unfinishedTasks).toBe(size);
        if (!killed) expect(size).toBe(filled + added);
        queue.put([9, 'after']);
        expect(contents(queue)).toEqual(ordered(name, [...all.slice(0, size), [9, 'after']]));
        expect(counters(queue)).toEqual([0, 0, 0, 0, 0, 0]);
        queue.dispose();
        if (!killed) break;
      }
      expect(k).toBeLessThan(MANY);
      expect(Math.min(...sizes)).toBe(filled);
      expect(Math.max(...sizes)).toBe(filled + added);
    });
  }

  for (const [filled, wanted] of [
    [5, 5],
    [9, 4],
    [40, 30],
  ] as const) {
    it(`getMany of ${wanted}, with ${filled} items stored, has taken the first of them or none`, () => {
      const sizes = new Set<number>();
      let k = 0;
      for (; k < MANY; k++) {
        const queue = make();
        const all = items(filled);
        queue.putMany(all);
        const killed = dieAt(queue, k, () => void queue.getMany(wanted));
        const { size } = queue;
        sizes.add(size);
        expect(queue.unfinishedTasks).toBe(filled);
        if (!killed) expect(size).toBe(filled - wanted);
        expect(contents(queue)).toEqual(ordered(name, all).slice(filled - size));
        expect(counters(queue)).toEqual([0, 0, 0, 0, 0, 0]);
        queue.put([1, 'after']);
        expect(contents(queue)).toEqual([[1, 'after']]);
        queue.dispose();
        if (!killed) break;
      }
      expect(k).toBeLessThan(MANY);
      expect(Math.max(...sizes)).toBe(filled);
      expect(Math.min(...sizes)).toBe(filled - wanted);
    });
  }
});

describe('a thread that is killed at one end of a Queue, holding its guard, with the other end going on', () => {
  const make = (): InstanceType<typeof Queue<Item>> => new Queue<Item>();

  it.each([1, 2, 3])(
    'put, with %i items stored: those are got meanwhile, and its item if it had put it',
    filled => {
      const sizes = new Set<number>();
      let k = 0;
      for (; k < MANY; k++) {
        const queue = make();
        const all = items(filled + 1);
        for (const item of all.slice(0, filled)) queue.put(item);
        const killed = dieOnly(queue, k, () => queue.put(all[filled]!));
        if (killed) expect(holds(queue)).toEqual([false, true]);
        // By the short way, past the dead: what asked for both guards would find this thread's own, and repair.
        const got: Item[] = [];
        for (let more = true; more;) {
          more = grabShort(pointerOf(queue)) === OUTCOME.done;
          if (more) got.push(unpack() as Item);
        }
        if (killed) expect(holds(queue)).toEqual([false, true]);
        expect(got).toEqual(all.slice(0, got.length));
        sizes.add(got.length);
        bury();
        expect(holds(queue)).toEqual([false, false]);
        expect([queue.size, queue.unfinishedTasks]).toEqual([0, got.length]);
        queue.put([9, 'after']);
        expect(contents(queue)).toEqual([[9, 'after']]);
        for (let n = 0; n <= got.length; n++) queue.taskDone();
        expect(() => queue.taskDone()).toThrow('too many times');
        queue.dispose();
        if (!killed) break;
      }
      expect(k).toBeLessThan(MANY);
      expect(sizes).toEqual(new Set([filled, filled + 1]));
    },
  );

  it.each([1, 2, 3])('putMany of %i: all of them are got meanwhile, or none', added => {
    const sizes = new Set<number>();
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make();
      const all = items(added + 1);
      queue.put(all[0]!);
      const killed = dieOnly(queue, k, () => queue.putMany(all.slice(1)));
      const got: Item[] = [];
      for (let more = true; more;) {
        more = grabShort(pointerOf(queue)) === OUTCOME.done;
        if (more) got.push(unpack() as Item);
      }
      sizes.add(got.length);
      expect(got).toEqual(all.slice(0, got.length));
      bury();
      expect([queue.size, queue.unfinishedTasks]).toEqual([0, got.length]);
      queue.put([9, 'after']);
      expect(contents(queue)).toEqual([[9, 'after']]);
      queue.dispose();
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
    expect(sizes).toEqual(new Set([1, added + 1]));
  });

  it.each([1, 2, 3])('get, with %i items stored: others are put meanwhile', filled => {
    let before = 0;
    let after = 0;
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make();
      const all = items(4);
      for (const item of all.slice(0, filled)) queue.put(item);
      const killed = dieOnly(queue, k, () => void queue.get());
      if (killed) expect(holds(queue)).toEqual([true, false]);
      // By the short way, as above: it never asks for the other guard.
      for (const item of all.slice(filled))
        expect(offerShort(pointerOf(queue), pack(item, 'item', 512))).toBe(OUTCOME.done);
      if (killed) expect(holds(queue)).toEqual([true, false]);
      bury();
      expect(holds(queue)).toEqual([false, false]);
      const { size } = queue;
      if (size === all.length) before += 1;
      else after += 1;
      expect(contents(queue)).toEqual(all.slice(all.length - size));
      expect(queue.unfinishedTasks).toBe(all.length);
      queue.dispose();
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
    expect(before).toBeGreaterThan(0);
    expect(after).toBeGreaterThan(0);
  });

  it('get of many: others are put meanwhile', () => {
    const sizes = new Set<number>();
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make();
      const all = items(4);
      queue.putMany(all.slice(0, 3));
      const killed = dieOnly(queue, k, () => void queue.getMany(2));
      expect(offerShort(pointerOf(queue), pack(all[3]!, 'item', 512))).toBe(OUTCOME.done);
      bury();
      sizes.add(queue.size);
      expect(contents(queue)).toEqual(all.slice(all.length - [...sizes].at(-1)!));
      expect(queue.unfinishedTasks).toBe(4);
      queue.dispose();
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
    expect(sizes).toContain(4);
    expect(sizes).toContain(2);
  });

  it('put into a full queue, which counts what was taken since it looked', () => {
    let k = 0;
    for (; k < MANY; k++) {
      const queue = new Queue<Item>({ maxsize: 2 });
      const all = items(4);
      queue.put(all[0]!);
      queue.put(all[1]!);
      expect(queue.tryPut(all[2]!)).toBe(false);
      queue.get();
      const killed = dieOnly(queue, k, () => void queue.tryPut(all[2]!));
      bury();
      const { size } = queue;
      expect([1, 2]).toContain(size);
      expect(queue.tryPut(all[3]!)).toBe(size === 1);
      expect(queue.full).toBe(true);
      expect(contents(queue)).toEqual(size === 1 ? [all[1], all[3]] : [all[1], all[2]]);
      queue.dispose();
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
  });
});

describe.each(classes)('a thread that is killed in %s', (name, make) => {
  it('put, with others waiting to get, leaves nobody waiting beside an item', async () => {
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make();
      const waiting = [queue.getAsync({ timeout: 5000 }), queue.getAsync({ timeout: 5000 })];
      const killed = dieAt(queue, k, () => queue.put([1, 'first']));
      if (queue.size === 0) queue.put([1, 'first']);
      queue.put([2, 'second']);
      const both: Item[] = [
        [1, 'first'],
        [2, 'second'],
      ];
      const got = await Promise.all(waiting);
      // Whoever was told and not woken by the dead is woken by the reaper, perhaps behind the next.
      if (killed) got.sort((a, b) => a[0] - b[0]);
      expect(got).toEqual(name === 'LifoQueue' && !killed ? both.toReversed() : both);
      expect([queue.size, counters(queue)]).toEqual([0, [0, 0, 0, 0, 0, 0]]);
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
  });

  it('get, with others waiting to put, leaves nobody waiting beside room', async () => {
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make({ maxsize: 1, maxBytes: 1000 });
      queue.put([0, 'there']);
      const waiting = [
        queue.putAsync([1, 'first'], { timeout: 5000 }),
        queue.putAsync([2, 'second'], { timeout: 5000 }),
      ];
      const killed = dieAt(queue, k, () => void queue.get());
      const got: Item[] = [];
      // Not while anything is stored: a promise that was told puts its item when its event loop turns.
      while (got.at(-1)?.[1] !== 'second') got.push(await queue.getAsync({ timeout: 5000 }));
      await Promise.all(waiting);
      expect(queue.size).toBe(0);
      expect(got.slice(-2)).toEqual([
        [1, 'first'],
        [2, 'second'],
      ]);
      expect(got.length).toBeLessThanOrEqual(3);
      expect(counters(queue)).toEqual([0, 0, 0, 0, 0, 0]);
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
  });

  it('shutdown, has shut the queue down for all or for none', async () => {
    for (const immediate of [false, true]) {
      let k = 0;
      for (; k < MANY; k++) {
        const queue = make({ maxsize: 2 });
        queue.put([1, 'first']);
        queue.put([2, 'second']);
        queue.get();
        queue.put([3, 'third']);
        const putting = queue.putAsync([4, 'fourth'], { timeout: 5000 });
        const joining = queue.joinAsync({ timeout: 5000 });
        const settled = Promise.allSettled([putting, joining]);
        const killed = dieAt(queue, k, () => queue.shutdown({ immediate }));
        if (!queue.isShutdown) queue.shutdown({ immediate });
        expect(queue.size).toBe(immediate ? 0 : 2);
        expect(queue.unfinishedTasks).toBe(immediate ? 1 : 3);
        while (queue.size > 0) queue.get();
        while (queue.unfinishedTasks > 0) queue.taskDone();
        expect(() => queue.get()).toThrow('shut down');
        const [put, joined] = await settled;
        expect([put.status, joined]).toEqual(['rejected', { status: 'fulfilled', value: true }]);
        queue.dispose();
        if (!killed) break;
      }
      expect(k).toBeLessThan(MANY);
    }
  });

  it('shutdown, sends all away that wait to get', async () => {
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make();
      const waiting = Promise.allSettled([1, 2, 3].map(() => queue.getAsync({ timeout: 5000 })));
      const killed = dieAt(queue, k, () => queue.shutdown());
      queue.shutdown();
      for (const each of await waiting)
        expect(String((each as PromiseRejectedResult).reason)).toContain('shut down');
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
  });

  it('taskDone, has reported once or not at all, and joiners go', async () => {
    let k = 0;
    for (; k < MANY; k++) {
      const queue = make();
      queue.put([1, 'first']);
      queue.get();
      const joining = [queue.joinAsync({ timeout: 5000 }), queue.joinAsync({ timeout: 5000 })];
      const killed = dieAt(queue, k, () => queue.taskDone());
      if (queue.unfinishedTasks === 1) queue.taskDone();
      expect(await Promise.all(joining)).toEqual([true, true]);
      expect(() => queue.taskDone()).toThrow('too many times');
      if (!killed) break;
    }
    expect(k).toBeLessThan(MANY);
  });

  it('an immediate shutdown, leaves what it had not dropped yet to the end of the queue', () => {
    for (let k = 0; k < 400; k++) {
      const lock = new Lock();
      const queue = make() as unknown as InstanceType<typeof Queue<unknown>>;
      const options = { priority: 1 } as object;
      for (let at = 0; at < 5; at++) queue.put([lock, at], options);
      // The first time under the guard is the shutdown itself; here it dies while it drops.
      let times = 0;
      const killed = dieAt(queue as AnyQueue, k, () => {
        times += 1;
        queue.shutdown({ immediate: true });
      });
      expect(times).toBe(1);
      queue.shutdown({ immediate: true });
      queue.dispose();
      // What had been taken to be dropped when it died is lost to it: at most one.
      expect(atomics.i32[pointerOf(lock) + OBJECT.references]!).toBeLessThanOrEqual(killed ? 6 : 1);
      lock.dispose();
      if (!killed) return;
    }
    throw new Error('never got to the end');
  });
});
