import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { CountingMemory, drop, Handle, type Message, post, receive } from './codec.fixture.ts';
import { CorruptMessageError } from './index.ts';

beforeEach(() => void new CountingMemory());

const shared = { x: 1 };
const rich: Record<string, unknown> = {
  id: 12,
  half: 0.5,
  text: 'some text, and more of it than fits the cache',
  wide: '日本語',
  list: [1, 'two', null, undefined, true, [shared, shared]],
  map: new Map<unknown, unknown>([
    ['a', 1n],
    [shared, 2n ** 80n],
  ]),
  set: new Set([new Date(5), /x/g]),
  bytes: [new Uint8Array([1, 2, 3]), new DataView(new ArrayBuffer(8), 2)],
  sparse: Object.assign([], { 5: 1 }),
  boxed: Object('b'),
  error: Object.assign(new RangeError('r', { cause: 1 }), { code: 'E' }),
  handle: new Handle(64),
};
rich.self = rich;

/** Reads bytes that may be anything: what comes out is a value or one of these errors. */
function survives(message: Message): boolean {
  try {
    receive(message);
  } catch (error) {
    return (
      error instanceof CorruptMessageError ||
      (error instanceof RangeError && /nested too deeply/.test(error.message))
    );
  }
  return true;
}

function copy(message: Message): Message {
  const u8 = message.u8.slice();
  return { ...message, u8, i32: new Int32Array(u8.buffer), f64: new Float64Array(u8.buffer) };
}

describe('bytes that no encoder wrote give a clear error or a value', () => {
  test('when any one word is replaced', () => {
    const words = fc.oneof(
      fc.integer(),
      fc.nat(300),
      fc.nat(60).map(tag => (tag << 1) | 0x8000),
      fc.constant(-1),
    );
    const sound = post(rich);
    fc.assert(
      fc.property(fc.nat(), words, (where, word) => {
        const message = copy(sound);
        message.i32[4 + (where % (message.length / 4))] = word;
        return survives(message);
      }),
      { numRuns: 5000 },
    );
  });

  test('when any bytes are changed', () => {
    const sound = post([rich, rich.list, 'abc']);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }), changes => {
        const message = copy(sound);
        for (const [where, byte] of changes) message.u8[16 + (where % message.length)] = byte;
        return survives(message);
      }),
      { numRuns: 5000 },
    );
  });

  test('when the end is missing', () => {
    const sound = post(rich);
    for (let length = 0; length < sound.length; length += 8) {
      expect(() => receive({ ...sound, length })).toThrow(CorruptMessageError);
    }
  });

  test('when they are random', () => {
    const word = fc.oneof(
      fc.integer(),
      fc
        .record({ tag: fc.nat(25), ref: fc.nat(1), payload: fc.nat(9) })
        .map(w => (w.payload << 8) | (w.ref << 7) | (w.tag << 1)),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 60 }), words => {
        const i32 = new Int32Array(words.length & ~1);
        i32.set(words.slice(0, i32.length));
        i32[0] = 0;
        const message = {
          i32,
          u8: new Uint8Array(i32.buffer),
          f64: new Float64Array(i32.buffer),
          start: 0,
          length: i32.byteLength,
        };
        return survives(message);
      }),
      { numRuns: 20_000 },
    );
  });

  test('and a message after them is read as ever', () => {
    expect(survives({ ...post('x'), length: 4 })).toBe(true);
    expect(receive(post({ a: 'x' }))).toEqual({ a: 'x' });
  });

  test('and dropping them ends', () => {
    const sound = post([new Handle(8), new Handle(16)]);
    fc.assert(
      fc.property(fc.nat(), fc.integer(), (where, word) => {
        const message = copy(sound);
        message.i32[4 + (where % (message.length / 4))] = word;
        drop(message);
      }),
    );
  });

  test('and sizes out of proportion are not allocated', () => {
    const message = copy(post([1, 2, 3, 4, 5]));
    message.i32[5] = (0xff_fffe << 8) | (message.i32[5]! & 0xff);
    expect(() => receive(message)).toThrow(/^corrupt message: 16777214 items in /);
  });
});

test('a message may stand anywhere in a private buffer, at a multiple of 8 bytes', () => {
  for (const start of [0, 8, 16, 4096])
    expect(receive(post(['a', 1.5, -0n], undefined, start))).toEqual(['a', 1.5, 0n]);
});

test('a message too deep for the stack that is left gives a clear RangeError, and later ones are read as ever', () => {
  let value: unknown = 1;
  for (let i = 0; i < 900; i++) value = [value, 1];
  const message = post(value);
  let problem: unknown;
  const sink = (): void => {
    try {
      sink();
    } catch {
      if (problem === undefined) {
        try {
          receive(message);
        } catch (error) {
          problem = error;
        }
      }
    }
  };
  sink();
  expect(String(problem)).toMatch(/RangeError: (a message is nested too deeply|Maximum call stack)/);
  expect(Array.isArray(receive(message))).toBe(true);
});
