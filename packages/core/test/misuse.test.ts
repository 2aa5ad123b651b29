/** What every class has in common: options that are none, and a signal that is none, are refused with what was expected. Ignored, they would mean to wait for ever. */
import { describe, expect, it } from 'vitest';
import * as heddle from '../src/index.ts';

const { AtomicCounter, AtomicFlag, Barrier, BoundedSemaphore, Condition, CountDownLatch, Event } = heddle;
const { Exchanger, LifoQueue, Lock, Once, PriorityQueue, Queue, RLock, RWLock, Semaphore } = heddle;
const { SimpleQueue, SpinLock, SettableFuture, Thread, ThreadPoolExecutor } = heddle;

const condition = (): InstanceType<typeof Condition> => {
  const made = new Condition();
  made.acquire();
  return made;
};
const queue = (): InstanceType<typeof Queue> => {
  const made = new Queue();
  made.put(1);
  return made;
};
const done = (): InstanceType<typeof Thread> => {
  const made = new Thread().start();
  made.join({ timeout: 20_000 });
  return made;
};

type Call = (options: never) => unknown;

const calls: Array<[name: string, call: Call]> = [
  ['Lock.acquire', o => new Lock().acquire(o)],
  ['Lock.hold', o => new Lock().hold(o)],
  ['RLock.acquire', o => new RLock().acquire(o)],
  ['RLock.hold', o => new RLock().hold(o)],
  ['Condition.wait', o => condition().wait(o)],
  ['Condition.waitFor', o => condition().waitFor(() => true, o)],
  ['Semaphore.acquire', o => new Semaphore().acquire(o)],
  ['BoundedSemaphore.acquire', o => new BoundedSemaphore().acquire(o)],
  ['Event.wait', o => new Event().wait(o)],
  ['Barrier.wait', o => new Barrier(1).wait(o)],
  ['CountDownLatch.wait', o => new CountDownLatch(0).wait(o)],
  ['RWLock.acquireShared', o => new RWLock().acquireShared(o)],
  ['RWLock.acquireExclusive', o => new RWLock().acquireExclusive(o)],
  ['SpinLock.acquire', o => new SpinLock().acquire(o)],
  ['Exchanger.exchange', o => new Exchanger().exchange(1, o)],
  ['Queue.get', o => queue().get(o)],
  ['Queue.put', o => new Queue().put(1, o)],
  ['Queue.join', o => new Queue().join(o)],
  ['SimpleQueue.get', o => new SimpleQueue().get(o)],
  ['LifoQueue.get', o => new LifoQueue().get(o)],
  ['PriorityQueue.get', o => new PriorityQueue().get(o)],
  ['Thread.join', o => done().join(o)],
  ['Future.result', o => new SettableFuture().result(o)],
];

const asyncCalls: Array<[name: string, call: Call]> = [
  ['Lock.acquireAsync', o => new Lock().acquireAsync(o)],
  ['Lock.holdAsync', o => new Lock().holdAsync(o)],
  ['RLock.holdAsync', o => new RLock().holdAsync(o)],
  ['Condition.waitAsync', o => condition().waitAsync(o)],
  ['Semaphore.acquireAsync', o => new Semaphore().acquireAsync(o)],
  ['Semaphore.holdAsync', o => new Semaphore().holdAsync(o)],
  ['Event.waitAsync', o => new Event().waitAsync(o)],
  ['Barrier.waitAsync', o => new Barrier(1).waitAsync(o)],
  ['CountDownLatch.waitAsync', o => new CountDownLatch(0).waitAsync(o)],
  ['RWLock.acquireSharedAsync', o => new RWLock().acquireSharedAsync(o)],
  ['RWLock.holdExclusiveAsync', o => new RWLock().holdExclusiveAsync(o)],
  ['SpinLock.holdAsync', o => new SpinLock().holdAsync(o)],
  ['Queue.getAsync', o => queue().getAsync(o)],
  ['Queue.putAsync', o => new Queue().putAsync(1, o)],
  ['Queue.joinAsync', o => new Queue().joinAsync(o)],
  ['Thread.joinAsync', o => done().joinAsync(o)],
];

const constructors: Array<[name: string, make: Call, example: string]> = [
  ['Lock', o => new Lock(o), "{ name: 'mine' }"],
  ['RLock', o => new RLock(o), "{ name: 'mine' }"],
  ['RWLock', o => new RWLock(o), "{ name: 'mine' }"],
  ['SpinLock', o => new SpinLock(o), "{ name: 'mine' }"],
  ['Semaphore', o => new Semaphore(1, o), "{ name: 'mine' }"],
  ['Event', o => new Event(o), "{ name: 'mine' }"],
  ['Once', o => new Once(o), "{ name: 'mine' }"],
  ['Exchanger', o => new Exchanger(o), "{ name: 'mine' }"],
  ['AtomicCounter', o => new AtomicCounter(0, o), "{ name: 'mine' }"],
  ['AtomicFlag', o => new AtomicFlag(o), "{ name: 'mine' }"],
  ['Queue', o => new Queue(o), '{ maxsize: 100 }'],
  ['LifoQueue', o => new LifoQueue(o), '{ maxsize: 100 }'],
  ['PriorityQueue', o => new PriorityQueue(o), '{ maxsize: 100 }'],
  ['ThreadPoolExecutor', o => new ThreadPoolExecutor(o), '{ maxWorkers: 4 }'],
];

describe('options that are none', () => {
  it.each(calls)('are refused by %s, which would wait for ever', (name, call) => {
    for (const [bad, got] of [
      [5, '5 (number)'],
      [false, 'false (boolean)'],
      ['5', '5 (string)'],
      [[5], 'an array'],
    ] as const) {
      expect(() => call(bad as never)).toThrow(TypeError);
      expect(() => call(bad as never)).toThrow(
        `${name}: options must be an object, such as { timeout: 100 }, got ${got}`,
      );
    }
  });

  it.each(asyncCalls)('are refused by %s, and so is a signal that is none', async (name, call) => {
    await expect((async () => call(5 as never))()).rejects.toThrow(
      `${name}: options must be an object, such as { timeout: 100 }, got 5 (number)`,
    );
    for (const signal of [1, {}, 'abort']) {
      await expect((async () => call({ signal } as never))()).rejects.toThrow(
        `${name}: signal must be an AbortSignal, got ${String(signal)} (${typeof signal})`,
      );
    }
  });

  it.each(constructors)('are refused by new %s', (name, make, example) => {
    expect(() => make(100 as never)).toThrow(TypeError);
    expect(() => make(100 as never)).toThrow(
      `${name}: options must be an object, such as ${example}, got 100 (number)`,
    );
  });

  it('are refused by shutdown(), which Python tells by its place', () => {
    const pool = new ThreadPoolExecutor();
    expect(() => new Queue().shutdown(true as never)).toThrow(
      'Queue.shutdown: options must be an object, such as { immediate: true }, got true (boolean)',
    );
    expect(() => pool.shutdown(false as never)).toThrow(
      'ThreadPoolExecutor.shutdown: options must be an object, such as { wait: false }, got false (boolean)',
    );
    pool.shutdown();
  });
});

describe('an option that there is not', () => {
  it.each(calls)('is refused by %s, which would wait for ever', (name, call) => {
    expect(() => call({ timeOut: 5 } as never)).toThrow(TypeError);
    expect(() => call({ timeOut: 5 } as never)).toThrow(
      `${name}: there is no option "timeOut"; say how long to wait by { timeout }, in milliseconds`,
    );
  });

  it.each(constructors)('is refused by new %s', (name, make) => {
    expect(() => make({ Name: 'mine' } as never)).toThrow(TypeError);
    expect(() => make({ Name: 'mine' } as never)).toThrow(`${name}: there is no option "Name"`);
  });

  it('is told apart from the one that was meant', () => {
    const { Scheduler } = heddle;
    expect(() => new Queue({ maxSize: 10 } as never)).toThrow(
      'Queue: there is no option "maxSize", did you mean "maxsize"; the options are maxsize, maxBytes, name',
    );
    expect(() => new Barrier(2, { parties: 2 } as never)).toThrow(
      'Barrier: there is no option "parties"; the options are action, name, timeout',
    );
    expect(() => new Barrier(2, (() => {}) as never)).toThrow(
      'Barrier: options must be an object, such as { action: () => {}, timeout: 100 }',
    );
    expect(() => new SpinLock({ spin: 5 } as never)).toThrow('SpinLock: there is no option "spin"');
    expect(() => new ThreadPoolExecutor({ maxThreads: 4 } as never)).toThrow(
      /ThreadPoolExecutor: there is no option "maxThreads"; the options are maxWorkers, /,
    );
    expect(() => new Scheduler({ timefunc: Date.now } as never)).toThrow(
      'Scheduler: there is no option "timefunc"; the options are delay, now',
    );
    expect(() => new PriorityQueue({ compare: () => 0 } as never)).toThrow(
      "PriorityQueue: compare: a comparator can't cross threads",
    );
  });

  it('rejects the future of a submission', async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await expect(Promise.resolve(pool.submit({ target: () => 1, arguments: [] } as never))).rejects.toThrow(
      'ThreadPoolExecutor.submit: there is no option "arguments"',
    );
    pool.shutdown();
  });
});

describe('a signal given to a call that blocks', () => {
  it.each(calls)('is refused by %s, which would not hear of an abort', (name, call) => {
    const { signal } = new AbortController();
    const twin =
      name === 'Future.result' ? 'waitAsync([future], { signal })' : `${name.split('.')[1]}Async({ signal })`;
    expect(() => call({ signal } as never)).toThrow(TypeError);
    expect(() => call({ signal, timeout: 5 } as never)).toThrow(
      `${name}: a signal can't end a blocking call, which hears of no abort; await ${twin}, or pass { timeout }`,
    );
  });

  it.each(calls)('has its say in %s if it is aborted already', (_name, call) => {
    expect(() => call({ signal: AbortSignal.abort(new Error('too late')) } as never)).toThrow('too late');
  });

  it('belongs to for await where there is a choice', async () => {
    const { asCompleted } = heddle;
    const future = new SettableFuture<number>();
    const controller = new AbortController();
    expect(() => [...asCompleted([future], { signal: controller.signal })]).toThrow(
      "asCompleted: a signal can't end a blocking call, which hears of no abort; await each step: for await (const { future } of …)",
    );
    const steps = asCompleted([future], { signal: controller.signal })[Symbol.asyncIterator]();
    const step = steps.next();
    controller.abort(new Error('enough'));
    await expect(step).rejects.toThrow('enough');
    await expect(steps.next()).resolves.toEqual({ done: true, value: undefined });
    const late = asCompleted([future], { signal: controller.signal })[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toThrow('enough');
    future.setResult(1);
    // What has settled is given all the same.
    for await (const each of asCompleted([future], { signal: controller.signal })) {
      expect(each.future.result()).toBe(1);
    }
  });
});

describe('a copy by structuredClone or postMessage, which would be dead,', () => {
  it.each([
    ...constructors.map(([name, make]): [string, () => object] => [
      name,
      () => make(undefined as never) as object,
    ]),
    ['Barrier', () => new Barrier(2)],
    ['Condition', () => new Condition()],
    ['CountDownLatch', () => new CountDownLatch(1)],
    ['SettableFuture', () => new SettableFuture()],
    ['SharedBuffer', () => new heddle.SharedBuffer(8)],
    ['SharedInt32Array', () => new heddle.SharedInt32Array(4)],
    ['SharedIterator', () => new heddle.SharedIterator([1])],
    ['Thread', () => new Thread()],
  ] as Array<[string, () => object]>)('of a %s fails at once, and says what to do', (_name, make) => {
    const cure =
      "Symbol(a dead copy: send pack(it), or pass it by a Queue or as a thread's argument) could not be cloned";
    const object = make();
    expect(() => structuredClone(object)).toThrow(cure);
    const { port1, port2 } = new MessageChannel();
    expect(() => port1.postMessage({ jobs: [object] })).toThrow(cure);
    port1.close();
    port2.close();
    expect(Object.keys(heddle.unpack(heddle.pack(object)) as object)).toEqual(Object.keys(object));
  });
});

describe('what was forgotten is told, and means nothing else', () => {
  it.each([
    [
      'sleep',
      () => heddle.sleep(undefined as never),
      'sleep: expected a number of milliseconds, got undefined',
    ],
    [
      'main',
      () => heddle.main((() => 1) as never, undefined as never),
      'main: the first argument must be import.meta; write main(import.meta, () => { … })',
    ],
    ['main', () => heddle.main(import.meta, 5 as never), 'main: program must be a function, got 5 (number)'],
    [
      'task',
      () => heddle.task((() => 1) as never, undefined as never),
      'task: the first argument must be import.meta of the module that declares the task; write task(import.meta,',
    ],
    ['task', () => heddle.task(import.meta, 5 as never), 'task: expected a function, got 5 (number)'],
    [
      'unpack',
      () => heddle.unpack('bytes' as never),
      'unpack: expected the bytes that pack() returned, got bytes (string)',
    ],
    ['unpack', () => heddle.unpack(new Uint8Array(3)), "unpack: these 3 bytes aren't what pack() returned"],
    ['unpack', () => heddle.unpack(new Uint8Array()), "unpack: these 0 bytes aren't what pack() returned"],
  ] as Array<[string, () => unknown, string]>)('by %s', (_name, call, message) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });

  it('by sleepAsync, which rejects', async () => {
    await expect(heddle.sleepAsync(undefined as never)).rejects.toThrow(
      'sleepAsync: expected a number of milliseconds, got undefined; to wait for ever, pass Infinity',
    );
    await expect(heddle.sleepAsync(-1)).rejects.toThrow(RangeError);
    await expect(heddle.sleepAsync(1, 5 as never)).rejects.toThrow('sleepAsync: options must be an object');
    await expect(heddle.sleepAsync(1, { signal: 5 as never })).rejects.toThrow(
      'signal must be an AbortSignal',
    );
  });
});

describe('the size of a queue', () => {
  it('is a whole number, and one below 1 is no limit', () => {
    expect(() => new Queue({ maxsize: 1.3 })).toThrow(
      'Queue: maxsize must be a whole number to 2147483647, 0 for no limit, got 1.3 (number)',
    );
    expect([new Queue({ maxsize: -1 }).maxsize, new Queue({ maxsize: Infinity }).maxsize]).toEqual([0, 0]);
  });
});

describe('what is given in the place of', () => {
  it('a number that is too large is told how large it may be', () => {
    expect(() => new Semaphore(2 ** 31)).toThrow(
      'Semaphore: initial value must be a whole number from 0 to 2147483647, got 2147483648 (number)',
    );
    expect(() => new CountDownLatch(2 ** 31)).toThrow(/from 0 to 2147483647, got 2147483648/);
    expect(() => new Barrier(2 ** 31)).toThrow(/from 1 to 2147483647, got 2147483648/);
    expect(() => new Barrier(Number.NaN)).toThrow(/must be a whole number from 1, got NaN/);
  });

  it('futures is quoted', async () => {
    const { asCompleted, wait, waitAsync } = heddle;
    expect(() => wait(5 as never)).toThrow(
      'wait: expected futures, in an array or another iterable, got 5 (number)',
    );
    expect(() => wait(new SettableFuture() as never)).toThrow('got one; put it into an array');
    await expect(waitAsync(undefined as never)).rejects.toThrow('got undefined (undefined)');
    expect(() => [...asCompleted('abc' as never)]).toThrow('got abc (string)');
  });

  it('a priority is quoted', () => {
    expect(() => new PriorityQueue().put(1, { priority: 'high' as never })).toThrow(
      'PriorityQueue.put: priority must be a number, got high (string)',
    );
  });

  it('a signal is quoted', () => {
    expect(() => heddle.dumpOnSignal('USR2')).toThrow(
      "dumpOnSignal: signal must be a signal's name, such as 'SIGUSR2', got USR2 (string)",
    );
    expect(() => heddle.checkLockOrder(5 as never)).toThrow('checkLockOrder: options must be an object');
  });
});
