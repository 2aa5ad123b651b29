/** Cases of CPython's test_threading and test_threading_local that have no other place; see CONFORMANCE.md. */
import { describe, expect, it } from 'vitest';
import { Lock, Thread, ThreadLocal } from '../../src/index.ts';
import { runProgram } from '../support/child.ts';
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

/** These programs start several workers, each from the sources: seconds on a busy machine. */
const PATIENCE = { timeout: 50_000 };

describe('an exit handler', { timeout: 60_000 }, () => {
  it('finds daemons running: it can look, give up, stop them and join them (test_join_daemon_thread_in_finalization, test_join_finished_daemon_thread_in_finalization)', async () => {
    const { code, stdout } = await runProgram(
      `
      const [running, stop] = [new heddle.Event(), new heddle.Event()];
      const daemon = new heddle.Thread((running, stop) => {
        running.set();
        stop.wait({ timeout: 15000 });
        return 'stopped';
      }, { args: [running, stop], daemon: true }).start();
      process.on('exit', () => {
        console.log(daemon.alive, daemon.join({ timeout: 20 }));
        stop.set();
        console.log(daemon.join({ timeout: 15000 }), daemon.result(), daemon.join());
      });
      running.wait({ timeout: 45000 });
    `,
      PATIENCE,
    );
    expect([code, stdout]).toEqual([0, 'true false\ntrue stopped true\n']);
  });

  it.each(['Lock', 'RLock'])(
    'gets a free %s, and gives up on one that a daemon keeps (test_acquire_daemon_thread_lock_in_finalization)',
    async type => {
      const { code, stdout } = await runProgram(
        `
        const [taken, free, running] = [new heddle.${type}(), new heddle.${type}(), new heddle.Event()];
        new heddle.Thread((lock, running) => {
          lock.acquire();
          running.set();
          for (;;);
        }, { args: [taken, running], daemon: true }).start();
        process.on('exit', () => console.log(free.acquire({ timeout: 15000 }), taken.acquire({ timeout: 20 })));
        running.wait({ timeout: 45000 });
      `,
        PATIENCE,
      );
      expect([code, stdout]).toEqual([0, 'true false\n']);
    },
  );
});

describe.runIf(process.platform !== 'win32')('an interrupt (Ctrl-C)', { timeout: 60_000 }, () => {
  it('ends a program that waits for its threads, blocked ones too (test_keyboard_interrupt_during_threading_shutdown)', async () => {
    const ended = await runProgram(
      `
      const running = new heddle.CountDownLatch(3);
      for (let n = 0; n < 3; n++)
        new heddle.Thread(running => {
          running.countDown();
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000);
        }, { args: [running] }).start();
      await running.waitAsync({ timeout: 45000 });
      process.kill(process.pid, 'SIGINT');
    `,
      PATIENCE,
    );
    expect([ended.signal, ended.code]).toEqual(['SIGINT', null]);
  });
});

describe('a ThreadLocal', () => {
  it('refuses an init that is no function', () => {
    expect(() => new ThreadLocal(1 as never)).toThrow(TypeError);
    expect(() => new ThreadLocal(1 as never)).toThrow('ThreadLocal: init must be a function, got 1 (number)');
    expect(new ThreadLocal().value).toBeUndefined();
  });
});
