/** Guards of an RWLock know their owners too, those who share it as well. */
import { describe, expect, it } from 'vitest';
import {
  AbandonedLockError,
  Barrier,
  DeadlockError,
  Event,
  Lock,
  RWLock,
  Thread,
  dump,
} from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { SOON, pointerOf, untilBlocked, waitingAt } from '../support/state.ts';
import { tasks } from './owners.fixture.ts';

function start<T extends (...args: never[]) => unknown>(
  name: string,
  target: T,
  ...args: Parameters<T>
): Thread<T> {
  return new Thread(target, { args, name } as never).start();
}

const states = (...locks: RWLock[]): unknown[] => locks.map(lock => [lock.locked, waitingAt(lock)]);

describe('a deadlock over RWLocks', () => {
  it.each([
    ['both alone', true, true],
    ['both shared first, then alone', false, true],
    ['both alone first, then shared', true, false],
  ])('%s: one gives up, and the other goes on', (_, firstAlone, thenAlone) => {
    const [a, b] = [new RWLock({ name: 'a' }), new RWLock({ name: 'b' })];
    const ready = new Barrier(2);
    const threads = [
      start('one', tasks.holdThenWantRW, a, firstAlone, b, thenAlone, ready),
      start('two', tasks.holdThenWantRW, b, firstAlone, a, thenAlone, ready),
    ];
    const outcomes = threads.map(thread => thread.result(SOON));
    expect(outcomes.filter(each => each === 'got it')).toHaveLength(1);
    const report = outcomes.find(each => each !== 'got it')!;
    expect(report).toContain(
      'Thread "one" holds RWLock "a" and waits for RWLock "b", which Thread "two" holds,',
    );
    expect(report).toContain(
      'Thread "two" holds RWLock "b" and waits for RWLock "a", which Thread "one" holds,',
    );
    expect(states(a, b)).toEqual([
      [false, 0],
      [false, 0],
    ]);
  });

  it('of three threads, with Locks beside', () => {
    const locks = [new Lock({ name: 'L' }), new RWLock({ name: 'RW' }), new Lock({ name: 'M' })];
    const ready = new Barrier(3);
    const threads = locks.map((own, index) =>
      start(`thread ${index}`, tasks.mixedCircle, own, locks[(index + 1) % 3]!, ready),
    );
    const outcomes = threads.map(thread => thread.result(SOON));
    expect(outcomes.filter(each => each === 'got it')).toHaveLength(2);
    expect(outcomes.join('')).toContain(
      'Thread "thread 1" holds RWLock "RW" and waits for Lock "M", which Thread "thread 2" holds,',
    );
  });

  it('of one thread: alone while it shares, or once more alone', () => {
    const lock = new RWLock({ name: 'mine' });
    {
      using _shared = lock.holdShared();
      expect(() => lock.holdExclusive()).toThrow(DeadlockError);
      using _again = lock.holdShared();
      expect(lock.sharedBy).toBe(2);
    }
    using _alone = lock.holdExclusive();
    expect(() => lock.holdShared()).toThrow(DeadlockError);
    expect(() => lock.holdExclusive()).toThrow('RWLock "mine": deadlock: a guard of this very thread');
  });

  it('of a reader that reads again behind a waiting writer', () => {
    const lock = new RWLock({ name: 'page' });
    using _first = lock.holdShared();
    const writer = start('writer', tasks.holdRWForEver, lock, true, new Event(), new Event());
    untilBlocked(() => waitingAt(lock) === 1, 'the writer waits');
    expect(dump()).toMatch(
      /is blocked in RWLock\.acquireExclusive\(\): RWLock "page", held by Thread "MainThread"/,
    );
    expect(dump()).toMatch(/Thread "MainThread"[^]*\n {2}shares RWLock "page"/);
    // One of the two gives up, whoever looks first: the writer looks a moment after it came to stand in line.
    let mine: unknown;
    try {
      lock.holdShared().release();
    } catch (error) {
      mine = error;
    }
    if (mine === undefined) expect(() => writer.result(SOON)).toThrow(DeadlockError);
    else {
      expect(mine).toBeInstanceOf(DeadlockError);
      writer.terminate();
      expect(writer.join(SOON)).toBe(true);
    }
    using _again = lock.holdShared();
  });

  it('is none for readers behind readers', async () => {
    const lock = new RWLock();
    const [alone, ready] = [lock.holdExclusive(), new Event()];
    const promise = lock.holdSharedAsync();
    const reader = start('reader', tasks.holdRWForEver, lock, false, ready, ready);
    untilBlocked(() => waitingAt(lock) === 2, 'both wait');
    alone.release();
    expect(reader.join(SOON)).toBe(true);
    (await promise).release();
    expect(lock.locked).toBe(false);
  });
});

describe('an RWLock whose holder died', () => {
  it('is told to readers until a writer has had it, and to that writer', async () => {
    const lock = new RWLock({ name: 'page' });
    const holds = new Event();
    const owner = start('owner', tasks.holdRWForEver, lock, true, holds, new Event());
    await holds.waitAsync(SOON);
    expect(() => lock.releaseExclusive()).toThrow(
      'RWLock "page": a guard holds it, and only the guard releases it',
    );
    const waiting = lock.holdSharedAsync().catch((error: unknown) => error);
    owner.terminate();
    const told = (await waiting) as AbandonedLockError;
    expect(told).toBeInstanceOf(AbandonedLockError);
    expect(told.message).toContain('RWLock "page": Thread "owner" died while it held the lock');
    expect(lock.sharedBy).toBe(1);
    told.guard!.release();
    expect(() => lock.holdShared()).toThrow(AbandonedLockError);
    lock.releaseShared();
    let repaired: AbandonedLockError | undefined;
    try {
      lock.holdExclusive();
    } catch (error) {
      repaired = error as AbandonedLockError;
    }
    expect([repaired!.name, repaired!.guard!.held, lock.exclusive]).toEqual([
      'AbandonedLockError',
      true,
      true,
    ]);
    repaired!.guard!.release();
    lock.holdShared().release();
    lock.holdExclusive().release();
    expect(states(lock)).toEqual([[false, 0]]);
  });

  it('loses the shares of the dead, which leaves nothing to repair', async () => {
    const lock = new RWLock();
    const holds = new Event();
    const owner = start('owner', tasks.holdRWForEver, lock, false, holds, new Event());
    await holds.waitAsync(SOON);
    using mine = lock.holdShared();
    expect(lock.sharedBy).toBe(2);
    owner.terminate();
    await owner.joinAsync(SOON);
    expect([lock.sharedBy, mine.held]).toEqual([1, true]);
    mine.release();
    lock.holdExclusive().release();
  });

  it('is kept while a guard holds it, alone, shared and downgraded, and released by it alone', () => {
    const lock = new RWLock();
    const pointer = pointerOf(lock);
    const alone = lock.holdExclusive();
    lock.dispose();
    const shared = alone.downgrade();
    expect([i32[pointer + OBJECT.references], alone.held, shared.held]).toEqual([1, false, true]);
    shared.release();
    expect(i32[pointer + OBJECT.references]).toBe(0);
    expect(() => shared.release()).toThrow('guard: released already; a guard releases its lock once');
  });
});
