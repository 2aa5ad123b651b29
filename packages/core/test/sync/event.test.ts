import { describe, expect, it } from 'vitest';
import { AtomicCounter, Event, Thread, ThreadStateError } from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { amount } from '../support/amount.ts';
import { SOON, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('Event, as CPython tests its own', () => {
  it('is set and cleared, also twice', () => {
    const event = new Event();
    const seen = [event.isSet];
    for (const change of [() => event.set(), () => event.set(), () => event.clear(), () => event.clear()]) {
      change();
      seen.push(event.isSet);
    }
    expect(seen).toEqual([false, true, true, false, false]);
  });

  it('wakes all threads that wait, and lets through all that come later', () => {
    const event = new Event();
    for (let time = 0; time < 2; time++) {
      const threads = Array.from({ length: 5 }, () =>
        start(tasks.waitEvent, event, [SOON.timeout, SOON.timeout]),
      );
      untilBlocked(() => waitingAt(event) === 5, 'all wait');
      event.set();
      for (const thread of threads) expect(thread.result(SOON).map(([got]) => got)).toEqual([true, true]);
      event.set();
      event.clear();
    }
  });

  it('gives up after the timeout, no sooner; when it is set there is nothing to wait for', () => {
    const event = new Event();
    const waits = (): Array<Array<[boolean, number]>> =>
      Array.from({ length: 5 }, () => start(tasks.waitEvent, event, [0, 50])).map(thread =>
        thread.result(SOON),
      );
    for (const [poll, wait] of waits()) {
      expect([poll![0], wait![0]]).toEqual([false, false]);
      expect(wait![1]).toBeGreaterThanOrEqual(49);
    }
    event.set();
    for (const results of waits()) expect(results.map(([got]) => got)).toEqual([true, true]);
  });

  it('wakes everybody who waits although it is cleared at once', () => {
    const event = new Event();
    const threads = Array.from({ length: 5 }, () => start(tasks.waitEvent, event, [SOON.timeout]));
    untilBlocked(() => waitingAt(event) === 5, 'all wait');
    event.set();
    event.clear();
    for (const thread of threads) expect(thread.result(SOON)[0]![0]).toBe(true);
    expect(event.isSet).toBe(false);
  });
});

describe('Event', () => {
  it('wakes each generation once, in hundreds of them', () => {
    const event = new Event();
    const cleared = new AtomicCounter();
    const rounds = amount(500, 5000);
    const threads = Array.from({ length: 3 }, () => start(tasks.waitRounds, event, cleared, rounds));
    const setter = start(tasks.setAndClear, event, cleared, 3, rounds);
    for (const thread of threads) expect(thread.result({ timeout: 60_000 })).toBe(rounds);
    expect(setter.join(SOON)).toBe(true);
    expect([event.isSet, waitingAt(event)]).toEqual([false, 0]);
  });

  it('wakes promises and threads together, and promises of an event that is cleared in the same turn', async () => {
    const event = new Event();
    const promises = Array.from({ length: 4 }, () => event.waitAsync(SOON));
    const threads = [1, 2].map(() => start(tasks.waitEvent, event, [SOON.timeout]));
    await until(() => waitingAt(event) === 6, 'all wait');
    event.set();
    event.clear();
    expect(await Promise.all(promises)).toEqual([true, true, true, true]);
    for (const thread of threads) expect((await thread.resultAsync(SOON))[0]![0]).toBe(true);
    expect([event.isSet, pendingWaits()]).toEqual([false, 0]);
  });

  it('is set by a thread while main is blocked, and while main awaits', async () => {
    const event = new Event();
    const set = (): Thread => start(tasks.setWhenWaiting, event, event, 1);
    set();
    expect(event.wait(SOON)).toBe(true);
    event.clear();
    set();
    expect(await event.waitAsync(SOON)).toBe(true);
    expect(await event.waitAsync({ timeout: 0 })).toBe(true);
  });

  it('gives up a promise after its timeout and rejects it with the reason of its signal', async () => {
    const event = new Event();
    const controller = new AbortController();
    const waits = [event.waitAsync({ timeout: 5 }), event.waitAsync({ timeout: 0 })];
    const aborted = event.waitAsync({ signal: controller.signal });
    controller.abort(undefined);
    await expect(aborted).rejects.toBe(controller.signal.reason);
    await expect(event.waitAsync({ signal: AbortSignal.abort(null) })).rejects.toBe(null);
    expect(await Promise.all(waits)).toEqual([false, false]);
    expect([waitingAt(event), pendingWaits()]).toEqual([0, 0]);
    event.set();
    expect(event.isSet).toBe(true);
  });

  it('shows a thread what was done before it was set, even if it had been set already', () => {
    const [event, data] = [new Event(), new AtomicCounter()];
    event.set();
    const thread = new Thread(
      (one: Event, counter: AtomicCounter) => {
        counter.value = 7;
        one.set();
        one.clear();
      },
      { args: [event, data] },
    ).start();
    untilBlocked(() => !event.isSet, 'it was cleared');
    expect(data.value).toBe(7);
    thread.join(SOON);
  });

  it('forgets waiters whose thread was killed', async () => {
    const event = new Event();
    const threads = [1, 2, 3].map(() => start(tasks.parkForever, event));
    await until(() => waitingAt(event) === 3, 'all wait');
    const promise = event.waitAsync(SOON);
    threads[1]!.terminate();
    await threads[1]!.joinAsync(SOON);
    await until(() => waitingAt(event) === 3, 'one has left');
    event.set();
    expect(await promise).toBe(true);
    expect([threads[0]!.join(SOON), threads[2]!.join(SOON), waitingAt(event)]).toEqual([true, true, 0]);
  });

  it.each([
    [
      'a negative timeout',
      (event: Event) => event.wait({ timeout: -0.1 }),
      RangeError,
      'Event.wait: timeout must be 0 or more milliseconds, got -0.1',
    ],
    ['NaN', (event: Event) => event.wait({ timeout: Number.NaN }), RangeError, 'got NaN'],
    ['a text', (event: Event) => event.wait({ timeout: '1' as never }), TypeError, 'got 1 (string)'],
    [
      'a bad name',
      () => new Event({ name: true as never }),
      TypeError,
      'Event: name must be a string, got true (boolean)',
    ],
    [
      'set after dispose',
      (event: Event) => gone(event).set(),
      ThreadStateError,
      'Event: used after dispose()',
    ],
    [
      'clear after dispose',
      (event: Event) => gone(event).clear(),
      ThreadStateError,
      'Event: used after dispose()',
    ],
    [
      'isSet after dispose',
      (event: Event) => gone(event).isSet,
      ThreadStateError,
      'Event: used after dispose()',
    ],
    [
      'wait after dispose',
      (event: Event) => gone(event).wait(),
      ThreadStateError,
      'Event: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new Event())).toThrow(type);
    expect(() => use(new Event())).toThrow(message);
  });
});

function gone(event: Event): Event {
  event.dispose();
  return event;
}
