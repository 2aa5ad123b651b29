import { amount } from '../../test/support/amount.ts';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { numberShapes, post, receive, roundTrip, roundTripInSlab, sameGraph } from './codec.fixture.ts';
import { encode, scratch } from './index.ts';

const FLOAT16 = (globalThis as unknown as { Float16Array?: typeof Float32Array }).Float16Array;

const numbered = numberShapes(100);

/** Often enough for the compiled readers and writers to take over. */
const OFTEN = 200;

function sparse(): unknown[] {
  const array: unknown[] = [1];
  array[3] = 'four';
  array.length = 6;
  return array;
}

class Point {
  x = 1;
  y = 2.5;
  get sum(): number {
    return this.x + this.y;
  }
}

const values: [what: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['false', false],
  ['0', 0],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['infinity', -Infinity],
  ['the greatest small whole number', 2 ** 30 - 1],
  ['the least small whole number', -(2 ** 30)],
  ['a whole number of 32 bits', 2 ** 30],
  ['a negative number of 32 bits', -(2 ** 31)],
  ['a whole number of 53 bits', Number.MAX_SAFE_INTEGER],
  ['the least double', Number.MIN_VALUE],
  ['a bigint of 64 bits', -(2n ** 63n)],
  ['a bigint above 64 bits', 2n ** 63n],
  ['a huge negative bigint', -(3n ** 500n)],
  ['an empty string', ''],
  ['a short string', 'abc'],
  ['a string of Latin letters', 'déjà vu'],
  ['a string of other letters', 'Ελληνικά 日本語 🧵'],
  ['a string with lone surrogates', 'a\ud800b\udc00'],
  ['a long string with lone surrogates', '\udc00'.repeat(3000)],
  ['a string that begins with a byte order mark', '\ufeffabc'.repeat(30)],
  ['a string with zeros', '\0a\0'],
  ['a long string', 'The quick brown fox. '.repeat(100)],
  ['a long string of Latin letters', 'àéîõü'.repeat(500)],
  ['a Latin string that looks like UTF-8', 'Ã©'.repeat(100)],
  ['a long string of other letters', '日本語'.repeat(1001)],
  ['a huge string', 'x'.repeat(2 ** 24 + 5)],
  ['a huge wide string', '日'.repeat(2 ** 24 + 1)],
  ['a boxed number', Object(-0)],
  ['a boxed string', Object('abc')],
  ['a boxed boolean', Object(false)],
  ['a boxed bigint', Object(5n)],
  ['a date', new Date(1_700_000_000_123)],
  ['an invalid date', new Date(Number.NaN)],
  ['a regular expression', /a\/b[\]/]/giu],
  ['an empty object', {}],
  ['an object', { id: 12, type: 'add', args: [1, 2.5], key: 'k17' }],
  ['an object with whole numbers as keys', { 2: 'b', 1: 'a', x: 0, 10: 'c' }],
  ['an object with an own __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
  ['an object with names of inherited methods', { toString: 1, constructor: 2, hasOwnProperty: 3 }],
  ['an object with keys of other letters', { ключ: 1, '🧵': 2, '': 3, 'a b': 4 }],
  ['an object with very long keys', { ['k'.repeat(300)]: 1, ['l'.repeat(200)]: 2 }],
  ['an object with many keys', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]))],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ['an instance of a class', new Point()],
  [
    'a getter',
    {
      get a() {
        return [1];
      },
      b: 2,
    },
  ],
  ['hidden and symbol properties', Object.defineProperty({ a: 1, [Symbol.iterator]: 2 }, 'b', { value: 1 })],
  ['a frozen object', Object.freeze({ a: Object.freeze([1]) })],
  ['an empty array', []],
  ['an empty array with names', Object.assign([], { total: 3 })],
  ['arrays of one to five items', [[1], [1, 'b'], [1, 'b', null], [1, 2, 3, 4], ['a', 'b', 'c', 'd', 'e']]],
  ['an array of doubles and undefined', [1.5, undefined, -0, 2 ** 40]],
  ['an array with holes', sparse()],
  ['an array of a great length', Object.assign([], { length: 4_000_000_000 })],
  ['an array with holes and names', Object.assign(sparse(), { total: 3, '-1': 'x', 4294967295: 'y' })],
  ['the match of a regular expression', /(?<word>b)c/.exec('abcd')],
  [
    'an instance of a subclass of Array',
    Object.assign(new (class Stack extends Array<number> {})(), { 0: 1, top: 2 }),
  ],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, { b: [] }],
      [{}, new Map()],
      [Number.NaN, null],
    ]),
  ],
  ['a set', new Set<unknown>([1, 'a', {}, new Set([undefined])])],
  ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
  ['an empty ArrayBuffer', new ArrayBuffer(0)],
  ['an Int8Array', new Int8Array([-1, 2])],
  ['a Uint8Array', new Uint8Array(1001).fill(7)],
  ['a Uint8ClampedArray', new Uint8ClampedArray([300])],
  ['an Int16Array', new Int16Array([-1, 2])],
  ['a Uint16Array', new Uint16Array([1, 2, 3])],
  ['an Int32Array', new Int32Array([-1])],
  ['a Uint32Array', new Uint32Array([2 ** 32 - 1])],
  ['a Float32Array', new Float32Array([1.5])],
  ['a Float64Array', new Float64Array([1.1, -0])],
  ['a BigInt64Array', new BigInt64Array([-1n])],
  ['a BigUint64Array', new BigUint64Array([2n ** 64n - 1n])],
  ['a DataView', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
  ['a view of a part', new Uint16Array(new ArrayBuffer(16), 4, 3)],
  ['a null buffer view', new Uint8Array(0)],
];
if (FLOAT16 !== undefined) values.push(['a Float16Array', new FLOAT16([1.5, -2])]);

describe('a value arrives as structured clone would give it', () => {
  test.each(values)('%s', (_what, value) => {
    expect(isDeepStrictEqual(roundTrip(value), structuredClone(value))).toBe(true);
  });

  test.each(values.filter(([what]) => !what.includes('huge')))(
    '%s, however often it is sent',
    (_what, value) => {
      const clone = structuredClone(value);
      for (let i = 0; i < OFTEN; i++) expect(isDeepStrictEqual(roundTrip(value), clone)).toBe(true);
    },
  );

  test('any value that can be made of the above', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    fc.assert(
      fc.property(anything, value => sameGraph(roundTrip(value), structuredClone(value))),
      { numRuns: amount(1000, 20_000) },
    );
  });

  test('any graph of objects, arrays, maps and sets, with its cycles and shared parts', () => {
    const nodes = fc.array(
      fc.record({
        kind: fc.constantFrom('object', 'array', 'map', 'set'),
        links: fc.array(fc.nat(), { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 120 },
    );
    fc.assert(
      fc.property(nodes, specs => {
        const made = specs.map(({ kind }) => create(kind));
        specs.forEach(({ links }, i) => links.forEach((to, j) => link(made[i]!, j, made[to % made.length]!)));
        return sameGraph(roundTrip(made), structuredClone(made));
      }),
      { numRuns: 300 },
    );
  });

  test('any string', () => {
    const unit = fc.oneof(fc.nat(127), fc.nat(255), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }));
    const text = fc
      .array(unit, { maxLength: 80 })
      .map(units => String.fromCharCode(...units))
      .chain(part => fc.nat(30).map(times => part.repeat(times)));
    fc.assert(fc.property(text, value => roundTrip(value) === value));
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), value => roundTrip(value) === value),
    );
  });
});

function create(kind: string): object {
  if (kind === 'object') return {};
  if (kind === 'array') return [];
  return kind === 'map' ? new Map() : new Set();
}

function link(from: object, step: number, to: object): void {
  if (from instanceof Map) from.set(step % 2 === 0 ? to : `k${step}`, to);
  else if (from instanceof Set) from.add(to);
  else if (Array.isArray(from)) from.push(to);
  else (from as Record<string, object>)[`k${step}`] = to;
}

test('names that were added to a dense array travel with it', () => {
  const got = roundTrip(Object.assign([1, 2], { total: 3 })) as number[] & { total: number };
  expect([[...got], got.length, got.total, Array.isArray(got)]).toEqual([[1, 2], 2, 3, true]);
});

describe('references', () => {
  test('an object that contains itself arrives containing itself', () => {
    const value: { self?: unknown; list: unknown[] } = { list: [] };
    value.self = value;
    value.list.push(value, value.list);
    for (let i = 0; i < OFTEN; i++) {
      const got = roundTrip(value) as typeof value;
      expect(got.self).toBe(got);
      expect(got.list[0]).toBe(got);
      expect(got.list[1]).toBe(got.list);
    }
  });

  test('an object met twice arrives as one, in small messages and in large', () => {
    for (const between of [0, 10, 1000]) {
      const shared = { a: 1 };
      const got = roundTrip([shared, ...Array.from({ length: between }, () => ({})), shared]) as unknown[];
      expect(got.at(-1)).toBe(got[0]);
      expect(new Set(got).size).toBe(between + 1);
    }
  });

  test('dates, errors, buffers and boxed values met twice arrive as one', () => {
    for (const shared of [new Date(5), new Error('x'), new ArrayBuffer(3), Object(1), /x/]) {
      const [a, b] = roundTrip([shared, shared]) as [object, object];
      expect(b).toBe(a);
    }
  });

  test('views of one buffer share it on arrival', () => {
    const buffer = new ArrayBuffer(16);
    const [a, b, whole] = roundTrip([new Uint8Array(buffer, 2, 4), new DataView(buffer, 3), buffer]) as [
      Uint8Array,
      DataView,
      ArrayBuffer,
    ];
    a[1] = 99;
    expect(b.getUint8(0)).toBe(99);
    expect(b.buffer).toBe(whole);
  });

  test('an array whose hole is found late keeps its references', () => {
    const shared = {};
    const array: unknown[] = [shared, [shared], shared];
    array.length = 4;
    const got = roundTrip([array, shared]) as [unknown[], object];
    expect(got[0][0]).toBe(got[1]);
    expect(got[0][2]).toBe(got[1]);
    expect(sameGraph(got, structuredClone([array, shared]))).toBe(true);
  });
});

describe('buffers', () => {
  interface Resizable extends ArrayBuffer {
    readonly resizable: boolean;
    readonly maxByteLength: number;
    resize(length: number): void;
  }
  const resizable = (length: number, maxByteLength: number): Resizable =>
    new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(length, {
      maxByteLength,
    });

  test('a resizable ArrayBuffer stays resizable', () => {
    const got = roundTrip(resizable(3, 2 ** 33)) as Resizable;
    expect([got.resizable, got.byteLength, got.maxByteLength]).toEqual([true, 3, 2 ** 33]);
  });

  test('a view that follows the length of its buffer still does, and another does not', () => {
    for (const [from, length] of [
      [0, 8],
      [4, 8],
      [8, 8],
      [0, 0],
      [0, 16],
    ] as const) {
      const buffer = resizable(length, 16);
      if (from > length) continue;
      const views = [
        new Uint8Array(buffer, from),
        new Uint8Array(buffer, from, length - from),
        new DataView(buffer, from),
      ];
      const got = roundTrip(views) as Uint8Array[];
      const clone = structuredClone(views);
      for (const some of [got, clone]) (some[0]!.buffer as Resizable).resize(12);
      expect(got[0]!.byteLength).toBe(clone[0]!.byteLength);
      expect(got[1]!.byteLength).toBe(clone[1]!.byteLength);
      expect(got[2]!.byteLength).toBe(clone[2]!.byteLength);
    }
  });

  test('a Buffer from the pool of Node brings its own bytes only', () => {
    const got = roundTrip(Buffer.from('abc')) as Uint8Array;
    expect(got).toEqual(new Uint8Array([97, 98, 99]));
    expect(got.buffer.byteLength).toBe(3);
  });

  test('a transferred ArrayBuffer is detached, and its bytes arrive', () => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const got = receive(post({ buffer }, [buffer])) as { buffer: ArrayBuffer };
    expect(new Uint8Array(got.buffer)).toEqual(new Uint8Array([1, 2, 3]));
    expect(buffer.byteLength).toBe(0);
  });

  test('a transfer that cannot be leaves every buffer as it was', () => {
    const buffer = new ArrayBuffer(8);
    const gone = new ArrayBuffer(8);
    structuredClone(gone, { transfer: [gone] });
    expect(() => post({ buffer }, [buffer, gone])).toThrow(/^transfer: /);
    expect(() => post({ buffer, f: () => 1 }, [buffer])).toThrow(/^item\.f: /);
    const { port1 } = new MessageChannel();
    expect(() => post({ buffer }, [buffer, port1 as never])).toThrow(
      /^transfer\[1\]: must be an ArrayBuffer/,
    );
    expect(buffer.byteLength).toBe(8);
  });
});

describe('the encoder', () => {
  test('writes messages whose length is a multiple of 8 bytes', () => {
    for (const value of [1, 'abc', 1.5, [1], { a: 1, b: 2 }]) expect(encode(value, 'item') % 8).toBe(0);
  });

  test('grows its scratch for a large message, and shrinks it after a run of small ones', () => {
    const large = new Uint8Array(3_000_000).fill(5);
    expect(isDeepStrictEqual(roundTrip([large]), [large])).toBe(true);
    expect(scratch.u8.length).toBeGreaterThan(3_000_000);
    for (let i = 0; i < OFTEN; i++) expect(roundTrip(i)).toBe(i);
    expect(scratch.u8.length).toBeLessThan(1_000_000);
  });

  test('may be called by a getter of what is being encoded', () => {
    let inner: unknown;
    const value = {
      before: 'b'.repeat(100),
      get within() {
        inner = roundTrip({ x: [1, { y: 'inner' }] });
        expect(() => post({ f() {} })).toThrow('item.f');
        return 'outer';
      },
      after: [1, 2, 3, 4.5],
    };
    for (let i = 0; i < OFTEN; i++) {
      expect(roundTrip(value)).toEqual({ before: value.before, within: 'outer', after: [1, 2, 3, 4.5] });
      expect(inner).toEqual({ x: [1, { y: 'inner' }] });
    }
  });

  test('lets an error of a getter through, and works on', () => {
    const broken = {
      get a(): never {
        throw new TypeError('mine');
      },
    };
    expect(() => post([[broken]])).toThrow(new TypeError('mine'));
    expect(roundTrip([1])).toEqual([1]);
  });

  test('keeps nothing of a message alive', async () => {
    const collect = (globalThis as { gc?: () => void }).gc;
    if (collect === undefined) return;
    const ref = ((): WeakRef<object> => {
      const value = { a: [{}] };
      post(value);
      return new WeakRef(value);
    })();
    for (let i = 0; i < 20 && ref.deref() !== undefined; i++) {
      await new Promise(resolve => void setTimeout(resolve));
      collect();
    }
    expect(ref.deref()).toBe(undefined);
  });

  test.each([
    ['arrays', (inner: unknown): unknown => [inner]],
    ['objects', (inner: unknown): unknown => ({ next: inner })],
    ['maps', (inner: unknown): unknown => new Map([[1, inner]])],
    ['causes of errors', (inner: unknown): unknown => new Error('x', { cause: inner })],
  ])('refuses 100 000 nested %s with an error that names the value, and takes 900', (_what, wrap) => {
    let value: unknown = 'core';
    for (let i = 0; i < 900; i++) value = wrap(value);
    let got = roundTrip(value) as { next?: unknown; cause?: unknown } & unknown[];
    let levels = 0;
    while (typeof got === 'object') {
      got = (got instanceof Map ? got.get(1) : (got.next ?? got.cause ?? got[0])) as typeof got;
      levels++;
    }
    expect([got, levels]).toEqual(['core', 900]);
    for (let i = 0; i < 100_000; i++) value = wrap(value);
    expect(() => post(value)).toThrow(/^item: is nested more than 1000 levels deep/);
    expect(roundTrip([1])).toEqual([1]);
  });
});

describe('without what only some runtimes have', () => {
  test('any string arrives where there is no Buffer', async () => {
    vi.resetModules();
    const { Buffer } = globalThis;
    delete (globalThis as Partial<typeof globalThis>).Buffer;
    const bare = await import('./codec.fixture.ts').finally(() => void (globalThis.Buffer = Buffer));
    for (const [what, value] of values) {
      if (typeof value === 'string') expect(bare.roundTrip(value) === value, what).toBe(true);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), text => bare.roundTrip(text) === text),
    );
  });

  test('objects arrive where functions may not be compiled from text', async () => {
    vi.resetModules();
    const fresh = await import('./codec.fixture.ts');
    const { Function } = globalThis;
    (globalThis as { Function: unknown }).Function = function forbidden() {
      throw new EvalError('unsafe-eval is not allowed');
    };
    try {
      for (let i = 0; i < OFTEN; i++) {
        const value = JSON.parse(`{"id":${i},"list":[1,2.5],"__proto__":"own","7":null}`) as unknown;
        expect(isDeepStrictEqual(fresh.roundTrip(value), value)).toBe(true);
      }
    } finally {
      globalThis.Function = Function;
    }
  });

  test('dictionaries with thousands of keys after the same first one arrive, beside records that begin likewise', () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 500; i++) {
        for (const object of [{ id: i, [`key${i}`]: i }, { id: i, name: 'n' }, { [`key${i}`]: { id: i } }])
          expect(roundTrip(object)).toEqual(object);
      }
    }
  });

  test('objects of ever new shapes arrive, and the caches stay bounded', () => {
    for (let i = 0; i < 30_000; i++) {
      const value = { [`a${i}`]: i, [`b${i % 7}`]: { [`c${i % 1000}`]: 1 } };
      const got = roundTrip(value);
      if (!isDeepStrictEqual(got, value)) expect(got).toEqual(value);
    }
  });
});

describe('what a field brought last is recognised, and nothing else is taken for it', () => {
  const TEXTS = [
    '',
    'a',
    'resize',
    'resizf',
    'grün',
    'тест',
    '🧵',
    'y'.repeat(24),
    'y'.repeat(25),
    'ÿ'.repeat(300),
    '\ud800',
  ];
  const OTHERS = [
    0,
    -0,
    1.5,
    2 ** 30,
    -(2 ** 30),
    Number.NaN,
    null,
    undefined,
    true,
    false,
    5n,
    [],
    {},
    new Date(0),
  ];

  const PLAIN = { value: 1, enumerable: true, configurable: true, writable: true };

  function learn(value: object): void {
    for (let i = 0; i < OFTEN; i++) roundTrip(value);
  }

  function arrives(value: unknown): void {
    expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true);
    expect(isDeepStrictEqual(roundTripInSlab(value), value)).toBe(true);
  }

  test.each(['text', 7, true, { deep: 1 }, null])('after %j came again and again', first => {
    learn({ first, second: 'same' });
    for (const value of [...TEXTS, ...OTHERS]) {
      // Twice, since the second meets what the first left.
      for (let again = 0; again < 2; again++) arrives({ first: value, second: 'same' });
      arrives({ first, second: value });
    }
  });

  test('texts that are each different, and then one that stays', () => {
    for (let i = 0; i < OFTEN; i++) arrives({ label: `no. ${i}` });
    for (let i = 0; i < 5; i++) arrives({ label: 'stays' });
  });

  test('texts in many fields, up to the end of the memory that is there', () => {
    const wide = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, 'ж'.repeat(24)]));
    learn(wide);
    arrives(Array.from({ length: 2000 }, () => ({ ...wide })));
    arrives(Array.from({ length: 300 }, (_, i) => ({ ...wide, k0: 'long'.repeat(i), k31: [i] })));
  });

  test('objects with the same keys in another order, more of them, or fewer', () => {
    learn({ one: 1, two: 'x', three: true });
    for (const value of [
      { two: 'x', one: 1, three: true },
      { one: 1, two: 'x' },
      { one: 1, two: 'x', three: true, four: 4 },
    ]) {
      arrives(value);
      expect(Object.keys(roundTrip(value) as object)).toEqual(Object.keys(value));
    }
  });

  test('objects that inherit enumerable keys', () => {
    learn({ inherited: 1, own: 2 });
    const value = Object.assign(Object.create({ own: 'of the prototype', more: 1 }) as object, {
      inherited: 1,
    });
    expect(roundTrip(value)).toEqual({ inherited: 1 });
    // oxlint-disable-next-line no-extend-native -- what a page's scripts may have done
    Object.defineProperty(Object.prototype, 'everywhere', PLAIN);
    try {
      const got = roundTrip({ inherited: 1, own: 2 }) as object;
      expect(Object.keys(got)).toEqual(['inherited', 'own']);
    } finally {
      delete (Object.prototype as { everywhere?: unknown }).everywhere;
    }
  });

  test('arrays that have names besides their items, after many that had none', () => {
    for (const items of [[], [1], [1, 2], [0.5, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6]]) {
      learn({ list: items });
      arrives({ list: items });
      arrives({ list: Object.assign([...items], { name: 'x' }) });
      const holed = Object.assign([...items], { name: 'x' });
      Reflect.deleteProperty(holed, '0');
      arrives({ list: holed });
    }
  });

  test('items that are read from a getter', () => {
    for (const items of [[1], [1, 2, 3], [1, 2, 3, 4]]) {
      learn({ list: items });
      const list = [...items];
      Object.defineProperty(list, 0, { get: () => 'got', enumerable: true });
      expect(roundTrip({ list })).toEqual({ list: ['got', ...items.slice(1)] });
    }
  });

  test('arrays of a few items, whatever the items were before', () => {
    learn({ list: [1, 'x', true, 0.5] });
    learn([1, 'x', true, 0.5]);
    const four: unknown[] = [1, 'x', true, 0.5];
    for (const value of [...TEXTS, ...OTHERS]) {
      for (let i = 0; i < four.length; i++) {
        // Twice, since the second meets what the first left.
        for (let again = 0; again < 2; again++) arrives({ list: four.with(i, value) });
        arrives(four.with(i, value));
      }
      arrives({ list: Array.from({ length: 40 }, () => value) });
    }
    for (let length = 0; length < 50; length++) arrives({ list: Array.from({ length }, (_, i) => i) });
    const holed: unknown[] = [1, 'x', undefined, 0.5];
    Reflect.deleteProperty(holed, '2');
    arrives({ list: holed });
    arrives(holed);
    arrives(Object.assign([...four], { name: 'x' }));
  });

  test('an array that comes in two fields, or in another one, and an object in its own fields', () => {
    const fields = fc.array(fc.nat(11), { minLength: 4, maxLength: 4 });
    for (let i = 0; i < OFTEN; i++) roundTrip({ listA: [i], listB: ['b', i], count: i, listC: [] });
    fc.assert(
      fc.property(fields, picked => {
        const one = [1, 'one'];
        const two = [2.5];
        const value: Record<string, unknown> = {};
        const deep = { one, value };
        const choices = [
          one,
          two,
          [],
          [one],
          [two, one],
          value,
          deep,
          [deep],
          new Map([[one, two]]),
          7,
          'x',
          null,
        ];
        ['listA', 'listB', 'count', 'listC'].forEach((key, i) => (value[key] = choices[picked[i]!]));
        const copy = structuredClone(value);
        return sameGraph(roundTrip(value), copy) && sameGraph(roundTripInSlab(value), copy);
      }),
      { numRuns: amount(2000, 20_000) },
    );
  });

  test('a shape with a number says it in place of its keys where the message stays in shared memory, and nowhere else', () => {
    const before = numbered.length;
    learn({ first: 1, secondOfMany: 'x' });
    expect(numbered.length).toBe(before + 1);
    const whole = post({ first: 2, secondOfMany: 'x' });
    expect(post({ first: 2, secondOfMany: 'x' }, undefined, 16, true).length).toBeLessThan(whole.length);
    // A message that goes elsewhere, written by a getter of one that doesn't.
    let inner: unknown;
    const outer = {
      get first() {
        inner = post({ first: 2, secondOfMany: 'x' }).length;
        return 3;
      },
      secondOfMany: 'y',
    };
    expect(roundTripInSlab(outer)).toEqual({ first: 3, secondOfMany: 'y' });
    expect(post(outer, undefined, 16, true).length).toBeLessThan(whole.length);
    expect(inner).toBe(whole.length);
  });

  test('a getter of an array that encodes the same shape itself, or takes the items away', () => {
    learn({ first: 1, list: [1, 2], last: 'z' });
    const encoding = Object.defineProperty([1, 2], '0', {
      get: () => (roundTrip({ first: 8, list: [9, 9], last: 'y' }) as { first: number }).first,
      enumerable: true,
    });
    expect(roundTrip({ first: 1, list: encoding, last: 'z' })).toEqual({ first: 1, list: [8, 2], last: 'z' });
    const shrinking: number[] = Object.defineProperty([1, 2, 3], '0', {
      get: () => (shrinking.length = 2),
      enumerable: true,
    });
    expect(roundTrip({ first: 1, list: shrinking, last: 'z' })).toMatchObject({ first: 1, last: 'z' });
  });

  test('a getter that encodes the same shape itself', () => {
    learn({ inner: 'a', outer: 'b' });
    const value = {
      get inner() {
        return (roundTrip({ inner: 'c', outer: 'd' }) as { outer: string }).outer;
      },
      outer: 'e',
    };
    expect(roundTrip(value)).toEqual({ inner: 'd', outer: 'e' });
  });
});
