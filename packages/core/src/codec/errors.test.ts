import { describe, expect, test } from 'vitest';
import { DeadlockError } from '../errors.ts';
import { roundTrip } from './codec.fixture.ts';
import { registerErrorClass } from './index.ts';

class ParseError extends SyntaxError {
  line: number;
  constructor(message: string, line: number) {
    super(message);
    if (line === undefined) throw new Error('the constructor must not run on arrival');
    this.line = line;
  }
}
registerErrorClass(ParseError);

class Unknown extends RangeError {}
class Named extends Error {
  override name = 'NamedError';
}

function send<T extends Error>(error: T): T {
  return roundTrip(error) as T;
}

describe('an error', () => {
  test.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    'of the builtin class %o keeps class, message and stack',
    constructor => {
      const error = new constructor('boom');
      const got = send(error);
      expect(Object.getPrototypeOf(got)).toBe(constructor.prototype);
      expect([got.message, got.stack, got.name]).toEqual(['boom', error.stack, error.name]);
      expect(Object.keys(got)).toEqual([]);
      expect(Object.prototype.toString.call(got)).toBe('[object Error]');
    },
  );

  test('of a registered class arrives as that class, without running its constructor', () => {
    const got = send(new ParseError('unexpected }', 12));
    expect(got).toBeInstanceOf(ParseError);
    expect(got).toMatchObject({ message: 'unexpected }', line: 12 });
    expect(Object.keys(got)).toEqual(['line']);
  });

  test('of Heddle arrives as its class', () => {
    const got = send(new DeadlockError('a cycle'));
    expect(got).toBeInstanceOf(DeadlockError);
    expect(got.name).toBe('DeadlockError');
  });

  test('of an unknown class becomes its nearest builtin class, under its own name', () => {
    const got = send(new Unknown('far'));
    expect(got).toBeInstanceOf(RangeError);
    expect(got).not.toBeInstanceOf(Unknown);
    expect([got.name, got.message]).toEqual(['Unknown', 'far']);
    expect(send(new Named('x')).name).toBe('NamedError');
  });

  test('keeps its cause, of whatever kind', () => {
    const got = send(new Error('a', { cause: new TypeError('b', { cause: { code: 7 } }) }));
    expect((got.cause as Error).message).toBe('b');
    expect((got.cause as Error).cause).toEqual({ code: 7 });
    expect(Object.keys(got)).toEqual([]);
    expect('cause' in send(new Error('a'))).toBe(false);
    expect(Object.hasOwn(send(new Error('a', { cause: undefined })), 'cause')).toBe(true);
  });

  test('may be its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    const got = send(error);
    expect(got.cause).toBe(got);
  });

  test('keeps code and other own properties', () => {
    const error = Object.assign(new Error('no file'), {
      code: 'ENOENT',
      errno: -2,
      path: '/x',
      details: [{ a: 1 }],
    });
    expect({ ...send(error) }).toEqual({ ...error });
    const hidden = Object.defineProperty(new Error('x'), 'code', { value: 'E_HIDDEN' });
    expect((send(hidden) as { code?: string }).code).toBe('E_HIDDEN');
  });

  test('that holds several keeps them', () => {
    const got = send(new AggregateError([new TypeError('a'), 2], 'all'));
    expect(got).toBeInstanceOf(AggregateError);
    expect((got.errors[0] as Error).message).toBe('a');
    expect([got.errors[1], got.message]).toEqual([2, 'all']);
  });

  test('of the platform keeps its name', () => {
    const got = send(new DOMException('stop', 'AbortError'));
    expect(got).toBeInstanceOf(DOMException);
    expect([got.name, got.message]).toEqual(['AbortError', 'stop']);
  });

  test('keeps own properties whose names are accessors of its class', () => {
    const own = { value: 'E_OWN', writable: true, enumerable: true, configurable: true };
    const got = send(Object.defineProperty(new DOMException('stop', 'AbortError'), 'code', own));
    expect(got).toBeInstanceOf(DOMException);
    expect(Object.getOwnPropertyDescriptor(got, 'code')).toEqual(own);
  });

  test('loses those own properties that cannot travel, and nothing else', () => {
    const error = Object.assign(new Error('x', { cause: () => 1 }), {
      request: { socket: () => 1 },
      status: 500,
    });
    const got = send(error);
    expect({ ...got }).toEqual({ status: 500 });
    expect(got.message).toBe('x');
    const reasons = Object.defineProperty(Object.assign(new Error('x'), { ok: 1 }), 'broken', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect({ ...send(reasons) }).toEqual({ ok: 1 });
  });

  test('without a message of its own has none on arrival', () => {
    expect(Object.hasOwn(send(new Error()), 'message')).toBe(false);
  });

  test('is not changed by what surrounds it', () => {
    const shared = { a: 1 };
    const error = Object.assign(new Error('x'), { shared, bad: [shared, () => 1] });
    const [got, other] = roundTrip([error, shared]) as [typeof error, object];
    expect(got.shared).toBe(other);
  });
});

test('what is no class of errors, or has no name, is not registered', () => {
  for (const wrong of [undefined, null, 5, 'Error', () => {}, class {}, new Error('an instance')])
    expect(() => registerErrorClass(wrong as never)).toThrow(
      /^registerErrorClass: expected a class that extends Error, got /,
    );
  expect(() => registerErrorClass((() => class extends Error {})())).toThrow(/has no name/);
});
