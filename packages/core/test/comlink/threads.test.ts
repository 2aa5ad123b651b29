/** comlink over shared memory between threads: what travels, who dies, and when a program may end. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  CountDownLatch,
  Event,
  HeddleError,
  Lock,
  NotShareableError,
  Queue,
  SharedInt32Array,
  Thread,
  ThreadDiedError,
  ThreadPoolExecutor,
  ThreadStateError,
  memoryUsage,
  setExceptHook,
} from '../../src/index.ts';
import {
  type Remote,
  SharedChannel,
  SharedPort,
  expose,
  finalizer,
  proxy,
  releaseProxy,
  wrap,
} from '../../src/comlink/index.ts';
import { runProgram } from '../support/child.ts';
import { amount } from '../support/amount.ts';
import { SOON, randomFrom, until } from '../support/state.ts';
import * as tasks from './comlink.fixture.ts';

const open: Array<{ port: SharedPort; thread: Thread }> = [];

function start(target = tasks.serve): { remote: Remote<tasks.Api>; thread: Thread; port: SharedPort } {
  const { port1, port2 } = new SharedChannel();
  const thread = new Thread(target, { args: [port2], name: 'server' }).start() as Thread;
  open.push({ port: port1, thread });
  return { remote: wrap<tasks.Api>(port1.watch(thread)), thread, port: port1 };
}

afterEach(async () => {
  setExceptHook(undefined);
  for (const { port, thread } of open.splice(0)) {
    port.close();
    expect(await thread.joinAsync(SOON)).toBe(true);
  }
});

const reasonOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    value => {
      throw new Error(`resolved to ${String(value)}`);
    },
    (reason: unknown) => reason as Error,
  );

describe('a service in a thread', () => {
  it('answers', async () => {
    const { remote } = start();
    expect(await remote.add(2, 3)).toBe(5);
    expect(await remote.value).toBe(4);
    const counter = await new remote.Counter(5);
    expect(await counter.increment(2)).toBe(7);
    expect(await counter.count).toBe(7);
  });

  it('takes and gives shareables at any depth: the same memory, the same class, the same object twice', async () => {
    const { remote } = start();
    const lock = new Lock();
    lock.acquire();
    expect(await remote.release({ in: [new Map([['lock', { lock }]])] })).toBe(true);
    expect(lock.tryAcquire()).toBe(true);

    const array = new SharedInt32Array(4);
    expect(await remote.fill(array, 7)).toBe('SharedInt32Array');
    expect([...array.view]).toEqual([7, 7, 7, 7]);

    const { nested } = await remote.create();
    const found = nested[0]!;
    const made = found.get('lock') as Lock;
    expect(made).toBeInstanceOf(Lock);
    expect([made.name, made.locked]).toEqual(['from there', true]);
    expect(found.get('again')).toBe(made);
    expect((found.get('queue') as Queue<number>).get(SOON)).toBe(42);
    expect(await remote.echo([lock])).toEqual([lock]);
    expect(((await remote.echo([{ lock }])) as [{ lock: Lock }])[0].lock).toBe(lock);
  });

  it('takes futures and threads', async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const { remote, thread } = start();
    const future = pool.submit((n: number) => n * n, 6);
    const box = (await remote.echo({ future, thread })) as { future: typeof future; thread: Thread };
    expect(box.thread).toBe(thread);
    expect(await box.future).toBe(36);
  });

  it('keeps class, code, cause and own properties of errors', async () => {
    const { remote } = start();
    const error = (await reasonOf(remote.fail('own'))) as tasks.StockError;
    expect(error).toBeInstanceOf(RangeError);
    expect([error.name, error.message, error.code, error.left]).toEqual([
      'StockError',
      'none left',
      'E_STOCK',
      0,
    ]);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect((error.cause as Error).cause).toBe(7);
    expect(error.stack).toContain('comlink.fixture');
    expect(await reasonOf(remote.fail('heddle'))).toBeInstanceOf(HeddleError);
    expect(await reasonOf(remote.fail('other'))).toEqual({ not: 'an error' });
    const locked = (await reasonOf(remote.fail('lock'))) as Error & { lock: Lock };
    expect(locked.lock).toBeInstanceOf(Lock);
    expect(locked.lock.name).toBe('of the error');
  });

  it('calls back', async () => {
    const { remote } = start();
    const seen: unknown[] = [];
    const callback = proxy((value: unknown) => {
      seen.push(value);
      return 'seen';
    });
    expect(await remote.callBack(callback as never, 3)).toBe('seen');
    expect(seen).toEqual([3]);
    const counter = (await remote.counter(10)) as unknown as Remote<tasks.Counter>;
    expect(await counter.increment()).toBe(11);
    counter[releaseProxy]();
  });

  it('answers a thousand calls that are in flight together, also with callbacks and large values', async () => {
    const { remote } = start();
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    const sums = Promise.all(numbers.map(n => remote.add(n, 1)));
    const backs = Promise.all(
      numbers.slice(0, 100).map(n => remote.callBack(proxy((x: number) => x + 2) as never, n)),
    );
    const large = remote.echo(new Uint8Array(2_000_000).fill(7)) as Promise<Uint8Array>;
    expect(await sums).toEqual(numbers.map(n => n + 1));
    expect(await backs).toEqual(numbers.slice(0, 100).map(n => n + 2));
    expect((await large).every(byte => byte === 7)).toBe(true);
  });

  it('may be in main, and be called from a thread', async () => {
    const { port1, port2 } = new SharedChannel();
    expose(tasks.api, port1);
    const thread = new Thread(tasks.callMain, { args: [port2] }).start();
    expect(await thread.resultAsync(SOON)).toEqual({ sum: 5, name: 'StockError', left: 0 });
    await port1.closed;
  });

  it('lives as long as the proxy: released, it ends, and its finalizer has run', async () => {
    const ended = new CountDownLatch(2);
    const { port1, port2 } = new SharedChannel();
    const thread = new Thread(tasks.serveFinalized, { args: [port2, ended] }).start();
    const remote = wrap<tasks.Api>(port1);
    expect(await remote.add(1, 1)).toBe(2);
    remote[releaseProxy]();
    expect(await thread.joinAsync(SOON)).toBe(true);
    expect(await ended.waitAsync(SOON)).toBe(true);
    await port1.closed;
  });

  it('finishes what is in flight before it is released', async () => {
    const { remote, thread, port } = start();
    const answer = new Promise(resolve => {
      void remote.callBack(proxy((value: unknown) => resolve(value)) as never, 8);
    });
    remote[releaseProxy]();
    expect(await answer).toBe(8);
    await port.closed;
    expect(await thread.joinAsync(SOON)).toBe(true);
  });
});

describe('the end of the other side', () => {
  // The errors of the threads are what is tested here.
  const silence = (): void => setExceptHook(() => {});

  it('by terminate() rejects the calls in flight and those made later', async () => {
    const { remote, thread, port } = start();
    const started = new Event();
    const flying = [remote.neverAfter(started), remote.never(), remote.value].map(each =>
      Promise.resolve(each),
    );
    expect(await started.waitAsync(SOON)).toBe(true);
    expect(await flying[2]).toBe(4);
    thread.terminate();
    const error = await reasonOf(flying[0]!);
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect(error.message).toBe('neverAfter(): Thread "server" has ended, so no answer comes');
    expect((error.cause as Error).message).toContain('terminated');
    expect(await reasonOf(flying[1]!)).toBeInstanceOf(ThreadDiedError);
    await port.closed;
    expect(await reasonOf(remote.add(1, 2))).toBeInstanceOf(ThreadDiedError);
    expect(await reasonOf(Promise.resolve(remote.value))).toBeInstanceOf(ThreadDiedError);
    remote[releaseProxy]();
  });

  it('by process.exit()', async () => {
    const { remote } = start();
    const error = await reasonOf(remote.exit() as Promise<unknown>);
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect((error.cause as Error).message).toContain('process.exit(3)');
  });

  it('by an error outside of any call', async () => {
    silence();
    const { remote } = start();
    const error = await reasonOf(remote.crash());
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect(String((error.cause as Error).message) + String((error.cause as Error).cause)).toContain(
      'crashed',
    );
  });

  it('by the return of its function', async () => {
    const end = new Event();
    const { port1, port2 } = new SharedChannel();
    const thread = new Thread(tasks.serveUntil, { args: [port2, end], name: 'brief' }).start();
    const remote = wrap<tasks.Api>(port1);
    expect(await remote.add(1, 1)).toBe(2);
    const started = new Event();
    const flying = remote.neverAfter(started);
    expect(await started.waitAsync(SOON)).toBe(true);
    end.set();
    const error = await reasonOf(flying);
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect(error.message).toBe(
      'neverAfter(): Thread "brief" has ended, so no answer comes; let its function return port.closed, so that it lives while it serves',
    );
    await thread.joinAsync(SOON);
  });

  it('before it has opened its port is seen by whoever watches it', async () => {
    const { port1, port2 } = new SharedChannel();
    const thread = new Thread(tasks.ignore, { args: [port2] });
    const remote = wrap<tasks.Api>(port1.watch(thread));
    const flying = remote.add(1, 2);
    thread.start();
    expect(await reasonOf(flying)).toBeInstanceOf(ThreadDiedError);
  });

  it('before it has opened its port is seen when nobody else has that port, too', async () => {
    const { port1, port2 } = new SharedChannel();
    const has = new Event();
    const thread = new Thread(tasks.keep, { args: [port2, has] }).start();
    port2.dispose();
    const flying = wrap<tasks.Api>(port1).add(1, 2);
    expect(await has.waitAsync(SOON)).toBe(true);
    thread.terminate();
    const error = await reasonOf(flying);
    expect(error).toBeInstanceOf(ThreadDiedError);
    expect(error.message).toBe('add(): nobody has the other port any more, so no answer comes');
  });

  it('loses no answer that was given before', async () => {
    for (let round = 0; round < 5; round++) {
      const end = new Event();
      const { port1, port2 } = new SharedChannel();
      const thread = new Thread(tasks.serveUntil, { args: [port2, end] }).start();
      const remote = wrap<tasks.Api>(port1);
      expect(await remote.add(0, 0)).toBe(0);
      const first = Promise.all(Array.from({ length: 100 }, (_, n) => remote.add(n, 0)));
      const set = remote.callBack(proxy(() => end.set()) as never, 0);
      // Posted before `end` was set, so it was answered by a living thread.
      expect(await first).toHaveLength(100);
      await set.catch(() => {});
      await thread.joinAsync(SOON);
      await port1.closed;
    }
  });

  it('by close(), on either side, rejects what is in flight with ThreadStateError', async () => {
    const { remote, port, thread } = start();
    const flying = remote.never();
    port.close();
    expect(await reasonOf(flying)).toBeInstanceOf(ThreadStateError);
    expect((await reasonOf(remote.add(1, 2))).message).toBe('add(): this port is closed');
    expect(await thread.joinAsync(SOON)).toBe(true);

    const { port1, port2 } = new SharedChannel();
    const other = wrap<tasks.Api>(port1);
    const call = other.never();
    port2.close();
    expect((await reasonOf(call)).message).toBe('never(): the other side has closed the port');
  });

  it('is noticed in a thread that calls main, too, and by what main exposes', async () => {
    const { port1, port2 } = new SharedChannel();
    let finalized = 0;
    const begun = new Event();
    expose(
      {
        work: () => {
          begun.set();
          return new Promise(() => {});
        },
        [finalizer]: () => finalized++,
      },
      port1,
    );
    const thread = new Thread(tasks.callMainForEver, { args: [port2] }).start();
    expect(await begun.waitAsync(SOON)).toBe(true);
    thread.terminate();
    await port1.closed;
    await until(() => finalized === 1, 'what was exposed has been released');
  });

  it('at any moment leaves no call unsettled, and what was answered is right', async () => {
    const random = randomFrom(5);
    for (let round = 0; round < amount(4, 20); round++) {
      const { remote, thread } = start();
      await remote.add(0, 0);
      const last = random(400);
      const outcomes = await Promise.all(
        Array.from({ length: 500 }, async (_, n) => {
          try {
            const call =
              n % 10 === 0 ? remote.callBack(proxy((x: number) => x + 1) as never, n) : remote.add(n, 1);
            const result = await (call as Promise<unknown>);
            if (n >= last) thread.terminate();
            return result === n + 1 ? 'right' : 'wrong';
          } catch (error) {
            return (error as Error).name;
          }
        }),
      );
      expect(outcomes.filter(each => each !== 'right' && each !== 'ThreadDiedError')).toEqual([]);
      expect(await thread.joinAsync(SOON)).toBe(true);
      expect((await reasonOf(remote.add(1, 1))).name).toBe('ThreadDiedError');
    }
  });

  it('rejects thousands of calls', async () => {
    const { remote, thread } = start();
    await remote.add(1, 1);
    const flying = Array.from({ length: 2000 }, () => reasonOf(remote.never()));
    thread.terminate();
    for (const error of await Promise.all(flying)) expect(error).toBeInstanceOf(ThreadDiedError);
  });
});

describe('a port', () => {
  it('is told apart when it is misused', async () => {
    expect(() => new SharedPort()).toThrow(
      /^SharedPort: a port comes from new SharedChannel\(\), not from new$/,
    );
    const { port1, port2 } = new SharedChannel();
    expect(() => port1.watch({} as Thread)).toThrow(TypeError);
    port1.addEventListener('message', () => {});
    const thread = new Thread(tasks.serve, { args: [port1] }).start();
    setExceptHook(() => {});
    await expect(thread.resultAsync(SOON)).rejects.toThrow(/it is open in another thread already/);
    port2.close();
    await port1.closed;
    expect(() => port1.postMessage({})).not.toThrow();
  });

  it('carries the messages of others than comlink', async () => {
    const { port1, port2 } = new SharedChannel();
    const lock = new Lock();
    port1.postMessage({ early: lock });
    const data = await new Promise<unknown>(resolve => {
      port2.addEventListener('message', { handleEvent: (event: { data: unknown }) => resolve(event.data) });
    });
    expect(data).toEqual({ early: lock });
    expect(() => port1.postMessage(() => 1)).toThrow(NotShareableError);
    port1.close();
    await port2.closed;
  });

  it('gives its memory back, and so does a callback that is released', async () => {
    const use = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        const { port1, port2 } = new SharedChannel();
        expose(
          {
            async f(g: Remote<() => number>) {
              const result = await g();
              g[releaseProxy]();
              return result;
            },
          },
          port2,
        );
        const remote = wrap<{ f(g: () => number): Promise<number> }>(port1);
        expect(await remote.f(proxy(() => time))).toBe(time);
        port1.close();
        await port2.closed;
      }
    };
    await use(50);
    const before = memoryUsage().used;
    await use(500);
    expect(memoryUsage().used - before).toBeLessThan(200_000);
  });

  it('is released when its proxy is collected, and a callback with it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let finalized = 0;
    const { port1, port2 } = new SharedChannel();
    const forget = async (): Promise<void> => {
      expose({ f: async (g: () => number) => g(), [finalizer]: () => finalized++ }, port2);
      const remote = wrap<{ f(g: () => number): Promise<number> }>(port1);
      const callback = Object.assign(() => 7, { [finalizer]: () => finalized++ });
      expect(await remote.f(proxy(callback))).toBe(7);
    };
    await forget();
    await until(() => {
      collect();
      return finalized === 2;
    }, 'both were collected');
    await port1.closed;
    await port2.closed;
  });
});

describe('the end of the program', () => {
  const comlink = JSON.stringify(new URL('../../src/comlink/index.ts', import.meta.url).href);
  const fixture = JSON.stringify(new URL('./comlink.fixture.ts', import.meta.url).href);
  const head = `
    const { SharedChannel, expose, proxy, releaseProxy, wrap } = await import(${comlink});
    const { serve } = await import(${fixture});
    const { port1, port2 } = new SharedChannel();
  `;
  vi.setConfig({ testTimeout: 60_000 });

  it('waits for a call in flight, and not for an idle proxy of a daemon', async () => {
    const { code, stdout } = await runProgram(`${head}
      const thread = new heddle.Thread(serve, { args: [port2], daemon: true }).start();
      const remote = wrap(port1);
      remote.add(1, 2).then(sum => console.log(sum));
    `);
    expect([code, stdout]).toEqual([0, '3\n']);
  });

  it('waits for a service of a non-daemon thread until it is released', async () => {
    const { code, stdout } = await runProgram(`${head}
      const thread = new heddle.Thread(serve, { args: [port2] }).start();
      const remote = wrap(port1);
      console.log(await remote.add(1, 2));
      setTimeout(() => { console.log('released'); remote[releaseProxy](); }, 200).unref();
    `);
    expect([code, stdout]).toEqual([0, '3\nreleased\n']);
  });

  it('waits for what main exposes, until the other side is gone', async () => {
    const { code, stdout } = await runProgram(`${head}
      expose({ hello: () => console.log('called') }, port1);
      new heddle.Thread(async (port, url) => {
        const { wrap } = await import(url);
        await new Promise(resolve => setTimeout(resolve, 100));
        await wrap(port).hello();
      }, { args: [port2, ${comlink}], daemon: true }).start();
    `);
    expect([code, stdout]).toEqual([0, 'called\n']);
  });

  it('rejects, and then comes, when the thread dies with a call in flight', async () => {
    const { code, stdout } = await runProgram(`${head}
      const thread = new heddle.Thread(serve, { args: [port2], daemon: true }).start();
      await wrap(port1).exit().catch(error => console.log(error.name));
    `);
    expect([code, stdout]).toEqual([0, 'ThreadDiedError\n']);
  });
});

describe('the package', () => {
  it('loads comlink only by its subpath', async () => {
    const { stdout } = await runProgram(`
      import { createRequire } from 'node:module';
      const { cache } = createRequire(import.meta.url);
      const loaded = () => Object.keys(cache).filter(file => /node_modules.comlink/.test(file)).length;
      console.log(loaded());
      await import(${JSON.stringify(new URL('../../src/comlink/index.ts', import.meta.url).href)});
      console.log(loaded());
    `);
    expect(stdout).toBe('0\n1\n');
  });
});
