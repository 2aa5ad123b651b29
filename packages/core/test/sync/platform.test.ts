/** What a whole program shows: that waiting keeps it alive, that it ends, and how it behaves where blocking is forbidden. */
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/child.ts';

const { raw } = String;

describe('a program', () => {
  it.each([
    ['Event', 'new heddle.Event()', 'event.waitAsync()', 'event.set()'],
    ['Event, with a timeout', 'new heddle.Event()', 'event.waitAsync({ timeout: 20000 })', 'event.set()'],
    ['Semaphore', 'new heddle.Semaphore(0)', 'event.acquireAsync()', 'event.release()'],
    ['CountDownLatch', 'new heddle.CountDownLatch(1)', 'event.waitAsync()', 'event.countDown()'],
    ['Barrier', 'new heddle.Barrier(2)', 'event.waitAsync()', 'event.wait()'],
  ])(
    'stays alive while a promise of its %s is pending, and ends when it has settled',
    async (_type, make, wait, wake) => {
      const { code, stdout, elapsed } = await runProgram(raw`
      const event = ${make};
      const worker = new heddle.Thread(async (event) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        ${wake};
      }, { args: [event], daemon: true }).start();
      console.log(await ${wait});
    `);
      expect([code, stdout.trim()]).toEqual([0, stdout.startsWith('0') ? '0' : 'true']);
      expect(elapsed).toBeGreaterThan(290);
    },
  );

  it('stays alive until a timeout, and then ends at once', async () => {
    const { code, stdout, elapsed } = await runProgram(raw`
      const lock = new heddle.RLock();
      const held = await lock.holdAsync();
      console.log(await lock.acquireAsync({ timeout: 300 }));
      console.log(await new heddle.Condition(lock).waitAsync({ timeout: 100 }));
      held.release();
      console.log(lock.locked);
    `);
    expect([code, stdout]).toEqual([0, 'false\nfalse\nfalse\n']);
    expect(elapsed).toBeLessThan(10_000);
  });
});

describe('where blocking is forbidden', () => {
  it('what need not wait succeeds, what would park says so and names the twin, and nothing has changed then', async () => {
    const { code, stdout, stderr } = await runProgram(raw`
      Atomics.wait = () => { throw new TypeError('Atomics.wait cannot be called in this context'); };
      const tell = (what, action) => {
        try { console.log(what, action()); } catch (error) { console.log(what, error.name + ': ' + error.message); }
      };
      const lock = new heddle.Lock();
      tell('lock', () => lock.acquire());
      tell('lock', () => lock.acquire());
      tell('lock', () => lock.acquire({ timeout: 0 }));
      const rlock = new heddle.RLock();
      tell('rlock', () => rlock.acquire() && rlock.acquire());
      const other = new heddle.Thread((one) => one.acquire({ timeout: 20000 }), { args: [rlock] }).start();
      rlock.release(); rlock.release();
      await other.joinAsync();
      tell('rlock', () => rlock.acquire());
      const semaphore = new heddle.Semaphore(1);
      tell('semaphore', () => semaphore.acquire());
      tell('semaphore', () => semaphore.acquire());
      tell('semaphore', () => semaphore.value);
      const event = new heddle.Event();
      tell('event', () => event.wait());
      event.set();
      tell('event', () => event.wait());
      const condition = new heddle.Condition(new heddle.Lock());
      condition.acquire();
      tell('condition', () => condition.wait());
      tell('condition', () => condition.wait({ timeout: 0 }));
      tell('condition', () => condition.locked);
      const barrier = new heddle.Barrier(2);
      tell('barrier', () => barrier.wait());
      tell('barrier', () => barrier.waiting + ' ' + barrier.broken);
      const first = barrier.waitAsync();
      tell('barrier', () => barrier.wait());
      const latch = new heddle.CountDownLatch(1);
      tell('latch', () => latch.wait({ timeout: 5 }));
      latch.countDown();
      tell('latch', () => latch.wait());
    `);
    const forbidden = (blocking: string, twin: string): string =>
      `BlockingNotAllowedError: ${blocking} would block, which this thread may not do; await ${twin} instead`;
    expect(stdout.trim().split('\n')).toEqual([
      'lock true',
      `lock ${forbidden('Lock.acquire()', 'acquireAsync() or holdAsync()')}`,
      'lock false',
      'rlock true',
      `rlock ${forbidden('RLock.acquire()', 'acquireAsync() or holdAsync()')}`,
      'semaphore true',
      `semaphore ${forbidden('Semaphore.acquire()', 'acquireAsync() or holdAsync()')}`,
      'semaphore 0',
      `event ${forbidden('Event.wait()', 'waitAsync()')}`,
      'event true',
      `condition ${forbidden('Condition.wait()', 'waitAsync()')}`,
      'condition false',
      'condition true',
      `barrier ${forbidden('Barrier.wait()', 'waitAsync()')}`,
      'barrier 0 false',
      'barrier 1',
      `latch ${forbidden('CountDownLatch.wait()', 'waitAsync()')}`,
      'latch true',
    ]);
    expect([code, stderr]).toEqual([0, '']);
  });
});
