import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  AtomicCounter,
  Event,
  NotShareableError,
  SharedArray,
  SharedBigInt64Array,
  SharedFloat64Array,
  SharedInt32Array,
  SharedUint8Array,
  ThreadDiedError,
  ThreadStateError,
  TimeoutError,
  activeCount,
  enumerate,
  memoryUsage,
  parallelFor,
  parallelForAsync,
  parallelMap,
  parallelMapAsync,
  setExceptHook,
} from '../../src/index.ts';
import { pendingWaits } from '../../src/parking/async.ts';
import { LONG, SOON, until } from '../support/state.ts';
import * as bodies from './parallel.fixture.ts';

describe('parallelFor', () => {
  it.each([
    [1000, {}],
    [1000, { threads: 5, chunk: 7 }],
    [1000, { threads: 3, chunk: 1 }],
    [1000, { chunk: 1000 }],
    [1000, { chunk: 5000 }],
    [1, { threads: 4 }],
    [0, {}],
  ])('takes each of %i turns exactly once, with %o', (turns, options) => {
    const marks = new SharedInt32Array(1000);
    parallelFor(turns, bodies.mark, { ...options, ...SOON, args: [marks] });
    expect([...marks]).toEqual(Array.from({ length: 1000 }, (_, n) => (n < turns ? 1 : 0)));
  });

  it('takes a range with a beginning, a step, and downwards, as Python does', () => {
    const numbers = (range: { from?: number; to: number; step?: number }): number[] =>
      parallelMap(range, n => n, { chunk: 2, ...SOON });
    expect(numbers({ from: 3, to: 8 })).toEqual([3, 4, 5, 6, 7]);
    expect(numbers({ to: 3 })).toEqual([0, 1, 2]);
    expect(numbers({ from: 1, to: 10, step: 4 })).toEqual([1, 5, 9]);
    expect(numbers({ from: 5, to: 0, step: -2 })).toEqual([5, 3, 1]);
    expect(numbers({ from: 5, to: 5 })).toEqual([]);
    expect(numbers({ from: 5, to: 0 })).toEqual([]);
    expect(numbers({ from: 2 ** 40, to: 2 ** 40 + 2 })).toEqual([2 ** 40, 2 ** 40 + 1]);
  });

  it('goes through a shared array, every element of which belongs to one turn', async () => {
    const array = new SharedFloat64Array(10_000);
    array.view.forEach((_, index, view) => (view[index] = index));
    parallelFor(array, bodies.addAndHalve, { args: [10], ...SOON });
    expect([...array]).toEqual(Array.from({ length: 10_000 }, (_, n) => (n + 10) / 2));
    await parallelForAsync(array, bodies.addAndHalve, { args: [0], ...SOON });
    expect(array.view[2]).toBe(3);
  });

  it('runs in that many threads, named, and none of them is left', () => {
    const before = new Set(enumerate());
    const names = new Set(parallelMap(400, bodies.whoAmI, { threads: 3, chunk: 1, name: 'crew', ...SOON }));
    for (const name of names) expect(name).toMatch(/^crew-[123]$/);
    expect(enumerate().filter(thread => !before.has(thread))).toEqual([]);
    expect(new Set(parallelMap(3, bodies.whoAmI, { threads: 1, ...SOON }))).toEqual(
      new Set(['parallelMap-1']),
    );
  });

  it('can be nested', () => {
    expect(parallelMap(4, bodies.nested, SOON)).toEqual([14, 15, 16, 17]);
  });

  it('returns its memory', () => {
    const use = (): void => {
      parallelFor(10, bodies.square, { threads: 2, ...SOON });
    };
    use();
    const before = memoryUsage().used;
    for (let round = 0; round < 100; round++) use();
    expect(memoryUsage().used - before).toBeLessThan(500_000);
  });
});

describe('parallelMap', () => {
  it('gives what the turns returned, in order', async () => {
    const expected = Array.from({ length: 100 }, (_, n) => n * n);
    expect(parallelMap(100, bodies.square, { chunk: 3, ...SOON })).toEqual(expected);
    expect(parallelMap(100, bodies.squareSlowly, SOON)).toEqual(expected);
    expect(await parallelMapAsync(100, bodies.square, SOON)).toEqual(expected);
    expect(await parallelMapAsync(100, n => [n, undefined, null], { threads: 1, ...SOON })).toEqual(
      expected.map((_, n) => [n, undefined, null]),
    );
    expectTypeOf(parallelMap(1, bodies.squareSlowly, SOON)).toEqualTypeOf<number[]>();
  });

  it('gives a shared array of the same type for a shared array, or fills another one', async () => {
    const array = SharedInt32Array.of(1, 2, 3);
    const tens = parallelMap(array, value => value * 10, SOON);
    expect([tens.constructor, [...tens], [...array]]).toEqual([SharedInt32Array, [10, 20, 30], [1, 2, 3]]);
    expectTypeOf(tens).toEqualTypeOf<SharedInt32Array>();
    const halves = new SharedFloat64Array(3);
    expect(parallelMap(array, value => value / 2, { into: halves, ...SOON })).toBe(halves);
    expect([...halves]).toEqual([0.5, 1, 1.5]);
    expect(
      await parallelMapAsync(array, (value, index, view) => value + index + view.length, {
        into: array,
        ...SOON,
      }),
    ).toBe(array);
    expect([...array]).toEqual([4, 6, 8]);
    expect([...parallelMap(SharedBigInt64Array.of(1n, 2n), value => value * 2n, SOON)]).toEqual([2n, 4n]);
    expect([...parallelMap(new SharedUint8Array(0), value => value, SOON)]).toEqual([]);
  });
});

describe.each([
  [
    'blocking',
    (turns: number, body: never, options?: never) => async () => parallelFor(turns, body, options as never),
  ],
  [
    'async',
    (turns: number, body: never, options?: never) => async () =>
      parallelForAsync(turns, body, options as never),
  ],
] as Array<[string, (turns: number, body: unknown, options?: unknown) => () => Promise<void>]>)(
  'a parallel loop, %s',
  (_face, loop) => {
    it('throws what a turn threw, with class, code and cause, and begins no further chunks', async () => {
      const hook = vi.fn();
      setExceptHook(hook);
      const calls = new AtomicCounter();
      const error = (await loop(2_000_000, bodies.failAt, {
        args: [10, calls],
        threads: 2,
        chunk: 10,
        ...SOON,
      })().catch((thrown: unknown) => thrown)) as bodies.Rejected;
      expect(error).toBeInstanceOf(Error);
      expect([error.name, error.message, error.code, error.index]).toEqual([
        'Rejected',
        'turn 10 failed',
        'REJECTED',
        10,
      ]);
      expect(error.cause).toEqual(new RangeError('on purpose'));
      expect(error.stack).toContain('failAt');
      expect(error.stack).toContain('--- in parallelFor, called ---');
      expect(error.stack).toContain('parallel.test.ts');
      expect(calls.value).toBeLessThan(1_000_000);
      await new Promise(resolve => setTimeout(resolve, 20));
      expect(hook).not.toHaveBeenCalled();
      setExceptHook(undefined);
    });

    it('throws undefined, and errors that cannot travel as they are', async () => {
      expect(await loop(1, bodies.throwUndefined, SOON)().catch((thrown: unknown) => [thrown])).toEqual([
        undefined,
      ]);
      await expect(loop(1, bodies.throwFunction, SOON)()).rejects.toThrow('with a callback');
    });

    it('says when one of its threads was ended by force', async () => {
      await expect(loop(100, bodies.exit, { threads: 2, chunk: 1, ...SOON })()).rejects.toThrow(
        ThreadDiedError,
      );
    });

    it('gives up after its timeout, and its threads end after the chunk that they are at', async () => {
      const [calls, go] = [new AtomicCounter(), new Event()];
      const before = activeCount();
      await expect(
        loop(100, bodies.standStill, { args: [calls, go], threads: 2, chunk: 1, timeout: 300 })(),
      ).rejects.toThrow(new TimeoutError('parallelFor: not finished within 300 ms'));
      const begun = calls.value;
      expect(begun).toBeLessThanOrEqual(2);
      go.set();
      await until(() => activeCount() === before, 'the threads have ended');
      expect(calls.value).toBeLessThanOrEqual(2);
    });

    it.each([
      [
        'a negative number of turns',
        () => loop(-1, bodies.square),
        RangeError,
        'the number of turns must be 0 or more, got -1 (number)',
      ],
      ['a fraction', () => loop(1.5, bodies.square), RangeError, 'to must be a whole number, got 1.5'],
      ['NaN', () => loop(Number.NaN, bodies.square), RangeError, 'got NaN'],
      [
        'a text',
        () => loop('3' as never, bodies.square),
        TypeError,
        'expected a number, a range { from, to, step } or a shared array, got 3 (string)',
      ],
      [
        'nothing to go through',
        () => loop(undefined as never, bodies.square),
        TypeError,
        'got undefined (undefined)',
      ],
      [
        'an ordinary array',
        () => loop([1, 2] as never, bodies.square),
        TypeError,
        'or a shared array, got 1,2 (object)',
      ],
      [
        'a step of 0',
        () => loop({ to: 3, step: 0 } as never, bodies.square),
        RangeError,
        'step must be a whole number other than 0, got 0',
      ],
      [
        'a text as end',
        () => loop({ to: '3' } as never, bodies.square),
        TypeError,
        'to must be a whole number, got 3 (string)',
      ],
      [
        'too many turns',
        () => loop(2 ** 40, bodies.square),
        RangeError,
        'a range has at most 2147418112 numbers here, got 1099511627776',
      ],
      ['no body', () => loop(3, undefined), TypeError, 'target must be a task'],
      ['a bound function', () => loop(3, bodies.square.bind(undefined)), NotShareableError, "can't be had"],
      [
        'no threads',
        () => loop(3, bodies.square, { threads: 0 }),
        RangeError,
        'threads must be a whole number from 1 to 1024, got 0',
      ],
      [
        'a chunk of nothing',
        () => loop(3, bodies.square, { chunk: 0 }),
        RangeError,
        'chunk must be a whole number from 1, got 0',
      ],
      [
        'a negative timeout',
        () => loop(3, bodies.square, { timeout: -1 }),
        RangeError,
        'parallelFor: timeout must be 0 or more',
      ],
      [
        'args that are no array',
        () => loop(3, bodies.square, { args: 5 }),
        TypeError,
        'args must be an array, got 5 (number)',
      ],
      [
        'args that cannot travel',
        () => loop(3, bodies.square, { args: [() => {}] }),
        NotShareableError,
        'args[0].args[0]: functions cannot be shared',
      ],
      [
        'a name that is none',
        () => loop(3, bodies.square, { name: 1 }),
        TypeError,
        'name must be a string, got 1 (number)',
      ],
      [
        'a variable of its surroundings',
        () => loop(3, () => SOON.timeout, SOON),
        ReferenceError,
        "can't close over variables",
      ],
    ])('refuses %s', async (_what, use, type, message) => {
      const error: unknown = await use()().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(type);
      expect((error as Error).message).toContain(message);
    });
  },
);

describe('a parallel map', () => {
  it('refuses results that cannot travel, and what is no place for them', async () => {
    expect(() => parallelMap(3, bodies.returnFunction, { threads: 1, ...SOON })).toThrow(
      new NotShareableError(
        'parallelMap: the result of turn 0 is a function, which cannot be shared; return data',
      ),
    );
    await expect(parallelMapAsync(3, bodies.returnFunction, SOON)).rejects.toThrow(NotShareableError);
    const array = SharedInt32Array.of(1, 2, 3);
    const into = (place: unknown): unknown =>
      parallelMap(array, value => value, { into: place as SharedArray, ...SOON });
    expect(() => into(new SharedInt32Array(4))).toThrow(
      new RangeError('parallelMap: into must have 3 elements as the array has, got 4'),
    );
    expect(() => into([])).toThrow(TypeError);
    expect(() => parallelMap(3, bodies.square, { into: array } as never)).toThrow(
      'into is for the results of a shared array',
    );
    array.dispose();
    expect(() => parallelMap(array, value => value, SOON)).toThrow(ThreadStateError);
  });

  it('can be aborted: it rejects with the reason, and its threads end', async () => {
    const [calls, go, controller] = [new AtomicCounter(), new Event(), new AbortController()];
    const before = activeCount();
    const loop = parallelMapAsync(100, bodies.standStill, {
      args: [calls, go],
      threads: 2,
      chunk: 1,
      signal: controller.signal,
      timeout: LONG,
    });
    await until(() => calls.value === 2, 'both have begun');
    controller.abort('enough');
    await expect(loop).rejects.toBe('enough');
    go.set();
    await until(() => activeCount() === before, 'the threads have ended');
    expect([calls.value, pendingWaits()]).toEqual([2, 0]);
    await expect(parallelForAsync(3, bodies.square, { signal: AbortSignal.abort(0) })).rejects.toBe(0);
  });
});
