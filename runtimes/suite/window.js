/** What only a window has to show: nothing ever blocks it, whatever the threads do. */
import { ActorSystem, Supervisor, supervisor } from '@heddle/actors';
import {
  Barrier,
  BlockingNotAllowedError,
  Condition,
  CountDownLatch,
  Event,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  RWLock,
  Semaphore,
  SharedBuffer,
  Thread,
  ThreadPoolExecutor,
  pack,
  runtimeHandle,
  sleep,
} from '@heddle/core';
import * as cast from './cast.js';
import { equal, fail, throws } from './check.js';
import * as tasks from './tasks.js';

const { SOON } = tasks;

/** How long the threads contend while the frames are counted. */
const CONTEND_MS = 3000;
/** What is let pass on two cores with four threads that never rest; alone on the machine it is six times as good. */
const LONGEST_PAUSE_MS = 1000;
const FEWEST_FRAMES = 30;

function start(target, ...args) {
  return new Thread(target, { args }).start();
}

async function refusals() {
  const held = new Lock();
  held.acquire();
  const heldR = new RLock();
  const holder = start(tasks.holdUntil, heldR, new Event(), new Event());
  for (let locked = false; !locked; locked = heldR.locked)
    await new Promise(resolve => setTimeout(resolve, 1));
  const full = new Queue({ maxsize: 1 });
  full.put(1);
  const condition = new Condition();
  condition.acquire();
  const event = new Event();
  const running = start(tasks.waitFor, event);
  const writing = new RWLock();
  writing.acquireExclusive();
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const calls = [
    ['Lock.acquire', 'acquireAsync', () => held.acquire()],
    ['Lock', 'acquireAsync', () => held.acquire({ timeout: 10 })],
    ['Lock', 'holdAsync', () => held.hold()],
    ['RLock.acquire', 'acquireAsync', () => heldR.acquire()],
    ['Semaphore.acquire', 'acquireAsync', () => new Semaphore(0).acquire()],
    ['Condition.wait', 'waitAsync', () => condition.wait()],
    ['Event.wait', 'waitAsync', () => event.wait()],
    ['Barrier.wait', 'waitAsync', () => new Barrier(2).wait()],
    ['CountDownLatch.wait', 'waitAsync', () => new CountDownLatch(1).wait()],
    ['get', 'getAsync', () => new Queue().get()],
    ['get', 'getAsync', () => new PriorityQueue().get()],
    ['get', 'getManyAsync', () => new Queue().getMany(2)],
    ['put', 'putAsync', () => full.put(2)],
    ['Thread.join', 'joinAsync', () => running.join()],
    ['Thread', 'Async', () => running.result()],
    ['Future', '', () => pool.submit(tasks.waitFor, event).result()],
    ['RWLock', 'acquireSharedAsync', () => writing.acquireShared()],
    ['sleep', 'sleepAsync', () => sleep(10)],
  ];
  const wrong = [];
  for (const [what, twin, call] of calls) {
    try {
      const error = throws(BlockingNotAllowedError, twin, call);
      if (!error.message.includes(what)) wrong.push(`"${error.message}" does not name ${what}`);
    } catch (error) {
      wrong.push(`${what}: ${error.message}`);
    }
  }
  equal(wrong, [], 'calls that were not refused as they should be');
  event.set();
  equal(await running.joinAsync(SOON), true, 'joined');
  // What need not wait is allowed.
  held.release();
  equal([held.acquire(), event.wait(), full.get(), running.join()], [true, true, 1, true], 'without waiting');
  holder.terminate();
  await pool.shutdownAsync(SOON);
}

async function frames() {
  const lock = new Lock();
  const queue = new Queue({ maxsize: 8 });
  const stop = new Event();
  const cells = new SharedBuffer(64);
  const threads = Array.from({ length: 4 }, () => start(tasks.contend, lock, queue, stop, cells));
  for (const thread of threads) {
    while (thread.alive && cells.view(Int32Array)[0] < 100)
      await new Promise(resolve => setTimeout(resolve, 1));
  }
  let count = 0;
  let longest = 0;
  let acquired = 0;
  let last = performance.now();
  const end = last + CONTEND_MS;
  let contending = true;
  const taking = (async () => {
    while (contending) {
      if (!(await lock.acquireAsync(SOON))) fail('the window starved');
      acquired += 1;
      cells.view(Int32Array)[0] += 1;
      lock.release();
    }
  })();
  while (performance.now() < end) {
    await new Promise(resolve => requestAnimationFrame(resolve));
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    count += 1;
  }
  contending = false;
  await taking;
  stop.set();
  let rounds = 0;
  for (const thread of threads) rounds += await thread.resultAsync(SOON);
  equal(cells.view(Int32Array)[0], rounds + acquired, 'increments under the lock');
  if (longest > LONGEST_PAUSE_MS || count < FEWEST_FRAMES)
    fail(`${longest} ms without a frame (${count} frames in ${CONTEND_MS} ms)`);
  if (acquired < 10) fail(`the window had the lock ${acquired} times only`);
  return `${count} frames in ${CONTEND_MS} ms, longest pause ${Math.round(longest)} ms; lock taken ${acquired} times here, ${rounds} times there`;
}

/** Counts frames for `CONTEND_MS`, and fails if too few came or one too late. */
async function countFrames() {
  let count = 0;
  let longest = 0;
  let last = performance.now();
  for (const end = last + CONTEND_MS; performance.now() < end;) {
    await new Promise(resolve => requestAnimationFrame(resolve));
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    count += 1;
  }
  if (longest > LONGEST_PAUSE_MS || count < FEWEST_FRAMES)
    fail(`${longest} ms without a frame (${count} frames in ${CONTEND_MS} ms)`);
  return `${count} frames in ${CONTEND_MS} ms, longest pause ${Math.round(longest)} ms`;
}

async function framesBesideActors() {
  const system = new ActorSystem({ threads: 2, report: () => {} });
  const places = ['a', 'b'].map(key => ({ placement: { key } }));
  // Nothing but work on both threads, and actors beside it that the page asks, one of which crashes again and again.
  const busy = places.map(place => system.spawn(cast.burning, { args: [2], ...place }));
  const parent = new Supervisor(
    system.spawn(
      supervisor({
        intensity: 1_000_000,
        children: places.map((options, n) => ({ id: `adder ${n}`, start: cast.adder, args: [0], options })),
      }),
    ),
  );
  const adders = [await parent.child(cast.adder, 'adder 0'), await parent.child(cast.adder, 'adder 1')];
  const turns = () => Promise.all(busy.map(ref => ref.ask({ type: 'turns' }, SOON)));
  const before = await turns();
  let counting = true;
  const asking = adders.map(async (ref, n) => {
    let asked = 0;
    for (; counting; asked++) {
      ref.tell({ type: 'add', n: 1 });
      if (n === 0 && asked % 10 === 9) ref.tell({ type: 'fail' });
      const sum = await ref.ask({ type: 'sum' }, SOON);
      equal(sum, n === 0 ? (asked + 1) % 10 : asked + 1, `what adder ${n} has, asked ${asked} times`);
    }
    return asked;
  });
  const frames = await countFrames();
  counting = false;
  const asked = await Promise.all(asking);
  const after = await turns();
  await system.stop();
  after.forEach((count, n) => {
    if (count - before[n] < 20) fail(`thread ${n + 1} was not busy: ${count - before[n]} turns of 2 ms`);
  });
  if (Math.min(...asked) < 20) fail(`the page was answered ${asked} times only`);
  return `${frames}; ${after.map((count, n) => count - before[n])} turns of 2 ms, ${asked} questions answered`;
}

async function foreign() {
  const queue = new Queue();
  const lock = new Lock();
  lock.acquire();
  const worker = new Worker(new URL('./foreign.js', import.meta.url), { type: 'module' });
  // A worker whose imports are still loading gets its messages when it has come up.
  worker.postMessage({ handle: runtimeHandle(), packed: pack({ queue, lock }) });
  equal(await queue.getAsync(SOON), false, 'it sees that the lock is taken');
  lock.release();
  equal(await queue.getAsync(SOON), 42, 'it blocks for the lock and for a thread of its own');
  worker.terminate();
}

export const windowScenarios = [
  { name: 'window: a worker of its own joins with attach() and starts a thread', run: foreign },
  { name: 'window: a call that would block is refused and names its async twin', run: refusals },
  {
    name: 'window: frames keep coming while four threads contend with each other and with the window',
    run: frames,
  },
  {
    name: 'window: frames keep coming while actors are busy on two threads, crash, and answer the window',
    run: framesBesideActors,
  },
];
