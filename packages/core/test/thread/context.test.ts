import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import {
  Lock,
  NotShareableError,
  Thread,
  ThreadPoolExecutor,
  ThreadStateError,
  Timer,
  parallelMap,
  shareContext,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import { look, lookFurther, lookLater, request, secret, tryLock, user } from './context.fixture.ts';

describe('the context of a thread', () => {
  it('is that of the caller of start(), of the storages that have a name', () => {
    const thread = secret.run('hidden', () =>
      user.run('Ada', () => request.run({ id: 7 }, () => new Thread(look).start())),
    );
    expect(thread.result(SOON)).toEqual([{ id: 7 }, 'Ada', undefined]);
    const prepared = user.run('Grace', () => new Thread(look));
    expect(prepared.start().result(SOON)).toEqual([undefined, undefined, undefined]);
  });

  it('is a copy, but for what can be shared', () => {
    const lock = new Lock();
    expect(request.run({ lock }, () => new Thread(tryLock).start()).result(SOON)).toBe(true);
    expect(lock.locked).toBe(true);
  });

  it('holds after an await, and goes on into threads that the thread starts', async () => {
    const [later, further] = user.run('Ada', () => [
      new Thread(lookLater).start(),
      new Thread(lookFurther).start(),
    ]);
    expect(await later!.resultAsync(SOON)).toEqual([undefined, 'Ada', undefined]);
    expect(await further!.resultAsync(SOON)).toEqual([undefined, 'Ada', undefined]);
  });

  it('does not leak into the next thread on the same worker', () => {
    for (let round = 0; round < 20; round++) {
      expect(user.run(`user ${round}`, () => new Thread(look).start()).result(SOON)[1]).toBe(`user ${round}`);
      expect(new Thread(look).start().result(SOON)[1]).toBeUndefined();
    }
  });

  it.each([undefined, null, 0, '', false])('may be empty, or values by name, %s too', value => {
    user.run('Ada', () => {
      expect(new Thread(look, { context: 'empty' }).start().result(SOON)[1]).toBeUndefined();
      expect(new Thread(look, { context: {} }).start().result(SOON)[1]).toBeUndefined();
      expect(new Thread(look, { context: 'inherit' }).start().result(SOON)[1]).toBe('Ada');
      expect(new Thread(look, { context: { request: value } }).start().result(SOON)).toEqual([
        value,
        undefined,
        undefined,
      ]);
    });
  });

  it('goes along into timers and parallel loops, and not into a pool, whose threads serve all', async () => {
    const [timer, loop] = user.run('Ada', () => [
      new Timer(1, look).start(),
      parallelMap(2, look as (index: number) => unknown[], { threads: 2, chunk: 1, ...SOON }),
    ]);
    expect([await timer.resultAsync(SOON), ...loop].map(each => each[1])).toEqual(['Ada', 'Ada', 'Ada']);
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const future = user.run('Ada', () => pool.submit(look));
    expect((await future)[1]).toBeUndefined();
    await pool.shutdownAsync();
  });

  it('fails at the start when a value cannot travel, and in the thread when nobody knows its name', async () => {
    const thread = new Thread(look, { context: { request: { call: () => {} } } });
    expect(() => thread.start()).toThrow(NotShareableError);
    expect(() => thread.start()).toThrow('context.request.call: functions cannot be shared');
    expect([thread.ident, thread.alive]).toEqual([undefined, false]);
    const unknown = new Thread(look, { context: { nobody: 1 } }).start();
    await expect(unknown.resultAsync(SOON)).rejects.toThrow(
      'its context has a value for "nobody", but no module that the thread has imported calls shareContext("nobody", …)',
    );
  });

  it.each([
    [
      'a context that is none',
      () => new Thread(look, { context: 'inherited' as never }),
      TypeError,
      "Thread: context must be 'inherit', 'empty' or an object with values by name, got inherited (string)",
    ],
    ['null', () => new Thread(look, { context: null as never }), TypeError, 'got null (object)'],
    ['an array', () => new Thread(look, { context: [] as never }), TypeError, 'got  (object)'],
    [
      'a storage that is none',
      () => shareContext('mine', {} as never),
      TypeError,
      'shareContext: expected an AsyncLocalStorage',
    ],
    ['no storage', () => shareContext('mine', undefined as never), TypeError, 'got undefined (undefined)'],
    [
      'an empty name',
      () => shareContext('', new AsyncLocalStorage<never>()),
      TypeError,
      'name must be a non-empty string',
    ],
    [
      'a name twice',
      () => shareContext('user', new AsyncLocalStorage<never>()),
      ThreadStateError,
      'another storage is called "user"',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});
