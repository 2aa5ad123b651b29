import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/support/state.ts';
import { i32 } from '../atomics.ts';
import {
  AtomicCounter,
  AtomicFlag,
  Barrier,
  BoundedSemaphore,
  Condition,
  CountDownLatch,
  Event,
  Lock,
  Once,
  Queue,
  RLock,
  RWLock,
  Semaphore,
  SharedBuffer,
  SharedInt32Array,
  Thread,
  ThreadStateError,
  attach,
  pack,
  runtimeHandle,
  unpack,
} from '../index.ts';
import { OBJECT } from './layout.ts';

function pointerOf(object: object): number {
  return (object as { at: number }).at;
}

function referencesOf(object: object): number {
  return i32[pointerOf(object) + OBJECT.references]!;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('what is logged', () => {
  const held = new Lock({ name: 'accounts' });
  held.acquire();
  const gone = new Lock();
  gone.dispose();
  const taken = new BoundedSemaphore(3);
  taken.acquire();
  const broken = new Barrier(2);
  broken.abort();
  const queue = new Queue({ name: 'jobs' });
  queue.put(1);
  const ended = new Thread();
  ended.dispose();
  it.each([
    [held, '<Lock "accounts" locked>'],
    [new RLock(), '<RLock unlocked>'],
    [new Condition(held), '<Condition locked>'],
    [new RWLock(), '<RWLock unlocked>'],
    [gone, '<Lock disposed>'],
    [ended, '<Thread disposed>'],
    [new Event(), '<Event unset>'],
    [new Semaphore(3), '<Semaphore value=3>'],
    [taken, '<BoundedSemaphore value=2/3>'],
    [new Barrier(3), '<Barrier waiters=0/3>'],
    [broken, '<Barrier broken>'],
    [new CountDownLatch(2), '<CountDownLatch count=2>'],
    [new AtomicCounter(7), '<AtomicCounter value=7>'],
    [new AtomicFlag(), '<AtomicFlag clear>'],
    [queue, '<Queue "jobs" size=1>'],
    [SharedInt32Array.of(1, 2), '<SharedInt32Array length=2>'],
    [new SharedBuffer(8), '<SharedBuffer byteLength=8>'],
    [new Once({ name: 'table' }), '<Once "table">'],
  ])('says what it is and how it stands: %s', (object, text) => {
    expect(String(object)).toBe(text);
    expect(inspect(object)).toBe(text);
    expect(inspect({ a: object })).toBe(`{ a: ${text} }`);
  });

  it('says the fields that a subclass has, and what functions it was given', () => {
    class Job extends Thread {
      total = 3;
    }
    expect(inspect(new Job({ name: 'adder' }))).toBe('<Job adder initial> { total: 3 }');
    expect(inspect(new Barrier(2, { action: () => {} }))).toBe(
      '<Barrier waiters=0/2> { action: [Function: action] }',
    );
  });
});

describe('a handle', () => {
  it('is the same object wherever its address arrives in one thread', () => {
    const lock = new Lock();
    const [one, two] = unpack(pack([lock, { deep: new Map([['a', [lock]]]) }])) as [
      Lock,
      { deep: Map<string, Lock[]> },
    ];
    expect(one).toBe(lock);
    expect(two.deep.get('a')![0]).toBe(lock);
    expect(referencesOf(lock)).toBe(1);
  });

  it('is a Lock with its methods in another thread, at any depth, and looks at the same memory', () => {
    const lock = new Lock({ name: 'shared' });
    const thread = new Thread(
      (value: { list: Array<Map<string, Lock>> }) => {
        const found = value.list[0]!.get('key')!;
        return [found.constructor.name, found.name, found.tryAcquire()];
      },
      { args: [{ list: [new Map([['key', lock]])] }] },
    ).start();
    expect(thread.result({ timeout: 20_000 })).toEqual(['Lock', 'shared', true]);
    expect(lock.locked).toBe(true);
  });

  it('keeps its name, and an empty name is none', () => {
    expect(new Lock({ name: 'Grüße 🧵' }).name).toBe('Grüße 🧵');
    expect(new Lock({ name: '' }).name).toBe('');
    expect(() => new Lock({ name: 3 as never })).toThrow(/Lock: name must be a string, got 3 \(number\)/);
  });

  it('counts one reference for each thread and each message, and gives them back', () => {
    const lock = new Lock();
    const message = pack([lock]);
    expect(referencesOf(lock)).toBe(2);
    unpack(message);
    expect(referencesOf(lock)).toBe(1);
  });

  it('can be disposed of: the block is reused, and using the handle says so', () => {
    const lock = new Lock();
    const pointer = pointerOf(lock);
    lock.dispose();
    lock.dispose();
    expect(pointerOf(new Lock())).toBe(pointer);
    for (const use of [
      () => lock.acquire(),
      () => lock.tryAcquire(),
      () => lock.release(),
      () => lock.locked,
      () => lock.hold(),
      () => lock.name,
      () => pack(lock),
    ]) {
      expect(use).toThrow(ThreadStateError);
      expect(use).toThrow('Lock: used after dispose()');
    }
  });

  it('returns its reference when it is collected', async () => {
    const kept = new Lock();
    const before = Array.from({ length: 1000 }, () => pointerOf(new Lock()));
    await until(() => {
      collectGarbage();
      return before.filter(pointer => i32[pointer + OBJECT.kind] === 0).length >= 990;
    }, 'nearly all of 1000 unreachable locks were freed');
    expect(kept.tryAcquire()).toBe(true);
  });

  it('of a SharedBuffer is kept by its views alone, so that their memory is not used for anything else', async () => {
    const numbers = (): Float64Array => new SharedBuffer(1 << 16).view(Float64Array);
    const view = numbers().fill(1);
    for (let round = 0; round < 3; round++) {
      collectGarbage();
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    for (let n = 0; n < 4; n++) new SharedBuffer(1 << 16).bytes.fill(255);
    expect(view.every(number => number === 1)).toBe(true);
    expect(() => new SharedBuffer(12).view(Float64Array)).toThrow(
      'SharedBuffer.view: byteLength must be a multiple of 8, got 12',
    );
  });

  it("gives a dead thread's references back", async () => {
    const lock = new Lock();
    const thread = new Thread(
      (held: Lock) => {
        held.acquire();
        process.exit(1);
      },
      { args: [lock] },
    ).start();
    thread.join({ timeout: 20_000 });
    await until(() => referencesOf(lock) === 1, 'the dead thread owed nothing');
    expect(lock.locked).toBe(true);
  });
});

describe('attach', () => {
  it('rejects what is no runtime handle', () => {
    expect(() => attach({} as never)).toThrow(/expected what runtimeHandle\(\) returned/);
    expect(() => attach(undefined as never)).toThrow(TypeError);
  });

  it('does nothing in a thread of the same runtime', () => {
    expect(() => attach(runtimeHandle())).not.toThrow();
  });
});
