import { describe, expect, it } from 'vitest';
import { load } from '../../src/atomics.ts';
import {
  AtomicCounter,
  DeadlockError,
  Event,
  Lock,
  NotShareableError,
  Once,
  Thread,
  ThreadStateError,
  TimeoutError,
  memoryUsage,
} from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, pointerOf, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './once.fixture.ts';
import { dieInGuard } from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('Once', () => {
  it('makes its value when it is first asked for, and never again', () => {
    const once = new Once<number>();
    expect([once.done, once.tryGet()]).toEqual([false, undefined]);
    expect(once.run(() => 7)).toBe(7);
    expect([once.done, once.tryGet(), once.run(() => 8)]).toEqual([true, { value: 7 }, 7]);
  });

  it.each([undefined, null, 0, '', false, Number.NaN])('keeps %s as well', value => {
    const once = new Once<unknown>();
    expect(once.run(() => value)).toBe(value);
    expect([once.run(() => 'another'), once.tryGet()]).toEqual([value, { value }]);
    expect(start(tasks.ask, once as Once<number>, new AtomicCounter(), 1).result(SOON)).toBe(value);
  });

  it('gives eight threads and the main thread the value that one of them made', async () => {
    for (let round = 0; round < 20; round++) {
      const [once, made] = [new Once<number>(), new AtomicCounter()];
      const threads = Array.from({ length: 8 }, (_, n) => start(tasks.ask, once, made, n));
      const own = await once.runAsync(() => {
        made.increment();
        return 8;
      }, SOON);
      for (const thread of threads) expect(await thread.resultAsync(SOON)).toBe(own);
      expect([made.value, waitingAt(once), once.done]).toEqual([1, 0, true]);
    }
  });

  it('keeps threads and promises waiting while somebody makes it', async () => {
    const [once, making, go] = [new Once<string>(), new Event(), new Event()];
    const maker = start(tasks.makeWhenTold, once, making, go);
    await making.waitAsync(SOON);
    const second = start(tasks.makeWhenTold, once, new Event(), go);
    const own = once.runAsync(() => 'mine');
    await until(() => waitingAt(once) === 2, 'both wait');
    expect([once.done, once.tryGet()]).toEqual([false, undefined]);
    expect(() => once.run(() => 'no', { timeout: 5 })).toThrow(
      new TimeoutError('Once: the initializer of another caller has not finished within 5 ms'),
    );
    await expect(once.runAsync(() => 'no', { timeout: 5 })).rejects.toThrow(TimeoutError);
    expect(() => once.run(() => 'no', { timeout: 0 })).toThrow(TimeoutError);
    go.set();
    expect([await own, await maker.resultAsync(SOON), await second.resultAsync(SOON)]).toEqual(
      Array(3).fill('made when told'),
    );
  });

  it('lets the main thread block while a thread makes it', () => {
    const [once, making, go] = [new Once<string>(), new Event(), new Event()];
    const maker = start(tasks.makeWhenTold, once, making, go);
    making.wait(SOON);
    new Thread(
      (event: Event, waited: Once<string>, ready: AtomicCounter) => {
        while (ready.value === 0);
        event.set();
        return waited.done;
      },
      { args: [go, once, new AtomicCounter(1)] },
    ).start();
    expect(once.run(() => 'mine', SOON)).toBe('made when told');
    expect(maker.result(SOON)).toBe('made when told');
  });

  it('gives an error to the caller whose initializer threw it, and lets the next one try', () => {
    const [once, attempts] = [new Once<number>(), new AtomicCounter()];
    const failure = new RangeError('on purpose');
    expect(() =>
      once.run(() => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(once.done).toBe(false);
    const threads = Array.from({ length: 5 }, () => start(tasks.makeAfterFailures, once, attempts, 3));
    const results = threads.map(thread => thread.result(SOON));
    expect(results.filter(each => typeof each === 'string').toSorted()).toEqual(
      [1, 2, 3].map(n => `attempt ${n} failed`),
    );
    expect(results.filter(each => each === 4)).toHaveLength(2);
    expect([attempts.value, waitingAt(once)]).toEqual([4, 0]);
  });

  it('counts as failures a promise in run() and a value that cannot travel', async () => {
    const once = new Once<unknown>({ name: 'settings' });
    expect(() => once.run(async () => 1)).toThrow(
      new TypeError(
        'Once "settings": the initializer returned a promise, which run() can\'t wait for; use runAsync()',
      ),
    );
    expect(() => once.run(() => ({ callback: () => 1 }))).toThrow(NotShareableError);
    expect(() => once.run(() => ({ callback: () => 1 }))).toThrow(
      'value.callback: functions cannot be shared',
    );
    await expect(once.runAsync(async () => [() => 1])).rejects.toThrow('value[0]');
    await expect(once.runAsync(() => Promise.reject(undefined))).rejects.toBe(undefined);
    expect(await once.runAsync(async () => 'at last')).toBe('at last');
  });

  it('hands the making on when the thread that does it is killed: to a thread, a promise, or who comes next', async () => {
    for (const target of [tasks.neverMake, tasks.neverMakeAsync]) {
      const [once, making, made] = [new Once<number>(), new Event(), new AtomicCounter()];
      const maker = start(target, once as Once<unknown>, making);
      await making.waitAsync(SOON);
      const thread = start(tasks.ask, once, made, 1);
      await until(() => waitingAt(once) === 1, 'the thread waits');
      const promise = once.runAsync(() => 2, SOON);
      maker.terminate();
      expect([await thread.resultAsync(SOON), await promise, made.value]).toEqual([1, 1, 1]);

      const [alone, begun] = [new Once<number>(), new Event()];
      const first = start(target, alone as Once<unknown>, begun);
      await begun.waitAsync(SOON);
      first.terminate();
      await first.joinAsync(SOON);
      expect(await alone.runAsync(() => 3, SOON)).toBe(3);
    }
  });

  it('passes over a thread that was killed while it waited', async () => {
    const [once, making, go, made] = [new Once<string>(), new Event(), new Event(), new AtomicCounter()];
    const maker = start(tasks.neverMake, once as Once<unknown>, making);
    await making.waitAsync(SOON);
    const waiting = start(tasks.ask, once as never, made, 1);
    await until(() => waitingAt(once) === 1, 'the thread waits');
    const promise = once.runAsync(() => 'promised', SOON);
    waiting.terminate();
    maker.terminate();
    expect(await promise).toBe('promised');
    expect([made.value, go.isSet]).toEqual([0, false]);
  });

  it('survives a thread that is killed while it holds the guard', async () => {
    const [once, held] = [new Once<number>(), new Event()];
    const thread = start(dieInGuard, once, held);
    await until(() => held.isSet, 'it holds the guard');
    thread.terminate();
    await thread.joinAsync(SOON);
    expect([once.run(() => 5), load(pointerOf(once) + OBJECT.guard)]).toEqual([5, 0]);
  });

  it('hands the making on when whose turn it is has been aborted meanwhile', async () => {
    for (let round = 0; round < 100; round++) {
      const once = new Once<string>();
      let fail!: (error: unknown) => void;
      const first = once.runAsync(() => new Promise<string>((_, reject) => (fail = reject)));
      const controller = new AbortController();
      const aborted = once.runAsync(() => 'aborted', { signal: controller.signal });
      const next = once.runAsync(() => 'next', SOON);
      await until(() => waitingAt(once) === 2, 'both wait');
      if (round % 2 === 0) controller.abort('no');
      fail(new Error('on purpose'));
      if (round % 4 === 1) await Promise.resolve();
      controller.abort('no');
      await expect(first).rejects.toThrow('on purpose');
      const outcome = await aborted.catch(() => 'was aborted');
      expect(await next).toBe(outcome === 'aborted' ? 'aborted' : 'next');
      expect([once.done, waitingAt(once), pendingWaits()]).toEqual([true, 0, 0]);
    }
  });

  it('says so when its initializer asks for it, or a thread would block its own', async () => {
    const once = new Once<number>({ name: 'self' });
    const message = 'Once "self": this thread is running its initializer, and would wait here for its end';
    expect(() => once.run(() => once.run(() => 1))).toThrow(new DeadlockError(message));
    let finish!: (value: number) => void;
    const running = once.runAsync(() => new Promise<number>(resolve => (finish = resolve)));
    await until(() => finish !== undefined, 'it runs');
    expect(() => once.run(() => 1)).toThrow(DeadlockError);
    expect(() => once.run(() => 1, { timeout: 1000 })).toThrow(DeadlockError);
    const waits = once.runAsync(() => 2);
    finish(3);
    expect([await running, await waits]).toEqual([3, 3]);
  });

  it('shares what can be shared, and copies the rest, once in each thread', async () => {
    const once = new Once<{ lock: Lock; list: number[] }>();
    const made = once.run(() => ({ lock: new Lock({ name: 'inner' }), list: [1, 2] }));
    expect(once.run(() => undefined as never)).toBe(made);
    const thread = new Thread(
      (one: Once<{ lock: Lock; list: number[] }>) => {
        const first = one.run(() => undefined as never);
        first.list.push(3);
        return [
          first === one.tryGet()!.value,
          first.lock.acquire(),
          first.lock.name,
          first.list.length,
        ] as const;
      },
      { args: [once] },
    ).start();
    expect(await thread.resultAsync(SOON)).toEqual([true, true, 'inner', 3]);
    expect([made.lock.locked, made.list]).toEqual([true, [1, 2]]);
  });

  it('returns its memory', () => {
    const use = (): void => {
      const once = new Once<string>();
      once.run(() => 'x'.repeat(100_000));
      once.dispose();
    };
    use();
    const before = memoryUsage().used;
    for (let round = 0; round < 200; round++) use();
    expect(memoryUsage().used - before).toBeLessThan(200_000);
  });

  it.each([
    [
      'no initializer',
      (once: Once) => once.run(undefined as never),
      TypeError,
      'Once.run: initialize must be a function, got undefined (undefined)',
    ],
    ['a value in place of it', (once: Once) => once.run(5 as never), TypeError, 'got 5 (number)'],
    [
      'a negative timeout',
      (once: Once) => once.run(() => {}, { timeout: -1 }),
      RangeError,
      'Once.run: timeout must be 0 or more milliseconds, got -1',
    ],
    [
      'a text as timeout',
      (once: Once) => once.run(() => {}, { timeout: '1' as never }),
      TypeError,
      'got 1 (string)',
    ],
    ['a name that is none', () => new Once({ name: 1 as never }), TypeError, 'Once: name must be a string'],
    [
      'use after dispose',
      (once: Once) => {
        once.dispose();
        once.run(() => {});
      },
      ThreadStateError,
      'Once: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new Once())).toThrow(type);
    expect(() => use(new Once())).toThrow(message);
  });
});

describe('Once, blocked', () => {
  it('is made while the main thread is blocked on it', () => {
    const [once, made] = [new Once<number>(), new AtomicCounter()];
    const threads = [1, 2].map(n => start(tasks.ask, once, made, n));
    untilBlocked(() => once.done, 'a thread has made it');
    expect([once.run(() => 3), threads.map(thread => thread.result(SOON))]).toEqual([
      once.tryGet()!.value,
      Array(2).fill(once.tryGet()!.value),
    ]);
  });
});
