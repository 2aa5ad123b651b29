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

  it('goes along into timers and parallel loops', async () => {
    const [timer, loop] = user.run('Ada', () => [
      new Timer(1, look).start(),
      parallelMap(2, look as (index: number) => unknown[], { threads: 2, chunk: 1, ...SOON }),
    ]);
    expect([await timer.resultAsync(SOON), ...loop].map(each => each[1])).toEqual(['Ada', 'Ada', 'Ada']);
  });

  it('goes along into each task of a pool, from where it is submitted, although threads serve all', async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const users = ['Ada', 'Grace', undefined, 'Edsger'];
    const futures = users.map(each =>
      each === undefined ? pool.submit(look) : user.run(each, () => pool.submit(look)),
    );
    const seen = await Promise.all(futures);
    expect(seen.map(each => each[1])).toEqual(users);
    const later = await user.run('Ada', () => pool.submit(lookLater));
    expect(later[1]).toBe('Ada');
    const { future } = await user.run('Grace', () => pool.submitAsync(look));
    expect((await future)[1]).toBe('Grace');
    expect(await pool.submit(look)).toEqual([undefined, undefined, undefined]);
  });

  it.each([{}, { chunkSize: 2 }, { bufferSize: 1 }])(
    'is that of the call of map for all its tasks, wherever the results are asked for: %o',
    async options => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const here = user.run('Ada', () => pool.map(look as (n: number) => unknown[], [[1, 2, 3]], options));
      expect(Array.from(here, each => each[1])).toEqual(['Ada', 'Ada', 'Ada']);
      const there = user.run('Grace', () =>
        pool.mapAsync(look as (n: number) => unknown[], [[1, 2, 3]], options),
      );
      const seen: unknown[] = [];
      for await (const each of there) seen.push(each[1]);
      expect(seen).toEqual(['Grace', 'Grace', 'Grace']);
    },
  );

  it('can be chosen for a task, too, and what is wrong with it the future rejects with', async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const futures = user.run('Ada', () => [
      pool.submit({ target: look, context: 'empty' }),
      pool.submit({ target: look, context: { user: 'Grace' } }),
      pool.submit({ target: look }),
    ]);
    expect((await Promise.all(futures)).map(each => each[1])).toEqual([undefined, 'Grace', 'Ada']);
    await expect(pool.submit({ target: look, context: { user: () => {} } })).rejects.toThrow(
      'context.user: functions cannot be shared',
    );
    await expect(pool.submit({ target: look, context: 'none' as never })).rejects.toThrow(
      "ThreadPoolExecutor.submit: context must be 'inherit', 'empty' or an object with values by name, got none (string)",
    );
    await expect(pool.submit({ target: look, context: { nobody: 1 } })).rejects.toThrow(
      'the task: its context has a value for "nobody", but no module',
    );
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
