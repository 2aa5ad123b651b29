import { describe, expect, it } from 'vitest';
import {
  HistoryFailure,
  checkLinearizable,
  findNonLinearizable,
  lifoQueueModel,
  lockModel,
  priorityQueueModel,
  queueModel,
  registerModel,
  semaphoreModel,
} from '../../src/index.ts';
import type { Model, Operation } from '../../src/index.ts';

/** `A put 1`, from and to, and what came of it. */
function call(line: string, from: number, to: number, outcome: Partial<Operation> = {}): Operation {
  const [thread, name, ...args] = line.split(' ');
  return { thread: thread!, name: name!, args: args.map(Number), from, to, ...outcome };
}

const returns = (result: unknown): Partial<Operation> => ({ result });

function isLinearizable<State>(model: Model<State>, ...history: Operation[]): boolean {
  return findNonLinearizable(history, model) === undefined;
}

describe('a history of a queue', () => {
  const queue = queueModel();

  it('is right when an order within the calls explains it, also a get that returns before its put', () => {
    expect(isLinearizable(queue, call('A put 1', 0, 3), call('B get', 1, 2, returns(1)))).toBe(true);
    expect(
      isLinearizable(
        queue,
        call('A put 1', 0, 9),
        call('B put 2', 1, 2),
        call('C get', 3, 4, returns(2)),
        call('D get', 5, 6, returns(1)),
      ),
    ).toBe(true);
  });

  it('is wrong when the order of two puts that followed each other is turned around', () => {
    expect(
      isLinearizable(
        queue,
        call('A put 1', 0, 1),
        call('A put 2', 2, 3),
        call('B get', 4, 5, returns(2)),
        call('C get', 6, 7, returns(1)),
      ),
    ).toBe(false);
  });

  it('is wrong when an item comes twice, from nowhere, or before it was put', () => {
    const put = call('A put 1', 0, 1);
    expect(isLinearizable(queue, put, call('B get', 2, 4, returns(1)), call('C get', 3, 5, returns(1)))).toBe(
      false,
    );
    expect(isLinearizable(queue, put, call('B get', 2, 3, returns(7)))).toBe(false);
    expect(isLinearizable(queue, call('B get', 0, 1, returns(1)), call('A put 1', 2, 3))).toBe(false);
  });

  it('may be empty only when it can be: false, undefined and errors say so', () => {
    const put = call('A put 1', 0, 1);
    for (const outcome of [{ threw: 'QueueEmptyError' }, { result: undefined }]) {
      const name = 'threw' in outcome ? 'B get' : 'B tryGet';
      expect(isLinearizable(queue, put, call(name, 2, 3, outcome))).toBe(false);
      expect(isLinearizable(queue, put, call(name, 0.5, 3, outcome))).toBe(true);
    }
    const bounded = queueModel({ maxsize: 1 });
    expect(isLinearizable(bounded, call('A tryPut 1', 0, 1, returns(false)))).toBe(false);
    expect(isLinearizable(bounded, put, call('B tryPut 2', 2, 3, returns(false)))).toBe(true);
    expect(isLinearizable(bounded, put, call('B tryPut 2', 2, 3, returns(true)))).toBe(false);
  });

  it('may hold an undefined item', () => {
    const put: Operation = { thread: 'A', name: 'put', args: [undefined], from: 0, to: 1 };
    expect(isLinearizable(queue, put, call('B tryGet', 2, 3, returns({ value: undefined })))).toBe(true);
    expect(isLinearizable(queue, put, call('B tryGet', 2, 3, returns(undefined)))).toBe(false);
  });

  it('leaves open whether a call that never returned took effect', () => {
    const put = call('A put 1', 0, Infinity);
    expect(isLinearizable(queue, put, call('B get', 1, 2, returns(1)))).toBe(true);
    expect(isLinearizable(queue, put, call('B tryGet', 1, 2, returns(undefined)))).toBe(true);
    const taken = call('C get', 2, Infinity);
    expect(isLinearizable(queue, call('A put 1', 0, 1), taken, call('B tryGet', 3, 4))).toBe(true);
  });
});

describe('histories of other objects', () => {
  const twoAndOne = [call('A put 2', 0, 1), call('A put 1', 2, 3)];

  it('a stack gives the last, a priority queue the lowest, of equal ones the oldest', () => {
    const lastFirst = [...twoAndOne, call('B get', 4, 5, returns(1)), call('B get', 6, 7, returns(2))];
    const firstFirst = [...twoAndOne, call('B get', 4, 5, returns(2)), call('B get', 6, 7, returns(1))];
    expect(isLinearizable(lifoQueueModel(), ...lastFirst)).toBe(true);
    expect(isLinearizable(lifoQueueModel(), ...firstFirst)).toBe(false);
    expect(isLinearizable(priorityQueueModel(), ...lastFirst)).toBe(true);
    expect(isLinearizable(priorityQueueModel(), ...firstFirst)).toBe(false);
    const equals = priorityQueueModel({ priority: (item: number) => item % 10 });
    const [put11, put21] = [call('A put 11', 0, 1), call('A put 21', 2, 3)];
    expect(isLinearizable(equals, put11, put21, call('B get', 4, 5, returns(11)))).toBe(true);
    expect(isLinearizable(equals, put11, put21, call('B get', 4, 5, returns(21)))).toBe(false);
  });

  it('a lock is held by one at a time, and a semaphore by as many as it has permits', () => {
    const both = [call('A acquire', 0, 1, returns(true)), call('B acquire', 2, 3, returns(true))];
    expect(isLinearizable(lockModel(), ...both)).toBe(false);
    expect(isLinearizable(semaphoreModel(2), ...both)).toBe(true);
    expect(isLinearizable(semaphoreModel(2), ...both, call('C tryAcquire', 4, 5, returns(true)))).toBe(false);
    expect(isLinearizable(lockModel(), both[0]!, call('A release', 1.1, 2.5), both[1]!)).toBe(true);
    expect(isLinearizable(lockModel(), call('B tryAcquire', 0, 1, returns(false)))).toBe(false);
    expect(isLinearizable(lockModel(), both[0]!, call('B tryAcquire', 2, 3, returns(false)))).toBe(true);
    expect(isLinearizable(semaphoreModel(1, 1), call('A release', 0, 1))).toBe(false);
    expect(isLinearizable(semaphoreModel(1, 1), call('A release', 0, 1, { threw: 'RangeError' }))).toBe(true);
  });

  it('a register gives what was written last', () => {
    const write = call('A write 5', 0, 4);
    const [early, late] = [call('B read', 1, 2, returns(5)), call('C read', 3, 5, returns(0))];
    expect(isLinearizable(registerModel(), write, early)).toBe(true);
    expect(isLinearizable(registerModel(), write, early, late)).toBe(false);
    expect(isLinearizable(registerModel(), call('A compareExchange 0 3', 0, 1, returns(0)))).toBe(true);
  });

  it('are taken apart by object', () => {
    const on = (object: string, operation: Operation): Operation => ({ ...operation, object });
    const [first, second] = [call('A acquire', 0, 1), call('B acquire', 2, 3)];
    expect(isLinearizable(lockModel(), on('x', first), on('y', second))).toBe(true);
    expect(isLinearizable(lockModel(), on('x', first), on('x', second))).toBe(false);
  });
});

describe('a queue that serves those who wait first', () => {
  it('may refuse others what is spoken for, but not when nobody waits', () => {
    const put = call('A put 1', 0, 1);
    const refused = call('B tryGet', 4, 5);
    const waits = call('C get', 2, 7, { threw: 'QueueEmptyError' });
    expect(isLinearizable(queueModel(), put, waits, refused)).toBe(false);
    expect(isLinearizable(queueModel({ fair: true }), put, refused)).toBe(false);
    const early = call('C get', -1, 7, { threw: 'QueueEmptyError' });
    expect(isLinearizable(queueModel(), put, early, refused)).toBe(false);
    expect(isLinearizable(queueModel({ fair: true }), put, early, refused)).toBe(true);
    expect(isLinearizable(queueModel({ fair: true }), put, call('C put 2', 2, 7), refused)).toBe(false);
  });
});

describe('a failing history', () => {
  it('is shortened to what contradicts itself, and says what could have been', () => {
    const history = Array.from({ length: 40 }, (_, n) => [
      call(`A put ${n}`, n * 10, n * 10 + 1),
      // 20 and 21 come in the wrong order.
      call('B get', n * 10 + 25, n * 10 + 26, returns(n === 20 ? 21 : n === 21 ? 20 : n)),
    ]).flat();
    const failure = findNonLinearizable(history, queueModel())!;
    expect(failure).toBeInstanceOf(HistoryFailure);
    expect(failure.operations.map(({ name, args, result }) => [name, ...args, result])).toEqual([
      ['put', 20, undefined],
      ['put', 21, undefined],
      ['get', 21],
    ]);
    expect(failure.before).toEqual(['[20, 21]']);
    expect(`\n${failure.message}`).toBe(`
not linearizable as a first-in, first-out queue: B called get() → 21, which can't be
before the calls that were in flight then: [20, 21]

  A  put(20)     ├─┤
  A  put(21)         ├─┤
  B  get() → 21          ├─┤  ◀ no

3 of 80 calls: without the others it is as wrong.`);
    expect(() => checkLinearizable(history, queueModel())).toThrow(failure.message);
  });

  it('is told from one that nobody can decide, and from one that makes no sense', () => {
    const tangle = Array.from({ length: 14 }, (_, n) => call(`T${n} put ${n}`, n, 100));
    const get = call('B get', 50, 60, returns(99));
    expect(() => checkLinearizable([...tangle, get], queueModel(), { maxConfigurations: 1000 })).toThrow(
      'more than 1000 configurations with 15 operations in flight',
    );
    expect(() => checkLinearizable([call('A put 1', 3, 2)], queueModel())).toThrow(
      'put() ends at 2, which isn’t after'.replace('’', "'"),
    );
    expect(() => checkLinearizable([call('A peek', 1, 2)], queueModel())).toThrow(
      'a first-in, first-out queue has no operation called "peek"',
    );
  });
});
