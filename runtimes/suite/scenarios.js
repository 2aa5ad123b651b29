/**
 * What every engine must do. Each scenario is one sentence of the specification and a function that throws if it isn't so; it runs in a
 * process (or page) of its own. `blocking` ones block the main thread, which a window may not.
 */
import {
  AtomicCounter,
  AtomicFlag,
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  CountDownLatch,
  Event,
  LifoQueue,
  Lock,
  NotShareableError,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  RLock,
  RWLock,
  Semaphore,
  SharedBuffer,
  SimpleQueue,
  SpinLock,
  Thread,
  ThreadDiedError,
  ThreadPoolExecutor,
  ThreadStateError,
  Timer,
  activeCount,
  enumerate,
  mainThread,
  memoryUsage,
  setExceptHook,
  sleep,
  sleepAsync,
} from '@heddle/core';
import { equal, fail, rejects, throws, until } from './check.js';
import * as tasks from './tasks.js';

const { SOON } = tasks;

function start(target, ...args) {
  return new Thread(target, { args }).start();
}

function startMany(count, target, ...args) {
  return Array.from({ length: count }, () => start(target, ...args));
}

const settled = threads => Promise.all(threads.map(thread => thread.resultAsync(SOON)));
const finished = async threads => {
  for (const thread of threads) if (!(await thread.joinAsync(SOON))) fail(`${thread} has not ended`);
};

/** The main thread's own turn in a contest, without blocking. */
async function addHere(lock, cells, times) {
  for (let n = 0; n < times; n++) {
    if (!(await lock.acquireAsync(SOON))) fail('the lock was not to be had');
    cells.view(Int32Array)[0] += 1;
    lock.release();
  }
}

const all = [];

function scenario(name, run, options = {}) {
  all.push({ name, run, ...options });
}

// Locks

scenario('lock: blocked threads, promises in threads and promises here exclude each other', async () => {
  const lock = new Lock();
  const cells = new SharedBuffer(64);
  const threads = [
    ...startMany(3, tasks.addUnderLock, lock, cells, 2000),
    start(tasks.addUnderLockAsync, lock, cells, 300),
  ];
  await addHere(lock, cells, 300);
  await settled(threads);
  equal(cells.view(Int32Array)[0], 6600, 'increments');
  equal(lock.locked, false, 'locked at the end');
});

scenario('lock: a timeout and an abort give up the place in line and take nothing', async () => {
  const lock = new Lock();
  const held = new Event();
  const letGo = new Event();
  const holder = start(tasks.holdUntil, lock, held, letGo);
  equal(await held.waitAsync(SOON), true, 'held');
  const before = performance.now();
  equal(await lock.acquireAsync({ timeout: 50 }), false, 'acquired in time');
  const took = performance.now() - before;
  if (took < 49 || took > 2000) fail(`a timeout of 50 ms took ${took} ms`);
  const abort = new AbortController();
  const aborted = rejects(TypeError, 'enough', lock.acquireAsync({ signal: abort.signal }));
  abort.abort(new TypeError('enough'));
  await aborted;
  const next = lock.acquireAsync(SOON);
  letGo.set();
  equal(await next, true, 'the next in line has it');
  lock.release();
  equal(await holder.resultAsync(SOON), true, 'holder');
});

scenario(
  'lock: the main thread blocks, with and without a timeout',
  () => {
    const lock = new Lock();
    const held = new Event();
    const letGo = new Event();
    start(tasks.holdUntil, lock, held, letGo);
    equal(held.wait(SOON), true, 'held');
    equal(lock.acquire({ timeout: 30 }), false, 'acquired in time');
    letGo.set();
    equal(lock.acquire(SOON), true, 'acquired');
    lock.release();
  },
  { blocking: true },
);

scenario('rlock: a thread enters as often as it leaves; a guard is what a task re-enters by', async () => {
  const lock = new RLock();
  const cells = new SharedBuffer(64);
  const threads = startMany(3, tasks.nest, lock, cells, 1000);
  for (let n = 0; n < 100; n++) {
    const outer = await lock.holdAsync(SOON);
    const inner = await lock.holdAsync({ ...SOON, within: outer });
    cells.view(Int32Array)[0] += 1;
    inner[Symbol.dispose]();
    outer[Symbol.dispose]();
  }
  await settled(threads);
  equal(cells.view(Int32Array)[0], 3100, 'increments');
});

scenario('semaphore: no more inside than it has permits', async () => {
  const semaphore = new Semaphore(2);
  const inside = new AtomicCounter();
  const highest = new AtomicCounter();
  const threads = startMany(4, tasks.crowd, semaphore, inside, highest, 1000);
  for (let n = 0; n < 100; n++) {
    if (!(await semaphore.acquireAsync(SOON))) fail('no permit was to be had');
    const now = inside.increment();
    if (now > 2) fail(`${now} inside`);
    inside.decrement();
    semaphore.release();
  }
  await settled(threads);
  if (highest.value > 2 || highest.value < 1) fail(`${highest.value} inside`);
  equal(semaphore.value, 2, 'permits at the end');
  throws(RangeError, 'BoundedSemaphore', () => new BoundedSemaphore(1).release());
});

scenario('rwlock and spin lock: writers are alone, readers together, and no increment is lost', async () => {
  const rw = new RWLock();
  const readers = [await rw.holdSharedAsync(SOON), await rw.holdSharedAsync(SOON)];
  equal([rw.sharedBy, await rw.acquireExclusiveAsync({ timeout: 20 })], [2, false], 'two readers, no writer');
  for (const each of readers) each[Symbol.dispose]();
  const spin = new SpinLock();
  const cells = new SharedBuffer(64);
  const threads = [
    start(tasks.addUnderWriteLock, rw, cells, 1000),
    start(tasks.addUnderWriteLock, rw, cells, 1000),
  ];
  for (let n = 0; n < 100; n++) {
    const writer = await rw.holdExclusiveAsync(SOON);
    cells.view(Int32Array)[0] += 1;
    writer[Symbol.dispose]();
  }
  await settled(threads);
  equal(cells.view(Int32Array)[0], 2100, 'increments under the write lock');
  await Promise.all([
    ...startMany(2, tasks.addUnderLock, spin, cells, 1000).map(thread => thread.resultAsync(SOON)),
    addHere(spin, cells, 100),
  ]);
  equal(cells.view(Int32Array)[0], 4200, 'increments under the spin lock');
});

scenario('timer: runs its function after its time, in a thread, unless it is cancelled', async () => {
  const event = new Event();
  new Timer(20, tasks.setLater, { args: [event, 0] }).start();
  equal(await event.waitAsync(SOON), true, 'set');
  const never = new Event();
  const timer = new Timer(60_000, tasks.setLater, { args: [never, 0] });
  timer.start();
  timer.cancel();
  equal([await timer.joinAsync(SOON), never.isSet], [true, false], 'ended, not set');
});

// Waiting for each other

scenario('condition: a producer and a consumer take turns, blocked in threads', async () => {
  const condition = new Condition();
  const cells = new SharedBuffer(64);
  const consumer = start(tasks.consumeUnderCondition, condition, cells, 500);
  const producer = start(tasks.produceUnderCondition, condition, cells, 500);
  await settled([producer]);
  equal(await consumer.resultAsync(SOON), 125250, 'sum');
});

scenario('condition: a promise here takes turns with a blocked thread', async () => {
  const condition = new Condition();
  const cells = new SharedBuffer(64);
  const producer = start(tasks.produceUnderCondition, condition, cells, 200);
  let sum = 0;
  for (let n = 0; n < 200; n++) {
    const guard = await condition.holdAsync(SOON);
    await condition.waitForAsync(() => cells.view(Int32Array)[0] === 1, SOON);
    sum += cells.view(Int32Array)[1];
    cells.view(Int32Array)[0] = 0;
    condition.notifyAll();
    guard[Symbol.dispose]();
  }
  await settled([producer]);
  equal(sum, 20100, 'sum');
});

scenario('event: set() wakes blocked threads and promises, in threads and here', async () => {
  const event = new Event();
  const threads = [...startMany(2, tasks.waitFor, event), ...startMany(2, tasks.awaitFor, event)];
  const here = event.waitAsync(SOON);
  equal(await event.waitAsync({ timeout: 20 }), false, 'set in time');
  event.set();
  equal(await settled(threads), [true, true, true, true], 'threads');
  equal(await here, true, 'here');
});

scenario('barrier: all go on together, again and again; a timeout breaks it for all', async () => {
  const barrier = new Barrier(4);
  const counter = new AtomicCounter();
  const threads = startMany(3, tasks.rounds, barrier, counter, 50);
  for (let round = 1; round <= 50; round++) {
    counter.increment();
    await barrier.waitAsync(SOON);
    equal(counter.value, round * 4, 'counted');
    await barrier.waitAsync(SOON);
  }
  await settled(threads);
  const other = new Barrier(2);
  await rejects(BrokenBarrierError, '', other.waitAsync({ timeout: 20 }));
  equal(other.broken, true, 'broken');
});

scenario('latch: everybody waits until it has counted down to 0', async () => {
  const latch = new CountDownLatch(4);
  const threads = startMany(4, tasks.countDown, latch);
  equal(await latch.waitAsync(SOON), true, 'reached');
  equal(await settled(threads), [true, true, true, true], 'threads');
});

scenario('counter and flag: no increment is lost, one thread wins', async () => {
  const counter = new AtomicCounter(-5);
  await settled(startMany(4, tasks.increment, counter, 5000));
  equal(counter.value, 19995, 'counter');
  equal((await start(tasks.counterOf, 7).resultAsync(SOON)).value, 7, 'a counter made in a thread');
  const flag = new AtomicFlag();
  equal([flag.testAndSet(), flag.testAndSet(), flag.isSet], [false, true, true], 'flag');
});

// Queues

scenario(
  'queue: two producers, two blocked consumers, and a promise here: everything arrives once',
  async () => {
    const queue = new Queue({ maxsize: 8 });
    const consumers = [start(tasks.consume, queue), start(tasks.consumeAsync, queue)];
    const producers = [start(tasks.produce, queue, 0, 500), start(tasks.produce, queue, 500, 500)];
    const here = (async () => {
      let taken = 0;
      for await (const item of queue) taken += item.n;
      return taken;
    })();
    await settled(producers);
    queue.shutdown();
    let sum = await here;
    for (const each of await settled(consumers)) sum += each;
    equal(sum, 499500, 'sum');
  },
);

scenario('queue: putAsync waits for room, and errors say full, empty and shut down', async () => {
  const queue = new Queue({ maxsize: 2 });
  queue.put(1);
  queue.put(undefined);
  equal(queue.tryPut(3), false, 'room');
  throws(QueueFullError, '', () => queue.putNowait(3));
  await rejects(QueueFullError, '', queue.putAsync(3, { timeout: 10 }));
  const put = queue.putAsync(3, SOON);
  equal(await queue.getAsync(SOON), 1, 'first');
  await put;
  equal([queue.tryGet().value, queue.tryGet().value], [undefined, 3], 'rest');
  equal(queue.tryGet(), undefined, 'empty');
  throws(QueueEmptyError, '', () => queue.getNowait());
  await rejects(QueueEmptyError, '', queue.getAsync({ timeout: 10 }));
  const waiting = rejects(QueueShutDownError, '', queue.getAsync(SOON));
  queue.shutdown();
  await waiting;
  throws(QueueShutDownError, '', () => queue.put(1));
});

scenario('queue: last in first out, smallest first, and unbounded', async () => {
  const lifo = new LifoQueue();
  lifo.putMany([1, 2, 3]);
  equal(lifo.getMany(3), [3, 2, 1], 'lifo');
  const priority = new PriorityQueue();
  for (const n of [5, 1, 4, 1, 3]) priority.put(n, { priority: n });
  equal(priority.getMany(5), [1, 1, 3, 4, 5], 'priority');
  const simple = new SimpleQueue();
  for (let n = 0; n < 5000; n++) simple.put(n);
  equal(simple.size, 5000, 'size');
  equal((await simple.getManyAsync(5000, SOON)).length, 5000, 'all');
  const made = await start(tasks.newQueue).resultAsync(SOON);
  equal(await made.getAsync(SOON), 'from the thread', 'a queue made in a thread that has ended');
});

scenario('queue: every kind of value makes the way there and back', async () => {
  const cyclic = { name: 'cyclic', list: [] };
  cyclic.list.push(cyclic);
  const error = new RangeError('range', { cause: new TypeError('cause') });
  const values = [
    undefined,
    null,
    true,
    -0,
    NaN,
    1e300,
    123456789012345678901234567890n,
    '',
    'plain',
    'ä€😀 \ud800 lone',
    'x'.repeat(5000),
    'é'.repeat(5000),
    '€'.repeat(70_000),
    new Date(5),
    /a+/gi,
    new Map([[{ k: 1 }, new Set([1, 'two'])]]),
    [1, , 3], // oxlint-disable-line no-sparse-arrays -- holes must survive
    new Uint8Array([1, 2, 3]),
    new Float64Array([1.5, -2.5]),
    new BigInt64Array([1n, -1n]),
    new Uint8Array(200_000).fill(7),
    error,
    cyclic,
  ];
  const queue = new Queue();
  for (const value of values) {
    const back = await start(tasks.echo, value).resultAsync(SOON);
    queue.put(value);
    const through = queue.get();
    for (const each of [back, through]) {
      if (value === cyclic) {
        if (each.list[0] !== each) fail('a cycle is a cycle');
      } else if (value === error) {
        equal(
          [each instanceof RangeError, each.message, each.cause instanceof TypeError, each.cause.message],
          [true, 'range', true, 'cause'],
          'error',
        );
      } else if (value instanceof Map) {
        equal([[...each.keys()], [...[...each.values()][0]]], [[{ k: 1 }], [1, 'two']], 'map');
      } else if (ArrayBuffer.isView(value)) {
        equal([each.constructor.name, [...each].join()], [value.constructor.name, [...value].join()], 'view');
      } else if (value instanceof Date || value instanceof RegExp) {
        equal([each.constructor.name, String(each)], [value.constructor.name, String(value)], 'built in');
      } else if (Array.isArray(value)) {
        equal([each.length, 1 in each, each[2]], [3, false, 3], 'sparse');
      } else if (!Object.is(each, value)) fail(`${String(value)} became ${String(each)}`);
    }
  }
});

scenario('shared objects travel inside anything and are the same there', async () => {
  const lock = new Lock();
  lock.acquire();
  const queue = new Queue();
  const things = new Map([
    ['lock', lock],
    ['nested', [{ rlock: new RLock(), queue }]],
  ]);
  await start(tasks.useAll, things).resultAsync(SOON);
  equal(await queue.getAsync(SOON), 'seen', 'through the nested queue');
  const buffer = new SharedBuffer(100_000);
  await start(tasks.fill, buffer, 9).resultAsync(SOON);
  equal([buffer.bytes[0], buffer.bytes[99_999]], [9, 9], 'bytes');
  throws(NotShareableError, 'args[0].a[1]', () => start(tasks.echo, { a: [0, () => 1] }));
});

// Threads

scenario('thread: a task, an export, an inline function, and an async one', async () => {
  equal(await start(tasks.echo, [1, 'two']).resultAsync(SOON), [1, 'two'], 'task');
  equal(await start((a, b) => a + b, 2, 3).resultAsync(SOON), 5, 'inline');
  equal(await start(async n => n * 2, 21).resultAsync(SOON), 42, 'async');
  const error = await rejects(ReferenceError, 'start', start(() => start).resultAsync(SOON));
  if (!error.message.includes('task(import.meta')) fail(`no cure in "${error.message}"`);
});

scenario(
  'thread: an export of a module by URL',
  async () => {
    const module = new URL('./tasks.js', import.meta.url);
    const thread = new Thread({ module, export: 'echo' }, { args: [5] }).start();
    equal(await thread.resultAsync(SOON), 5, 'export');
  },
  { unbundled: true },
);

scenario(
  'thread: errors keep class, message, cause and stack, and know where they were asked for',
  async () => {
    const seen = [];
    setExceptHook(({ error, thread }) => seen.push([error.message, thread.name]));
    const thread = new Thread(tasks.fail, { args: ['broken'], name: 'breaker' }).start();
    const error = await rejects(RangeError, 'broken', thread.resultAsync(SOON));
    equal([error.cause instanceof TypeError, error.cause.message], [true, 'the reason'], 'cause');
    if (!error.stack.includes('fail')) fail(`the stack doesn't name the function: ${error.stack}`);
    await until(() => seen.length === 1, 'the hook heard of it');
    equal(seen, [['broken', 'breaker']], 'hook');
  },
);

scenario('thread: knows itself, its name, the others and main', async () => {
  const thread = new Thread(tasks.whoAmI, { name: 'Jacquard' }).start();
  const me = await thread.resultAsync(SOON);
  equal([me.name, me.ident, me.alive, me.same], ['Jacquard', thread.ident, true, true], 'who');
  equal([mainThread().name, mainThread().alive], ['MainThread', true], 'main');
  await until(() => activeCount() === 1, 'only main is left');
  const forEver = new Event();
  const waiting = start(tasks.waitFor, forEver);
  equal([enumerate().length, waiting.alive], [2, true], 'alive');
  forEver.set();
  await finished([waiting]);
  equal(waiting.alive, false, 'ended');
  throws(ThreadStateError, 'only be started once', () => waiting.start());
});

scenario('thread: a thread starts a thread and blocks for its result', async () => {
  equal(await start(tasks.startAnother, 1).resultAsync(SOON), 20, 'result');
  equal(await settled(startMany(3, tasks.startAnother, 2)), [30, 30, 30], 'three at a time');
});

scenario('thread: a child outlives the thread that started it', async () => {
  const event = new Event();
  const done = new Event();
  await start(tasks.leaveAChild, event, done).resultAsync(SOON);
  event.set();
  equal(await done.waitAsync(SOON), true, 'the child has set it');
});

scenario(
  'thread: start and join while the main thread is blocked',
  () => {
    for (let n = 0; n < 20; n++) equal(start(tasks.echo, n).result(SOON), n, 'result');
    equal(start(tasks.startAnother, 3).result(SOON), 40, 'nested');
    const event = new Event();
    const thread = start(tasks.waitFor, event);
    equal(thread.join({ timeout: 30 }), false, 'joined in time');
    event.set();
    equal(thread.join(SOON), true, 'joined');
  },
  { blocking: true },
);

scenario('thread: workers are used again, and nothing of one thread is seen by the next', async () => {
  let reused = 0;
  for (let n = 0; n < 30; n++) {
    const [before, calls] = await start(tasks.remember, n).resultAsync(SOON);
    equal(before, undefined, 'thread-local value at the start');
    if (calls > 1) reused += 1;
  }
  if (reused < 20) fail(`only ${reused} of 30 threads found a worker that had been used`);
  const isolated = new Thread(tasks.remember, { args: [1], isolated: true }).start();
  equal(await isolated.resultAsync(SOON), [undefined, 1], 'isolated: a realm of its own');
});

scenario('thread: eight at a time, and memory comes back', async () => {
  await settled(startMany(8, tasks.echo, 'x'.repeat(100_000)));
  const before = memoryUsage().used;
  for (let round = 0; round < 5; round++) {
    const queue = new Queue({ maxsize: 4 });
    const threads = [start(tasks.consume, queue), start(tasks.produce, queue, 0, 200)];
    await threads[1].resultAsync(SOON);
    queue.shutdown();
    await threads[0].resultAsync(SOON);
    for (const each of [...threads, queue]) each.dispose();
  }
  const grown = memoryUsage().used - before;
  if (grown > 256 * 1024) fail(`${grown} bytes more are in use`);
});

scenario('sleep: sleepAsync ends after its time and rejects when aborted', async () => {
  const before = performance.now();
  await sleepAsync(30);
  if (performance.now() - before < 29) fail('too early');
  const abort = new AbortController();
  const sleeping = rejects(TypeError, 'up', sleepAsync(60_000, { signal: abort.signal }));
  abort.abort(new TypeError('wake up'));
  await sleeping;
});

scenario(
  'sleep: blocks the main thread',
  () => {
    const before = performance.now();
    sleep(30);
    if (performance.now() - before < 29) fail('too early');
  },
  { blocking: true },
);

// Executors

scenario('executor: submits, maps in order, and keeps errors', async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const futures = Array.from({ length: 50 }, (_, n) => pool.submit(tasks.echo, n));
  equal((await Promise.all(futures)).length, 50, 'results');
  equal(await pool.submit(n => n * 2, 21), 42, 'an inline function');
  const mapped = [];
  for await (const each of pool.mapAsync(tasks.echo, [[5, 4, 3, 2, 1]], SOON)) mapped.push(each);
  equal(mapped, [5, 4, 3, 2, 1], 'mapped');
  await rejects(RangeError, 'broken', pool.submit(tasks.fail, 'broken'));
  await pool.shutdownAsync(SOON);
});

// Death

scenario('death: a thread that is blocked is terminated; joiners wake, result() says so', async () => {
  const counter = new AtomicCounter();
  const thread = start(tasks.blockForEver, counter, new Event());
  await until(() => counter.value === 1, 'it runs');
  equal(thread.terminate(), true, 'terminate');
  equal(await thread.joinAsync(SOON), true, 'joined');
  await rejects(ThreadDiedError, 'terminated', thread.resultAsync(SOON));
  equal(await start(tasks.echo, 1).resultAsync(SOON), 1, 'the next thread runs');
});

scenario(
  'death: a thread in an endless loop is terminated and writes nothing more',
  async () => {
    const counter = new AtomicCounter();
    const thread = start(tasks.spinUntil, new Event(), counter);
    await until(() => counter.value > 1000, 'it spins');
    thread.terminate();
    equal(await thread.joinAsync(SOON), true, 'joined');
    const then = counter.value;
    await sleepAsync(100);
    equal(counter.value - then, 0, 'writes after its end');
  },
  {
    cannot: { Deno: 'a thread ends when it next waits, sleeps or returns to its event loop' },
  },
);

scenario(
  'death: where an endless loop cannot be ended, the thread counts as alive and the others go on',
  async () => {
    const counter = new AtomicCounter();
    const stop = new Event();
    const thread = start(tasks.spinUntil, stop, counter);
    await until(() => counter.value > 1000, 'it spins');
    thread.terminate();
    equal(await thread.joinAsync({ timeout: 300 }), false, 'joined while it spins');
    equal([thread.alive, await start(tasks.echo, 1).resultAsync(SOON)], [true, 1], 'alive, and another');
    stop.set();
    equal(await thread.joinAsync(SOON), true, 'joined when it has stopped by itself');
  },
  { only: ['Deno'] },
);

scenario('death: the waiter behind a dead waiter gets the lock', async () => {
  const lock = new Lock();
  lock.acquire();
  const counter = new AtomicCounter();
  const dead = start(tasks.waitForLock, counter, lock);
  await until(() => counter.value === 1, 'it runs');
  await sleepAsync(20);
  const behind = lock.acquireAsync(SOON);
  dead.terminate();
  await dead.joinAsync(SOON);
  lock.release();
  equal(await behind, true, 'acquired');
});

scenario('death: what a dead producer has put stays in the queue', async () => {
  const queue = new Queue();
  const thread = start(tasks.putAndDie, queue, 50, new Event());
  await until(() => queue.size === 50, 'it has put');
  thread.terminate();
  await thread.joinAsync(SOON);
  equal(queue.getMany(50).length, 50, 'items');
});

scenario('death: a thread that ends its worker by itself has died, and is seen to', async () => {
  const thread = start(tasks.exit);
  equal(await thread.joinAsync(SOON), true, 'joined');
  await rejects(ThreadDiedError, 'without returning', thread.resultAsync(SOON));
});

scenario(
  'death: an error thrown by a timer, and a rejection nobody handles, end the thread with that error',
  async () => {
    const seen = [];
    setExceptHook(({ error }) => seen.push(error.message));
    const thrown = start(tasks.throwLater);
    await rejects(RangeError, 'thrown by a timer', thrown.resultAsync(SOON));
    const rejected = start(tasks.rejectLater);
    await rejects(RangeError, 'nobody looks', rejected.resultAsync(SOON));
    await until(() => seen.length === 2, 'the hook heard of both');
  },
);

scenario('death: a stack overflow is an error like another', async () => {
  setExceptHook(() => {});
  // Firefox says InternalError, the others RangeError.
  await rejects(Error, '', start(tasks.overflow).resultAsync(SOON));
  equal(await start(tasks.echo, 1).resultAsync(SOON), 1, 'the next thread runs');
});

scenario('death: ten threads are killed in the midst of queue traffic; the others go on', async () => {
  const queue = new Queue({ maxsize: 8 });
  const stop = new Event();
  const good = startMany(2, tasks.contendQueue, queue, stop, new AtomicCounter());
  const victims = [];
  for (let n = 0; n < 10; n++) {
    const began = new AtomicCounter();
    const victim = start(tasks.contendQueue, queue, new Event(), began);
    await until(() => began.value === 1, 'it runs');
    await sleepAsync(n);
    victim.terminate();
    victims.push(victim);
  }
  await finished(victims);
  stop.set();
  const done = await settled(good);
  if (done.some(count => count === 0)) fail(`a thread that nobody killed did nothing: ${done}`);
});

export const scenarios = all;
