import { describe, expect, it } from 'vitest';
import { load, store } from '../../src/atomics.ts';
import {
  AtomicCounter,
  Event,
  NotShareableError,
  RWLock,
  Thread,
  ThreadStateError,
  TimeoutError,
  pack,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { SOON, pointerOf, until, untilBlocked, waitingAt } from '../support/state.ts';
import * as tasks from './rw-lock.fixture.ts';
import { dieInGuard } from './sync.fixture.ts';

const { WRITER } = tasks;

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

function stateOf(lock: RWLock): [sharedBy: number, exclusive: boolean, waiting: number] {
  return [lock.sharedBy, lock.exclusive, waitingAt(lock)];
}

describe('RWLock', () => {
  it('is shared by many, or held by one alone', () => {
    const lock = new RWLock();
    expect([lock.tryAcquireShared(), lock.acquireShared(), lock.tryAcquireExclusive()]).toEqual([
      true,
      true,
      false,
    ]);
    expect([...stateOf(lock), lock.locked]).toEqual([2, false, 0, true]);
    lock.releaseShared();
    expect(lock.tryAcquireExclusive()).toBe(false);
    lock.releaseShared();
    expect([lock.acquireExclusive(), lock.tryAcquireExclusive(), lock.tryAcquireShared()]).toEqual([
      true,
      false,
      false,
    ]);
    expect([...stateOf(lock), lock.locked]).toEqual([0, true, 0, true]);
    lock.releaseExclusive();
    expect([...stateOf(lock), lock.locked]).toEqual([0, false, 0, false]);
  });

  it('lets readers in other threads in together, and a writer only when all have left', () => {
    const lock = new RWLock();
    const [held, letGo] = [
      [new Event(), new Event()],
      [new Event(), new Event()],
    ];
    const readers = [0, 1].map(n => start(tasks.holdUntil, lock, false, held[n]!, letGo[n]!));
    for (const each of held) expect(each.wait(SOON)).toBe(true);
    expect(lock.sharedBy).toBe(2);
    const turns = new AtomicCounter();
    const writer = start(tasks.take, lock, true, turns);
    untilBlocked(() => waitingAt(lock) === 1, 'the writer waits');
    letGo[0]!.set();
    expect(readers[0]!.result(SOON)).toBe(true);
    expect([turns.value, ...stateOf(lock)]).toEqual([0, 1, false, 1]);
    letGo[1]!.set();
    expect(writer.result(SOON)).toBe(1);
    expect(readers[1]!.result(SOON)).toBe(true);
    expect(stateOf(lock)).toEqual([0, false, 0]);
  });

  it('keeps readers who come later behind a writer that waits, and lets those in together afterwards', async () => {
    const lock = new RWLock();
    const order: string[] = [];
    lock.acquireShared();
    const writer = lock.acquireExclusiveAsync(SOON).then(() => order.push('writer'));
    const turns = new AtomicCounter();
    const readers = [1, 2].map(() => start(tasks.take, lock, false, turns));
    await until(() => waitingAt(lock) === 3, 'all wait');
    const third = lock.acquireSharedAsync(SOON).then(() => order.push('reader'));
    expect([lock.tryAcquireShared(), lock.acquireShared({ timeout: 1 })]).toEqual([false, false]);
    lock.releaseShared();
    await writer;
    expect([order, turns.value, ...stateOf(lock)]).toEqual([['writer'], 0, 0, true, 3]);
    lock.releaseExclusive();
    await third;
    for (const reader of readers) expect(await reader.resultAsync(SOON)).toBeGreaterThan(0);
    expect([turns.value, ...stateOf(lock)]).toEqual([2, 1, false, 0]);
    lock.releaseShared();
  });

  it('lets readers in when the writer before them gives up', async () => {
    const lock = new RWLock();
    lock.acquireShared();
    const controller = new AbortController();
    const writer = lock.holdExclusiveAsync({ signal: controller.signal });
    let standing = 3;
    const slow = lock.acquireExclusiveAsync({ timeout: 5 }).finally(() => (standing = 2));
    const turns = new AtomicCounter();
    const reader = start(tasks.take, lock, false, turns);
    // Its time may be up before the reader has come.
    await until(() => waitingAt(lock) === standing, 'all wait');
    controller.abort('no more');
    await expect(writer).rejects.toBe('no more');
    expect(await slow).toBe(false);
    expect(await reader.resultAsync(SOON)).toBe(1);
    expect(stateOf(lock)).toEqual([1, false, 0]);
  });

  it('gives up after its timeout, no sooner', async () => {
    const lock = new RWLock({ name: 'catalogue' });
    lock.acquireExclusive();
    const begin = performance.now();
    expect([lock.acquireShared({ timeout: 50 }), lock.acquireExclusive({ timeout: 0 })]).toEqual([
      false,
      false,
    ]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
    const late = new TimeoutError('RWLock "catalogue": not acquired within 1 ms');
    expect(() => lock.holdShared({ timeout: 1 })).toThrow(late);
    expect(() => lock.holdExclusive({ timeout: 1 })).toThrow(late);
    await expect(lock.holdSharedAsync({ timeout: 1 })).rejects.toThrow(late);
    await expect(lock.holdExclusiveAsync({ timeout: 1 })).rejects.toThrow(late);
    await expect(lock.holdSharedAsync({ signal: AbortSignal.abort(0) })).rejects.toBe(0);
    expect(stateOf(lock)).toEqual([0, true, 0]);
  });

  it('is given back at the end of a using scope, also by an exception', async () => {
    const lock = new RWLock();
    const failing = (): void => {
      using one = lock.holdShared();
      using two = lock.holdShared();
      expect([one.held, two.held, lock.sharedBy]).toEqual([true, true, 2]);
      throw new TypeError('on purpose');
    };
    expect(failing).toThrow('on purpose');
    expect(lock.locked).toBe(false);
    {
      using alone = await lock.holdExclusiveAsync();
      expect([alone.held, lock.exclusive]).toEqual([true, true]);
      expect(() => pack(alone)).toThrow(NotShareableError);
    }
    expect(lock.locked).toBe(false);
  });

  it('becomes shared without letting a writer in between', async () => {
    const lock = new RWLock();
    const alone = lock.holdExclusive();
    const reader = lock.acquireSharedAsync(SOON);
    const writer = lock.acquireExclusiveAsync(SOON);
    const shared = alone.downgrade();
    expect([alone.held, shared.held, await reader]).toEqual([false, true, true]);
    expect(stateOf(lock)).toEqual([2, false, 1]);
    expect(() => alone.downgrade()).toThrow(
      new ThreadStateError('guard: released already; a guard releases its lock once'),
    );
    shared.release();
    lock.releaseShared();
    expect(await writer).toBe(true);
    lock.releaseExclusive();
    const uncontended = lock.holdExclusive().downgrade();
    expect(stateOf(lock)).toEqual([1, false, 0]);
    uncontended.release();
  });

  it('lets a thread block while promises of its own wait, or have just been served', async () => {
    const lock = new RWLock();
    lock.acquireExclusive();
    const promise = lock.acquireExclusiveAsync(SOON);
    const behind = lock.acquireSharedAsync(SOON);
    lock.releaseExclusive();
    // The promise has been given the lock, and can't use it before this thread's event loop runs.
    expect(lock.acquireExclusive(SOON)).toBe(true);
    lock.releaseExclusive();
    expect(await promise).toBe(true);
    lock.releaseExclusive();
    expect(await behind).toBe(true);
    expect(stateOf(lock)).toEqual([1, false, 0]);
  });

  it('takes nothing when aborted, and hands on what came in the same turn', async () => {
    for (let round = 0; round < 200; round++) {
      const lock = new RWLock();
      lock.acquireExclusive();
      const controller = new AbortController();
      const { signal } = controller;
      const aborted =
        round % 3 === 0 ? lock.acquireSharedAsync({ signal }) : lock.acquireExclusiveAsync({ signal });
      const next = round % 5 === 0 ? lock.acquireSharedAsync(SOON) : lock.acquireExclusiveAsync(SOON);
      if (round % 2 === 0) controller.abort('no');
      lock.releaseExclusive();
      controller.abort('no');
      await expect(aborted).rejects.toBe('no');
      expect(await next).toBe(true);
      if (round % 5 === 0) lock.releaseShared();
      else lock.releaseExclusive();
      expect(stateOf(lock)).toEqual([0, false, 0]);
    }
  });

  it('never has a writer beside anybody, and leaves nobody behind: six threads and the event loop, impatient', async () => {
    const lock = new RWLock();
    const [inside, total] = [new AtomicCounter(), new AtomicCounter()];
    const threads = Array.from({ length: 6 }, (_, seed) =>
      start(tasks.readAndWrite, lock, inside, total, 1000, seed + 1),
    );
    let [clashes, written, turns] = [0, 0, 0];
    const end = performance.now() + 1000;
    const loop = async (): Promise<void> => {
      while (performance.now() < end) {
        const controller = new AbortController();
        const alone = turns++ % 3 === 0;
        const options = { timeout: turns % 2 === 0 ? 1 : 20_000, signal: controller.signal };
        const wanted = alone ? lock.holdExclusiveAsync(options) : lock.holdSharedAsync(options);
        if (turns % 5 === 0) setImmediate(() => controller.abort());
        const held = await wanted.catch(() => undefined);
        const weight = alone ? WRITER : 1;
        if (held !== undefined) {
          const now = inside.add(weight);
          if (alone ? now !== WRITER : now >= WRITER) clashes += 1;
          if (alone) {
            total.value = total.value + 1;
            written += 1;
          }
        }
        await new Promise(resolve => setImmediate(resolve));
        if (held === undefined) continue;
        inside.add(-weight);
        held.release();
      }
    };
    await Promise.all([loop(), loop(), loop()]);
    for (const thread of threads) {
      const [threadClashes, threadWritten] = await thread.resultAsync(SOON);
      clashes += threadClashes;
      written += threadWritten;
    }
    expect([clashes, total.value]).toEqual([0, written]);
    expect([...stateOf(lock), inside.value, pendingWaits()]).toEqual([0, false, 0, 0, 0]);
  });

  it('hands on what threads got that were killed while they waited', async () => {
    const lock = new RWLock();
    lock.acquireExclusive();
    const threads = [true, false, true].map(alone => start(tasks.wait, lock, alone));
    await until(() => waitingAt(lock) === 3, 'all wait');
    const last = lock.acquireExclusiveAsync(SOON);
    for (const thread of threads) thread.terminate();
    for (const thread of threads) await thread.joinAsync(SOON);
    await until(() => waitingAt(lock) === 1, 'only the promise waits');
    lock.releaseExclusive();
    expect(await last).toBe(true);
    expect(stateOf(lock)).toEqual([0, true, 0]);
  });

  it('stays held when the thread that acquired it without a guard dies, as a Lock does', async () => {
    const lock = new RWLock();
    await start(tasks.acquireAndEnd, lock, true).joinAsync(SOON);
    expect(stateOf(lock)).toEqual([0, true, 0]);
    lock.releaseExclusive();
    await start(tasks.acquireAndEnd, lock, false).joinAsync(SOON);
    expect(stateOf(lock)).toEqual([1, false, 0]);
    lock.releaseShared();
    expect(lock.tryAcquireExclusive()).toBe(true);
  });

  it('survives a thread that is killed while it holds the guard', async () => {
    const lock = new RWLock();
    lock.acquireExclusive();
    const waiters = [lock.acquireSharedAsync(SOON), lock.acquireSharedAsync(SOON)];
    const held = new Event();
    const thread = start(dieInGuard, lock, held);
    await until(() => held.isSet, 'it holds the guard');
    // As if it had been killed when it had freed the lock and not yet served the line.
    store(pointerOf(lock), -(2 ** 31));
    thread.terminate();
    await thread.joinAsync(SOON);
    expect(await Promise.all(waiters)).toEqual([true, true]);
    expect(load(pointerOf(lock))).toBe(2);
  });

  it.each([
    [
      'a release of what nobody shares',
      (lock: RWLock) => lock.releaseShared(),
      ThreadStateError,
      'RWLock "mine": releaseShared: nobody holds it to share it; it is free',
    ],
    [
      'a release of what nobody holds alone',
      (lock: RWLock) => lock.releaseExclusive(),
      ThreadStateError,
      'RWLock "mine": releaseExclusive: nobody holds it alone; it is free',
    ],
    [
      'the release of a reader for a writer',
      (lock: RWLock) => {
        lock.acquireExclusive();
        lock.releaseShared();
      },
      ThreadStateError,
      'nobody holds it to share it; it is held alone',
    ],
    [
      'the release of a writer for a reader',
      (lock: RWLock) => {
        lock.acquireShared();
        lock.releaseExclusive();
      },
      ThreadStateError,
      'nobody holds it alone; 1 share it',
    ],
    [
      'the release of a reader for a writer while somebody waits',
      (lock: RWLock) => {
        lock.acquireExclusive();
        void lock.acquireSharedAsync({ timeout: 1 });
        lock.releaseShared();
      },
      ThreadStateError,
      'it is held alone',
    ],
    [
      'a guard released twice',
      (lock: RWLock) => {
        const guard = lock.holdShared();
        guard.release();
        guard.release();
      },
      ThreadStateError,
      'guard: released already',
    ],
    [
      'a negative timeout',
      (lock: RWLock) => lock.acquireShared({ timeout: -1 }),
      RangeError,
      'RWLock.acquireShared: timeout must be 0 or more milliseconds, got -1',
    ],
    [
      'NaN',
      (lock: RWLock) => lock.holdExclusive({ timeout: Number.NaN }),
      RangeError,
      'RWLock.holdExclusive: timeout must be 0 or more milliseconds, got NaN',
    ],
    ['a text', (lock: RWLock) => lock.acquireShared({ timeout: '1' as never }), TypeError, 'got 1 (string)'],
    [
      'a name that is none',
      () => new RWLock({ name: 1 as never }),
      TypeError,
      'RWLock: name must be a string, got 1 (number)',
    ],
    [
      'use after dispose',
      (lock: RWLock) => {
        lock.dispose();
        lock.acquireShared();
      },
      ThreadStateError,
      'RWLock: used after dispose()',
    ],
    [
      'release after dispose',
      (lock: RWLock) => {
        lock.dispose();
        lock.releaseExclusive();
      },
      ThreadStateError,
      'RWLock: used after dispose()',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new RWLock({ name: 'mine' }))).toThrow(type);
    expect(() => use(new RWLock({ name: 'mine' }))).toThrow(message);
  });
});
