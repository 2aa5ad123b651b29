import { describe, expect, it } from 'vitest';
import { i32 } from '../../src/atomics.ts';
import {
  AtomicCounter,
  Barrier,
  BrokenBarrierError,
  DeadlockError,
  Event,
  Thread,
  ThreadStateError,
  pack,
  unpack,
} from '../../src/index.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { LONG, SOON, pointerOf, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

const N = 5;
/** Word of the line of those who come while the action runs. */
const DOOR = OBJECT.own + 4;
const GENERATION = OBJECT.own + 2;

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

function startAll<T extends (...args: never[]) => unknown>(
  target: T,
  ...args: Parameters<T>
): Array<Thread<T>> {
  return Array.from({ length: N }, () => start(target, ...args));
}

function results<T extends (...args: never[]) => unknown>(threads: Array<Thread<T>>): unknown[] {
  return threads.map(thread => thread.result(SOON) as unknown);
}

/** Numbers and names, each once and in order: who got which isn't known beforehand. */
function sorted(values: unknown[]): unknown[] {
  return values.sort((one, other) => (String(one) < String(other) ? -1 : 1));
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    value => value,
    (error: unknown) => error,
  );
}

describe('Barrier, as CPython tests its own', () => {
  it.each([1, 10, 300])('is passed in lockstep, %i times', times => {
    const barrier = new Barrier(N, { timeout: 20_000 });
    const threads = startAll(tasks.passBarrier, barrier, times, new AtomicCounter(), new AtomicCounter());
    const sums = results(threads).map(result => Number(/^sum (\d+)$/.exec(String(result))?.[1]));
    // Every round hands out 0 to 4 once.
    expect(sums.reduce((sum, each) => sum + each)).toBe(times * 10);
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
  });

  it('returns to each party another number', () => {
    expect(sorted(results(startAll(tasks.meet, new Barrier(N))))).toEqual([0, 1, 2, 3, 4]);
  });

  it('runs the action once, in the last party, before anybody goes on', () => {
    const barrier = new Barrier(N);
    const ran = new AtomicCounter();
    const threads = startAll(tasks.meetWithAction, barrier, ran, undefined, false);
    expect(sorted(results(threads))).toEqual([0, 1, 2, 3, 4]);
    expect(ran.value).toBe(1);
  });

  it('is broken for everybody by abort(), and stays so', () => {
    const barrier = new Barrier(N, { timeout: 20_000 });
    expect(sorted(results(startAll(tasks.meetAndAbort, barrier)))).toEqual([
      'aborted',
      'broken',
      'broken',
      'broken',
      'broken',
    ]);
    expect(barrier.broken).toBe(true);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
  });

  it('frees those who wait by reset(), and can be used again', () => {
    const barrier = new Barrier(N, { timeout: 20_000 });
    expect(sorted(results(startAll(tasks.meetAndReset, barrier)))).toEqual([
      'broken',
      'broken',
      'broken',
      'broken',
      'reset',
    ]);
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
  });

  it('can be reset after it was broken', () => {
    const [barrier, second] = [new Barrier(N, { timeout: 20_000 }), new Barrier(N)];
    expect(sorted(results(startAll(tasks.meetAbortAndReset, barrier, second)))).toEqual([
      'aborted',
      'broken',
      'broken',
      'broken',
      'broken',
    ]);
    expect(barrier.broken).toBe(false);
  });

  it('is broken for everybody by one party whose time is up', () => {
    const barrier = new Barrier(N);
    const patient = Array.from({ length: N - 2 }, () => start(tasks.meet, barrier));
    untilBlocked(() => barrier.waiting === N - 2, 'they wait');
    const begin = performance.now();
    expect(start(tasks.meet, barrier, 50).result(SOON)).toBe('BrokenBarrierError');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
    expect(results(patient)).toEqual(['BrokenBarrierError', 'BrokenBarrierError', 'BrokenBarrierError']);
    expect([start(tasks.meet, barrier).result(SOON), barrier.broken, barrier.waiting]).toEqual([
      'BrokenBarrierError',
      true,
      0,
    ]);
  });

  it('has a default timeout, which a call can replace', () => {
    const barrier = new Barrier(2, { timeout: 30, name: 'gate' });
    const begin = performance.now();
    expect(() => barrier.wait()).toThrow(
      new BrokenBarrierError('Barrier "gate": broken: not all parties came within 30 ms'),
    );
    expect(performance.now() - begin).toBeGreaterThanOrEqual(29);
    barrier.reset();
    const thread = new Thread(
      (one: Barrier) => {
        try {
          return one.wait({ timeout: Infinity });
        } catch (error) {
          return (error as Error).message;
        }
      },
      { args: [barrier] },
    ).start();
    untilBlocked(() => barrier.waiting === 1, 'it waits');
    untilBlocked(() => performance.now() - begin > 100, 'longer than the default');
    expect([barrier.wait(), thread.result(SOON)]).toEqual([1, 0]);
  });

  it('of one party is no obstacle', async () => {
    const barrier = new Barrier(1);
    expect([barrier.wait(), barrier.wait(), await barrier.waitAsync(), barrier.wait({ timeout: 0 })]).toEqual(
      [0, 0, 0, 0],
    );
  });

  it('shows how many wait, and 0 as soon as they may go on', () => {
    const barrier = new Barrier(3);
    const threads = [1, 2].map(() => start(tasks.meet, barrier));
    untilBlocked(() => barrier.waiting === 2, 'two wait');
    expect([barrier.parties, barrier.wait(), barrier.waiting, barrier.broken]).toEqual([3, 2, 0, false]);
    expect(sorted(results(threads))).toEqual([0, 1]);
  });
});

describe('Barrier', () => {
  it('never counts a party that comes back early with those it has just met', async () => {
    const barrier = new Barrier(2);
    // Both promises are granted, and neither has gone on yet.
    const [first, second] = [barrier.waitAsync(), barrier.waitAsync()];
    expect(barrier.waiting).toBe(0);
    const early = barrier.waitAsync(SOON);
    expect(barrier.waiting).toBe(1);
    expect([await first, await second]).toEqual([0, 1]);
    expect([barrier.wait(), await early]).toEqual([1, 0]);
  });

  it('lets those who have met go on, although it is reset or aborted at once', async () => {
    for (const end of [(barrier: Barrier) => barrier.reset(), (barrier: Barrier) => barrier.abort()]) {
      const barrier = new Barrier(3);
      const thread = start(tasks.meet, barrier);
      await until(() => barrier.waiting === 1, 'one waits');
      const promise = barrier.waitAsync();
      expect(barrier.wait()).toBe(2);
      end(barrier);
      expect(sorted([await promise, thread.result(SOON)])).toEqual([0, 1]);
    }
  });

  it('is passed by promises and threads together, a hundred times', async () => {
    const barrier = new Barrier(4);
    const [before, after] = [new AtomicCounter(), new AtomicCounter()];
    const threads = [1, 2].map(() => start(tasks.passBarrier, barrier, 50, before, after));
    const pass = async (): Promise<number> => {
      let sum = 0;
      for (let round = 0; round < 50; round++) {
        before.increment();
        expect(after.value).toBe(round * 4);
        sum += await barrier.waitAsync(SOON);
        after.increment();
        expect(before.value).toBe((round + 1) * 4);
        await barrier.waitAsync(SOON);
      }
      return sum;
    };
    const sums = await Promise.all([pass(), pass()]);
    for (const thread of threads) sums.push(Number(/^sum (\d+)$/.exec(await thread.resultAsync(SOON))?.[1]));
    expect(sums.reduce((sum, each) => sum + each)).toBe(50 * 6);
    expect(pendingWaits()).toBe(0);
  });

  it('is broken by a party that is aborted, which gets the reason of its signal', async () => {
    const barrier = new Barrier(3);
    const thread = start(tasks.meet, barrier);
    await until(() => barrier.waiting === 1, 'one waits');
    const controller = new AbortController();
    const aborted = barrier.waitAsync({ signal: controller.signal });
    expect(barrier.waiting).toBe(2);
    controller.abort('called off');
    await expect(aborted).rejects.toBe('called off');
    expect([await thread.resultAsync(SOON), barrier.broken, barrier.waiting]).toEqual([
      'BrokenBarrierError',
      true,
      0,
    ]);
  });

  it('is not even reached with a signal that was aborted before, or a bad timeout', async () => {
    const barrier = new Barrier(2);
    await expect(barrier.waitAsync({ signal: AbortSignal.abort('before') })).rejects.toBe('before');
    await expect(barrier.waitAsync({ timeout: -1 })).rejects.toThrow(RangeError);
    expect(() => barrier.wait({ timeout: Number.NaN })).toThrow(
      'Barrier.wait: timeout must be 0 or more milliseconds, got NaN',
    );
    expect([barrier.broken, barrier.waiting]).toEqual([false, 0]);
  });

  it('is broken by a poll, unless all the others are there', async () => {
    const barrier = new Barrier(2);
    const promise = barrier.waitAsync();
    expect([barrier.wait({ timeout: 0 }), await promise]).toEqual([1, 0]);
    expect(() => barrier.wait({ timeout: 0 })).toThrow(BrokenBarrierError);
    expect(barrier.broken).toBe(true);
    await expect(barrier.waitAsync()).rejects.toThrow(
      'it was broken before, and reset() has not been called',
    );
  });

  it('is broken by a party whose thread is killed', async () => {
    const barrier = new Barrier(3);
    const thread = start(tasks.parkForever, barrier);
    await until(() => barrier.waiting === 1, 'it waits');
    const promise = caught(barrier.waitAsync());
    thread.terminate();
    expect(await promise).toBeInstanceOf(BrokenBarrierError);
    expect([barrier.broken, barrier.waiting]).toEqual([true, 0]);
  });

  it('does not mind a reset when nobody waits, or a second abort', () => {
    const barrier = new Barrier(2);
    barrier.reset();
    barrier.abort();
    barrier.abort();
    expect(barrier.broken).toBe(true);
    barrier.reset();
    barrier.reset();
    expect([barrier.broken, barrier.waiting]).toEqual([false, 0]);
  });

  it('works across the wrap of its generations', () => {
    const barrier = new Barrier(1);
    i32[pointerOf(barrier) + GENERATION] = 0x7fff_fffd;
    for (let round = 0; round < 6; round++) expect(barrier.wait()).toBe(0);
    expect(i32[pointerOf(barrier) + GENERATION]).toBeLessThan(0);
    expect(() => new Barrier(2).wait({ timeout: 1 })).toThrow(BrokenBarrierError);
  });

  it('is the same barrier in other threads, with its parties and its default timeout', () => {
    const barrier = new Barrier(2, { timeout: 25, action: () => 1, name: 'gate' });
    expect(unpack(pack(barrier))).toBe(barrier);
    const thread = new Thread(
      (one: Barrier) => {
        const seen = [one.parties, one.name, typeof one.action];
        try {
          one.wait();
        } catch (error) {
          seen.push((error as Error).message);
        }
        return seen;
      },
      { args: [barrier] },
    ).start();
    expect(thread.result(SOON)).toEqual([
      2,
      'gate',
      'undefined',
      'Barrier "gate": broken: not all parties came within 25 ms',
    ]);
  });
});

describe('the action of a barrier', () => {
  it('keeps the next round at the door, without breaking it: neither timeouts there nor of those inside count', async () => {
    const barrier = new Barrier(2);
    const [ran, letGo] = [new AtomicCounter(), new Event()];
    // Long enough for the other one to come, also if its worker has yet to.
    const inside = start(tasks.meet, barrier, 1500);
    await until(() => barrier.waiting === 1, 'one waits');
    const runner = start(tasks.meetWithAction, barrier, ran, letGo, false);
    await until(() => ran.value === 1, 'the action runs');
    const next = [caught(barrier.waitAsync(SOON)), caught(barrier.waitAsync(SOON))];
    const impatient = start(tasks.meet, barrier, 0);
    await until(() => waitingAt(barrier, DOOR) === 3, 'three are at the door');
    const begin = performance.now();
    await until(() => performance.now() - begin > 1550, 'the time of the one inside is up');
    expect([barrier.waiting, barrier.broken]).toEqual([2, false]);
    letGo.set();
    expect([await inside.resultAsync(SOON), await runner.resultAsync(SOON)]).toEqual([0, 1]);
    // Let in together: two of the three make up the next round, or the poll comes first and breaks it.
    const outcomes = await Promise.all([...next, impatient.resultAsync(SOON)]);
    expect(outcomes).toHaveLength(3);
    expect(waitingAt(barrier, DOOR)).toBe(0);
    barrier.abort();
  });

  it('breaks the barrier by throwing; its party throws the same', () => {
    const barrier = new Barrier(2);
    const waiter = start(tasks.meet, barrier);
    untilBlocked(() => barrier.waiting === 1, 'one waits');
    expect(start(tasks.meetWithAction, barrier, new AtomicCounter(), undefined, true).result(SOON)).toBe(
      'RangeError',
    );
    expect([waiter.result(SOON), barrier.broken]).toEqual(['BrokenBarrierError', true]);
  });

  it('may be asynchronous in waitAsync', async () => {
    const order: string[] = [];
    const barrier = new Barrier(2, {
      action: async () => {
        order.push('action begins');
        await new Promise(resolve => setTimeout(resolve, 5));
        order.push('action ends');
      },
    });
    const log = (index: number): void => void order.push(`party ${index}`);
    await Promise.all([barrier.waitAsync().then(log), barrier.waitAsync().then(log)]);
    expect(order.slice(0, 2)).toEqual(['action begins', 'action ends']);
    expect(order.slice(2).sort()).toEqual(['party 0', 'party 1']);
    barrier.action = async () => {
      throw new SyntaxError('no');
    };
    const [first, second] = await Promise.all([caught(barrier.waitAsync()), caught(barrier.waitAsync())]);
    expect(first).toBeInstanceOf(BrokenBarrierError);
    expect(second).toBeInstanceOf(SyntaxError);
    expect(pendingWaits()).toBe(0);
  });

  it('may not be asynchronous in wait', () => {
    const barrier = new Barrier(1, { action: async () => {} });
    expect(() => barrier.wait()).toThrow('the action returned a promise');
    expect(barrier.broken).toBe(true);
  });

  it('cannot wait at its own barrier', () => {
    const barrier: Barrier = new Barrier(1, { action: () => barrier.wait() });
    expect(() => barrier.wait()).toThrow(DeadlockError);
    expect(barrier.broken).toBe(true);
  });

  it('is in vain when the barrier is reset or aborted meanwhile: those inside are broken, those at the door are not by a reset', async () => {
    for (const end of ['reset', 'abort'] as const) {
      const barrier = new Barrier(2);
      const [ran, letGo] = [new AtomicCounter(), new Event()];
      const inside = caught(barrier.waitAsync());
      const runner = start(tasks.meetWithAction, barrier, ran, letGo, false);
      await until(() => ran.value === 1, 'the action runs');
      const door = caught(barrier.waitAsync(SOON));
      await until(() => waitingAt(barrier, DOOR) === 1, 'one is at the door');
      barrier[end]();
      expect(await inside).toBeInstanceOf(BrokenBarrierError);
      if (end === 'reset') {
        await until(() => barrier.waiting === 1, 'the one at the door came in');
        expect([barrier.wait(SOON), await door]).toEqual([1, 0]);
      } else expect(await door).toBeInstanceOf(BrokenBarrierError);
      letGo.set();
      expect([await runner.resultAsync(SOON), barrier.broken]).toEqual([
        'BrokenBarrierError',
        end === 'abort',
      ]);
    }
  });

  it('breaks the barrier when its thread is killed in it, and the door opens', async () => {
    const barrier = new Barrier(2);
    const inside = caught(barrier.waitAsync());
    const inAction = new Event();
    const thread = start(tasks.dieInAction, barrier, inAction);
    await inAction.waitAsync(SOON);
    const door = caught(barrier.waitAsync());
    await until(() => waitingAt(barrier, DOOR) === 1, 'one is at the door');
    thread.terminate();
    expect(await inside).toBeInstanceOf(BrokenBarrierError);
    expect(await door).toBeInstanceOf(BrokenBarrierError);
    expect([barrier.broken, barrier.waiting]).toEqual([true, 0]);
  });

  it('belongs to the thread that set it', () => {
    let count = 0;
    const barrier = new Barrier(2, { action: () => (count += 1) });
    const first = start(tasks.meet, barrier);
    untilBlocked(() => barrier.waiting === 1, 'it waits');
    barrier.wait(SOON);
    expect([first.result(SOON), count]).toEqual([0, 1]);
    const last = new Thread(
      (one: Barrier) => {
        while (one.waiting === 0);
        return one.wait();
      },
      { args: [barrier] },
    ).start();
    expect([barrier.wait(SOON), last.result(SOON), count]).toEqual([0, 1, 1]);
  });
});

describe('Barrier misuse', () => {
  it.each([
    [
      'no parties',
      () => new Barrier(0),
      RangeError,
      'Barrier: parties must be a whole number from 1, got 0 (number)',
    ],
    ['fewer', () => new Barrier(-1), RangeError, 'got -1'],
    ['a text', () => new Barrier('2' as never), TypeError, 'got 2 (string)'],
    [
      'a negative timeout',
      () => new Barrier(2, { timeout: -1 }),
      RangeError,
      'Barrier: timeout must be 0 or more milliseconds, got -1',
    ],
    [
      'an action that is none',
      () => new Barrier(2, { action: 'run' as never }),
      TypeError,
      'Barrier: action must be a function, got run (string)',
    ],
    ['a bad name', () => new Barrier(2, { name: 4 as never }), TypeError, 'Barrier: name must be a string'],
    ['use after dispose', () => gone().wait(), ThreadStateError, 'Barrier: used after dispose()'],
    ['reset after dispose', () => gone().reset(), ThreadStateError, 'Barrier: used after dispose()'],
    ['abort after dispose', () => gone().abort(), ThreadStateError, 'Barrier: used after dispose()'],
  ])('is refused: %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});

function gone(): Barrier {
  const barrier = new Barrier(2);
  barrier.dispose();
  return barrier;
}

describe('Barrier under load', () => {
  it('never hangs and never mixes rounds, however often it is broken by timeouts and aborts, and reset', async () => {
    const barrier = new Barrier(4);
    const stop = new Event();
    const counts = [1, 2, 3].map(() => new AtomicCounter());
    const threads = counts.map((count, seed) => start(tasks.meetForever, barrier, stop, seed + 1, count));
    let met = 0;
    const begin = performance.now();
    const isEnough = (): boolean =>
      performance.now() - begin > (counts.every(({ value }) => value > 0) ? 1500 : LONG);
    while (!isEnough()) {
      const controller = new AbortController();
      if (met % 7 === 0) setTimeout(() => controller.abort('bored'), 1);
      const outcome = await caught(barrier.waitAsync({ timeout: 50, signal: controller.signal }));
      if (typeof outcome === 'number') met += 1;
      else if (outcome === 'bored') met += 1;
      else expect(outcome).toBeInstanceOf(BrokenBarrierError);
      if (barrier.broken) barrier.reset();
    }
    stop.set();
    barrier.abort();
    for (const thread of threads) await thread.resultAsync(SOON);
    for (const { value } of counts) expect(value).toBeGreaterThan(0);
    expect(met).toBeGreaterThan(0);
    expect([pendingWaits(), waitingAt(barrier)]).toEqual([0, 0]);
  });
});
