import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  Condition,
  Event,
  Lock,
  RLock,
  Thread,
  ThreadStateError,
  memoryUsage,
  pack,
  unpack,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, randomFrom, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

function locked<T>(condition: Condition, action: () => T): T {
  using held = condition.hold(SOON);
  expect(held.held).toBe(true);
  return action();
}

describe.each([
  ['an RLock of its own', () => new Condition()],
  ['a Lock', () => new Condition(new Lock())],
])('Condition on %s, as CPython tests its own', (_what, make) => {
  it('wakes as many as were notified, no more, in the order in which they came', () => {
    const condition = make();
    // A second time, to check that the state is still right.
    for (let time = 0; time < 2; time++) {
      const [ready, woken] = [new AtomicCounter(), new AtomicCounter()];
      const threads = Array.from({ length: 5 }, () => start(tasks.waitTimes, condition, ready, woken, 2));
      untilBlocked(() => waitingAt(condition) === 5, 'all wait');
      expect(woken.value).toBe(0);
      expect(locked(condition, () => condition.notify(3))).toBe(3);
      untilBlocked(() => woken.value === 3 && waitingAt(condition) === 5, 'three went round');
      expect(ready.value).toBe(8);
      expect(locked(condition, () => condition.notify(5))).toBe(5);
      untilBlocked(() => woken.value === 8 && waitingAt(condition) === 2, 'two go round, three are done');
      expect(locked(condition, () => condition.notifyAll())).toBe(2);
      for (const thread of threads) expect(thread.result(SOON)).toEqual([true, true]);
      expect([woken.value, condition.locked, waitingAt(condition)]).toEqual([10, false, 0]);
    }
  });

  it('gives up after its timeout, no sooner, and holds the lock again then', () => {
    const condition = make();
    condition.acquire();
    const begin = performance.now();
    expect(condition.wait({ timeout: 40 })).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(39);
    expect([condition.locked, waitingAt(condition)]).toEqual([true, 0]);
    condition.release();
    expect(condition.locked).toBe(false);
  });

  it('waits for a predicate', () => {
    const condition = make();
    const state = new AtomicCounter();
    const thread = start(tasks.waitFor, condition, state, 4, SOON.timeout);
    for (let step = 0; step < 4; step++) {
      untilBlocked(() => waitingAt(condition) === 1, 'it waits');
      locked(condition, () => {
        state.increment();
        condition.notify();
      });
    }
    expect(thread.result(SOON)).toBe(true);
  });

  it('gives up on a predicate after the timeout of all waits together, and returns its last value', () => {
    const condition = make();
    const state = new AtomicCounter();
    const begin = performance.now();
    const thread = start(tasks.waitFor, condition, state, 4, 100);
    for (let step = 0; step < 3; step++) {
      untilBlocked(() => waitingAt(condition) === 1, 'it waits');
      locked(condition, () => {
        state.increment();
        condition.notify();
      });
    }
    expect(thread.result(SOON)).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(99);
  });

  it('refuses to wait and to notify when the lock is not held', async () => {
    const condition = make();
    for (const wait of [
      () => condition.wait(),
      () => condition.wait({ timeout: 0 }),
      () => condition.waitFor(() => true),
    ]) {
      expect(wait).toThrow(new ThreadStateError('Condition: cannot wait on un-acquired lock'));
    }
    await expect(condition.waitAsync()).rejects.toThrow('cannot wait on un-acquired lock');
    await expect(condition.waitForAsync(() => true)).rejects.toThrow('cannot wait on un-acquired lock');
    for (const notify of [() => condition.notify(), () => condition.notifyAll()]) {
      expect(notify).toThrow(new ThreadStateError('Condition: cannot notify on un-acquired lock'));
    }
  });

  it('has no memory: a notification that nobody waits for is lost', () => {
    const condition = make();
    condition.acquire();
    expect([condition.notify(), condition.notify(5), condition.notifyAll(), condition.notify(0)]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(condition.wait({ timeout: 5 })).toBe(false);
    condition.release();
  });

  it('lets others have the lock for a moment when it only polls', () => {
    const condition = make();
    const finished = new AtomicCounter();
    condition.acquire();
    const thread = start(tasks.acquireAndRelease, condition, finished);
    untilBlocked(() => {
      expect(condition.wait({ timeout: 0 })).toBe(false);
      return finished.value === 1;
    }, 'the other had the lock');
    expect(condition.locked).toBe(true);
    condition.release();
    expect(thread.result(SOON)).toBe(true);
  });
});

describe('Condition and its lock', () => {
  it('is an RLock of its own by default: it can be acquired several times', () => {
    const condition = new Condition();
    expect([condition.acquire(), condition.acquire(), condition.tryAcquire()]).toEqual([true, true, true]);
    for (let level = 0; level < 3; level++) condition.release();
    expect(condition.locked).toBe(false);
    expect(() => condition.release()).toThrow('cannot release un-acquired lock');
  });

  it('forwards acquire, tryAcquire, release, locked and hold to the lock that it was given', async () => {
    const lock = new Lock();
    const condition = new Condition(lock);
    condition.acquire();
    expect([lock.tryAcquire(), lock.locked, condition.locked]).toEqual([false, true, true]);
    condition.release();
    expect(lock.tryAcquire()).toBe(true);
    expect([condition.tryAcquire(), await condition.acquireAsync({ timeout: 1 })]).toEqual([false, false]);
    lock.release();
    {
      using held = condition.hold();
      expect([held.held, lock.tryAcquire()]).toEqual([true, false]);
    }
    const held = await condition.holdAsync();
    expect(lock.tryAcquire()).toBe(false);
    held.release();
    expect(lock.locked).toBe(false);
  });

  it('enters within a guard if the lock is an RLock, and says that a Lock cannot', async () => {
    const condition = new Condition();
    const outer = await condition.holdAsync();
    const inner = condition.hold({ within: outer });
    outer.release();
    inner.release();
    expect(condition.locked).toBe(false);
    const plain = new Condition(new Lock());
    expect(() => plain.hold({ within: inner })).toThrow(TypeError);
    await expect(plain.holdAsync({ within: inner })).rejects.toThrow(
      "within needs an RLock; a Lock can't be entered twice",
    );
  });

  it('on a Lock accepts a notification from a thread that does not hold it, as long as somebody does', () => {
    const condition = new Condition(new Lock());
    condition.acquire();
    expect(start(tasks.notifyFrom, condition, 1).result(SOON)).toBe(0);
    condition.release();
    expect(start(tasks.notifyFrom, condition, 1).result(SOON)).toBe(
      'Condition: cannot notify on un-acquired lock',
    );
  });

  it('on an RLock accepts a notification from its owner alone', () => {
    const condition = new Condition();
    condition.acquire();
    expect(start(tasks.notifyFrom, condition, 1).result(SOON)).toBe(
      'Condition: cannot notify on un-acquired lock',
    );
    condition.release();
  });

  it('releases an RLock fully, however often it was entered, and restores it exactly, in time or not', () => {
    const lock = new RLock();
    const condition = new Condition(lock);
    const thread = start(tasks.waitDeep, condition, lock, SOON.timeout);
    untilBlocked(() => waitingAt(condition) === 1, 'it waits');
    expect(lock.tryAcquire()).toBe(true);
    condition.notify();
    // Woken, but the lock is ours: the wait goes on without a time bound.
    untilBlocked(() => waitingAt(lock) === 1, 'it wants its lock back');
    lock.release();
    expect(thread.result(SOON)).toEqual([true, 3, 0]);
    expect(start(tasks.waitDeep, condition, lock, 5).result(SOON)).toEqual([false, 3, 0]);
  });

  it('takes the lock back without a time bound after its timeout', async () => {
    const condition = new Condition(new Lock());
    const thread = start(tasks.waitTimes, condition, new AtomicCounter(), new AtomicCounter(), 1);
    await until(() => waitingAt(condition) === 1, 'it waits');
    condition.acquire();
    const wait = condition.waitAsync({ timeout: 1 });
    expect(condition.tryAcquire()).toBe(true);
    let settled = false;
    void wait.then(() => (settled = true));
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(settled).toBe(false);
    condition.notifyAll();
    condition.release();
    expect(await wait).toBe(false);
    condition.release();
    expect(await thread.resultAsync(SOON)).toEqual([true]);
  });

  it('shares one lock with other conditions, in all threads', () => {
    const lock = new Lock();
    const [notEmpty, notFull] = [new Condition(lock), new Condition(lock)];
    const [buffer, open] = [new AtomicCounter(), new AtomicCounter(3)];
    const size = 4;
    const consumers = [1, 2, 3].map(seed => start(tasks.consume, notEmpty, notFull, buffer, open, seed));
    const producers = [1, 2, 3].map(() => start(tasks.produce, notEmpty, notFull, buffer, open, size, 3000));
    for (const producer of producers) expect(producer.join({ timeout: 60_000 })).toBe(true);
    const taken = consumers.map(consumer => consumer.result({ timeout: 60_000 }));
    expect(taken.reduce((sum, each) => sum + each)).toBe(9000);
    expect([buffer.value, lock.locked, waitingAt(notEmpty), waitingAt(notFull)]).toEqual([0, false, 0, 0]);
  });

  it('keeps its lock alive, and brings it along wherever it goes', () => {
    const condition = new Condition(undefined, { name: 'ready' });
    const other = unpack(pack(condition)) as Condition;
    expect(other).toBe(condition);
    const lock = new RLock();
    const shared = new Condition(lock);
    expect(
      new Thread(
        (one: Condition, its: RLock) => {
          one.acquire();
          return [one.name, its.locked, its.recursionCount];
        },
        { args: [shared, lock] },
      )
        .start()
        .result(SOON),
    ).toEqual(['', true, 1]);
    condition.dispose();
    expect(() => condition.acquire()).toThrow('used after dispose()');
    expect(() => condition.notify()).toThrow('Condition: used after dispose()');
    expect(() => condition.wait()).toThrow('Condition: used after dispose()');
    shared.dispose();
    expect(lock.locked).toBe(true);
  });
});

describe('Condition and memory', () => {
  it('gives back its block, and with it the lock that was its own, when it is disposed of', () => {
    const before = memoryUsage().used;
    for (let round = 0; round < 20_000; round++) new Condition(undefined, { name: 'short-lived' }).dispose();
    const lock = new Lock();
    for (let round = 0; round < 20_000; round++) new Condition(lock).dispose();
    expect(memoryUsage().used - before).toBeLessThan(2 ** 20);
    expect(lock.tryAcquire()).toBe(true);
  });
});

describe('Condition.waitAsync', () => {
  it.each([
    ['a Lock', () => new Condition(new Lock())],
    ['an RLock', () => new Condition()],
  ])('on %s is woken by a thread, with the lock held', async (_what, make) => {
    const condition = make();
    const held = await condition.holdAsync();
    const wait = condition.waitAsync(SOON);
    expect(condition.locked).toBe(false);
    const thread = start(tasks.waitTimes, condition, new AtomicCounter(), new AtomicCounter(), 1);
    await until(() => waitingAt(condition) === 2, 'both wait');
    const notifier = new Thread(
      (one: Condition) => {
        one.acquire();
        const woken = one.notify(1);
        one.release();
        return woken;
      },
      { args: [condition] },
    ).start();
    expect(await notifier.resultAsync(SOON)).toBe(1);
    expect([await wait, condition.locked, held.held, waitingAt(condition)]).toEqual([true, true, true, 1]);
    expect(condition.notifyAll()).toBe(1);
    held.release();
    expect(await thread.resultAsync(SOON)).toEqual([true]);
    expect([condition.locked, pendingWaits()]).toEqual([false, 0]);
  });

  it('restores the guard of an async task exactly, families included', async () => {
    const lock = new RLock();
    const condition = new Condition(lock);
    const outer = await lock.holdAsync();
    const inner = await lock.holdAsync({ within: outer });
    const wait = condition.waitAsync(SOON);
    expect([lock.locked, lock.recursionCount]).toEqual([false, 0]);
    // Given up for the time being: nothing can be entered within it.
    await expect(lock.holdAsync({ within: outer })).rejects.toThrow("doesn't hold the lock now");
    const other = await lock.holdAsync(SOON);
    condition.notify();
    other.release();
    expect(await wait).toBe(true);
    expect(lock.recursionCount).toBe(2);
    inner.release();
    outer.release();
    expect(lock.locked).toBe(false);
  });

  it('holds the lock again before it rejects with the reason of the signal', async () => {
    const lock = new Lock();
    const condition = new Condition(lock);
    await lock.acquireAsync();
    const controller = new AbortController();
    const wait = condition.waitAsync({ signal: controller.signal });
    expect(lock.tryAcquire()).toBe(true);
    controller.abort('called off');
    let outcome: unknown;
    const settled = wait.catch((reason: unknown) => (outcome = reason));
    await new Promise(resolve => setTimeout(resolve, 10));
    expect([outcome, waitingAt(condition), waitingAt(lock)]).toEqual([undefined, 0, 1]);
    lock.release();
    await settled;
    expect([outcome, lock.locked]).toEqual(['called off', true]);
    lock.release();
  });

  it('does not even release the lock with a signal that was aborted before', async () => {
    const condition = new Condition(new Lock());
    condition.acquire();
    const wait = condition.waitAsync({ signal: AbortSignal.abort('before') });
    expect(condition.locked).toBe(true);
    await expect(wait).rejects.toBe('before');
    expect(condition.locked).toBe(true);
  });

  it('passes a notification on that was given to a waiter aborted in the same turn', async () => {
    for (let round = 0; round < 200; round++) {
      const condition = new Condition(new Lock());
      const controller = new AbortController();
      await condition.acquireAsync();
      const first = condition.waitAsync({ signal: controller.signal });
      await condition.acquireAsync();
      const second = condition.waitAsync(SOON);
      await condition.acquireAsync();
      expect(condition.notify(1)).toBe(1);
      controller.abort('too late');
      condition.release();
      await expect(first).rejects.toBe('too late');
      condition.release();
      expect(await second).toBe(true);
      condition.release();
      expect([condition.locked, waitingAt(condition)]).toEqual([false, 0]);
    }
  });

  it('gives up after its timeout, with the lock held', async () => {
    const condition = new Condition();
    const held = await condition.holdAsync();
    expect([await condition.waitAsync({ timeout: 5 }), await condition.waitAsync({ timeout: 0 })]).toEqual([
      false,
      false,
    ]);
    expect([held.held, condition.locked, pendingWaits()]).toEqual([true, true, 0]);
    held.release();
    expect(condition.locked).toBe(false);
  });

  it('works with acquire() and release() of blocking code as well', async () => {
    const condition = new Condition();
    condition.acquire();
    condition.acquire();
    const wait = condition.waitAsync(SOON);
    locked(condition, () => condition.notify());
    expect(await wait).toBe(true);
    condition.release();
    condition.release();
    expect(condition.locked).toBe(false);
  });
});

describe('Condition.waitFor', () => {
  it("returns the predicate's value, whatever that is", () => {
    const condition = new Condition();
    condition.acquire();
    expect(condition.waitFor(() => 'found')).toBe('found');
    expect(condition.waitFor(() => 0, { timeout: 1 })).toBe(0);
    expect(condition.waitFor(() => undefined, { timeout: 0 })).toBe(undefined);
    condition.release();
  });

  it('looks once more after the last wait', () => {
    const condition = new Condition();
    condition.acquire();
    let looks = 0;
    expect(condition.waitFor(() => ++looks === 2, { timeout: 0 })).toBe(true);
    condition.release();
  });

  it('throws what the predicate throws, with the lock held', async () => {
    const condition = new Condition();
    const held = await condition.holdAsync();
    const fail = (): never => {
      throw new SyntaxError('predicate');
    };
    expect(() => condition.waitFor(fail)).toThrow('predicate');
    await expect(condition.waitForAsync(fail)).rejects.toThrow('predicate');
    expect(condition.locked).toBe(true);
    held.release();
  });

  it('is woken across threads in its async form, and sees what the notifier did', async () => {
    const condition = new Condition();
    const state = new AtomicCounter();
    const held = await condition.holdAsync();
    const wait = condition.waitForAsync(() => (state.value === 3 ? 'three' : ''), SOON);
    const thread = new Thread(
      (one: Condition, counter: AtomicCounter) => {
        for (let step = 0; step < 3; step++) {
          one.acquire();
          counter.increment();
          one.notify();
          one.release();
        }
      },
      { args: [condition, state] },
    ).start();
    expect(await wait).toBe('three');
    expect(condition.locked).toBe(true);
    held.release();
    await thread.joinAsync(SOON);
  });

  it('does not lose a notification on a waiter that is aborted just after', async () => {
    const condition = new Condition(new Lock());
    const controller = new AbortController();
    let ready = false;
    await condition.acquireAsync();
    const wait = condition.waitForAsync(() => ready, { signal: controller.signal });
    await condition.acquireAsync();
    ready = true;
    condition.notify();
    // The waiter has its notification by the time of the abort, and only wants the lock back.
    await new Promise(resolve => setTimeout(resolve, 5));
    controller.abort('after');
    condition.release();
    expect(await wait).toBe(true);
    condition.release();
  });

  it('can be called off', async () => {
    const condition = new Condition();
    const held = await condition.holdAsync();
    const wait = condition.waitForAsync(() => false, { signal: AbortSignal.timeout(5) });
    await expect(wait).rejects.toThrow(/timeout/i);
    expect(condition.locked).toBe(true);
    held.release();
  });
});

describe('Condition misuse', () => {
  const condition = new Condition(new Lock());
  condition.acquire();
  it.each([
    [
      'a lock that is none',
      () => new Condition({} as never),
      TypeError,
      'Condition: lock must be a Lock or an RLock, got [object Object] (object)',
    ],
    ['null as a lock', () => new Condition(null as never), TypeError, 'got null (object)'],
    [
      'a bad name',
      () => new Condition(undefined, { name: 5 as never }),
      TypeError,
      'Condition: name must be a string',
    ],
    [
      'a negative timeout',
      () => condition.wait({ timeout: -1 }),
      RangeError,
      'Condition.wait: timeout must be 0 or more milliseconds, got -1',
    ],
    [
      'NaN for a predicate',
      () => condition.waitFor(() => true, { timeout: Number.NaN }),
      RangeError,
      'Condition.waitFor: timeout',
    ],
    [
      'no predicate',
      () => condition.waitFor(undefined as never),
      TypeError,
      'Condition.waitFor: predicate must be a function, got undefined',
    ],
    [
      'an async predicate',
      () => condition.waitFor(async () => false),
      TypeError,
      'the predicate returned a promise',
    ],
    [
      'a negative count',
      () => condition.notify(-1),
      RangeError,
      'Condition.notify: n must be a whole number from 0, got -1',
    ],
    ['half a notification', () => condition.notify(0.5), RangeError, 'got 0.5'],
    ['a text', () => condition.notify('1' as never), TypeError, 'got 1 (string)'],
  ])('is refused: %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
    expect(condition.locked).toBe(true);
  });
});

describe('Condition under load', () => {
  it('leaves nobody behind: as many wake-ups as notifications, with timeouts and aborts among them', async () => {
    const lock = new Lock();
    const condition = new Condition(lock);
    const tokens = new AtomicCounter();
    const stop = new Event();
    // Each thread takes tokens; a token comes with one notification, so a lost one leaves a token beside a sleeper.
    const takers = Array.from({ length: 4 }, (_, seed) =>
      new Thread(
        (one: Condition, count: AtomicCounter, over: Event, from: number) => {
          let [taken, state] = [0, from * 7919 + 1];
          for (;;) {
            one.acquire();
            while (count.value === 0 && !over.isSet) {
              state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
              one.wait({ timeout: (state >>> 16) % 3 === 0 ? 1 : 20_000 });
            }
            if (count.value === 0) {
              one.release();
              return taken;
            }
            count.decrement();
            taken += 1;
            one.release();
          }
        },
        { args: [condition, tokens, stop, seed] },
      ).start(),
    );
    const random = randomFrom(42);
    let taken = 0;
    const promises: Array<Promise<void>> = [];
    const takeAsync = async (): Promise<void> => {
      const controller = new AbortController();
      const held = await condition.holdAsync(SOON);
      if (random(2) === 0) setTimeout(() => controller.abort('bored'), random(3));
      try {
        await condition.waitForAsync(() => tokens.value > 0, { signal: controller.signal, timeout: 5 });
        if (tokens.value > 0) {
          tokens.decrement();
          taken += 1;
        }
      } catch (reason) {
        expect(reason).toBe('bored');
      } finally {
        held.release();
      }
    };
    const made = 3000;
    for (let item = 0; item < made; item++) {
      if (item % 10 === 0) promises.push(takeAsync());
      const held = await condition.holdAsync(SOON);
      tokens.increment();
      condition.notify();
      held.release();
      if (item % 50 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    await Promise.all(promises);
    await until(() => tokens.value === 0, 'all tokens were taken');
    const held = await condition.holdAsync(SOON);
    stop.set();
    condition.notifyAll();
    held.release();
    for (const taker of takers) taken += await taker.resultAsync(SOON);
    expect(taken).toBe(made);
    expect([lock.locked, waitingAt(condition), waitingAt(lock), pendingWaits()]).toEqual([false, 0, 0, 0]);
  });

  it.each([
    ['a Lock', () => new Condition(new Lock())],
    ['an RLock', () => new Condition()],
  ])(
    'on %s wakes whom it notified when the lock is released, not when he looks by himself',
    (_what, make) => {
      const condition = make();
      const turn = new AtomicCounter();
      const begin = performance.now();
      const threads = [0, 1].map(me => start(tasks.passTurn, condition, turn, me, 500));
      for (const thread of threads) expect(thread.result(SOON)).toBe(true);
      // A sleeper looks every 100 ms: a thousand hand-offs like that would take more than a minute.
      expect(performance.now() - begin).toBeLessThan(15_000);
    },
  );

  it('wakes all of many whom it notified at once', () => {
    const condition = new Condition(new Lock());
    const [ready, woken] = [new AtomicCounter(), new AtomicCounter()];
    const threads = Array.from({ length: 10 }, () => start(tasks.waitTimes, condition, ready, woken, 20));
    for (let round = 0; round < 20; round++) {
      untilBlocked(() => waitingAt(condition) === 10, 'all wait');
      expect(locked(condition, () => condition.notifyAll())).toBe(10);
      untilBlocked(() => woken.value >= 10 * (round + 1), 'all were woken');
    }
    for (const thread of threads) expect(thread.result(SOON).every(Boolean)).toBe(true);
  });

  it('takes waiters out of the line whose thread was killed, and notifies those who live', async () => {
    const condition = new Condition();
    const threads = Array.from({ length: 3 }, () => start(tasks.waitForever, condition));
    await until(() => waitingAt(condition) === 3, 'all wait');
    const held = await condition.holdAsync(SOON);
    const wait = condition.waitAsync(SOON);
    for (const thread of threads) thread.terminate();
    for (const thread of threads) await thread.joinAsync(SOON);
    await until(() => waitingAt(condition) === 1, 'only the promise waits');
    const other = await condition.holdAsync(SOON);
    expect(condition.notify()).toBe(1);
    other.release();
    expect(await wait).toBe(true);
    held.release();
  });
});
