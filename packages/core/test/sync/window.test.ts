/** What the primitives beyond Python's do where blocking is forbidden, as in a browser's window. */
import { expect, it } from 'vitest';
import { runProgram } from '../support/child.ts';

const { raw } = String;

it('what need not wait succeeds, what would park says so and names the twin, and nothing has changed then', async () => {
  const { code, stdout, stderr } = await runProgram(raw`
    Atomics.wait = () => { throw new TypeError('Atomics.wait cannot be called in this context'); };
    const tell = (what, action) => {
      try { console.log(what, action()); } catch (error) { console.log(what, error.name + ': ' + error.message); }
    };
    const rw = new heddle.RWLock();
    tell('shared', () => rw.acquireShared() && rw.acquireShared());
    tell('exclusive', () => rw.holdExclusive());
    tell('state', () => [rw.sharedBy, rw.exclusive, rw.tryAcquireShared()].join());
    rw.releaseShared(); rw.releaseShared(); rw.releaseShared();
    tell('exclusive', () => rw.acquireExclusive());
    tell('shared', () => rw.acquireShared());
    const spin = new heddle.SpinLock();
    tell('spin', () => spin.acquire());
    tell('spin', () => spin.acquire());
    const once = new heddle.Once();
    tell('once', () => once.run(() => 5));
    const busy = new heddle.Once();
    const making = new heddle.Event();
    const maker = new heddle.Thread((one, event) => one.run(() => { event.set(); for (;;); }), {
      args: [busy, making], daemon: true,
    }).start();
    await making.waitAsync();
    tell('busy', () => busy.run(() => 6));
    maker.terminate();
    tell('made', () => [busy.done].join());
    const exchanger = new heddle.Exchanger();
    tell('exchanger', () => exchanger.exchange(1));
    tell('exchanger', () => exchanger.waiting);
    const waiting = exchanger.exchangeAsync('a');
    tell('exchanger', () => exchanger.exchange('b'));
    console.log(await waiting);
    tell('loop', () => heddle.parallelFor(3, () => {}));
    await heddle.parallelForAsync(3, () => {});
  `);
  const forbidden = (blocking: string, twin: string): string =>
    `BlockingNotAllowedError: ${blocking} would block, which this thread may not do; await ${twin} instead`;
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual([
    'shared true',
    `exclusive ${forbidden('RWLock.acquireExclusive()', 'acquireExclusiveAsync() or holdExclusiveAsync()')}`,
    'state 2,false,true',
    'exclusive true',
    `shared ${forbidden('RWLock.acquireShared()', 'acquireSharedAsync() or holdSharedAsync()')}`,
    'spin true',
    `spin ${forbidden('SpinLock.acquire()', 'acquireAsync() or holdAsync()')}`,
    'once 5',
    `busy ${forbidden('Once.run()', 'runAsync()')}`,
    'made false',
    `exchanger ${forbidden('Exchanger.exchange()', 'exchangeAsync()')}`,
    'exchanger false',
    'exchanger a',
    'b',
    `loop ${forbidden('parallelFor()', 'parallelForAsync()')}`,
  ]);
  expect(code).toBe(0);
});
