import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as heddle from '../../src/index.ts';
import {
  Barrier,
  Lock,
  Queue,
  SharedArray,
  SharedBigInt64Array,
  SharedFloat64Array,
  SharedInt32Array,
  SharedUint8Array,
  SharedUint8ClampedArray,
  Thread,
  ThreadStateError,
  memoryUsage,
  pack,
  unpack,
} from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import * as tasks from './shared-arrays.fixture.ts';

function start<T extends (...args: never[]) => unknown>(target: T, ...args: Parameters<T>): Thread<T> {
  return new Thread(target, { args } as never).start();
}

const NUMERIC = ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64'];

describe.each([...NUMERIC, 'BigInt64', 'BigUint64'])('Shared%sArray', type => {
  const Class = (heddle as unknown as Record<string, typeof SharedInt32Array>)[`Shared${type}Array`]!;
  const View = (globalThis as unknown as Record<string, Int32ArrayConstructor>)[`${type}Array`]!;
  const numbers = type.startsWith('Big') ? ([1n, 2n, 3n] as never) : [1, 2, 3];
  const doubled = type.startsWith('Big') ? [2n, 4n, 6n] : [2, 4, 6];

  it('is the typed array of its name, in shared memory and all zero', () => {
    const array = new Class(5);
    expect(array).toBeInstanceOf(SharedArray);
    expect(array.view).toBeInstanceOf(View);
    expect(array.view.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(array.view).toBe(array.view);
    expect([array.length, array.byteLength]).toEqual([5, 5 * View.BYTES_PER_ELEMENT]);
    expect([...array].map(Number)).toEqual([0, 0, 0, 0, 0]);
  });

  it('is made of numbers, of what yields numbers, and of another array', () => {
    for (const source of [numbers, new Set(numbers), View.from(numbers), Class.of(...numbers)])
      expect([...new Class(source)]).toEqual(numbers);
    expect([...new Class([])]).toEqual([]);
  });

  it('is changed in place by a thread, where it arrives as the same class', () => {
    const array = Class.of(...numbers);
    expect(start(tasks.double, array).result(SOON)).toEqual([`Shared${type}Array`, `${type}Array`, 3]);
    expect([...array]).toEqual(doubled);
  });

  it('is the same object when it comes back, at any depth', async () => {
    const array = Class.of(...numbers);
    expect((unpack(pack([new Map([['a', array]])])) as Array<Map<string, unknown>>)[0]!.get('a')).toBe(array);
    const [there, back] = [new Queue<{ arrays: Map<string, SharedArray> }>(), new Queue<unknown>()];
    if (type.startsWith('Big')) return;
    const thread = start(tasks.sendBack, there, back);
    there.put({ arrays: new Map([['one', array]]) });
    expect(await back.getAsync(SOON)).toEqual([{ array }]);
    await thread.joinAsync(SOON);
    expect(array.view[0]).toBe(7);
  });

  it.each([
    [
      'a negative length',
      () => new Class(-1),
      RangeError,
      `Shared${type}Array: length must be a whole number from 0 to`,
    ],
    ['a fraction', () => new Class(1.5), RangeError, 'got 1.5 (number)'],
    ['more bytes than there can be', () => new Class(2 ** 40), RangeError, 'got 1099511627776'],
    [
      'a text',
      () => new Class('3' as never),
      TypeError,
      `Shared${type}Array: expected a length or numbers, got 3 (string)`,
    ],
    ['nothing', () => new Class(undefined as never), TypeError, 'got undefined (undefined)'],
    ['a name that is none', () => new Class(1, { name: 1 as never }), TypeError, 'name must be a string'],
    [
      'numbers of the other kind',
      () => new Class((type.startsWith('Big') ? [1] : [1n]) as never),
      TypeError,
      `Shared${type}Array: Cannot`,
    ],
    [
      'use after dispose',
      () => {
        const array = new Class(3);
        array.dispose();
        return array.view;
      },
      ThreadStateError,
      `Shared${type}Array: used after dispose()`,
    ],
  ])('refuses %s', (_what, use, error, message) => {
    expect(use).toThrow(error);
    expect(use).toThrow(message);
  });
});

describe('SharedArray', () => {
  it('clamps, wraps and rounds as the typed arrays do', () => {
    expect([...SharedUint8ClampedArray.of(-5, 300, 1.5)]).toEqual([0, 255, 2]);
    expect([...SharedUint8Array.of(-1, 256, 1.9)]).toEqual([255, 0, 1]);
    expect([...SharedBigInt64Array.of(2n ** 63n)]).toEqual([-(2n ** 63n)]);
    expect([...SharedFloat64Array.of(Number.NaN, -0, Infinity)]).toEqual([Number.NaN, -0, Infinity]);
  });

  it('counts exactly with Atomics on its view, six threads and the main thread at once', () => {
    const array = new SharedInt32Array(1);
    const threads = Array.from({ length: 6 }, () => start(tasks.count, array, 20_000));
    for (let time = 0; time < 20_000; time++) Atomics.add(array.view, 0, 1);
    for (const thread of threads) expect(thread.join(SOON)).toBe(true);
    expect(array.view[0]).toBe(140_000);
  });

  it('stays whole under a lock: one adds to every element, the other halves every element', () => {
    const array = new SharedFloat64Array(20_000, { name: 'balance' });
    const [begin, lock] = [new Barrier(2), new Lock()];
    const threads = [true, false].map(adds => start(tasks.addOrHalve, array, adds, begin, lock, 50));
    for (const thread of threads) expect(thread.join(SOON)).toBe(true);
    expect(new Set(array).size).toBe(1);
    expect(array.name).toBe('balance');
  });

  it('holds several megabytes, and each element is where it belongs in another thread', () => {
    const length = 1_000_000;
    const array = new SharedFloat64Array(length);
    for (let index = 0; index < length; index++) array.view[index] = index;
    start(tasks.double, array).result(SOON);
    let wrong = 0;
    for (let index = 0; index < length; index++) if (array.view[index] !== 2 * index) wrong += 1;
    expect(wrong).toBe(0);
    array.dispose();
  });

  it('returns its memory at dispose(), and never while somebody has the view', async () => {
    const before = memoryUsage().used;
    for (let round = 0; round < 50; round++) new SharedFloat64Array(100_000).dispose();
    expect(memoryUsage().used - before).toBeLessThan(2_000_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const views = Array.from({ length: 20 }, (_, n) => SharedInt32Array.of(n, n, n).view);
    for (let round = 0; round < 5; round++) {
      collect();
      await new Promise(resolve => setTimeout(resolve, 10));
      for (let other = 0; other < 20; other++) new SharedInt32Array(3).view.fill(-1);
    }
    expect(views.map(view => view[2])).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });
});
