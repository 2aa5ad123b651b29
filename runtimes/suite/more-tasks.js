/** What the scenarios in `more.js` run in threads. No engine's own API in here: threads of all engines import this file. */
import { Lock, Thread, getIdent, getLogger, task } from '@heddle/core';
import { SOON } from './tasks.js';

export const swap = task(import.meta, function swap(exchanger, value) {
  return exchanger.exchange(value, SOON);
});

export const askOnce = task(import.meta, function askOnce(once, made, number) {
  return once.run(() => {
    made.increment();
    return number;
  }, SOON);
});

export const settle = task(import.meta, function settle(future, value) {
  future.setResult(value);
});

/** Says that it works on the future, and ends without settling it. */
export const forsake = task(import.meta, function forsake(future) {
  return future.setRunningOrNotifyCancel();
});

export const waitFor = task(import.meta, function waitFor(future) {
  return future.result(SOON);
});

export const square = task(import.meta, function square(index) {
  return index * index;
});

export const half = task(import.meta, function half(value) {
  return value / 2;
});

export const tally = task(import.meta, function tally(index, marks) {
  Atomics.add(marks.view, index, 1);
});

export const addToAll = task(import.meta, function addToAll(array, number) {
  for (let index = 0; index < array.length; index++) array.view[index] += number;
});

/** What a pool does before its tasks, once in each thread. */
export const prepare = task(import.meta, function prepare(prepared, number) {
  prepared.add(number);
});

export const lift = task(import.meta, function lift(value, gate, begun) {
  begun?.set();
  gate?.wait(SOON);
  return value;
});

/** Logs how many bytes it got. */
export const logBytes = task(import.meta, function logBytes(bytes) {
  let last;
  getLogger({ info: (...line) => void (last = line) }).info(bytes.length);
  return [last, getIdent()];
});

/** A thread with fields, of which the thread has its own copies, and a shared lock, which is one. */
export class Sum extends Thread {
  static {
    this.declare(import.meta);
  }

  lock = new Lock();
  total = 0;

  constructor(numbers, options) {
    super(options);
    this.numbers = numbers;
  }

  run() {
    if (!this.lock.acquire(SOON)) throw new Error('the lock was not to be had');
    for (const n of this.numbers) this.total += n;
    return this.total;
  }
}
