/**
 * Puts instrumented operations in the place of `Atomics`, before the code under test is loaded. On shared memory, while a schedule runs,
 * each is a step that the strategy decides on; otherwise they mean what they always meant.
 */
import { after, before, block, isCutOff, CutOff, me, note } from '../control/kernel.ts';
import { OPERATION, TIMES, WAKE } from '../control/layout.ts';
import { notifyWaiters } from '../control/waiters.ts';
import { times } from '../control/words.ts';
import { isPrivate, numberOf } from './buffers.ts';
import { waitInModel } from './event-loop.ts';
import { noteLine } from './lines.ts';
import { NEVER_MS } from './time.ts';
import * as real from './real.ts';

type Integers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
type View = (Integers | BigInt64Array | BigUint64Array) & { BYTES_PER_ELEMENT: number };
type Value = number | bigint;

/** The operations of the platform, with the union of element types that TypeScript's overloads don't take. */
type Generic = Record<
  'add' | 'and' | 'exchange' | 'or' | 'store' | 'sub' | 'xor',
  (view: View, index: number, value: Value) => Value
> & {
  load(view: View, index: number): Value;
  compareExchange(view: View, index: number, expected: Value, replacement: Value): Value;
};
const generic = real as unknown as Generic;

/** Timeouts that are a safety net only, as the scenario says: they never run out, so that what they hide is seen. */
let ignored: readonly number[] = [];
export function ignoreTimeouts(timeouts: readonly number[]): void {
  ignored = timeouts;
}

function isControlled(view: View): boolean {
  return me >= 0 && view?.buffer instanceof SharedArrayBuffer && !isPrivate(numberOf(view.buffer));
}

function low(value: Value): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0;
}

function width(view: View): number {
  return view instanceof Uint8Array ||
    view instanceof Uint16Array ||
    view instanceof Uint32Array ||
    view instanceof BigUint64Array
    ? -view.BYTES_PER_ELEMENT
    : view.BYTES_PER_ELEMENT;
}

function place(view: View, index: number): number {
  return view.byteOffset + index * view.BYTES_PER_ELEMENT;
}

const READ_MODIFY_WRITE = ['add', 'and', 'exchange', 'or', 'store', 'sub', 'xor'] as const;

function instrumentReadModifyWrite(name: (typeof READ_MODIFY_WRITE)[number]): void {
  const operation = OPERATION[name];
  const perform = generic[name];
  const replacement = {
    [name](view: View, index: number, value: Value): Value {
      if (!isControlled(view)) return perform(view, index, value);
      const buffer = numberOf(view.buffer);
      const offset = place(view, index);
      before(operation, buffer, offset);
      const old = generic.load(view, index);
      const result = perform(view, index, value);
      const changed = generic.load(view, index) !== old;
      noteLine(replacement);
      after(operation, buffer, offset, width(view), low(value), 0, low(old), changed);
      return result;
    },
  }[name]!;
  define(name, replacement);
}

function load(view: View, index: number): Value {
  if (!isControlled(view)) return generic.load(view, index);
  const buffer = numberOf(view.buffer);
  const offset = place(view, index);
  before(OPERATION.load, buffer, offset);
  const result = generic.load(view, index);
  noteLine(load);
  after(OPERATION.load, buffer, offset, width(view), 0, 0, low(result), false);
  return result;
}

function compareExchange(view: View, index: number, expected: Value, replacement: Value): Value {
  if (!isControlled(view)) return generic.compareExchange(view, index, expected, replacement);
  const buffer = numberOf(view.buffer);
  const offset = place(view, index);
  before(OPERATION.compareExchange, buffer, offset);
  const result = generic.compareExchange(view, index, expected, replacement);
  const changed = generic.load(view, index) !== result;
  noteLine(compareExchange);
  after(
    OPERATION.compareExchange,
    buffer,
    offset,
    width(view),
    low(expected),
    low(replacement),
    low(result),
    changed,
  );
  return result;
}

function deadlineAfter(timeout: number | undefined): number {
  const ms = timeout === undefined ? Infinity : Number(timeout);
  if (Number.isNaN(ms) || ms >= NEVER_MS || ignored.includes(ms)) return Infinity;
  return times[TIMES.now]! + Math.max(0, ms);
}

type WaitResult = 'ok' | 'not-equal' | 'timed-out';

function wait(view: Int32Array | BigInt64Array, index: number, value: Value, timeout?: number): WaitResult {
  // On a word that nobody else knows too: that is how threads sleep for a time.
  if (me < 0 || !(view?.buffer instanceof SharedArrayBuffer)) {
    return real.wait(view as Int32Array, index, value as number, timeout);
  }
  const buffer = numberOf(view.buffer);
  const offset = place(view, index);
  before(OPERATION.wait, buffer, offset);
  const seen = generic.load(view, index);
  const equal = seen === (typeof value === 'bigint' ? BigInt.asIntN(64, value) : value | 0);
  noteLine(wait);
  if (!equal) {
    after(OPERATION.wait, buffer, offset, width(view), low(value), 0, low(seen), false);
    return 'not-equal';
  }
  note(OPERATION.wait, buffer, offset, width(view), low(value), 1, low(seen));
  const wake = block(buffer, offset, low(value), deadlineAfter(timeout));
  noteLine(wait);
  note(OPERATION.wake, buffer, offset, width(view), 0, 0, wake);
  return wake === WAKE.notified ? 'ok' : 'timed-out';
}

function notify(view: Int32Array | BigInt64Array, index: number, count?: number): number {
  if (!(view?.buffer instanceof SharedArrayBuffer) || isPrivate(numberOf(view.buffer))) {
    return real.notify(view as Int32Array, index, count);
  }
  const buffer = numberOf(view.buffer);
  const offset = place(view, index);
  const wanted = count === undefined ? Infinity : Math.max(0, Math.trunc(Number(count)) || 0);
  if (me < 0) {
    // Outside a schedule too: somebody's `waitAsync` may have outlived the schedule that it began in.
    return real.notify(view as Int32Array, index, count) + notifyWaiters(buffer, offset, wanted);
  }
  if (isCutOff()) throw new CutOff();
  before(OPERATION.notify, buffer, offset);
  const woken = notifyWaiters(buffer, offset, wanted);
  noteLine(notify);
  after(
    OPERATION.notify,
    buffer,
    offset,
    width(view),
    wanted === Infinity ? -1 : wanted,
    0,
    woken,
    woken > 0,
  );
  return woken;
}

function waitAsync(
  view: Int32Array | BigInt64Array,
  index: number,
  value: Value,
  timeout?: number,
): { async: boolean; value: Promise<string> | string } {
  if (!isControlled(view)) return real.waitAsync(view as Int32Array, index, value as number, timeout);
  const buffer = numberOf(view.buffer);
  const offset = place(view, index);
  before(OPERATION.waitAsync, buffer, offset);
  const seen = generic.load(view, index);
  const equal = seen === (typeof value === 'bigint' ? BigInt.asIntN(64, value) : value | 0);
  const deadline = deadlineAfter(timeout);
  const result = !equal
    ? { async: false, value: 'not-equal' }
    : deadline <= times[TIMES.now]!
      ? { async: false, value: 'timed-out' }
      : { async: true, value: waitInModel(buffer, offset, low(value), deadline) };
  noteLine(waitAsync);
  after(
    OPERATION.waitAsync,
    buffer,
    offset,
    width(view),
    low(value),
    result.async ? 1 : 0,
    low(seen),
    result.async,
  );
  return result;
}

function pause(iterations?: number): void {
  if (me < 0) return real.pause!(iterations);
  before(OPERATION.pause, -1, 0);
  noteLine(pause);
  after(OPERATION.pause, -1, 0, 0, 0, 0, 0, false);
}

function define(name: string, value: unknown): void {
  Object.defineProperty(Atomics, name, { value, writable: true, enumerable: false, configurable: true });
}

/** Instruments `Atomics` in this thread. */
export function instrumentAtomics(): void {
  for (const name of READ_MODIFY_WRITE) instrumentReadModifyWrite(name);
  for (const operation of [load, compareExchange, wait, notify, waitAsync]) define(operation.name, operation);
  if (real.pause !== undefined) define('pause', pause);
  // Heddle takes this for a request to use plain Atomics in place of WebAssembly, whose atomic operations nobody can see.
  Object.assign(globalThis, { [Symbol.for('heddle.plainAtomics')]: true });
}
