import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { CountingMemory, drop, Handle, post, receive } from './codec.fixture.ts';
import { decode, setShareableHooks } from './index.ts';

let memory: CountingMemory;
beforeEach(() => {
  memory = new CountingMemory();
});

describe('a shareable', () => {
  test('arrives at any depth as the handle of its address', () => {
    const lock = memory.handle(64);
    const got = receive(post({ a: [new Map([['lock', { lock }]])] })) as {
      a: [Map<string, { lock: Handle }>];
    };
    expect(got.a[0].get('lock')!.lock).toBe(lock);
  });

  test('is retained by the message until that is read', () => {
    const message = post([memory.handle(64)]);
    expect(memory.held.get(64)).toBe(1);
    receive(message);
    expect(memory.total).toBe(0);
  });

  test('is retained by the message until that is dropped', () => {
    const message = post([memory.handle(64), { b: memory.handle(72) }]);
    expect(memory.total).toBe(2);
    drop(message);
    expect([...memory.held]).toEqual([
      [72, 0],
      [64, 0],
    ]);
  });

  test('met twice is one reference of the message, and one handle on arrival', () => {
    const lock = memory.handle(64);
    const message = post([lock, { lock }]);
    expect(memory.held.get(64)).toBe(1);
    const [a, b] = receive(message) as [Handle, { lock: Handle }];
    expect(b.lock).toBe(a);
    expect(memory.total).toBe(0);
  });

  test('known by two handles is two references of the message', () => {
    const message = post([new Handle(64), new Handle(64)]);
    expect(memory.held.get(64)).toBe(2);
    const [a, b] = receive(message) as [Handle, Handle];
    expect(b).toBe(a);
    expect(memory.total).toBe(0);
  });

  test('is not looked into: its own properties do not travel', () => {
    const handle = Object.assign(memory.handle(64), { callback: () => 1 });
    expect(receive(post({ handle }))).toEqual({ handle });
  });

  test('is released if the message breaks off before it and does not stay, and only then', () => {
    const revived: number[] = [];
    const released: number[] = [];
    setShareableHooks({
      retain: () => {},
      release: address => void released.push(address),
      revive: address => {
        if (address === 72) throw new Error('no such block');
        revived.push(address);
        return {};
      },
    });
    const message = post([new Handle(64), new Handle(72), new Handle(80)]);
    expect(() => receive(message)).toThrow('no such block');
    expect([revived, released]).toEqual([[64], [80, 72]]);
    const { u8, i32, f64, start, length } = message;
    expect(() => decode(u8, i32, f64, start, length, true)).toThrow('no such block');
    expect(released).toEqual([80, 72]);
  });

  test('that an error carries in a property which cannot travel is not retained', () => {
    const error = Object.assign(new Error('x'), {
      bad: [memory.handle(64), () => 1],
      good: memory.handle(72),
    });
    const message = post([error, memory.handle(80)]);
    expect(new Set(memory.held.keys())).toEqual(new Set([72, 80]));
    const [got] = receive(message) as [{ good: Handle; bad?: unknown }];
    expect(got.good).toBe(memory.handle(72));
    expect('bad' in got).toBe(false);
    expect(memory.total).toBe(0);
  });

  test('leaves all counts as they were, whatever is sent and whether it is read, dropped or refused', () => {
    const tree = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer({ min: 1, max: 20 }).map(n => new Handle(n * 8)),
        fc.nat(20).map(n => (n === 0 ? () => 1 : n)),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 4 }),
        fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(entries => new Map(entries)),
        tie('value').map(details => Object.assign(new Error('x', { cause: details }), { details })),
      ),
    })).value;
    fc.assert(
      fc.property(tree, fc.boolean(), (value, read) => {
        memory = new CountingMemory();
        try {
          const message = post(value);
          if (read) receive(message);
          else drop(message);
        } catch {
          // It held a function: then nothing was retained.
        }
        return [...memory.held.values()].every(count => count === 0);
      }),
      { numRuns: 500 },
    );
  });
});
