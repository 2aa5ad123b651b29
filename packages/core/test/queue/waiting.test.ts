/** Who is served when: order, limits, time, aborts, in all placements. */
import { describe, expect, it } from 'vitest';
import {
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
  SimpleQueue,
  Thread,
} from '../../src/index.ts';
import { i32 } from '../../src/atomics.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { QUEUE } from '../../src/queue/layout.ts';
import { pointerOf, SOON, until, untilBlocked, waitingAt } from '../support/state.ts';
import { runProgram } from '../support/child.ts';
import * as tasks from './queue.fixture.ts';

describe('those who wait to get', () => {
  it('are served first come, first served, threads and promises alike', async () => {
    const queue = new Queue<number>();
    const first = queue.getAsync(SOON);
    const thread = new Thread(tasks.get, { args: [queue] }).start();
    await until(() => waitingAt(queue) === 2, 'the thread waits behind the promise');
    const third = queue.getAsync(SOON);
    queue.putMany([1, 2, 3]);
    // All three are spoken for, although nobody has come yet.
    expect(queue.tryGet()).toBeUndefined();
    expect(
      await Promise.all([first, thread.resultAsync(SOON), third].map(async each => await each)),
    ).toContain(2);
    expect(queue.size).toBe(0);
    expect(pendingWaits()).toBe(0);
  });

  it('are not overtaken by one who just comes by', async () => {
    const queue = new Queue<number>();
    const waiting = queue.getAsync(SOON);
    queue.put(1);
    expect(queue.size).toBe(1);
    expect(queue.tryGet()).toBeUndefined();
    expect(() => queue.getNowait()).toThrow(QueueEmptyError);
    queue.put(2);
    expect(queue.tryGet()).toEqual({ value: 1 });
    expect(await waiting).toBe(2);
  });

  it('hand their place on when they are called off or their time is up, told or not', async () => {
    const queue = new Queue<number>();
    const calledOff = new AbortController();
    const first = queue.getAsync({ signal: calledOff.signal });
    const second = queue.getAsync({ timeout: 1 });
    const third = queue.getAsync(SOON);
    queue.put(1);
    calledOff.abort('called off');
    await expect(first).rejects.toBe('called off');
    queue.put(2);
    // The second is served or its time is up, whichever came first; the third is served in any case.
    const [one, two] = await Promise.allSettled([second, third]);
    expect(two.status).toBe('fulfilled');
    expect([waitingAt(queue), pendingWaits()]).toEqual([0, 0]);
    expect(queue.size).toBe(one.status === 'fulfilled' ? 0 : 1);
  });

  it('leave the item to whoever comes next when the one to whom it was promised gives up', async () => {
    const queue = new Queue<number>();
    const calledOff = new AbortController();
    const waiting = queue.getAsync({ signal: calledOff.signal });
    queue.put(1);
    calledOff.abort('called off');
    await expect(waiting).rejects.toBe('called off');
    expect(queue.tryGet()).toEqual({ value: 1 });
  });

  it('give up in any number and order, and the rest is served', async () => {
    const queue = new Queue<number>();
    const aborts = Array.from({ length: 60 }, () => new AbortController());
    const gets = aborts.map(abort => queue.getAsync({ signal: abort.signal, ...SOON }));
    for (let at = 0; at < 60; at++) {
      if (at % 3 === 0) queue.put(at);
      if (at % 2 === 0) aborts[(at * 7) % 60]!.abort('called off');
    }
    const settled = await Promise.race([
      Promise.allSettled(gets.filter((_, at) => aborts[at]!.signal.aborted)),
      Promise.allSettled(gets),
    ]);
    expect(settled.length).toBe(30);
    queue.putMany(Array.from({ length: 60 }, () => 1));
    const all = await Promise.allSettled(gets);
    const served = all.filter(each => each.status === 'fulfilled').length;
    expect(served + queue.size).toBe(80);
    expect([waitingAt(queue), i32[pointerOf(queue) + QUEUE.promisedItems]]).toEqual([0, 0]);
  });

  it('stand behind their own thread when it blocks, which takes what they were promised', async () => {
    const queue = new Queue<string>();
    const untold = queue.getAsync(SOON);
    const putter = new Thread(tasks.putNumbers, { args: [queue as tasks.AnyQueue, 0, 1] });
    putter.start();
    expect(queue.get(SOON)).toBe(0);
    queue.put('for the promise');
    expect(queue.get(SOON)).toBe('for the promise');
    queue.put('again');
    expect(await untold).toBe('again');
    expect([waitingAt(queue), queue.size]).toEqual([0, 0]);
  });
});

describe('those who wait to put', () => {
  it('are admitted first come, first served, threads and promises alike', async () => {
    const queue = new Queue<unknown>({ maxsize: 1 });
    queue.put('there');
    const first = queue.putAsync('first', SOON);
    const thread = new Thread(tasks.put, { args: [queue, 'second'] }).start();
    await until(() => waitingAt(queue, QUEUE.putters) === 2, 'the thread waits behind the promise');
    const third = queue.putAsync('third', SOON);
    const order: unknown[] = [];
    for (let at = 0; at < 4; at++) order.push(await queue.getAsync(SOON));
    expect(order).toEqual(['there', 'first', 'second', 'third']);
    await Promise.all([first, third, thread.joinAsync(SOON)]);
  });

  it('are not overtaken by one who just comes by, not even by a smaller one', async () => {
    const queue = new Queue<string>({ maxBytes: 1000 });
    queue.put('a'.repeat(600));
    const large = queue.putAsync('b'.repeat(600), SOON);
    expect(queue.tryPut('c')).toBe(false);
    expect(queue.full).toBe(false);
    queue.get();
    await large;
    expect(queue.tryPut('c')).toBe(true);
  });

  it('hand their room on when they are called off or their time is up', async () => {
    const queue = new Queue<number>({ maxsize: 1 });
    queue.put(0);
    const calledOff = new AbortController();
    const first = queue.putAsync(1, { signal: calledOff.signal });
    const second = queue.putAsync(2, { timeout: 1 });
    const third = queue.putAsync(3, SOON);
    await expect(second).rejects.toThrow(new QueueFullError('Queue: no room within 1 ms (maxsize 1)'));
    queue.get();
    calledOff.abort('called off');
    await expect(first).rejects.toBe('called off');
    await third;
    expect(queue.getMany(9)).toEqual([3]);
    expect(waitingAt(queue, QUEUE.putters)).toBe(0);
  });

  it('let their own thread in front when it blocks, which takes the room that they were promised', async () => {
    const queue = new Queue<string>({ maxsize: 1 });
    queue.put('there');
    const promise = queue.putAsync('promise', SOON);
    queue.get();
    queue.put('thread', SOON);
    expect(await queue.getAsync()).toBe('thread');
    await promise;
    expect(queue.get()).toBe('promise');
  });

  it('are let in by getMany as many as there is room for', async () => {
    const queue = new Queue<number>({ maxsize: 4 });
    queue.putMany([1, 2, 3, 4]);
    const puts = [5, 6, 7, 8, 9].map(number => queue.putAsync(number, SOON));
    expect(queue.getMany(3)).toEqual([1, 2, 3]);
    await Promise.all(puts.slice(0, 3));
    expect(queue.size).toBe(4);
    expect(waitingAt(queue, QUEUE.putters)).toBe(2);
    expect(queue.getMany(9)).toEqual([4, 5, 6, 7]);
    await Promise.all(puts);
    expect(queue.getMany(9)).toEqual([8, 9]);
  });
});

describe('maxBytes', () => {
  it('bounds the bytes, and lets a larger item in when the queue is empty, alone', async () => {
    for (const queue of [
      new Queue<string>({ maxBytes: 500 }),
      new LifoQueue<string>({ maxBytes: 500 }),
      new PriorityQueue<string>({ maxBytes: 500, key: () => 0 }),
    ]) {
      expect([queue.maxBytes, queue.maxsize]).toEqual([500, 0]);
      queue.put('x'.repeat(5000));
      expect([queue.full, queue.size]).toEqual([true, 1]);
      expect(queue.tryPut('y')).toBe(false);
      const waiting = queue.putAsync('z'.repeat(5000), SOON);
      expect(queue.get().length).toBe(5000);
      await waiting;
      expect(queue.tryPut('y')).toBe(false);
      expect(queue.get()[0]).toBe('z');
      let count = 0;
      while (queue.tryPut('w'.repeat(40))) count += 1;
      // 44 bytes of text, rounded up to 8: 48 each.
      expect(count).toBe(Math.floor(500 / 48));
      for (; count > 0; count--) queue.get();
      expect(i32[pointerOf(queue) + QUEUE.bytes]).toBe(0);
    }
  });

  it('holds together with maxsize', () => {
    const queue = new Queue<string>({ maxBytes: 500, maxsize: 3 });
    queue.putMany(['a', 'b', 'c']);
    expect(() => queue.putNowait('d')).toThrow('Queue: full (maxsize 3, maxBytes 500)');
    queue.getMany(3);
    queue.putNowait('e'.repeat(400));
    expect(queue.tryPut('f'.repeat(400))).toBe(false);
    expect(queue.tryPut('g')).toBe(true);
  });
});

describe('limits', () => {
  it('are unlimited when they are omitted, 0, negative or Infinity', () => {
    for (const maxsize of [undefined, 0, -1, Infinity]) {
      const queue = new Queue({ maxsize, maxBytes: maxsize });
      for (let at = 0; at < 5000; at++) queue.put(at);
      expect([queue.size, queue.full, queue.maxsize, queue.maxBytes]).toEqual([5000, false, 0, 0]);
    }
  });

  it('are refused when they are no whole numbers', () => {
    expect(() => new Queue({ maxsize: 1.5 })).toThrow(
      new RangeError('Queue: maxsize must be a whole number to 2147483647, 0 for no limit, got 1.5 (number)'),
    );
    expect(() => new LifoQueue({ maxBytes: Number.NaN })).toThrow(
      new RangeError(
        'LifoQueue: maxBytes must be a whole number to 2147483647, 0 for no limit, got NaN (number)',
      ),
    );
    expect(() => new Queue({ maxsize: '5' as never })).toThrow(
      new TypeError('Queue: maxsize must be a whole number, 0 for no limit, got 5 (string)'),
    );
    expect(() => new Queue({ maxsize: 2 ** 31 })).toThrow(RangeError);
    expect(() => new Queue({ name: 5 as never })).toThrow('Queue: name must be a string, got 5 (number)');
  });
});

describe('errors', () => {
  it('name the queue and say what was waited for', async () => {
    const queue = new Queue({ maxsize: 1, name: 'jobs' });
    expect(() => queue.getNowait()).toThrow(new QueueEmptyError('Queue "jobs": empty'));
    expect(() => queue.get({ timeout: 2 })).toThrow('Queue "jobs": nothing came within 2 ms');
    expect(() => queue.get({ timeout: 0 })).toThrow('Queue "jobs": nothing came within 0 ms');
    await expect(queue.getAsync({ timeout: 0 })).rejects.toThrow('Queue "jobs": nothing came within 0 ms');
    queue.put(1);
    expect(() => queue.putNowait(1)).toThrow('Queue "jobs": full (maxsize 1)');
    expect(() => queue.put(1, { timeout: 0 })).toThrow('Queue "jobs": no room within 0 ms (maxsize 1)');
    queue.shutdown();
    expect(() => queue.put(1)).toThrow('Queue "jobs": shut down, nothing can be put any more');
    queue.get();
    expect(() => queue.get()).toThrow('Queue "jobs": shut down, and no item is left');
    expect(() => new SimpleQueue({ name: 'simple' }).getNowait()).toThrow('SimpleQueue "simple": empty');
  });

  it('of a signal come before anything is taken', async () => {
    const queue = new Queue<number>({ maxsize: 2 });
    queue.put(1);
    const signal = AbortSignal.abort('too late');
    await expect(queue.getAsync({ signal })).rejects.toBe('too late');
    await expect(queue.getManyAsync(1, { signal })).rejects.toBe('too late');
    await expect(queue.putAsync(2, { signal })).rejects.toBe('too late');
    await expect(queue.putManyAsync([2], { signal })).rejects.toBe('too late');
    await expect(queue.joinAsync({ signal })).rejects.toBe('too late');
    expect(queue.size).toBe(1);
  });
});

describe('counters', () => {
  it('wrap at 2³² without losing anything', async () => {
    for (const queue of [
      new Queue<number>({ maxsize: 5 }),
      new LifoQueue<number>(),
      new PriorityQueue<number>(),
    ]) {
      const at = pointerOf(queue);
      for (const word of [QUEUE.put, QUEUE.taken, QUEUE.done]) i32[at + word] = -4;
      for (let round = 0; round < 4; round++) {
        queue.putMany([3, 3, 3, 3]);
        expect([queue.size, queue.unfinishedTasks, queue.full]).toEqual([4, 4, false]);
        expect(queue.getMany(2)).toEqual([3, 3]);
        expect(queue.join({ timeout: 0 })).toBe(false);
        queue.getMany(2);
        for (let n = 0; n < 4; n++) queue.taskDone();
        expect(() => queue.taskDone()).toThrow('too many times');
        expect(await queue.joinAsync(SOON)).toBe(true);
      }
    }
    const ties = new PriorityQueue<number[]>();
    i32[pointerOf(ties) + QUEUE.put] = 0x7fff_fffe;
    i32[pointerOf(ties) + QUEUE.taken] = 0x7fff_fffe;
    ties.putMany([0, 1, 2, 3, 4].map(n => [0, n]));
    expect(ties.getMany(9).map(([, n]) => n)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a program', () => {
  it('stays alive while a promise waits, and ends when it has its item', async () => {
    const ended = await runProgram(`
      const queue = new heddle.Queue();
      new heddle.Thread((queue) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); queue.put('late'); }, { args: [queue], daemon: true }).start();
      console.log(await queue.getAsync());
    `);
    expect([ended.code, ended.stdout.trim(), ended.stderr]).toEqual([0, 'late', '']);
  });

  it('moves 20 000 items between blocked threads, through a queue of one', async () => {
    const ended = await runProgram(
      `
      const { Queue, Thread } = heddle;
      const [one, back] = [new Queue({ maxsize: 1 }), new Queue({ maxsize: 1 })];
      const echo = new Thread((from, to) => { for (const item of from) to.put(item + 1); }, { args: [one, back] }).start();
      let sum = 0;
      for (let i = 0; i < 20000; i++) { one.put(i); sum += back.get(); }
      one.shutdown();
      echo.join();
      console.log(sum);
    `,
      { timeout: 30_000 },
    );
    expect([ended.code, ended.stdout.trim()]).toEqual([0, String((20_000 * 20_001) / 2)]);
  });
});

describe('a queue of one', () => {
  it('alternates between a producer and a consumer that both block', () => {
    const queue = new Queue<number>({ maxsize: 1 });
    const thread = new Thread(tasks.putNumbers, { args: [queue as tasks.AnyQueue, 0, 3000] }).start();
    for (let number = 0; number < 3000; number++) expect(queue.get(SOON)).toBe(number);
    expect(thread.join(SOON)).toBe(true);
    untilBlocked(() => waitingAt(queue, QUEUE.putters) === 0, 'nobody waits');
  });
});

describe('after a shutdown nothing is promised any more', () => {
  const PROMISES = [
    QUEUE.nextGetter,
    QUEUE.promisedItems,
    QUEUE.nextPutter,
    QUEUE.promisedSlots,
    QUEUE.promisedBytes,
  ];
  const promised = (queue: object): number[] => PROMISES.map(word => i32[pointerOf(queue) + word]!);
  const none = PROMISES.map(() => 0);

  it('although those who were told give up: another takes the item', async () => {
    const queue = new Queue<number>();
    const impatient = new AbortController();
    const first = queue.getAsync({ ...SOON, signal: impatient.signal });
    const second = queue.getAsync(SOON);
    const third = queue.getAsync(SOON);
    queue.put(1);
    expect(promised(queue)[1]).toBe(1);
    queue.shutdown();
    expect(promised(queue)).toEqual(none);
    impatient.abort(new Error('enough'));
    expect(promised(queue)).toEqual(none);
    await expect(first).rejects.toThrow('enough');
    expect(await second).toBe(1);
    await expect(third).rejects.toThrow('shut down, and no item is left');
    expect(promised(queue)).toEqual(none);
    expect(pendingWaits()).toBe(0);
  });

  it('neither to those who waited for room', async () => {
    const queue = new Queue<number>({ maxsize: 1 });
    queue.put(0);
    const impatient = new AbortController();
    const first = queue.putAsync(1, { ...SOON, signal: impatient.signal });
    const second = queue.putAsync(2, SOON);
    expect(queue.get()).toBe(0);
    expect(promised(queue)[3]).toBe(1);
    queue.shutdown();
    expect(promised(queue)).toEqual(none);
    impatient.abort(new Error('enough'));
    expect(promised(queue)).toEqual(none);
    await expect(first).rejects.toThrow('enough');
    await expect(second).rejects.toThrow('shut down, nothing can be put any more');
    expect(promised(queue)).toEqual(none);
    expect([queue.size, waitingAt(queue, QUEUE.putters), pendingWaits()]).toEqual([0, 0, 0]);
  });
});
