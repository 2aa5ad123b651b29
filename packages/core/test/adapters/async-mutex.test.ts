/**
 * What async-mutex's own suite asserts of a mutex and a semaphore between promises of one thread, with a clock that stands still, as there: the
 * deadlines of promises go by the clock that the timers go by. Its `Mutex` hands over in the very call of `release`, so here it is a semaphore of one.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AsyncWaitOptions, type Guard, Lock, RLock, Semaphore, TimeoutError } from '../../src/index.ts';

/** An object of ours with the face of async-mutex. */
class Exclusive {
  readonly #object: { holdAsync(options?: AsyncWaitOptions): Promise<Guard> };
  readonly #timeout: number | undefined;
  #pending = new AbortController();

  constructor(object: { holdAsync(options?: AsyncWaitOptions): Promise<Guard> }, timeout?: number) {
    this.#object = object;
    this.#timeout = timeout;
  }

  async acquire(): Promise<() => void> {
    const guard = await this.#object.holdAsync({ signal: this.#pending.signal, timeout: this.#timeout });
    return () => guard[Symbol.dispose]();
  }

  async runExclusive<T>(action: () => T | PromiseLike<T>): Promise<T> {
    const release = await this.acquire();
    try {
      return await action();
    } finally {
      release();
    }
  }

  async waitForUnlock(): Promise<void> {
    (await this.acquire())();
  }

  cancel(reason: unknown): void {
    this.#pending.abort(reason);
    this.#pending = new AbortController();
  }
}

function later(ms: number, action: () => void): void {
  setTimeout(action, ms);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets promises that were given something hear of it: their event loop has to turn. */
async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe.each([
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Semaphore(1)', () => new Semaphore(1)],
])('%s, as async-mutex tests its mutex', (_type, make) => {
  it('is owned by one at a time', async () => {
    const mutex = new Exclusive(make());
    let flag = false;
    const release = await mutex.acquire();
    later(50, () => {
      flag = true;
      release();
    });
    const second = mutex.acquire();
    await pass(49);
    expect(flag).toBe(false);
    await pass(1);
    (await second)();
    expect(flag).toBe(true);
  });

  it('passes results and errors of what runs alone, and is free after each', async () => {
    const mutex = new Exclusive(make());
    expect(await mutex.runExclusive(() => 10)).toBe(10);
    expect(await mutex.runExclusive(() => Promise.resolve(11))).toBe(11);
    await expect(mutex.runExclusive(() => Promise.reject(new Error('foo')))).rejects.toThrow('foo');
    await expect(
      mutex.runExclusive(() => {
        throw new Error('bar');
      }),
    ).rejects.toThrow('bar');
    expect(await mutex.runExclusive(() => 12)).toBe(12);
  });

  it('serves promises in the order in which they came', async () => {
    const mutex = new Exclusive(make());
    const order: number[] = [];
    const all = Promise.all(
      Array.from({ length: 20 }, (_, index) => mutex.runExclusive(() => order.push(index))),
    );
    await pass();
    await all;
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('is released once by a releaser that is called twice', async () => {
    const mutex = new Exclusive(make());
    const release = await mutex.acquire();
    let taken = 0;
    const others = [mutex.acquire(), mutex.acquire()];
    for (const other of others) void other.then(() => (taken += 1));
    release();
    release();
    await pass();
    await vi.waitFor(() => expect(taken).toBe(1));
    await pass(10);
    expect(taken).toBe(1);
    (await others[0]!)();
    (await others[1]!)();
  });

  it('cancels all that wait, who will not lock it again', async () => {
    const object = make();
    const mutex = new Exclusive(object);
    const release = await mutex.acquire();
    const reason = new Error('request for lock canceled');
    const ran = vi.fn();
    const waiting = [mutex.acquire(), mutex.runExclusive(ran)].map(each =>
      each.catch((error: unknown) => error),
    );
    mutex.cancel(reason);
    expect(await Promise.all(waiting)).toEqual([reason, reason]);
    release();
    expect(object instanceof Semaphore ? object.value === 0 : object.locked).toBe(false);
    await mutex.runExclusive(() => 1);
    expect(ran).not.toHaveBeenCalled();
  });

  it('lets those who wait until it is free go when it is, behind those who came before', async () => {
    const mutex = new Exclusive(make());
    const [first, second] = [mutex.acquire(), mutex.acquire()];
    let free = false;
    const seen = mutex.waitForUnlock().then(() => (free = true));
    (await first)();
    const release = await second;
    await pass(10);
    expect(free).toBe(false);
    release();
    await seen;
    expect(free).toBe(true);
  });

  it('times out by the clock of the timers, without running anything, and is free for the next after that', async () => {
    const mutex = new Exclusive(make(), 100);
    const release = await mutex.acquire();
    later(150, release);
    const ran = vi.fn();
    const late = mutex.runExclusive(ran).catch((error: unknown) => error);
    await pass(99);
    expect(vi.getTimerCount()).toBe(2);
    await pass(11);
    expect(await late).toBeInstanceOf(TimeoutError);
    await pass(50);
    expect(await mutex.runExclusive(() => 'next')).toBe('next');
    expect([ran.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe('Semaphore, as async-mutex tests its own', () => {
  it('hands over in the very call of release, so that who comes by then finds it taken', async () => {
    const semaphore = new Semaphore(1);
    const [first, second] = [semaphore.holdAsync(), semaphore.holdAsync()];
    (await first).release();
    expect([semaphore.value, semaphore.tryAcquire()]).toEqual([0, false]);
    const guard = await second;
    expect(semaphore.value).toBe(0);
    guard.release();
    expect(semaphore.value).toBe(1);
  });

  it('takes the permit before acquire returns its promise', () => {
    const semaphore = new Semaphore(2);
    void semaphore.acquireAsync();
    expect(semaphore.value).toBe(1);
    void semaphore.holdAsync().then(guard => guard.release());
    expect(semaphore.value).toBe(0);
  });

  it('lets in as many as there are permits, and the next when one is returned', async () => {
    const semaphore = new Exclusive(new Semaphore(2));
    const inside: number[] = [];
    for (const [index, ms] of [100, 200, 300].entries()) {
      void semaphore.acquire().then(release => {
        inside.push(index);
        later(ms, release);
      });
    }
    await pass();
    expect(inside).toEqual([0, 1]);
    await pass(100);
    await vi.waitFor(() => expect(inside).toEqual([0, 1, 2]));
  });

  it('serves by one large release all for whom it is enough', async () => {
    const semaphore = new Semaphore(0);
    const got: number[] = [];
    for (const index of [1, 2, 3, 4]) void semaphore.acquireAsync().then(() => got.push(index));
    semaphore.release(3);
    await pass();
    await vi.waitFor(() => expect(got).toEqual([1, 2, 3]));
    semaphore.release();
    await vi.waitFor(() => expect(got).toEqual([1, 2, 3, 4]));
  });
});
