/** Cases of CPython's test_threading and test_threading_local that have no other place; see CONFORMANCE.md. */
import { describe, expect, it } from 'vitest';
import { Lock, Thread, ThreadLocal } from '../../src/index.ts';
import { SOON } from '../support/state.ts';

describe('a thread', () => {
  it('can be joined by several threads at once, blocked and not', async () => {
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread(
      (given: Lock) => {
        given.acquire({ timeout: 20_000 });
        return 'done';
      },
      { args: [lock] },
    ).start();
    const joiners = Array.from({ length: 3 }, () =>
      new Thread((other: Thread) => other.join({ timeout: 20_000 }), { args: [thread] }).start(),
    );
    const joined = thread.joinAsync(SOON);
    await Promise.all(joiners.map(each => each.started));
    lock.release();
    expect(joiners.map(each => each.result(SOON))).toEqual([true, true, true]);
    expect([await joined, thread.result(SOON)]).toEqual([true, 'done']);
  });

  it('is alive when the time to join it is up, and not when it was joined', () => {
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread((given: Lock) => given.acquire({ timeout: 20_000 }), { args: [lock] }).start();
    expect([thread.join({ timeout: 10 }), thread.alive]).toEqual([false, true]);
    lock.release();
    expect([thread.join(SOON), thread.alive]).toEqual([true, false]);
  });
});

describe('a ThreadLocal', () => {
  it('refuses an init that is no function', () => {
    expect(() => new ThreadLocal(1 as never)).toThrow(TypeError);
    expect(() => new ThreadLocal(1 as never)).toThrow('ThreadLocal: init must be a function, got 1 (number)');
    expect(new ThreadLocal().value).toBeUndefined();
  });
});
