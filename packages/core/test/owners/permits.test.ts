/** Guards of what can be held by many, or awake: permits go back with their thread, and a SpinLock's guard knows its owner. */
import { describe, expect, it } from 'vitest';
import {
  Barrier,
  BoundedSemaphore,
  DeadlockError,
  Event,
  Lock,
  RWLock,
  Semaphore,
  SpinLock,
  Thread,
  ThreadStateError,
  dump,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import { tasks } from './owners.fixture.ts';

describe.each([
  ['Semaphore', (n: number) => new Semaphore(n, { name: 'seats' })],
  ['BoundedSemaphore', (n: number) => new BoundedSemaphore(n, { name: 'seats' })],
])('a permit that a guard of a %s holds', (type, make) => {
  it.each(['blocked', 'async'])(
    'goes back when its thread is killed (%s), to who waits for it',
    async way => {
      const semaphore = make(1);
      const [has, never] = [new Event(), new Event()];
      const thread = new Thread(tasks.takePermit, { args: [semaphore, way, has, never] }).start();
      expect(has.wait(SOON)).toBe(true);
      const next = semaphore.holdAsync(SOON);
      thread.terminate();
      using permit = await next;
      expect([permit.held, semaphore.value]).toEqual([true, 0]);
    },
  );

  it('goes back when its thread ends without giving it back', () => {
    const semaphore = make(2);
    const [has, never] = [new Event(), new Event()];
    const thread = new Thread(tasks.takePermit, { args: [semaphore, 'ends', has, never] }).start();
    expect(thread.result(SOON)).toBe(true);
    expect(semaphore.value).toBe(2);
  });

  it('is given back once, in any order, and shown by dump()', () => {
    const semaphore = make(3);
    const [one, two, three] = [semaphore.hold(), semaphore.hold(), semaphore.hold()];
    expect(dump()).toContain(`${type} "seats"`);
    two.release();
    one.release();
    expect([one.held, two.held, three.held, semaphore.value]).toEqual([false, false, true, 2]);
    expect(() => one.release()).toThrow(ThreadStateError);
    expect(() => one.release()).toThrow('guard: released already; a guard releases its lock once');
    three[Symbol.dispose]();
    three[Symbol.dispose]();
    expect(semaphore.value).toBe(3);
    expect(dump()).not.toContain('seats');
  });

  it('may be returned by anybody with release(), so nobody who waits for one is in a certain deadlock', () => {
    const semaphore = make(1);
    const [has, never] = [new Event(), new Event()];
    const thread = new Thread(tasks.takePermit, { args: [semaphore, 'blocked', has, never] }).start();
    expect(has.wait(SOON)).toBe(true);
    semaphore.release();
    expect(semaphore.acquire(SOON)).toBe(true);
    never.set();
    expect(thread.result(SOON)).toBe(true);
  });
});

it('a BoundedSemaphore says so when a permit was returned behind the back of its guard', () => {
  const semaphore = new BoundedSemaphore(1);
  const permit = semaphore.hold();
  semaphore.release();
  expect(() => permit.release()).toThrow(
    'guard: Semaphore released too many times: somebody has called release() for the permit that this guard held',
  );
  expect([permit.held, semaphore.value]).toEqual([false, 1]);
});

describe('a SpinLock', () => {
  it('held twice in one thread by guards is a deadlock', () => {
    const lock = new SpinLock({ name: 'spin', spins: 10 });
    using _held = lock.hold();
    expect(() => lock.hold()).toThrow(DeadlockError);
    expect(() => lock.acquire()).toThrow('SpinLock "spin": deadlock: a guard of this very thread');
  });

  it('is part of circles, with Locks beside', () => {
    const [a, b] = [new SpinLock({ name: 'a' }), new Lock({ name: 'b' })];
    const ready = new Barrier(2);
    const outcomes = [
      new Thread(tasks.holdThenWant, { args: [a, b, ready], name: 'one' }).start(),
      new Thread(tasks.holdThenWant, { args: [b, a, ready], name: 'two' }).start(),
    ].map(thread => thread.result(SOON));
    expect(outcomes.filter(each => each === 'got it')).toHaveLength(1);
    const report = outcomes.find(each => each !== 'got it');
    expect(report).toContain(
      'Thread "one" holds SpinLock "a" and waits for Lock "b", which Thread "two" holds,',
    );
  });

  it('is released by its guard alone while one holds it, and by anybody otherwise', async () => {
    const lock = new SpinLock();
    const guard = lock.hold();
    expect(() => lock.release()).toThrow('SpinLock: a guard holds it, and only the guard releases it');
    const next = lock.holdAsync(SOON);
    guard.release();
    const second = await next;
    expect([guard.held, second.held, lock.locked]).toEqual([false, true, true]);
    second.release();
    expect(() => second.release()).toThrow('released already');
    lock.acquire();
    lock.release();
    expect(() => lock.release()).toThrow('SpinLock: release unlocked lock');
  });
});

it('an RWLock takes back from a promise of the thread that blocks what it was given in the other way', async () => {
  const lock = new RWLock();
  lock.acquireExclusive();
  const [shared, also] = [lock.acquireSharedAsync(), lock.holdSharedAsync()];
  lock.releaseExclusive();
  expect(lock.acquireExclusive(SOON)).toBe(true);
  expect(lock.sharedBy).toBe(0);
  lock.releaseExclusive();
  expect(await shared).toBe(true);
  lock.releaseShared();
  (await also).release();

  lock.acquireExclusive();
  const [alone, behind] = [lock.holdExclusiveAsync(), lock.acquireSharedAsync()];
  lock.releaseExclusive();
  expect(lock.acquireShared(SOON)).toBe(true);
  lock.releaseShared();
  const guard = await alone;
  expect(guard.held).toBe(true);
  guard.release();
  expect(await behind).toBe(true);
  lock.releaseShared();
  expect([lock.locked, lock.tryAcquireExclusive()]).toEqual([false, true]);
});
