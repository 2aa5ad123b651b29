import { describe, expect, it } from 'vitest';
import { runProgram } from '../../test/support/child.ts';
import { SOON } from '../../test/support/state.ts';
import { Lock, Thread, ThreadLocal, atThreadExit, setExceptHook, sleep, sleepAsync } from '../index.ts';
import * as tasks from './scope.fixture.ts';

describe('a ThreadLocal', () => {
  it('has a value of its own in each thread, made by init there, also on a worker that ran another thread before', () => {
    tasks.counter.value = 1;
    for (const by of [1, 2, 3]) {
      const thread = new Thread(tasks.bump, { args: [by] }).start();
      expect(thread.result(SOON)).toEqual([false, 100, 100 + by, undefined]);
    }
    expect(tasks.counter.value).toBe(1);
  });

  it('tells whether it has a value, and forgets it on delete', () => {
    const local = new ThreadLocal<number | undefined>();
    expect([local.has(), local.value, local.delete()]).toEqual([false, undefined, false]);
    local.value = undefined;
    expect([local.has(), local.delete(), local.has()]).toEqual([true, true, false]);
    expect(() => new ThreadLocal(5 as never)).toThrow(/init must be a function, got 5 \(number\)/);
  });
});

describe('what belongs to one thread', () => {
  it('can not travel, and says so', () => {
    const start = (value: unknown) => () =>
      new Thread((given: unknown) => given, { args: [{ value }] }).start();
    expect(start(new ThreadLocal())).toThrow(
      /args\[0\]\.value: a ThreadLocal cannot be shared: declare it at module level/,
    );
    expect(start(new Lock().hold())).toThrow(/args\[0\]\.value: a guard cannot be shared: .* Pass the lock/);
  });
});

describe('atThreadExit', () => {
  it.each([false, true])(
    'calls what was registered, last first, async ones awaited, before join() returns (thread fails: %s)',
    fails => {
      setExceptHook(() => {});
      const lock = new Lock();
      lock.acquire();
      const thread = new Thread(tasks.leave, { args: [lock, fails] }).start();
      expect(thread.join(SOON)).toBe(true);
      expect(lock.locked).toBe(false);
      setExceptHook(undefined);
    },
  );

  it('in the main thread is called when the process exits', async () => {
    const { stdout } = await runProgram(`
      heddle.atThreadExit(() => console.log('first registered'));
      heddle.atThreadExit(() => console.log('last registered'));
      console.log('main ends');
    `);
    expect(stdout).toBe('main ends\nlast registered\nfirst registered\n');
    expect(() => atThreadExit(1 as never)).toThrow(/expected a function, got 1 \(number\)/);
  });

  it('in the main thread calls the others too when one throws, and tells the exception hook', async () => {
    const actions = `
      heddle.atThreadExit(() => console.log('first registered'));
      heddle.atThreadExit(() => { throw new Error('broken action'); });
      heddle.atThreadExit(() => console.log('last registered'));
    `;
    const plain = await runProgram(actions);
    expect([plain.code, plain.stdout]).toEqual([0, 'last registered\nfirst registered\n']);
    expect(plain.stderr).toMatch(/^Exception in thread MainThread:\nError: broken action\n/);
    const hooked = await runProgram(`
      heddle.currentThread();
      heddle.setExceptHook(({ error, thread }) => console.log('hook:', thread.name, error.message));
      ${actions}
    `);
    expect([hooked.code, hooked.stderr]).toEqual([0, '']);
    expect(hooked.stdout).toBe('last registered\nhook: MainThread broken action\nfirst registered\n');
  });
});

describe('sleep', () => {
  it('blocks for at least the time, and sleepAsync resolves after it', async () => {
    const start = performance.now();
    sleep(15);
    await sleepAsync(15);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('rejects bad times and aborted sleeps', async () => {
    expect(() => sleep(-1)).toThrow(/sleep: timeout must be 0 or more milliseconds, got -1/);
    await expect(sleepAsync(60_000, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    const controller = new AbortController();
    const sleeping = sleepAsync(60_000, { signal: controller.signal });
    controller.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
  });
});
