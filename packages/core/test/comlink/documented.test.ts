/** What comlink's README and its own suite say of it, over the platform's channel and over ours, with Heddle's transfer handlers in place. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Endpoint,
  type Remote,
  SharedChannel,
  createEndpoint,
  expose,
  finalizer,
  proxy,
  releaseProxy,
  transfer,
  transferHandlers,
  wrap,
} from '../../src/comlink/index.ts';
import { until } from '../support/state.ts';

interface Pair {
  port1: Endpoint & { close(): void };
  port2: Endpoint & { close(): void };
}

class Sample {
  counter = 1;
  readonly #promise = Promise.resolve(4);
  static SOME_NUMBER = 4;
  static ADD(a: number, b: number): number {
    return a + b;
  }
  get promise(): Promise<number> {
    return this.#promise;
  }
  increase(by = 1): void {
    this.counter += by;
  }
  fails(): never {
    throw new Error('OMG');
  }
}

describe.each([
  ['MessageChannel', () => new MessageChannel() as unknown as Pair],
  ['SharedChannel', () => new SharedChannel() as Pair],
])('comlink over a %s', (kind, open) => {
  let port1: Pair['port1'];
  let port2: Pair['port2'];
  const rest: Pair[] = [];

  beforeEach(() => {
    ({ port1, port2 } = open());
    rest.push({ port1, port2 });
  });
  afterEach(() => {
    for (const pair of rest.splice(0)) {
      pair.port1.close();
      pair.port2.close();
    }
  });

  function remote<T>(exposed: T): Remote<T> {
    expose(exposed, port2);
    return wrap<T>(port1);
  }

  it('reads properties, calls methods and functions, with parameters and promises', async () => {
    const thing = remote({
      value: 4,
      nothing: undefined,
      f: (a: number, b: number) => a + b,
      later: async () => 5,
      deep: { down: { f: () => 6 } },
    });
    const deep = thing.deep as unknown as Remote<{ down: { f(): number } }>;
    expect(await thing.value).toBe(4);
    expect(await thing.nothing).toBeUndefined();
    expect(await thing.f(1, 3)).toBe(4);
    expect(await thing.later()).toBe(5);
    expect(await (deep.down as unknown as Remote<{ f(): number }>).f()).toBe(6);
    expect(await thing.f.bind(thing)(2, 2)).toBe(4);
  });

  it('exposes a function', async () => {
    expect(await remote((a: number) => a + 40)(2)).toBe(42);
  });

  it('sets properties', async () => {
    const exposed = { value: 1 as number | Promise<boolean> };
    const thing = remote(exposed);
    (thing as { value: unknown }).value = 9;
    await until(() => exposed.value === 9, 'the property is set');
    expect(await thing.value).toBe(9);
  });

  it('constructs classes, whose instances stay there', async () => {
    const Thing = remote(Sample);
    const instance = await new Thing();
    expect(await instance.counter).toBe(1);
    await instance.increase();
    await instance.increase(5);
    expect(await instance.counter).toBe(7);
    expect(await instance.promise).toBe(4);
    expect(await Thing.SOME_NUMBER).toBe(4);
    expect(await Thing.ADD(1, 3)).toBe(4);
    await expect(instance.fails()).rejects.toThrow('OMG');
    instance[releaseProxy]();
  });

  it('keeps stack and message of what is thrown, and throws what is no error as it is', async () => {
    let stack: string | undefined;
    const thing = remote({
      error(): void {
        const error = new Error('OMG');
        stack = error.stack;
        throw error;
      },
      other(): void {
        throw { test: true };
      },
      falsy(): void {
        throw undefined;
      },
    });
    const error = (await thing.error().catch((reason: unknown) => reason)) as Error;
    expect([error.message, error.stack]).toEqual(['OMG', stack]);
    await expect(thing.other()).rejects.toEqual({ test: true });
    const outcome = await thing.falsy().then(
      () => 'resolved',
      (reason: unknown) => [reason],
    );
    expect(outcome).toEqual([undefined]);
  });

  it('keeps the class, the code and the cause of an error', async () => {
    const thing = remote({
      fail(): void {
        throw Object.assign(new RangeError('too far', { cause: new TypeError('why') }), { code: 'E_FAR' });
      },
    });
    const error = (await thing.fail().catch((reason: unknown) => reason)) as RangeError & { code: string };
    expect(error).toBeInstanceOf(RangeError);
    expect([error.name, error.code]).toEqual(['RangeError', 'E_FAR']);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('says so when a result cannot be sent', async () => {
    const thing = remote({ f: () => ({ deep: [() => 'boom'] }) });
    const error = (await thing.f().catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe('Unserializable return value');
    if (kind === 'SharedChannel')
      expect((error.cause as Error).message).toMatch(/^result\.deep\[0\]: functions cannot be shared/);
  });

  it('rejects a call whose arguments cannot be sent', async () => {
    const thing = remote({ f: (_value: unknown) => 1 });
    const error = (await thing.f({ a: [() => 1] }).catch((reason: unknown) => reason)) as Error;
    if (kind === 'SharedChannel')
      expect(error.message).toMatch(/^args\[0\]\.a\[0\]: functions cannot be shared/);
    else expect(error.name).toBe('DataCloneError');
    expect(await thing.f(1)).toBe(1);
  });

  it('transfers buffers, deep ones too', async () => {
    const thing = remote((value: { b: { c: ArrayBuffer } }) => value.b.c.byteLength);
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    expect(await thing(transfer({ b: { c: buffer } }, [buffer]))).toBe(3);
    expect(buffer.byteLength).toBe(0);
  });

  it('transfers a MessagePort, in arguments and in results', async () => {
    const thing = remote({
      greet: (port: MessagePort) => port.postMessage('hello'),
      open() {
        const channel = new MessageChannel();
        channel.port1.addEventListener('message', ({ data }) => {
          channel.port1.postMessage([data, 'heard']);
          channel.port1.close();
        });
        channel.port1.start();
        return transfer(channel.port2, [channel.port2]);
      },
    });
    const next = (port: MessagePort): Promise<unknown> =>
      new Promise(resolve => {
        port.addEventListener('message', ({ data }) => resolve(data), { once: true });
        port.start();
      });
    const { port1: mine, port2: theirs } = new MessageChannel();
    const greeting = next(mine);
    await thing.greet(transfer(theirs, [theirs]));
    expect(await greeting).toBe('hello');
    mine.close();
    const port = await thing.open();
    const answer = next(port);
    port.postMessage('you there');
    expect(await answer).toEqual(['you there', 'heard']);
    port.close();
  });

  it('calls back through proxies, in arguments and in results', async () => {
    const thing = remote({
      async twice(f: (n: number) => Promise<number>) {
        return (await f(1)) + (await f(2));
      },
      counter: () => proxy(new Sample()),
    });
    expect(await thing.twice(proxy((n: number) => n * 10) as never)).toBe(30);
    const counter = (await thing.counter()) as unknown as Remote<Sample>;
    await counter.increase(4);
    expect(await counter.counter).toBe(5);
    counter[releaseProxy]();
  });

  it('keeps the errors of callbacks', async () => {
    const thing = remote({
      try: async (f: () => Promise<void>) => {
        try {
          await f();
        } catch (error) {
          return error instanceof RangeError;
        }
        return undefined;
      },
    });
    const failing = proxy(() => {
      throw new RangeError('from the callback');
    });
    expect(await thing.try(failing as never)).toBe(true);
  });

  it('passes properties that are proxies by reference and others by value', async () => {
    const exposed = { a: { v: 4 }, b: proxy({ v: 4 }) };
    const thing = remote(exposed);
    const a = await thing.a;
    const b = (await (thing.b as unknown)) as Remote<{ v: number }>;
    exposed.a.v = 9;
    exposed.b.v = 9;
    expect([a.v, await b.v]).toEqual([4, 9]);
    b[releaseProxy]();
  });

  it('uses the transfer handlers of users', async () => {
    transferHandlers.set('point', {
      canHandle: (value: unknown): value is { x: number } =>
        typeof value === 'object' && value !== null && 'x' in value,
      serialize: (value: { x: number }) => [value.x, []],
      deserialize: (x: unknown) => ({ x: (x as number) + 1 }),
    } as never);
    try {
      const thing = remote((point: { x: number }) => point.x);
      expect(await thing({ x: 1 })).toBe(2);
    } finally {
      transferHandlers.delete('point');
    }
  });

  it('rejects instead of waiting for ever when a handler of a user fails there', async () => {
    if (kind !== 'SharedChannel') return; // over a MessagePort comlink itself loses the call
    transferHandlers.set('broken', {
      canHandle: (value: unknown): value is Date => value instanceof Date,
      serialize: () => [1, []],
      deserialize() {
        throw new Error('cannot read it');
      },
    } as never);
    try {
      await expect(remote((_date: Date) => 1)(new Date())).rejects.toThrow('cannot read it');
    } finally {
      transferHandlers.delete('broken');
    }
  });

  it('destructures', async () => {
    const { a, c } = remote({ a: 4, c: () => 6 });
    expect([await a, await c()]).toEqual([4, 6]);
  });

  it('makes another endpoint for the same object, which outlives the first', async () => {
    const exposed = { value: 1, f: (n: number) => n + exposed.value };
    const thing = remote(exposed);
    const endpoint = await thing[createEndpoint]();
    const other = wrap<typeof exposed>(endpoint);
    expect([await other.f(1), await thing.f(2)]).toEqual([2, 3]);
    thing[releaseProxy]();
    expect(await Promise.all([other.f(3), other.f(4)])).toEqual([4, 5]);
    other[releaseProxy]();
  });

  it('releases: the proxy is dead, the finalizer runs, once', async () => {
    let finalized = 0;
    const thing = remote({ f: () => 1, [finalizer]: () => finalized++ });
    expect(await thing.f()).toBe(1);
    thing[releaseProxy]();
    expect(() => thing.f()).toThrow('Proxy has been released and is not useable');
    await until(() => finalized > 0, 'the finalizer runs');
    await new Promise(resolve => setImmediate(resolve));
    expect(finalized).toBe(1);
  });

  it('reaches a class in an object, and sets what has a setter', async () => {
    class Thermostat {
      celsius = 20;
      set fahrenheit(degrees: number) {
        this.celsius = ((degrees - 32) * 5) / 9;
      }
    }
    const thing = remote({ Thermostat });
    const Remotely = thing.Thermostat as unknown as new () => Promise<Remote<Thermostat>>;
    const instance = await new Remotely();
    (instance as unknown as { fahrenheit: number }).fahrenheit = 212;
    expect(await instance.celsius).toBe(100);
    instance[releaseProxy]();
    expect(() => (instance as unknown as { method(): void }).method()).toThrow('Proxy has been released');
  });

  it('copies typed arrays, nested ones too', async () => {
    const thing = remote((value: unknown) => value);
    const array = new Uint8Array([1, 2, 3]);
    const plain = (await thing(array)) as Uint8Array;
    const nested = (await thing({ v: 1, array })) as { array: Uint8Array };
    expect([plain, nested.array]).toEqual([array, array]);
    expect(plain).not.toBe(array);
    expect(nested.array).not.toBe(array);
    expect(array.length).toBe(3);
  });

  it('transfers a buffer that is the argument itself', async () => {
    const { buffer } = new Uint8Array([1, 2, 3]);
    expect(await remote((bytes: ArrayBuffer) => bytes.byteLength)(transfer(buffer, [buffer]))).toBe(3);
    expect(buffer.byteLength).toBe(0);
  });

  it('takes a proxy for a property, and calls it there', async () => {
    const exposed = {
      onready: undefined as (() => Promise<void>) | undefined,
      call: async () => exposed.onready?.(),
    };
    const thing = remote(exposed);
    let called = 0;
    (thing as { onready: unknown }).onready = proxy(() => void called++);
    await thing.call();
    expect(called).toBe(1);
  });

  it('takes several proxies in one call, and an argument that is undefined', async () => {
    const thing = remote({
      sum: async (...parts: Array<() => Promise<number>>) => {
        let sum = 0;
        for (const part of parts) sum += await part();
        return sum;
      },
      count: (...values: unknown[]) => values.length,
    });
    expect(await thing.sum(...([1, 2, 3].map(n => proxy(() => n)) as never[]))).toBe(6);
    expect(await thing.count(undefined)).toBe(1);
  });

  it('destructures getters, and works with a target that it is given', async () => {
    expose(
      {
        value: 4,
        get twice() {
          return this.value * 2;
        },
      },
      port2,
    );
    const { value, twice } = wrap<{ value: number; twice: number }>(port1, { value: {} });
    expect([await value, await twice]).toEqual([4, 8]);
  });

  it('gives events to a handler of a user, who makes events of them', async () => {
    transferHandlers.set('event', {
      canHandle: (value: unknown): value is MessageEvent => value instanceof MessageEvent,
      serialize: (event: MessageEvent) => [event.data as unknown, []],
      deserialize: (data: unknown) => new MessageEvent('message', { data }),
    } as never);
    try {
      const thing = remote((event: MessageEvent) => [event instanceof MessageEvent, event.data]);
      expect(await thing(new MessageEvent('message', { data: { a: 1 } }))).toEqual([true, { a: 1 }]);
    } finally {
      transferHandlers.delete('event');
    }
  });

  it('closes an endpoint that was made by createEndpoint when its proxy is released', async () => {
    const thing = remote({ f: (n: number) => n + 1 });
    const endpoint = await thing[createEndpoint]();
    const other = wrap<{ f(n: number): number }>(endpoint);
    expect(await other.f(20)).toBe(21);
    let closed = false;
    endpoint.addEventListener('close' as never, () => (closed = true));
    other[releaseProxy]();
    expect(() => other.f(1)).toThrow('Proxy has been released');
    // A SharedPort has no such event: its end is the release itself.
    if (kind === 'MessageChannel') await until(() => closed, 'the endpoint is closed');
    expect(await thing.f(1)).toBe(2);
  });

  it('answers thousands of calls that are in flight together, each its own', async () => {
    const thing = remote({ double: async (n: number) => n * 2 });
    const numbers = Array.from({ length: 3000 }, (_, n) => n);
    expect(await Promise.all(numbers.map(n => thing.double(n)))).toEqual(numbers.map(n => n * 2));
  });
});

describe('comlink over a BroadcastChannel', () => {
  it('works with the transfer handlers of Heddle in place, for what can be cloned', async () => {
    const [one, other] = [
      new BroadcastChannel('comlink-documented'),
      new BroadcastChannel('comlink-documented'),
    ];
    try {
      expose((n: number, deep: { list: number[] }) => 40 + n + deep.list.length, one as unknown as Endpoint);
      const thing = wrap<(n: number, deep: { list: number[] }) => number>(other as unknown as Endpoint);
      expect(await thing(1, { list: [7] })).toBe(42);
    } finally {
      one.close();
      other.close();
    }
  });
});
