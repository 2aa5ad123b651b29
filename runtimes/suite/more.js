/** What classes that are not in Python's `threading`, schedulers, and what threads and pools can do besides must do on every engine. As in `scenarios.js`. */
import {
  AtomicCounter,
  Event,
  Exchanger,
  InvalidStateError,
  Lock,
  Once,
  Scheduler,
  SettableFuture,
  SharedBigInt64Array,
  SharedFloat64Array,
  SharedInt32Array,
  SharedUint8ClampedArray,
  Thread,
  ThreadPoolExecutor,
  ThreadStateError,
  getIdent,
  getLogger,
  parallelForAsync,
  parallelMap,
  parallelMapAsync,
  threadBindings,
} from '@heddle/core';
import { equal, fail, rejects, throws } from './check.js';
import * as tasks from './more-tasks.js';
import { SOON } from './tasks.js';

const all = [];
function scenario(name, run, options = {}) {
  all.push({ name, run, ...options });
}

function start(target, ...args) {
  return new Thread(target, { args }).start();
}

scenario('exchanger: a thread and a promise give each other what they have', async () => {
  const exchanger = new Exchanger();
  const thread = start(tasks.swap, exchanger, { from: 'thread' });
  equal(await exchanger.exchangeAsync({ from: 'here' }, SOON), { from: 'thread' }, 'what came here');
  equal(await thread.resultAsync(SOON), { from: 'here' }, 'what came to the thread');
  equal(exchanger.waiting, false, 'somebody waits');
});

scenario('once: four threads and two promises get the one value that one of them made', async () => {
  const once = new Once();
  const made = new AtomicCounter();
  const threads = [1, 2, 3, 4].map(number => start(tasks.askOnce, once, made, number));
  const here = [5, 6].map(number =>
    once.runAsync(() => {
      made.increment();
      return number;
    }, SOON),
  );
  const values = await Promise.all([...threads.map(thread => thread.resultAsync(SOON)), ...here]);
  equal(new Set(values).size, 1, 'different values');
  equal([made.value, once.done, once.tryGet()], [1, true, { value: values[0] }], 'made, done, value');
});

scenario(
  'future: one that is settled by hand, by a thread, reaches a promise and a blocked thread',
  async () => {
    const future = new SettableFuture();
    const waiter = start(tasks.waitFor, future);
    start(tasks.settle, future, ['from', 'afar']);
    equal(await future, ['from', 'afar'], 'here');
    equal(await waiter.resultAsync(SOON), ['from', 'afar'], 'in the thread');
    throws(InvalidStateError, '', () => future.setResult(2));
    const forsaken = new SettableFuture();
    equal(await start(tasks.forsake, forsaken).resultAsync(SOON), true, 'worked on');
    await rejects(Error, '', Promise.resolve(forsaken));
  },
);

scenario(
  'scheduler: does events in the order of their times and priorities, and awaits in between',
  async () => {
    const scheduler = new Scheduler();
    const done = [];
    scheduler.enter(60, 1, what => void done.push(what), ['last']);
    const at = performance.now() + 20;
    scheduler.enterAbs(at, 2, what => void done.push(what), ['second']);
    scheduler.enterAbs(at, 1, what => void done.push(what), ['first']);
    scheduler.cancel(scheduler.enter(10, 1, () => void done.push('cancelled')));
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 1);
    await scheduler.runAsync();
    clearInterval(ticking);
    equal(done, ['first', 'second', 'last'], 'done');
    equal([scheduler.empty, turns > 0], [true, true], 'empty, and the loop was free');
  },
);

scenario('arrays: threads write what is read here, in every kind of number', async () => {
  const arrays = [
    [SharedInt32Array.of(1, -2, 3), 10, [11, 8, 13]],
    [SharedFloat64Array.of(0.5, 1.5), 0.25, [0.75, 1.75]],
    [SharedUint8ClampedArray.of(250, 7), 10, [255, 17]],
    [SharedBigInt64Array.of(2n ** 40n), 1n, [2n ** 40n + 1n]],
  ];
  for (const [array, number, expected] of arrays) {
    await start(tasks.addToAll, array, number).resultAsync(SOON);
    equal([...array.view], expected, String(array));
  }
});

scenario(
  'parallel: loops over ranges and arrays do each turn once, and keep the order of results',
  async () => {
    const marks = new SharedInt32Array(1000);
    await parallelForAsync(1000, tasks.tally, { args: [marks] });
    equal(new Set(marks.view).size === 1 && marks.view[0], 1, 'turns of each index');
    const squares = await parallelMapAsync({ from: 10, to: 0, step: -1 }, tasks.square);
    equal(squares, [100, 81, 64, 49, 36, 25, 16, 9, 4, 1], 'squares');
    const halves = await parallelMapAsync(SharedFloat64Array.of(1, 2, 3), tasks.half);
    equal([...halves.view], [0.5, 1, 1.5], 'halves');
  },
);

scenario(
  'parallel: the main thread takes part, blocking',
  () => equal(parallelMap(5, tasks.square), [0, 1, 4, 9, 16], 'squares'),
  { blocking: true },
);

scenario(
  'pool: each thread is prepared before its tasks, and replaced after as many as it may do',
  async () => {
    const prepared = new AtomicCounter();
    const pool = new ThreadPoolExecutor({
      maxWorkers: 1,
      initializer: tasks.prepare,
      initArgs: [prepared, 1],
      maxTasksPerWorker: 2,
      maxPending: 100,
    });
    const results = await Promise.all([1, 2, 3, 4, 5].map(n => pool.submit(tasks.lift, n)));
    equal(results, [1, 2, 3, 4, 5], 'results');
    await pool.shutdownAsync();
    equal(prepared.value, 3, 'threads that were prepared');
  },
);

scenario('pool: what waits in line can be cancelled, by hand and by the shutdown', async () => {
  const gate = new Event();
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const begun = new Event();
  const first = pool.submit(tasks.lift, 'first', gate, begun);
  const second = pool.submit(tasks.lift, 'second');
  const third = pool.submit(tasks.lift, 'third');
  equal([second.cancel(), second.cancelled], [true, true], 'cancelled by hand');
  if (!(await begun.waitAsync(SOON))) fail('the first has not begun');
  const closed = pool.shutdownAsync({ cancelFutures: true });
  gate.set();
  await closed;
  equal([await first, third.cancelled], ['first', true], 'the first is done, the third is not');
});

scenario('thread: a subclass runs its own run() with its fields, and shares what is shared', async () => {
  const sum = new tasks.Sum([1, 2, 3]);
  throws(ThreadStateError, '', () => sum.join());
  equal(await sum.start().resultAsync(SOON), 6, 'result');
  equal(sum.lock.locked, true, 'a plain acquire by a thread that has ended stays');
});

scenario('thread: log lines carry its name, and buffers move into it', async () => {
  const lines = [];
  const log = { info: (...line) => void lines.push(line) };
  getLogger(log, 'kitchen').info('open');
  equal(lines, [['[MainThread kitchen]', 'open']], 'lines here');
  equal(threadBindings(), { thread: 'MainThread', ident: getIdent() }, 'bindings here');
  const bytes = new Uint8Array([1, 2, 3]);
  const options = { args: [bytes], transfer: [bytes.buffer], name: 'cook' };
  const thread = new Thread(tasks.logBytes, options).start();
  equal(bytes.length, 0, 'bytes that are left here');
  equal(await thread.resultAsync(SOON), [['[cook]', 3], thread.ident], 'line there');
});

scenario('shared objects are logged as what they are', () => {
  const lock = new Lock({ name: 'accounts' });
  lock.acquire();
  equal(String(lock), '<Lock "accounts" locked>', 'a lock');
  equal(String(new Event()), '<Event unset>', 'an event');
  throws(TypeError, 'there is no option "Name"', () => new Lock({ Name: 'x' }));
});

export const moreScenarios = all;
