import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  DeadlockError,
  Event,
  type Guard,
  Lock,
  RLock,
  Semaphore,
  Thread,
  ThreadStateError,
  TimeoutError,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, until, waitingAt } from '../support/state.ts';
import * as tasks from './sync.fixture.ts';

const UNACQUIRED = 'cannot release un-acquired lock';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

describe('RLock, as CPython tests its own', () => {
  it('can be acquired again by its thread, and is free after as many releases', () => {
    const lock = new RLock();
    expect([lock.acquire(), lock.acquire()]).toEqual([true, true]);
    lock.release();
    expect(lock.acquire()).toBe(true);
    lock.release();
    expect(lock.locked).toBe(true);
    lock.release();
    expect(lock.locked).toBe(false);
  });

  it('refuses to be released when it is not acquired, before and after it was', () => {
    const lock = new RLock({ name: 'mine' });
    expect(() => lock.release()).toThrow(new ThreadStateError(`RLock "mine": ${UNACQUIRED}`));
    lock.acquire();
    lock.acquire();
    lock.release();
    lock.acquire();
    lock.release();
    lock.release();
    expect(() => lock.release()).toThrow(UNACQUIRED);
  });

  it('counts recursion for its owner and shows 0 to everybody else, who cannot release it', () => {
    const lock = new RLock();
    expect([lock.recursionCount, lock.heldByCurrentThread]).toEqual([0, false]);
    lock.acquire();
    lock.acquire();
    lock.tryAcquire();
    expect([lock.recursionCount, lock.heldByCurrentThread]).toEqual([3, true]);
    expect(start(tasks.lookAt, lock).result(SOON)).toEqual([
      false,
      0,
      true,
      `ThreadStateError: RLock: ${UNACQUIRED}`,
    ]);
    lock.release();
    expect(lock.recursionCount).toBe(2);
    lock.release();
    lock.release();
    expect([lock.recursionCount, lock.heldByCurrentThread, lock.locked]).toEqual([0, false, false]);
  });

  it('is locked for everybody as long as its thread holds it, however often, and after the end of that thread', () => {
    const lock = new RLock();
    const seen = [lock.locked];
    lock.acquire();
    seen.push(lock.locked);
    lock.acquire();
    lock.release();
    seen.push(lock.locked);
    const other = new Thread((given: RLock) => given.locked, { args: [lock] }).start();
    seen.push(other.result(SOON));
    lock.release();
    seen.push(lock.locked);
    expect(seen).toEqual([false, true, true, true, false]);
    new Thread((given: RLock) => given.acquire(), { args: [lock] }).start().join(SOON);
    expect([lock.locked, lock.tryAcquire()]).toEqual([true, false]);
  });

  it('shows the same when another thread owns it', () => {
    const lock = new RLock();
    const [held, letGo] = [new Event(), new Event()];
    const thread = start(tasks.holdUntil, lock, held, letGo);
    held.wait(SOON);
    expect([lock.heldByCurrentThread, lock.recursionCount, lock.locked, lock.tryAcquire()]).toEqual([
      false,
      0,
      true,
      false,
    ]);
    expect(() => lock.release()).toThrow(UNACQUIRED);
    letGo.set();
    expect(thread.result(SOON)).toBe(true);
    expect(lock.tryAcquire()).toBe(true);
  });

  it('keeps five threads waiting until it is released, and then lets all of them in', () => {
    const lock = new RLock();
    const finished = new AtomicCounter();
    lock.acquire();
    lock.acquire();
    const threads = Array.from({ length: 5 }, () => start(tasks.acquireAndRelease, lock, finished));
    while (waitingAt(lock) < 5);
    lock.release();
    expect(finished.value).toBe(0);
    lock.release();
    for (const thread of threads) expect(thread.result(SOON)).toBe(true);
    expect([finished.value, lock.locked, waitingAt(lock)]).toEqual([5, false, 0]);
  });

  it('tries without waiting, and twice from the thread that has it', () => {
    const lock = new RLock();
    lock.acquire();
    expect(start(tasks.tryTwice, lock).result(SOON)).toEqual([false, false]);
    lock.release();
    expect(start(tasks.tryTwice, lock).result(SOON)).toEqual([true, true]);
  });

  it('gives up after its timeout, no sooner, and is in a proper state then', () => {
    const lock = new RLock();
    lock.acquire();
    const [got, elapsed] = start(tasks.acquireFor, lock, 50).result(SOON);
    expect(got).toBe(false);
    expect(elapsed).toBeGreaterThanOrEqual(49);
    lock.release();
    expect([lock.locked, waitingAt(lock), lock.tryAcquire()]).toEqual([false, 0, true]);
  });

  it('is released at the end of a using scope, also by an exception', () => {
    const lock = new RLock();
    const failing = (): void => {
      using outer = lock.hold();
      using inner = lock.hold();
      expect([outer.held, inner.held, lock.recursionCount]).toEqual([true, true, 2]);
      throw new TypeError('on purpose');
    };
    expect(failing).toThrow('on purpose');
    expect(lock.locked).toBe(false);
  });

  it('stays acquired when its owner dies, as in Python', async () => {
    const lock = new RLock();
    const held = new Event();
    const thread = start(tasks.holdUntil, lock, held, new Event());
    held.wait(SOON);
    thread.terminate();
    await thread.joinAsync(SOON);
    expect([lock.locked, lock.tryAcquire()]).toEqual([true, false]);
  });
});

describe('RLock between the async tasks of one thread', () => {
  it('is owned by the guard: a second task waits until the first is done', async () => {
    const lock = new RLock();
    const order: string[] = [];
    const task = async (name: string): Promise<void> => {
      const held = await lock.holdAsync(SOON);
      order.push(`${name} in`);
      await new Promise(resolve => setTimeout(resolve, 2));
      order.push(`${name} out`);
      held.release();
    };
    await Promise.all([task('a'), task('b'), task('c')]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect([lock.locked, pendingWaits()]).toEqual([false, 0]);
  });

  it('is re-entered by passing the guard on, and is free when the last of the family is released, in any order', async () => {
    const lock = new RLock();
    const outer = await lock.holdAsync();
    const inner = await lock.holdAsync({ within: outer });
    const sync = lock.hold({ within: inner });
    expect([lock.recursionCount, lock.heldByCurrentThread]).toEqual([3, true]);
    outer.release();
    expect([outer.held, inner.held, lock.locked]).toEqual([false, true, true]);
    sync.release();
    const again = await lock.holdAsync({ within: inner });
    inner.release();
    expect(lock.locked).toBe(true);
    again.release();
    expect([lock.locked, lock.recursionCount]).toEqual([false, 0]);
  });

  it('lets blocking code in only within the guard', async () => {
    const lock = new RLock({ name: 'account' });
    const held = await lock.holdAsync();
    expect([lock.tryAcquire(), lock.acquire({ timeout: 5 })]).toEqual([false, false]);
    expect(() => lock.release()).toThrow(UNACQUIRED);
    expect(() => lock.acquire()).toThrow(DeadlockError);
    expect(() => lock.hold()).toThrow(
      /^RLock "account": an async task of this thread holds it, .* hold\(\{ within: guard \}\)$/,
    );
    held.release();
    expect(lock.acquire()).toBe(true);
  });

  it('does not let an async task in while blocking code of this thread holds it', async () => {
    const lock = new RLock();
    lock.acquire();
    expect(await lock.acquireAsync({ timeout: 5 })).toBe(false);
    await expect(lock.holdAsync({ timeout: 5 })).rejects.toThrow(TimeoutError);
    const waiter = lock.holdAsync(SOON);
    lock.release();
    (await waiter).release();
    expect(lock.locked).toBe(false);
  });

  it('re-enters within the guard of a blocking hold too', async () => {
    const lock = new RLock();
    const outer = lock.hold();
    const inner = await lock.holdAsync({ within: outer });
    expect(lock.recursionCount).toBe(2);
    outer.release();
    inner.release();
    expect(lock.locked).toBe(false);
  });

  it('never re-enters by acquireAsync, which release() undoes', async () => {
    const lock = new RLock();
    expect(await lock.acquireAsync()).toBe(true);
    expect([lock.heldByCurrentThread, lock.recursionCount]).toEqual([true, 1]);
    expect(await lock.acquireAsync({ timeout: 5 })).toBe(false);
    expect(() => lock.acquire()).toThrow(DeadlockError);
    const second = lock.acquireAsync(SOON);
    lock.release();
    expect(await second).toBe(true);
    lock.release();
    expect(() => lock.release()).toThrow(UNACQUIRED);
  });

  it('takes nothing when it is aborted or timed out, and hands on what came too late', async () => {
    for (let round = 0; round < 200; round++) {
      const lock = new RLock();
      const first = await lock.holdAsync();
      const controller = new AbortController();
      const aborted = lock.holdAsync({ signal: controller.signal });
      const last = lock.holdAsync(SOON);
      if (round % 2 === 0) controller.abort('no more');
      first.release();
      controller.abort('no more');
      const outcome = await aborted.catch((reason: unknown) => reason);
      if (outcome !== 'no more') (outcome as Guard).release();
      (await last).release();
      expect([lock.locked, lock.recursionCount, waitingAt(lock)]).toEqual([false, 0, 0]);
    }
    await expect(new RLock().holdAsync({ signal: AbortSignal.abort('before') })).rejects.toBe('before');
  });

  it.each([
    [
      'a guard of another lock',
      async (lock: RLock) => lock.holdAsync({ within: new RLock().hold() }),
      TypeError,
    ],
    ['a guard of a Lock', async (lock: RLock) => lock.holdAsync({ within: new Lock().hold() }), TypeError],
    ['no guard', async (lock: RLock) => lock.hold({ within: {} as Guard }), TypeError],
    [
      'a guard that was released',
      async (lock: RLock) => {
        const guard = await lock.holdAsync();
        guard.release();
        return lock.holdAsync({ within: guard });
      },
      ThreadStateError,
    ],
    [
      'a released guard, while another task holds the lock',
      async (lock: RLock) => {
        const guard = await lock.holdAsync();
        guard.release();
        await lock.holdAsync();
        return lock.holdAsync({ within: guard });
      },
      ThreadStateError,
    ],
  ])('refuses %s as within', async (_what, use, error) => {
    await expect(use(new RLock())).rejects.toThrow(error);
  });
});

describe('RLock misuse', () => {
  const lock = new RLock();
  it.each([
    [
      'a negative timeout',
      () => lock.acquire({ timeout: -1 }),
      RangeError,
      'RLock.acquire: timeout must be 0 or more milliseconds, got -1',
    ],
    ['NaN', () => lock.acquire({ timeout: Number.NaN }), RangeError, 'got NaN'],
    ['a string', () => lock.acquire({ timeout: '5' as never }), TypeError, 'got 5 (string)'],
    ['null', () => lock.acquire({ timeout: null as never }), TypeError, 'got null (object)'],
    [
      'a bad name',
      () => new RLock({ name: 1 as never }),
      TypeError,
      'RLock: name must be a string, got 1 (number)',
    ],
    [
      'releasing a guard twice',
      () => {
        const guard = lock.hold();
        guard.release();
        guard.release();
      },
      ThreadStateError,
      'guard: released already',
    ],
    [
      'releasing by hand what a guard holds',
      () => {
        const guard = lock.hold();
        lock.release();
        guard.release();
      },
      ThreadStateError,
      UNACQUIRED,
    ],
  ])('is refused: %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
    expect(lock.locked).toBe(false);
  });

  it('is refused after dispose, by every member', () => {
    const gone = new RLock();
    gone.dispose();
    for (const use of [
      () => gone.acquire(),
      () => gone.tryAcquire(),
      () => gone.release(),
      () => gone.locked,
      () => gone.heldByCurrentThread,
      () => gone.recursionCount,
      () => gone.hold(),
    ]) {
      expect(use).toThrow('RLock: used after dispose()');
    }
  });
});

describe('a thread that blocks', () => {
  it.each([
    ['Lock', () => new Lock()],
    ['RLock', () => new RLock()],
  ])(
    'stands before its own promises, which could not use the %s before it runs again',
    async (_type, make) => {
      const lock = make();
      const [held, letGo] = [new Event(), new Event()];
      const thread = start(tasks.holdUntil, lock, held, letGo);
      held.wait(SOON);
      const promise = lock.acquireAsync(SOON);
      const setter = start(tasks.setWhenWaiting, letGo, lock, 2);
      // The promise came first. Were the lock given to it, this thread would wait for a promise that only it can run.
      expect(lock.acquire(SOON)).toBe(true);
      lock.release();
      expect(await promise).toBe(true);
      lock.release();
      await Promise.all([thread.joinAsync(SOON), setter.joinAsync(SOON)]);
      expect([lock.locked, waitingAt(lock)]).toEqual([false, 0]);
    },
  );
});

describe('RLock under load', () => {
  it('excludes six threads that re-enter and lose patience, and the tasks of the event loop', async () => {
    const lock = new RLock();
    const [inside, total] = [new AtomicCounter(), new AtomicCounter()];
    const threads = Array.from({ length: 6 }, (_, index) =>
      start(tasks.countImpatiently, lock, inside, total, 1500, index + 1, true),
    );
    let [clashes, turns] = [0, 0];
    const end = performance.now() + 1500;
    const loop = async (): Promise<void> => {
      while (performance.now() < end) {
        const controller = new AbortController();
        const wanted = lock.holdAsync({ timeout: turns % 3 === 0 ? 1 : 20_000, signal: controller.signal });
        if (turns % 5 === 0) setImmediate(() => controller.abort());
        const held = await wanted.catch(() => undefined);
        if (held === undefined) {
          await new Promise(resolve => setImmediate(resolve));
          continue;
        }
        const within = await lock.holdAsync({ within: held });
        if (inside.increment() !== 1) clashes += 1;
        total.value = total.value + 1;
        turns += 1;
        await new Promise(resolve => setImmediate(resolve));
        inside.decrement();
        held.release();
        within.release();
      }
    };
    await Promise.all([loop(), loop(), loop()]);
    let counted = turns;
    for (const thread of threads) {
      const [threadClashes, threadTurns] = await thread.resultAsync(SOON);
      clashes += threadClashes;
      counted += threadTurns;
    }
    expect(clashes).toBe(0);
    expect(total.value).toBe(counted);
    expect(turns).toBeGreaterThan(0);
    expect([lock.locked, waitingAt(lock), pendingWaits()]).toEqual([false, 0, 0]);
  });

  it('takes waiters out of the line whose thread was killed, and the next is served', async () => {
    const lock = new RLock();
    lock.acquire();
    const threads = Array.from({ length: 3 }, () => start(tasks.parkForever, lock));
    await until(() => waitingAt(lock) === 3, 'all wait');
    const last = lock.acquireAsync(SOON);
    for (const thread of threads) thread.terminate();
    for (const thread of threads) await thread.joinAsync(SOON);
    await until(() => waitingAt(lock) === 1, 'only the promise waits');
    lock.release();
    expect(await last).toBe(true);
  });
});

describe('a thread that blocks for what one of its own promises has been given and cannot use yet', () => {
  it('takes it, and the promise waits on: a Lock that was handed over', async () => {
    const lock = new Lock();
    lock.acquire();
    const promise = lock.acquireAsync(SOON);
    lock.release();
    expect(lock.tryAcquire()).toBe(true);
    // The promise tries, and finds that we barged in: the next release hands the lock over to it.
    await new Promise(resolve => setTimeout(resolve, 5));
    lock.release();
    expect(lock.tryAcquire()).toBe(false);
    expect(lock.acquire({ timeout: 500 })).toBe(true);
    lock.release();
    expect(await promise).toBe(true);
    lock.release();
    expect([lock.locked, waitingAt(lock), pendingWaits()]).toEqual([false, 0, 0]);
  });

  it('takes it, and the promise waits on: a permit', async () => {
    const semaphore = new Semaphore(0);
    const promises = [1, 2, 3].map(() => semaphore.acquireAsync(SOON));
    semaphore.release(2);
    expect([semaphore.acquire({ timeout: 500 }), semaphore.acquire({ timeout: 500 })]).toEqual([true, true]);
    expect([semaphore.acquire({ timeout: 2 }), waitingAt(semaphore)]).toEqual([false, 3]);
    semaphore.release(3);
    expect(await Promise.all(promises)).toEqual([true, true, true]);
    expect([semaphore.value, pendingWaits()]).toEqual([0, 0]);
  });

  it('takes it from a promise that is aborted or times out later as well', async () => {
    const semaphore = new Semaphore(0);
    const controller = new AbortController();
    const [aborted, late] = [
      semaphore.acquireAsync({ signal: controller.signal }),
      semaphore.acquireAsync({ timeout: 10 }),
    ];
    semaphore.release(2);
    expect([semaphore.acquire({ timeout: 500 }), semaphore.acquire({ timeout: 500 })]).toEqual([true, true]);
    controller.abort('no');
    await expect(aborted).rejects.toBe('no');
    expect(await late).toBe(false);
    expect([semaphore.value, waitingAt(semaphore), pendingWaits()]).toEqual([0, 0, 0]);
  });
});
