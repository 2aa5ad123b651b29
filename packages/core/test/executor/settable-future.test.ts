// The executor's side of CPython's Future: test_concurrent_futures/test_future.py, and what is new here: it travels.
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  CancelledError,
  Event,
  Future,
  InvalidStateError,
  Lock,
  NotShareableError,
  Queue,
  SettableFuture,
  Thread,
  ThreadDiedError,
  ThreadStateError,
  TimeoutError,
  asCompleted,
  wait,
  waitAsync,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import {
  exitWith,
  fail,
  forsake,
  race,
  settle,
  waitFor,
  waitForAsync,
  workUntilCancelled,
} from './settable-future.fixture.ts';

describe('a future that is settled by hand', () => {
  it('is pending, and a future', () => {
    const future = new SettableFuture<string>();
    expect(future).toBeInstanceOf(Future);
    expect([future.done, future.running, future.cancelled]).toEqual([false, false, false]);
    expect(String(future)).toBe('<SettableFuture pending>');
    expect(() => future.result({ timeout: 0 })).toThrow(TimeoutError);
    expectTypeOf(future.result).returns.toEqualTypeOf<string>();
  });

  it.each([undefined, null, 0, '', false, 7, { deep: [1, new Map([[1, 2]])] }])(
    'gives what it was set to, here and after an await: %o',
    async value => {
      const future = new SettableFuture<unknown>();
      const promise = future.promise();
      future.setResult(value);
      expect([future.done, future.running, future.cancelled]).toEqual([true, false, false]);
      expect(future.result()).toEqual(value);
      expect(await promise).toEqual(value);
      expect(await future).toEqual(value);
      expect(future.exception()).toBeUndefined();
    },
  );

  it('throws what it was set to, whatever that is', async () => {
    const future = new SettableFuture<number>();
    future.setException(new RangeError('on purpose'));
    expect(() => future.result()).toThrow(new RangeError('on purpose'));
    expect(future.exception()).toEqual({ error: new RangeError('on purpose') });
    await expect(Promise.resolve(future)).rejects.toThrow('on purpose');
    const falsy = new SettableFuture();
    falsy.setException(undefined);
    expect(falsy.exception()).toEqual({ error: undefined });
    const unshareable = new SettableFuture();
    unshareable.setException(Object.assign(new Error('with a function'), { callback: () => {} }));
    expect(unshareable.exception()).toMatchObject({ error: { message: 'with a function' } });
  });

  it('refuses to be settled twice (test_multiple_set_result, test_multiple_set_exception)', () => {
    const future = new SettableFuture<number>();
    future.setResult(1);
    expect(() => future.setResult(2)).toThrow(InvalidStateError);
    expect(() => future.setResult(2)).toThrow(
      'SettableFuture.setResult: it has a result; a future is settled once',
    );
    expect(() => future.setException(new Error('late'))).toThrow('setException: it has a result');
    expect(future.result()).toBe(1);
    const failed = new SettableFuture<number>();
    failed.setException(new Error('first'));
    expect(() => failed.setException(new Error('second'))).toThrow('it has an exception');
    expect(() => failed.result()).toThrow('first');
  });

  it('is cancelled for good while nobody works on it, and can not be settled then (test_cancel)', async () => {
    const future = new SettableFuture<number>();
    expect([future.cancel(), future.cancel()]).toEqual([true, true]);
    expect([future.done, future.cancelled]).toEqual([true, true]);
    expect(() => future.setResult(1)).toThrow('SettableFuture.setResult: it was cancelled');
    expect(() => future.setResult(1)).toThrow(InvalidStateError);
    expect(future.setRunningOrNotifyCancel()).toBe(false);
    expect(() => future.result()).toThrow(CancelledError);
    await expect(Promise.resolve(future)).rejects.toThrow(CancelledError);
    const settled = new SettableFuture<number>();
    settled.setResult(1);
    expect(settled.cancel()).toBe(false);
  });

  it('runs when a thread says so, and then only asks to be cancelled (set_running_or_notify_cancel)', () => {
    const future = new SettableFuture<number>();
    expect(future.setRunningOrNotifyCancel()).toBe(true);
    expect([future.running, future.done, future.cancelRequested]).toEqual([true, false, false]);
    expect([future.cancel(), future.cancelRequested, future.cancelled]).toEqual([false, true, false]);
    expect(() => future.setRunningOrNotifyCancel()).toThrow(ThreadStateError);
    expect(() => future.setRunningOrNotifyCancel()).toThrow(
      'SettableFuture.setRunningOrNotifyCancel: future in unexpected state: it is running',
    );
    future.setResult(5);
    expect(future.result()).toBe(5);
    expect(() => future.setRunningOrNotifyCancel()).toThrow('in unexpected state: it has a result');
  });

  it('is left as it was by a value that can not travel', () => {
    const future = new SettableFuture<unknown>();
    expect(() => future.setResult({ call: () => {} })).toThrow(NotShareableError);
    expect(() => future.setResult({ call: () => {} })).toThrow('result.call: functions cannot be shared');
    expect(future.done).toBe(false);
    future.setResult(1);
    expect(future.result()).toBe(1);
  });

  it('calls back in order', async () => {
    const future = new SettableFuture<number>();
    const seen: unknown[] = [];
    future.onDone(each => seen.push(1, each === future));
    future.onDone(() => seen.push(2));
    future.setResult(1);
    future.onDone(() => seen.push(3));
    await expect.poll(() => seen, SOON).toEqual([1, true, 2, 3]);
  });
});

describe('a future that is settled by hand travels', () => {
  it('to a thread that settles it, while this one blocks or awaits', async () => {
    const blocking = new SettableFuture<unknown>();
    new Thread(settle, { args: [blocking, [1, 2]] }).start();
    expect(blocking.result(SOON)).toEqual([1, 2]);
    const awaited = new SettableFuture<unknown>();
    new Thread(settle, { args: [awaited, 'later'] }).start();
    expect(await awaited).toBe('later');
    const failed = new SettableFuture<unknown>();
    new Thread(fail, { args: [failed] }).start();
    await expect(Promise.resolve(failed)).rejects.toMatchObject({ code: 'E_PURPOSE', name: 'RangeError' });
  });

  it('to threads that wait for it, blocked or not', async () => {
    const future = new SettableFuture<number>();
    const threads = [waitFor, waitFor, waitForAsync].map(each =>
      new Thread(each, { args: [future] }).start(),
    );
    await Promise.all(threads.map(each => each.started));
    future.setResult(42);
    expect(await Promise.all(threads.map(each => each.resultAsync(SOON)))).toEqual([42, 42, 42]);
  });

  it('as an answer in a message, with a shareable as its value', () => {
    const requests = new Queue<{ question: number; answer: SettableFuture<Lock> }>();
    const answer = new SettableFuture<Lock>();
    requests.put({ question: 1, answer });
    const lock = new Lock();
    const received = requests.get().answer;
    expect(received).toBe(answer);
    received.setResult(lock);
    expect(answer.result()).toBe(lock);
  });

  it('and can be waited for together with others', async () => {
    const futures = [0, 1, 2].map(() => new SettableFuture<unknown>());
    new Thread(settle, { args: [futures[1]!, 'second'] }).start();
    const first = wait(futures, { returnWhen: 'FIRST_COMPLETED', ...SOON });
    expect([...first.done]).toEqual([futures[1]]);
    futures[2]!.setException(new Error('third'));
    expect((await waitAsync(futures, { returnWhen: 'FIRST_EXCEPTION', ...SOON })).done.size).toBe(2);
    futures[0]!.cancel();
    const order: number[] = [];
    for await (const { future } of asCompleted(futures, SOON)) order.push(futures.indexOf(future as never));
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('and of several that settle it exactly one does', () => {
    const futures = Array.from({ length: 200 }, () => new SettableFuture<number>());
    const start = new Event();
    const threads = [1, 2, 3].map(n => new Thread(race, { args: [futures, start, n] }).start());
    start.set();
    const won = threads.map(each => each.result(SOON));
    expect(won.flat().toSorted((a, b) => a - b)).toEqual(futures.map((_, index) => index));
    for (const [index, future] of futures.entries()) expect(won[future.result() - 1]).toContain(index);
  });
});

describe('a future that a thread works on', () => {
  it('fails when the thread ends without settling it, and when it dies', async () => {
    const [ended, began] = [new SettableFuture(), new Event()];
    const thread = new Thread(forsake, { args: [ended, began], name: 'forgetful' }).start();
    expect(() => ended.result(SOON)).toThrow(ThreadDiedError);
    expect(() => ended.result(SOON)).toThrow(
      'Thread "forgetful", which worked on this future, ended without settling it',
    );
    expect(thread.result(SOON)).toBe(true);

    const [killed, running, never] = [new SettableFuture(), new Event(), new Event()];
    const victim = new Thread(forsake, { args: [killed, running, never], name: 'victim' }).start();
    expect(running.wait(SOON)).toBe(true);
    victim.terminate();
    await expect(Promise.resolve(killed)).rejects.toThrow(
      'Thread "victim", which worked on this future, died without settling it',
    );

    const exited = new SettableFuture();
    new Thread(exitWith, { args: [exited], name: 'leaver' }).start();
    expect(() => exited.result(SOON)).toThrow('Thread "leaver", which worked on this future, died');
  });

  it('is not failed by the end of its thread when it was settled, by it or by somebody else', () => {
    const [future, began, gate] = [new SettableFuture<unknown>(), new Event(), new Event()];
    const thread = new Thread(forsake, { args: [future, began, gate] }).start();
    expect(began.wait(SOON)).toBe(true);
    future.setResult('by another');
    gate.set();
    thread.join(SOON);
    expect(future.result()).toBe('by another');
  });

  it('can be asked to stop', () => {
    const [future, began] = [new SettableFuture<string>(), new Event()];
    new Thread(workUntilCancelled, { args: [future, began] }).start();
    expect(began.wait(SOON)).toBe(true);
    expect(future.cancel()).toBe(false);
    expect(future.result(SOON)).toBe('stopped when asked to');
  });
});
