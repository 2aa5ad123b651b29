import { describe, expect, test } from 'vitest';
import { NotShareableError } from '../errors.ts';
import { CountingMemory, post, roundTrip } from './codec.fixture.ts';

const noop = (): void => {};
class Job {
  callback = noop;
}

/** A detached ArrayBuffer. */
function spent(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
cyclic.z = noop;

const refusals: [value: unknown, message: RegExp][] = [
  [noop, /^item: functions cannot be shared: send data/],
  [{ jobs: [1, 2, 3, { callback: noop }] }, /^item\.jobs\[3\]\.callback: functions cannot be shared/],
  [Job, /^item: classes cannot be shared: import the class/],
  [new Job(), /^item\.callback: functions/],
  [[Symbol('s')], /^item\[0\]: symbols cannot be shared: use a string/],
  [{ s: Object(Symbol('s')) }, /^item\.s: symbols/],
  [{ 'two words': noop }, /^item\["two words"\]: functions/],
  [{ 7: noop }, /^item\["7"\]: functions/],
  [{ größe: noop }, /^item\.größe: functions/],
  [new Map([['a', { b: noop }]]), /^item\.get\("a"\)\.b: functions/],
  [new Map([[5n, noop]]), /^item\.get\(5n\): functions/],
  [
    new Map([
      [{}, 1],
      [{}, noop],
    ] as [object, unknown][]),
    /^item<value 1>: functions/,
  ],
  [new Map([[noop, 1]]), /^item<key 0>: functions/],
  [new Set([1, noop]), /^item<item 1>: functions/],
  [Object.assign([1], { 3: noop }), /^item\[3\]: functions/],
  [Object.assign(/a/.exec('a')!, { extra: noop }), /^item\.extra: functions/],
  [{ p: Promise.resolve() }, /^item\.p: promises cannot be shared: await it/],
  [new WeakMap(), /^item: a WeakMap cannot be shared/],
  [new WeakSet(), /^item: a WeakSet cannot be shared/],
  [new WeakRef({}), /^item: a WeakRef cannot be shared/],
  [new FinalizationRegistry(noop), /^item: a FinalizationRegistry cannot be shared/],
  [(function* () {})(), /^item: generators cannot be shared/],
  [(async function* () {})(), /^item: generators cannot be shared/],
  [[[1].values()], /^item\[0\]: iterators cannot be shared: collect/],
  [new Map().entries(), /^item: iterators cannot be shared/],
  [new SharedArrayBuffer(8), /^item: a SharedArrayBuffer cannot travel inside a message: use a SharedBuffer/],
  [[new Uint8Array(new SharedArrayBuffer(8))], /^item\[0\]\.buffer: a SharedArrayBuffer/],
  [new WebAssembly.Memory({ initial: 0 }), /^item: a WebAssembly\.Memory cannot/],
  [new Intl.NumberFormat(), /^item: Intl\.NumberFormat objects cannot be shared/],
  [{ buffer: spent() }, /^item\.buffer: this ArrayBuffer is detached/],
  [{ port: new MessageChannel().port1 }, /^item\.port: MessagePort objects belong to their thread/],
  [new ReadableStream(), /^item: ReadableStream objects belong to their thread/],
  [new Blob([]), /^item: Blob objects/],
  [new URL('http://localhost'), /^item: URL objects/],
  [new AbortController().signal, /^item: AbortSignal objects/],
  [new (class Target extends EventTarget {})(), /^item: EventTarget objects/],
  [new Proxy(noop, {}), /^item: functions/],
  [new Proxy(new Map(), {}), /^item: it is not what its prototype says \(a Proxy\?\)/],
  [{ d: new Proxy(new Date(), {}) }, /^item\.d: it is not what its prototype says/],
  [cyclic, /^item\.z: functions/],
];

describe('what cannot travel fails at the sender, and the error says where it is, why, and what to do', () => {
  test.each(refusals.map(([value, message]) => ({ message, value })))('$message', ({ value, message }) => {
    expect(() => post(value)).toThrow(NotShareableError);
    expect(() => post(value)).toThrow(message);
  });

  test('also among values that were sent often before', () => {
    for (let i = 0; i < 200; i++) roundTrip({ id: i, callback: 'none' });
    expect(() => post([{ id: 1, callback: noop }])).toThrow(/^item\[0\]\.callback: functions/);
  });

  test('and the middle of a long path is left out', () => {
    let value: unknown = noop;
    for (let i = 0; i < 500; i++) value = { next: value };
    expect(() => post(value)).toThrow(/^item(\.next)+\S* … \S*(\.next)+: functions/);
  });

  test('a Proxy of a plain object or of an array travels as a copy of what it shows', () => {
    expect(roundTrip(new Proxy({ a: 1 }, { get: () => 2 }))).toEqual({ a: 2 });
    expect(roundTrip([new Proxy([1, 2], {})])).toEqual([[1, 2]]);
  });

  test('an object with a tag of its own choosing travels as a plain object', () => {
    const value = {
      get [Symbol.toStringTag]() {
        return 'Special';
      },
      a: 1,
    };
    expect(roundTrip(value)).toEqual({ a: 1 });
  });

  test('a shareable beside it is not retained', () => {
    const memory = new CountingMemory();
    expect(() => post([memory.handle(8), noop])).toThrow(NotShareableError);
    expect(memory.held.size).toBe(0);
  });
});
