/** What the scenarios run in threads. No engine's own API in here: the same file runs on all of them. */
import {
  AtomicCounter,
  Lock,
  Queue,
  RLock,
  SharedBuffer,
  Thread,
  ThreadLocal,
  currentThread,
  getIdent,
  sleep,
  task,
} from '@heddle/core';

/** Longer than anything takes that works, and shorter than a scenario may last. */
export const SOON = { timeout: 15_000 };

function check(condition, message) {
  if (!condition) throw new Error(message);
}

/** Adds to a plain number, which goes wrong at once if two are inside together. */
export const addUnderLock = task(import.meta, function addUnderLock(lock, cells, times) {
  for (let n = 0; n < times; n++) {
    check(lock.acquire(SOON), 'the lock was not to be had');
    cells.view(Int32Array)[0] += 1;
    lock.release();
  }
});

export const addUnderWriteLock = task(import.meta, function addUnderWriteLock(lock, cells, times) {
  for (let n = 0; n < times; n++) {
    check(lock.acquireExclusive(SOON), 'the lock was not to be had');
    cells.view(Int32Array)[0] += 1;
    lock.releaseExclusive();
  }
});

export const addUnderLockAsync = task(import.meta, async function addUnderLockAsync(lock, cells, times) {
  for (let n = 0; n < times; n++) {
    check(await lock.acquireAsync(SOON), 'the lock was not to be had');
    cells.view(Int32Array)[0] += 1;
    lock.release();
  }
});

export const nest = task(import.meta, function nest(lock, cells, times) {
  for (let n = 0; n < times; n++) {
    check(lock.acquire(SOON) && lock.acquire(SOON), 'the lock was not to be had');
    check(lock.recursionCount === 2 && lock.heldByCurrentThread, 'it is held twice by this thread');
    cells.view(Int32Array)[0] += 1;
    lock.release();
    lock.release();
  }
});

/** Notes the highest number of threads that were inside together. */
export const crowd = task(import.meta, function crowd(semaphore, inside, highest, times) {
  for (let n = 0; n < times; n++) {
    check(semaphore.acquire(SOON), 'no permit was to be had');
    const now = inside.increment();
    for (let seen = highest.value; now > seen; seen = highest.value) highest.compareExchange(seen, now);
    inside.decrement();
    semaphore.release();
  }
});

/** Holds a lock from when it says so until it is told to let go. */
export const holdUntil = task(import.meta, function holdUntil(lock, held, letGo) {
  check(lock.acquire(SOON), 'the lock was not to be had');
  held.set();
  const told = letGo.wait(SOON);
  lock.release();
  return told;
});

export const waitFor = task(import.meta, function waitFor(event) {
  return event.wait(SOON);
});

export const awaitFor = task(import.meta, async function awaitFor(event) {
  return event.waitAsync(SOON);
});

export const setLater = task(import.meta, function setLater(event, ms) {
  sleep(ms);
  event.set();
});

export const produceUnderCondition = task(
  import.meta,
  function produceUnderCondition(condition, cells, count) {
    const full = 1;
    for (let n = 1; n <= count; n++) {
      check(condition.acquire(SOON), 'the lock was not to be had');
      condition.waitFor(() => cells.view(Int32Array)[0] !== full, SOON);
      cells.view(Int32Array)[1] = n;
      cells.view(Int32Array)[0] = full;
      condition.notifyAll();
      condition.release();
    }
  },
);

export const consumeUnderCondition = task(
  import.meta,
  function consumeUnderCondition(condition, cells, count) {
    let sum = 0;
    for (let n = 1; n <= count; n++) {
      check(condition.acquire(SOON), 'the lock was not to be had');
      condition.waitFor(() => cells.view(Int32Array)[0] === 1, SOON);
      sum += cells.view(Int32Array)[1];
      cells.view(Int32Array)[0] = 0;
      condition.notifyAll();
      condition.release();
    }
    return sum;
  },
);

/** Goes through a barrier again and again; all must be in the same round. */
export const rounds = task(import.meta, function rounds(barrier, counter, times) {
  for (let round = 1; round <= times; round++) {
    counter.increment();
    barrier.wait(SOON);
    check(
      counter.value === round * barrier.parties,
      `round ${round}: all have counted, got ${counter.value}`,
    );
    barrier.wait(SOON);
  }
});

export const countDown = task(import.meta, function countDown(latch) {
  latch.countDown();
  return latch.wait(SOON);
});

export const increment = task(import.meta, function increment(counter, times) {
  for (let n = 0; n < times; n++) counter.increment();
});

export const produce = task(import.meta, function produce(queue, from, count) {
  for (let n = from; n < from + count; n++) queue.put({ n, text: `item ${n} ä€😀`, list: [n, [n]] }, SOON);
});

export const consume = task(import.meta, function consume(queue) {
  let sum = 0;
  for (const item of queue) {
    check(
      item.text === `item ${item.n} ä€😀` && item.list[1][0] === item.n,
      'an item arrived as it was sent',
    );
    sum += item.n;
  }
  return sum;
});

export const consumeAsync = task(import.meta, async function consumeAsync(queue) {
  let sum = 0;
  for await (const item of queue) sum += item.n;
  return sum;
});

export const echo = task(import.meta, function echo(value) {
  return value;
});

export const fill = task(import.meta, function fill(buffer, value) {
  check(buffer instanceof SharedBuffer, 'it is a SharedBuffer here too');
  buffer.bytes.fill(value);
});

export const useAll = task(import.meta, function useAll(things) {
  check(things.get('lock') instanceof Lock, 'a Lock arrives as a Lock');
  check(things.get('nested')[0].rlock instanceof RLock, 'an RLock arrives as an RLock');
  check(things.get('lock').tryAcquire() === false, 'it is the same lock');
  things.get('nested')[0].queue.put('seen', SOON);
});

export const fail = task(import.meta, function fail(message) {
  throw new RangeError(message, { cause: new TypeError('the reason') });
});

export const throwLater = task(import.meta, function throwLater() {
  return new Promise(() => {
    setTimeout(() => {
      throw new RangeError('thrown by a timer');
    }, 5);
  });
});

export const rejectLater = task(import.meta, function rejectLater() {
  void Promise.reject(new RangeError('nobody looks at this'));
  return new Promise(resolve => setTimeout(resolve, 10_000));
});

export const whoAmI = task(import.meta, function whoAmI() {
  const me = currentThread();
  return { name: me.name, ident: getIdent(), alive: me.alive, same: me.ident === getIdent() };
});

/** A thread starts a thread, blocks until it has ended, and goes on with its result. */
export const startAnother = task(import.meta, function startAnother(n) {
  const inner = new Thread(echo, { args: [n + 1] }).start();
  return inner.result(SOON) * 10;
});

/** Its child outlives it. */
export const leaveAChild = task(import.meta, function leaveAChild(event, done) {
  new Thread(waitAndSet, { args: [event, done] }).start();
});

export const waitAndSet = task(import.meta, function waitAndSet(event, done) {
  if (event.wait(SOON)) done.set();
});

const local = new ThreadLocal();
let inModule = 0;

export const remember = task(import.meta, function remember(value) {
  const before = local.value;
  local.value = value;
  inModule += 1;
  return [before, inModule];
});

export const spinUntil = task(import.meta, function spinUntil(event, counter) {
  while (!event.isSet) counter.increment();
});

export const blockForEver = task(import.meta, function blockForEver(counter, event) {
  counter.increment();
  event.wait();
});

export const waitForLock = task(import.meta, function waitForLock(counter, lock) {
  counter.increment();
  lock.acquire();
});

export const putAndDie = task(import.meta, function putAndDie(queue, count, forEver) {
  for (let n = 0; n < count; n++) queue.put(n, SOON);
  forEver.wait();
});

export const exit = task(import.meta, function exit() {
  if (typeof process === 'object' && typeof process.exit === 'function') process.exit(3);
  globalThis.close();
  return new Promise(() => {});
});

export const overflow = task(import.meta, function overflow() {
  const deeper = n => deeper(n + 1) + 1;
  return deeper(0);
});

/** Takes a lock and does a little with a queue, until it is told to stop; returns how often. */
export const contend = task(import.meta, function contend(lock, queue, stop, cells) {
  let rounds = 0;
  while (!stop.isSet) {
    check(lock.acquire(SOON), 'starved');
    cells.view(Int32Array)[0] += 1;
    lock.release();
    if (queue.tryPut(rounds)) queue.tryGet();
    rounds += 1;
  }
  return rounds;
});

/** Puts what it takes, so that the queue is always in somebody's hands; returns how often. */
export const contendQueue = task(import.meta, function contendQueue(queue, stop, began) {
  began.increment();
  let rounds = 0;
  while (!stop.isSet) {
    if (queue.tryPut({ rounds })) queue.tryGet();
    rounds += 1;
  }
  return rounds;
});

export const newQueue = task(import.meta, function newQueue() {
  const queue = new Queue();
  queue.put('from the thread');
  return queue;
});

export const counterOf = task(import.meta, function counterOf(start) {
  return new AtomicCounter(start);
});
