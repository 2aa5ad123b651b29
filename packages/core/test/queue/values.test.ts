import { isDeepStrictEqual } from 'node:util';
/** What queues carry, and what becomes of what they can't. */
import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  configureMemory,
  LifoQueue,
  Lock,
  memoryUsage,
  NotShareableError,
  PriorityQueue,
  Queue,
  QueueShutDownError,
  SharedBuffer,
  SharedMemoryExhaustedError,
  SimpleQueue,
  Thread,
  ThreadStateError,
} from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { pointerOf, SOON, until } from '../support/state.ts';
import * as tasks from './queue.fixture.ts';

function references(object: object): number {
  return i32[pointerOf(object) + OBJECT.references]!;
}

describe.each(tasks.makers)('%s', (_name, make) => {
  it('takes every falsy value for an item like any other', () => {
    const queue = make();
    for (const item of [undefined, null, 0, -0, Number.NaN, '', false, 0n]) {
      queue.put(item);
      expect(queue.size).toBe(1);
      expect(Object.is(queue.get(), item)).toBe(true);
      queue.put(item);
      expect(queue.tryGet()).toEqual({ value: item });
      queue.put(item);
      expect(queue.getMany(9)).toEqual([item]);
    }
  });

  it('carries what structured clone carries, as copies', () => {
    const queue = make();
    const item = {
      text: 'grün 🧵',
      // oxlint-disable-next-line no-sparse-arrays -- holes travel too
      list: [1, 2.5, , 'x'],
      map: new Map([[{ key: 1 }, new Set([1n])]]),
      when: new Date(5),
      pattern: /a+/giu,
      bytes: new Uint8Array([1, 2, 3]),
      nested: { deep: { deeper: [undefined, null] } },
    };
    queue.put(item);
    item.list.push('after');
    const got = queue.get() as typeof item;
    item.list.pop();
    expect(got).toEqual(item);
    expect(got).not.toBe(item);
  });

  it('carries messages of any length, across all boundaries of its store', () => {
    const queue = make();
    const lengths = [0, 1, 100, 500, 1000, 2030, 2040, 2050, 4090, 9000, 65_500, 65_600, 300_000];
    for (const length of lengths) {
      for (const extra of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
        const text = 'y'.repeat(length + extra);
        queue.put([text, length]);
        expect(queue.get()).toEqual([text, length]);
      }
    }
    expect(queue.size).toBe(0);
  });

  it('carries errors with class, message, cause and own properties', () => {
    const queue = make();
    queue.put(Object.assign(new RangeError('too far', { cause: 'the cause' }), { code: 'E_FAR' }));
    const got = queue.get() as RangeError & { code: string };
    expect(got).toBeInstanceOf(RangeError);
    expect([got.message, got.cause, got.code]).toEqual(['too far', 'the cause', 'E_FAR']);
  });

  it('carries shared objects at any depth, itself included, and counts them right', () => {
    const queue = make();
    const lock = new Lock();
    queue.put({ jobs: [{ lock, again: lock, queue }] });
    expect(references(lock)).toBe(2);
    const got = queue.get() as { jobs: Array<{ lock: Lock; again: Lock; queue: unknown }> };
    expect(got.jobs[0]!.lock).toBe(lock);
    expect(got.jobs[0]!.again).toBe(lock);
    expect(got.jobs[0]!.queue).toBe(queue);
    expect([references(lock), references(queue)]).toEqual([1, 1]);
  });

  it('is left exactly as it was by an item that cannot travel, and says where in it', async () => {
    const queue = make();
    const lock = new Lock();
    queue.put('first');
    const item = { lock, jobs: [1, 2, 3, { callback: () => 1 }] };
    const message = /^item\.jobs\[3\]\.callback: /;
    expect(() => queue.put(item)).toThrow(NotShareableError);
    expect(() => queue.put(item)).toThrow(message);
    expect(() => queue.putNowait(item)).toThrow(message);
    expect(() => queue.putMany([1, item])).toThrow(/^items\[1\]\.jobs\[3\]\.callback: /);
    if (!(queue instanceof SimpleQueue)) {
      expect(() => queue.tryPut(item)).toThrow(message);
      await expect(queue.putAsync(item)).rejects.toThrow(message);
      expect(queue.unfinishedTasks).toBe(1);
    }
    expect([queue.size, references(lock)]).toEqual([1, 1]);
    expect(queue.get()).toBe('first');
    expect(queue.size).toBe(0);
  });

  it('passes an error of a getter on, and is left as it was', () => {
    const queue = make();
    const item = {
      get broken(): never {
        throw new Error('my own');
      },
    };
    expect(() => queue.put(item)).toThrow('my own');
    expect(queue.size).toBe(0);
  });

  it('copies buffers, or moves them when told to', () => {
    const queue = make();
    for (const size of [8, 100_000]) {
      const bytes = new Uint8Array(size).fill(7);
      queue.put(bytes);
      queue.put({ bytes });
      expect(bytes.length).toBe(size);
      queue.put({ bytes }, { transfer: [bytes.buffer] });
      expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
      const got = [queue.get(), queue.get(), queue.get()];
      const expected = new Uint8Array(size).fill(7);
      expect(got).toContainEqual(expected);
      expect(got).toContainEqual({ bytes: expected });
      expect(() => queue.put(1, { transfer: [bytes.buffer] })).toThrow(NotShareableError);
      expect(() => queue.put(1, { transfer: [bytes as never] })).toThrow(
        'transfer[0] must be an ArrayBuffer, got Uint8Array: everything else is shared or copied',
      );
      expect(() => queue.put(1, { transfer: bytes.buffer as never })).toThrow(
        'transfer must be an array of ArrayBuffers, got ArrayBuffer',
      );
      expect(queue.size).toBe(0);
    }
  });

  it.each([
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Int16Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
  ])('carries a large %s as the same class', view => {
    const queue = make();
    const array = new view(5000);
    array[4999] = (array instanceof BigInt64Array ? 9n : 9) as never;
    queue.put(array);
    const got = queue.get() as typeof array;
    expect(got).toEqual(array);
    expect(got.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('carries large ArrayBuffers, DataViews, odd lengths and parts of buffers', () => {
    const queue = make();
    const bytes = Uint8Array.from({ length: 10_001 }, (_, i) => i);
    queue.put(bytes.buffer);
    expect(new Uint8Array(queue.get() as ArrayBuffer)).toEqual(bytes);
    queue.put(new DataView(bytes.buffer));
    const view = queue.get() as DataView;
    expect([view.byteLength, view.getUint8(10_000)]).toEqual([10_001, 10_000 % 256]);
    queue.put(bytes.subarray(100, 9000));
    const part = queue.get() as Uint8Array;
    expect(part).toEqual(bytes.subarray(100, 9000));
    expect([part.byteOffset, part.buffer.byteLength]).toEqual([100, 10_001]);
    queue.put(Buffer.from(bytes));
    expect(queue.get()).toEqual(bytes);
  });

  it('can be used by no one after dispose(), and says so', async () => {
    const queue = make();
    queue.dispose();
    queue.dispose();
    for (const call of [
      () => queue.put(1),
      () => queue.get(),
      () => queue.tryGet(),
      () => queue.size,
      () => queue.getMany(1),
      () => queue.putMany([1]),
    ]) {
      expect(call).toThrow(ThreadStateError);
      expect(call).toThrow('used after dispose()');
    }
    await expect(queue.getAsync()).rejects.toThrow('used after dispose()');
  });

  it('frees what it still holds with its last reference', () => {
    const lock = new Lock();
    const before = memoryUsage().used;
    for (let round = 0; round < 20; round++) {
      const queue = make();
      queue.putMany(Array.from({ length: 1000 }, (_, at) => ({ at, lock, text: 'z'.repeat(at % 50) })));
      queue.put('long'.repeat(50_000));
      queue.put(new Uint8Array(500_000));
      queue.dispose();
    }
    expect(references(lock)).toBe(1);
    expect(memoryUsage().used - before).toBeLessThan(1 << 20);
  });

  it('gives memory back as it is emptied', () => {
    const queue = make();
    const fill = (): void => {
      for (let at = 0; at < 5000; at++) queue.put({ at, text: 'z'.repeat(200) });
    };
    fill();
    const filled = memoryUsage().used;
    for (let round = 0; round < 5; round++) {
      queue.getMany(10_000);
      fill();
    }
    queue.getMany(10_000);
    expect(memoryUsage().used - filled).toBeLessThan(1 << 20);
  });
});

describe('a queue within a queue within a queue', () => {
  it('is freed from the outside in', () => {
    const lock = new Lock();
    let queue = new Queue();
    queue.put(lock);
    for (let depth = 0; depth < 5; depth++) {
      const outer = new Queue();
      outer.putMany([queue, depth, queue]);
      queue.dispose();
      queue = outer;
    }
    expect(references(lock)).toBe(2);
    queue.shutdown({ immediate: true });
    expect(references(lock)).toBe(1);
  });
});

describe('shared memory that runs out', () => {
  it('is an error of put, with nothing lost', async () => {
    for (const [, make] of tasks.makers) {
      const queue = make();
      const { maximum, used } = memoryUsage();
      configureMemory({ maximumBytes: used + 3 * 1024 * 1024 });
      let count = 0;
      try {
        expect(() => {
          for (; ; count++) queue.put({ count, text: 'x'.repeat(count % 3 === 0 ? 3000 : 10) });
        }).toThrow(SharedMemoryExhaustedError);
        expect(queue.size).toBe(count);
        expect(() => queue.putMany(Array.from({ length: 50 }, () => 'x'.repeat(100_000)))).toThrow(
          SharedMemoryExhaustedError,
        );
        if (!(queue instanceof SimpleQueue)) {
          await expect(queue.putAsync(new Uint8Array(4 << 20))).rejects.toThrow(SharedMemoryExhaustedError);
        }
        const numbers = queue.getMany(count).map(item => (item as { count: number }).count);
        expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(queue.size).toBe(0);
      } finally {
        configureMemory({ maximumBytes: maximum });
      }
      queue.put('there is memory again');
      queue.dispose();
    }
  });
});

describe('PriorityQueue', () => {
  it('hands out ties in the order in which they were put', () => {
    const queue = new PriorityQueue<number[]>();
    const items = Array.from({ length: 500 }, (_, at) => [(at * 7) % 10, at]);
    queue.putMany(items);
    const sorted = items.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
    expect(queue.getMany(1000)).toEqual(sorted);
  });

  it('takes the priority that put is given, before that of the key, before the item itself', () => {
    const queue = new PriorityQueue<{ due: number }>({ key: item => item.due });
    queue.put({ due: 3 });
    queue.put({ due: 9 }, { priority: 1 });
    queue.put({ due: 2 });
    queue.putMany([{ due: 0 }], { priority: 2.5 });
    expect(queue.getMany(9).map(item => item.due)).toEqual([9, 2, 0, 3]);
    queue.putNowait({ due: 4 }, { priority: Infinity });
    queue.tryPut({ due: 5 }, { priority: -Infinity });
    expect(queue.getMany(9).map(item => item.due)).toEqual([5, 4]);
  });

  it('says what is wrong with a priority, and puts nothing', async () => {
    const queue = new PriorityQueue<unknown>();
    expect(() => queue.put('text')).toThrow(
      'PriorityQueue.put: the item is no number and no array that begins with one; give { priority }, or set a key',
    );
    expect(() => queue.put(Number.NaN)).toThrow(RangeError);
    expect(() => queue.put(1, { priority: Number.NaN })).toThrow('must be a number to order by, got NaN');
    expect(() => queue.putMany([1, 'text'])).toThrow(TypeError);
    await expect(queue.putAsync(null)).rejects.toThrow(TypeError);
    queue.key = () => 'no number' as never;
    expect(() => queue.put(1)).toThrow('key must return a number, got no number (string)');
    expect(() => new PriorityQueue({ key: 5 as never })).toThrow('key must be a function, got 5 (number)');
    expect([queue.size, queue.unfinishedTasks]).toEqual([0, 0]);
  });

  it('has a key in each thread that sets one', () => {
    const queue = new PriorityQueue<{ due: number }>({ key: item => item.due });
    const thread = new Thread(
      (there: PriorityQueue<{ due: number }>) => {
        const before = String(there.key);
        there.key = item => -item.due;
        there.put({ due: 1 });
        there.put({ due: 2 });
        return before;
      },
      { args: [queue] },
    ).start();
    expect(thread.result(SOON)).toBe('undefined');
    queue.put({ due: -1.5 });
    expect(queue.getMany(3).map(item => item.due)).toEqual([2, -1.5, 1]);
  });
});

describe('a loop over a queue', () => {
  it('ends when the queue is shut down and empty, in a thread', () => {
    for (const make of [() => new Queue(), () => new LifoQueue(), () => new PriorityQueue()]) {
      const queue = make() as tasks.AnyQueue;
      const blocking = new Thread(tasks.drainByLoop, { args: [queue] }).start();
      const awaiting = new Thread(tasks.drainByAwait, { args: [queue] }).start();
      for (let number = 0; number < 200; number++) queue.put(number);
      queue.shutdown();
      const items = [...(blocking.result(SOON) as number[]), ...(awaiting.result(SOON) as number[])];
      expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    }
  });

  it('ends on the main thread too, and lets the event loop turn while items keep coming', async () => {
    const queue = new Queue<number>();
    queue.putMany(Array.from({ length: 50_000 }, (_, i) => i));
    queue.shutdown();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    let sum = 0;
    const begin = performance.now();
    for await (const number of queue) {
      sum += number;
      // Slow enough to last a while, on any machine.
      while (number % 1000 === 0 && performance.now() - begin < number / 1000);
    }
    clearInterval(timer);
    expect(sum).toBe((50_000 * 49_999) / 2);
    expect(turns).toBeGreaterThan(0);
  });

  it('passes errors on that are no shutdown', async () => {
    const queue = new Queue();
    const loop = (async () => {
      for await (const item of queue) if (item === 'break') break;
    })();
    queue.put('break');
    await loop;
    queue.dispose();
    expect(() => [...queue]).toThrow(ThreadStateError);
    await expect(async () => {
      for await (const item of queue) void item;
    }).rejects.toThrow(ThreadStateError);
  });

  it('gives what is asked for before it is there in the order of the calls', async () => {
    const queue = new Queue<number>();
    const items = queue[Symbol.asyncIterator]();
    const asked = [items.next(), items.next(), items.next()];
    queue.putMany([1, 2]);
    queue.shutdown();
    expect(await Promise.all(asked)).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: undefined, done: true },
    ]);
    expect(await items.next()).toEqual({ value: undefined, done: true });
  });

  it('takes nothing more once the loop was left, and gives an item that is undefined', async () => {
    const queue = new Queue<unknown>();
    queue.putMany([undefined, 'kept']);
    const items = queue[Symbol.asyncIterator]();
    for await (const item of items) {
      expect(item).toBeUndefined();
      break;
    }
    expect(await items.next()).toEqual({ value: undefined, done: true });
    expect(queue.get()).toBe('kept');
  });
});

describe('many at once', () => {
  it('come out in the order in which they went in, however many', () => {
    const queue = new Queue<number>();
    const numbers = Array.from({ length: 10_000 }, (_, i) => i);
    queue.putMany(numbers.values());
    expect(queue.unfinishedTasks).toBe(10_000);
    expect(queue.getMany(3)).toEqual([0, 1, 2]);
    expect(queue.getMany(20_000)).toEqual(numbers.slice(3));
    queue.putMany([]);
    expect(queue.size).toBe(0);
  });

  it('wait for one, and take no more than are there', async () => {
    const queue = new Queue<number>();
    const many = queue.getManyAsync(10, SOON);
    queue.putMany([1, 2, 3]);
    expect(await many).toEqual([1, 2, 3]);
    const thread = new Thread(tasks.putWhenAwaited, { args: [queue, 4] }).start();
    expect(queue.getMany(10, SOON)).toEqual([4]);
    expect(thread.join(SOON)).toBe(true);
    expect(() => queue.getMany(0)).toThrow(
      new RangeError('Queue.getMany: max must be a whole number from 1, got 0 (number)'),
    );
    expect(() => queue.getMany('2' as never)).toThrow(TypeError);
    await expect(queue.getManyAsync(1.5)).rejects.toThrow(RangeError);
  });

  it('wait for room one by one, and say how many were put when time is up', async () => {
    const queue = new Queue<number>({ maxsize: 3 });
    expect(() => queue.putMany([1, 2, 3, 4, 5], { timeout: 5 })).toThrow(
      'Queue: no room within 5 ms (maxsize 3); 3 of 5 items were put',
    );
    await expect(queue.putManyAsync([6], { timeout: 5 })).rejects.toThrow('; 0 of 1 items were put');
    const putting = queue.putManyAsync([4, 5, 6, 7], SOON);
    const got: number[] = [];
    while (got.length < 7) got.push(...(await queue.getManyAsync(2, SOON)));
    await putting;
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7]);
    queue.putMany([1, 2]);
    const late = queue.putManyAsync([3, 4], SOON);
    queue.shutdown();
    await expect(late).rejects.toThrow(QueueShutDownError);
    await expect(late).rejects.toThrow('; 1 of 2 items were put');
    expect(queue.getMany(9)).toEqual([1, 2, 3]);
  });

  it('may refer to shared objects, and give them up when they are not put', () => {
    const queue = new Queue({ maxsize: 2 });
    const lock = new Lock();
    expect(() => queue.putMany([lock, lock, [lock], 'x'.repeat(9000)], { timeout: 0 })).toThrow('2 of 4');
    expect(references(lock)).toBe(3);
    expect(queue.getMany(5)).toEqual([lock, lock]);
    expect(references(lock)).toBe(1);
  });
});

describe('a message that is not accepted', () => {
  it('gives up what it refers to: time, abort, shutdown, full', async () => {
    const lock = new Lock();
    const item = { lock, text: 'x' };
    const large = { lock, text: 'x'.repeat(10_000) };
    const queue = new Queue({ maxsize: 1 });
    queue.put(0);
    for (const each of [item, large]) {
      expect(queue.tryPut(each)).toBe(false);
      expect(() => queue.put(each, { timeout: 1 })).toThrow('no room');
      await expect(queue.putAsync(each, { timeout: 1 })).rejects.toThrow('no room');
      const calledOff = new AbortController();
      const put = queue.putAsync(each, { signal: calledOff.signal });
      expect(references(lock)).toBe(2);
      calledOff.abort('called off');
      await expect(put).rejects.toBe('called off');
    }
    const waiting = queue.putAsync(item);
    queue.shutdown();
    await expect(waiting).rejects.toThrow('shut down');
    expect(() => queue.put(large)).toThrow('shut down');
    expect(references(lock)).toBe(1);
  });

  it('leaves the buffers that it should have moved', async () => {
    const queue = new Queue({ maxsize: 1 });
    queue.put(0);
    const bytes = new Uint8Array(10_000);
    const transfer = [bytes.buffer];
    expect(queue.tryPut(bytes, { transfer })).toBe(false);
    expect(() => queue.put({ bytes }, { transfer, timeout: 1 })).toThrow('no room');
    await expect(queue.putAsync(bytes, { transfer, timeout: 1 })).rejects.toThrow('no room');
    expect(bytes.length).toBe(10_000);
    const put = queue.putAsync(bytes, { transfer });
    expect(bytes.length).toBe(10_000);
    queue.get();
    await put;
    expect(bytes.length).toBe(0);
    expect((queue.get() as Uint8Array).length).toBe(10_000);
  });
});

describe('what an async put takes', () => {
  it('is a copy made at the call', async () => {
    const queue = new Queue<{ n: number }>({ maxsize: 1 });
    queue.put({ n: 0 });
    const item = { n: 1 };
    const puts = [queue.putAsync(item)];
    item.n = 2;
    puts.push(queue.putAsync(item));
    item.n = 3;
    expect([queue.get().n, await queue.getAsync().then(got => got.n), (await queue.getAsync()).n]).toEqual([
      0, 1, 2,
    ]);
    await Promise.all(puts);
  });
});

describe('large messages', () => {
  const bytes = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
    Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 255);
  const failing = (data: Uint8Array): Error =>
    Object.assign(new Error('with data'), { lost: { data, way: () => 1 }, kept: data.length });

  it.each<[string, () => object]>([
    ['one large buffer', () => ({ id: 1, data: bytes(1 << 20, 1), text: 'behind' })],
    [
      'of a length that fills no whole word',
      () => [bytes(65_537, 2), bytes(65_538, 3), bytes(65_539, 4), 'x'],
    ],
    ['two large ones', () => ({ one: bytes(70_000, 5), other: bytes(90_000, 6), last: [1, 2, 3] })],
    ['a bare ArrayBuffer, inside', () => [{ buffer: bytes(100_000, 7).buffer }]],
    [
      'views of one buffer',
      () => {
        const { buffer } = bytes(80_000, 8);
        return { whole: new Uint8Array(buffer), part: new Int16Array(buffer, 16, 100), buffer };
      },
    ],
    ['a hole beside it', () => Object.assign([bytes(70_000, 9)], { 5: 'far' })],
    [
      'a Map of them',
      () =>
        new Map([
          [1, bytes(66_000, 10)],
          [2, bytes(67_000, 11)],
        ]),
    ],
    ['a text as long behind it', () => ({ data: bytes(70_000, 12), text: 'ž'.repeat(70_000) })],
  ])('bring %s', (_, make) => {
    const kinds = [new Queue<object>(), new LifoQueue<object>(), new PriorityQueue<object>({ key: () => 0 })];
    for (const queue of kinds) {
      // Twice, so that neither memory nor what was noted of the first one shows in the second.
      for (let round = 0; round < 2; round++) {
        queue.put(make());
        expect(isDeepStrictEqual(queue.get(), make())).toBe(true);
      }
    }
  });

  it('keep views of one buffer together, and one buffer that is met twice one', () => {
    const queue = new Queue<Record<string, Uint8Array>>();
    const data = bytes(100_000, 13);
    queue.put({ first: data, second: data, part: data.subarray(10, 20) });
    const { first, second, part } = queue.get();
    expect(second).toBe(first);
    first![12] = 99;
    expect(part![2]).toBe(99);
  });

  it('leave out what an error carries that can not travel, large bytes included', () => {
    const queue = new Queue<unknown>();
    queue.put([failing(bytes(80_000, 14)), bytes(80_000, 15)]);
    const [error, data] = queue.get() as [Error & { lost?: unknown; kept: number }, Uint8Array];
    expect(error.message).toBe('with data');
    expect(error.lost).toBeUndefined();
    expect(error.kept).toBe(80_000);
    expect(isDeepStrictEqual(data, bytes(80_000, 15))).toBe(true);
  });

  it('may be put by a getter of one that is being put', () => {
    const queue = new Queue<unknown>();
    const outer = {
      before: bytes(70_000, 16),
      get middle(): string {
        queue.put({ inner: bytes(90_000, 17), small: new Uint8Array(10) });
        return 'put';
      },
      after: bytes(70_000, 18),
    };
    queue.put(outer);
    expect(isDeepStrictEqual(queue.get(), { inner: bytes(90_000, 17), small: new Uint8Array(10) })).toBe(
      true,
    );
    expect(
      isDeepStrictEqual(queue.get(), { before: bytes(70_000, 16), middle: 'put', after: bytes(70_000, 18) }),
    ).toBe(true);
  });

  it('are refused, and nothing is kept, when a getter detaches what is being put', () => {
    const queue = new Queue<unknown>();
    const lock = new Lock();
    const data = bytes(100_000, 21);
    const item = [
      lock,
      data,
      {
        get gone(): number {
          return structuredClone(data, { transfer: [data.buffer] }).length;
        },
      },
    ];
    const before = memoryUsage().used;
    expect(() => queue.put(item)).toThrow(/^item: an ArrayBuffer in it was detached by a getter/);
    expect(memoryUsage().used).toBe(before);
    expect(queue.size).toBe(0);
    queue.put({ data: bytes(90_000, 22) });
    expect(isDeepStrictEqual(queue.get(), { data: bytes(90_000, 22) })).toBe(true);
  });

  it('detach what is given away, and leave it be where there is no room', () => {
    const queue = new Queue<unknown>({ maxsize: 1 });
    const [given, refused] = [bytes(100_000, 19), bytes(100_000, 20)];
    queue.put({ data: given }, { transfer: [given.buffer] });
    expect(given.length).toBe(0);
    expect(queue.tryPut({ data: refused }, { transfer: [refused.buffer] })).toBe(false);
    expect(refused.length).toBe(100_000);
    expect(isDeepStrictEqual(queue.get(), { data: bytes(100_000, 19) })).toBe(true);
  });

  it('arrive whole, one after the other, smaller behind larger', () => {
    const queue = new Queue<{ id: number; data: Uint8Array; text: string }>();
    const sizes = [100, 4095, 4096, 65_000, 65_536, 70_001, 1 << 20, 66_000, 3 << 20, (2 << 20) - 64, 5000];
    const items = sizes.map((size, id) => ({
      id,
      data: Uint8Array.from({ length: size }, (_, i) => (i * 31 + id) & 255),
      text: 'é'.repeat(id * 1000),
    }));
    for (const item of items) {
      queue.put(item);
      expect(isDeepStrictEqual(queue.get(), item)).toBe(true);
    }
    queue.putMany(items);
    const got = queue.getMany(items.length);
    for (const [index, item] of items.entries()) expect(isDeepStrictEqual(got[index], item)).toBe(true);
    // Each has its memory to itself.
    got[6]!.data.fill(0);
    expect(got[8]!.data.some(byte => byte !== 0)).toBe(true);
    expect(got[6]!.data.buffer.byteLength).toBe(1 << 20);
  });
});

describe('SharedBuffer', () => {
  it('is zeroed bytes of fixed length, also where others were before', () => {
    for (const size of [0, 1, 63, 64, 1000, 16_384, 100_000, 1 << 20]) {
      const buffer = new SharedBuffer(size);
      expect(buffer.byteLength).toBe(size);
      expect(buffer.bytes.length).toBe(size);
      expect(buffer.bytes.every(byte => byte === 0)).toBe(true);
      expect(buffer.bytes).toBe(buffer.bytes);
      expect(buffer.bytes.byteOffset % 64).toBe(0);
      buffer.bytes.fill(255);
      buffer.dispose();
      expect(() => buffer.bytes).toThrow('SharedBuffer: used after dispose()');
    }
  });

  it('is the same memory in every thread, and travels without being copied', () => {
    const [there, back] = [new Queue<SharedBuffer>(), new Queue<SharedBuffer>()];
    const thread = new Thread(tasks.incrementBytes, { args: [there, back] }).start();
    const buffer = new SharedBuffer(1 << 20);
    const { bytes } = buffer;
    for (let round = 1; round <= 3; round++) {
      there.put(buffer);
      expect(back.get(SOON)).toBe(buffer);
      expect([bytes[0], bytes[bytes.length - 1]]).toEqual([round, round]);
    }
    there.shutdown();
    expect(thread.join(SOON)).toBe(true);
  });

  it('refuses a length that is none', () => {
    expect(() => new SharedBuffer(-1)).toThrow(RangeError);
    expect(() => new SharedBuffer(1.5)).toThrow(
      'SharedBuffer: byteLength must be a whole number from 0 to 2147483392, got 1.5 (number)',
    );
    expect(() => new SharedBuffer('1' as never)).toThrow(TypeError);
    expect(() => new SharedBuffer(2_000_000_000)).toThrow(SharedMemoryExhaustedError);
    expect(new SharedBuffer(1, { name: 'frame' }).name).toBe('frame');
  });

  it('keeps its view when memory grows, and new views reach new memory', () => {
    const small = new SharedBuffer(100);
    const { bytes } = small;
    bytes[5] = 5;
    const large = new SharedBuffer(48 << 20);
    large.bytes[large.byteLength - 1] = 9;
    bytes[6] = 6;
    const counter = new AtomicCounter();
    const thread = new Thread(
      (one: SharedBuffer, two: SharedBuffer, count: AtomicCounter) => {
        count.add(one.bytes[5]! + one.bytes[6]! + two.bytes[two.byteLength - 1]!);
      },
      { args: [small, large, counter] },
    ).start();
    expect(thread.join(SOON)).toBe(true);
    expect(counter.value).toBe(20);
    large.dispose();
  });

  it('keeps its memory for as long as somebody has the bytes', async () => {
    const { bytes } = new SharedBuffer(1000);
    bytes.fill(7);
    const registry = new FinalizationRegistry<string>(() => {});
    registry.register({}, '');
    (globalThis as { gc?: () => void }).gc?.();
    let turns = 0;
    await until(() => ++turns > 5, 'the loop turned');
    for (let i = 0; i < 100; i++) new SharedBuffer(1000);
    expect(bytes.every(byte => byte === 7)).toBe(true);
  });
});

describe('objects of the same keys, sent so often that a number says them', () => {
  const OFTEN = 100;

  it('arrive in a thread that has never seen them', () => {
    const queue = new Queue();
    const items = Array.from({ length: OFTEN }, (_, at) => ({
      unseenBefore: at,
      inside: { neverSeen: `no. ${at}` },
    }));
    for (const item of items) {
      queue.put(item);
      queue.get();
    }
    queue.put(items[7]);
    expect(new Thread(tasks.get, { args: [queue] }).start().result(SOON)).toEqual(items[7]);
    queue.putMany(items);
    expect(new Thread(tasks.get, { args: [queue] }).start().result(SOON)).toEqual(items[0]);
  });

  it('arrive from threads that learn them at the same time', () => {
    const queue = new Queue();
    const threads = [1, 2, 3].map(from => new Thread(tasks.putOften, { args: [queue, from, OFTEN] }).start());
    for (const thread of threads) thread.join(SOON);
    const got = queue.getMany(3 * OFTEN) as { learntAtOnce: number; by: number }[];
    for (const from of [1, 2, 3]) {
      const own = got.filter(({ by }) => by === from);
      expect(own).toEqual(Array.from({ length: OFTEN }, (_, learntAtOnce) => ({ learntAtOnce, by: from })));
    }
  });

  it('arrive when there are more of them than numbers', () => {
    const queue = new Queue();
    for (let shape = 0; shape < 600; shape++) {
      const item = { [`key${shape % 30}`]: shape, [`more${shape}`]: [shape], last: 'x' };
      for (let again = 0; again < OFTEN; again++) {
        queue.put(item);
        const got = queue.get();
        if (!isDeepStrictEqual(got, item)) expect(got).toEqual(item);
      }
    }
  });
});
