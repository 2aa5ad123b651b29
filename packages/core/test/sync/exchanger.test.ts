import { describe, expect, it } from 'vitest';
import {
  Event,
  Exchanger,
  Lock,
  NotShareableError,
  SharedBuffer,
  Thread,
  ThreadStateError,
  TimeoutError,
  memoryUsage,
} from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, pointerOf, randomFrom, until, waitingAt } from '../support/state.ts';
import * as tasks from './exchanger.fixture.ts';
import { dieInGuard } from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('Exchanger', () => {
  it('gives each of two threads what the other brought', () => {
    const exchanger = new Exchanger();
    const threads = ['tea', { cake: [1] }].map(value => start(tasks.swap, exchanger, value));
    expect(threads.map(thread => thread.result(SOON))).toEqual([{ cake: [1] }, 'tea']);
    expect([exchanger.waiting, waitingAt(exchanger)]).toEqual([false, 0]);
  });

  it('lets the main thread swap with a thread, blocked or not', async () => {
    const exchanger = new Exchanger<string>();
    const first = start(tasks.swap, exchanger, 'from a thread');
    expect(exchanger.exchange('from main', SOON)).toBe('from a thread');
    expect(first.result(SOON)).toBe('from main');
    const promise = exchanger.exchangeAsync('promised', SOON);
    expect(exchanger.waiting).toBe(true);
    const second = start(tasks.swap, exchanger, 'from another');
    expect([await promise, await second.resultAsync(SOON)]).toEqual(['from another', 'promised']);
  });

  it('lets tasks of one thread swap, and a thread with its own promise', async () => {
    const exchanger = new Exchanger<number>();
    expect(await Promise.all([1, 2, 3, 4].map(n => exchanger.exchangeAsync(n)))).toEqual([2, 1, 4, 3]);
    const promise = exchanger.exchangeAsync(5);
    expect([exchanger.exchange(6), await promise]).toEqual([5, 6]);
  });

  it.each([undefined, null, 0, '', false])('swaps %s as well', async value => {
    const exchanger = new Exchanger<unknown>();
    expect(await Promise.all([exchanger.exchangeAsync(value), exchanger.exchangeAsync('x')])).toEqual([
      'x',
      value,
    ]);
  });

  it('hands over shared objects themselves', () => {
    const exchanger = new Exchanger<SharedBuffer>();
    const [mine, theirs] = [new SharedBuffer(8), new SharedBuffer(8)];
    const promise = exchanger.exchangeAsync(mine);
    expect(exchanger.exchange(theirs)).toBe(mine);
    return expect(promise).resolves.toBe(theirs);
  });

  it('gives up after its timeout, no sooner, and its value goes to nobody', async () => {
    const exchanger = new Exchanger<string>({ name: 'market' });
    const begin = performance.now();
    const late = (ms: number): TimeoutError =>
      new TimeoutError(`Exchanger "market": nobody came to exchange within ${ms} ms`);
    expect(() => exchanger.exchange('a', { timeout: 40 })).toThrow(late(40));
    expect(performance.now() - begin).toBeGreaterThanOrEqual(39);
    expect(() => exchanger.exchange('b', { timeout: 0 })).toThrow(late(0));
    await expect(exchanger.exchangeAsync('c', { timeout: 2 })).rejects.toThrow(late(2));
    await expect(exchanger.exchangeAsync('d', { timeout: 0 })).rejects.toThrow(late(0));
    expect(await Promise.all([exchanger.exchangeAsync('e'), exchanger.exchangeAsync('f')])).toEqual([
      'f',
      'e',
    ]);
  });

  it('swaps with neither who has been aborted nor loses what an abort came too late for', async () => {
    const exchanger = new Exchanger<string>();
    await expect(exchanger.exchangeAsync('x', { signal: AbortSignal.abort(0) })).rejects.toBe(0);
    for (let round = 0; round < 100; round++) {
      const controller = new AbortController();
      const first = exchanger.exchangeAsync('first', { signal: controller.signal });
      if (round % 2 === 0) {
        controller.abort('no');
        await expect(first).rejects.toBe('no');
        const pair = [exchanger.exchangeAsync('second', SOON), exchanger.exchangeAsync('third', SOON)];
        expect(await Promise.all(pair)).toEqual(['third', 'second']);
      } else {
        const second = exchanger.exchangeAsync('second', SOON);
        controller.abort('too late');
        expect(await Promise.all([first, second])).toEqual(['second', 'first']);
      }
      expect([waitingAt(exchanger), pendingWaits()]).toEqual([0, 0]);
    }
  });

  it('never swaps with a thread that was killed while it waited, and drops what that had brought', async () => {
    const exchanger = new Exchanger<unknown>();
    const brought = new Lock();
    const references = (): number => i32[pointerOf(brought) + OBJECT.references]!;
    const thread = start(tasks.waitForever, exchanger, ['of the dead', brought]);
    await until(() => exchanger.waiting, 'it waits');
    thread.terminate();
    await thread.joinAsync(SOON);
    await until(() => !exchanger.waiting, 'it has left the line');
    const pair = [exchanger.exchangeAsync('a', SOON), exchanger.exchangeAsync('b', SOON)];
    expect(await Promise.all(pair)).toEqual(['b', 'a']);
    await until(() => references() === 1, 'nobody but this handle refers to what it had brought');
  });

  it('survives a thread that is killed while it holds the guard', async () => {
    const [exchanger, held] = [new Exchanger<string>(), new Event()];
    const waiting = exchanger.exchangeAsync('waiting', SOON);
    const thread = start(dieInGuard, exchanger, held);
    await until(() => held.isSet, 'it holds the guard');
    thread.terminate();
    await thread.joinAsync(SOON);
    expect(exchanger.exchange('partner', SOON)).toBe('waiting');
    expect(await waiting).toBe('partner');
  });

  it('loses and doubles nothing: five impatient threads and the event loop', async () => {
    const [exchanger, stop] = [new Exchanger<number>(), new Event()];
    const threads = Array.from({ length: 5 }, (_, n) =>
      start(tasks.swapForever, exchanger, stop, n * 10_000_000),
    );
    const [given, got]: [number[], number[]] = [[], []];
    const random = randomFrom(99);
    const end = performance.now() + 1000;
    let next = 900_000_000;
    const loop = async (): Promise<void> => {
      while (performance.now() < end) {
        const controller = new AbortController();
        const mine = next++;
        if (random(3) === 0) setImmediate(() => controller.abort());
        const options = { timeout: random(20) / 10, signal: controller.signal };
        const theirs = await exchanger.exchangeAsync(mine, options).catch(() => undefined);
        if (theirs !== undefined) {
          given.push(mine);
          got.push(theirs);
        }
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    await Promise.all([loop(), loop(), loop()]);
    stop.set();
    for (const thread of threads) {
      const [threadGiven, threadGot] = await thread.resultAsync(SOON);
      given.push(...threadGiven);
      got.push(...threadGot);
    }
    expect(given.length).toBeGreaterThan(100);
    expect(got.toSorted((a, b) => a - b)).toEqual(given.toSorted((a, b) => a - b));
    expect([waitingAt(exchanger), pendingWaits()]).toEqual([0, 0]);
  });

  it('returns its memory', async () => {
    const exchanger = new Exchanger<string>();
    const use = async (): Promise<void> => {
      const big = 'x'.repeat(50_000);
      await Promise.all([exchanger.exchangeAsync(big), exchanger.exchangeAsync(big)]);
      await exchanger.exchangeAsync(big, { timeout: 0 }).catch(() => {});
    };
    await use();
    const before = memoryUsage().used;
    for (let round = 0; round < 100; round++) await use();
    expect(memoryUsage().used - before).toBeLessThan(500_000);
  });

  it.each([
    [
      'a value that cannot travel',
      (one: Exchanger) => one.exchange({ call: () => {} }),
      NotShareableError,
      'value.call: functions cannot be shared',
    ],
    [
      'a negative timeout',
      (one: Exchanger) => one.exchange(1, { timeout: -1 }),
      RangeError,
      'Exchanger.exchange: timeout must be 0 or more milliseconds, got -1',
    ],
    [
      'a text as timeout',
      (one: Exchanger) => one.exchange(1, { timeout: '1' as never }),
      TypeError,
      'got 1 (string)',
    ],
    [
      'a name that is none',
      () => new Exchanger({ name: 1 as never }),
      TypeError,
      'Exchanger: name must be a string',
    ],
    [
      'use after dispose',
      (one: Exchanger) => {
        one.dispose();
        one.exchange(1);
      },
      ThreadStateError,
      'Exchanger: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new Exchanger())).toThrow(type);
    expect(() => use(new Exchanger())).toThrow(message);
  });
});
