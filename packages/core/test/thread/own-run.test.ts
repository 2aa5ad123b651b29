import { describe, expect, expectTypeOf, it } from 'vitest';
import { Event, NotShareableError, Thread, ThreadStateError, Timer, setExceptHook } from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import {
  BeneathDeclared,
  Later,
  LeavesFunction,
  Mean,
  Mirror,
  Sum,
  Traced,
  Undeclared,
  WithPrivate,
  add,
  inspect,
} from './own-run.fixture.ts';

describe('a class that extends Thread and overrides run()', () => {
  it('runs in a thread, with the fields that the constructor gave it, and leaves its value in a field', () => {
    const sum = new Sum([1, 2, 3]);
    expect([sum.total, sum.alive, sum.ident]).toEqual([0, false, undefined]);
    expect(sum.start()).toBe(sum);
    expect(sum.join(SOON)).toBe(true);
    expect([sum.total, sum.describe(), sum.alive]).toEqual([6, 'the sum of 1 + 2 + 3 is 6', false]);
  });

  it('shares what can be shared: fields are the same objects before and after', () => {
    const sum = new Sum([1]);
    const { lock } = sum;
    sum.start().join(SOON);
    expect(sum.lock).toBe(lock);
    expect(lock.locked).toBe(true);
  });

  it('has a result as well, of its own type', async () => {
    const result = new Sum([4, 5]).start().result(SOON);
    expectTypeOf(result).toEqualTypeOf<number>();
    expect(result).toBe(9);
    const later = await new Later().start().resultAsync(SOON);
    expectTypeOf(later).toEqualTypeOf<string>();
    expect(later).toBe('later');
    const added = new Thread((a: number) => `${a}`, { args: [1] }).start().result(SOON);
    expectTypeOf(added).toEqualTypeOf<string>();
    expect(added).toBe('1');
  });

  it('may run asynchronously; fields come home with joinAsync() and when alive says that it has ended', async () => {
    const gate = new Event();
    const later = new Later({ args: [gate] }).start();
    await later.started;
    expect([later.state, later.alive]).toEqual(['new', true]);
    gate.set();
    expect(await later.joinAsync(SOON)).toBe(true);
    expect(later.state).toBe('done');
    const polled = new Later().start();
    await expect.poll(() => polled.alive, SOON).toBe(false);
    expect(polled.state).toBe('done');
  });

  it('leaves its fields as they were when it throws', async () => {
    const heard: unknown[] = [];
    setExceptHook(({ error, thread }) => heard.push((error as Error).message, thread));
    const later = new Later({ args: [undefined, true] }).start();
    await later.joinAsync(SOON);
    expect(later.state).toBe('done');
    await expect(later.resultAsync(SOON)).rejects.toThrow(new RangeError('on purpose'));
    await expect.poll(() => heard, SOON).toEqual(['on purpose', later]);
    setExceptHook(undefined);
  });

  it.each([undefined, null, 0, '', false, [[]]])('brings a field home that holds %o', value => {
    const later = new Later();
    later.also = value;
    later.start().join(SOON);
    expect(later.also).toEqual(value);
    expect(Object.hasOwn(later, 'also')).toBe(true);
  });

  it('can have a class beneath it, and call super.run()', () => {
    const mean = new Mean([1, 2, 6]).start();
    expect(mean.result(SOON)).toBe(3);
    expect(mean.total).toBe(9);
  });

  it.each([
    ['a task', add, 'before 2,3'],
    ['an inline function', (a: number, b: number): number => a + b, 'before 2,3'],
    [
      'an export',
      { module: new URL('./own-run.fixture.ts', import.meta.url), export: 'add' } as never,
      'before 2,3',
    ],
  ])('can have a target, which super.run() calls: %s', (_what, target, before) => {
    const traced = new Traced(target as typeof add, { args: [2, 3] }).start();
    expect(traced.result(SOON)).toBe(5);
    expect(traced.trace).toEqual([before, 'after 5']);
    expect(new Traced().start().result(SOON)).toBeUndefined();
  });

  it('is the current thread in its thread, and can not be started there', () => {
    const mirror = new Mirror({ name: 'glass' }).start();
    mirror.join(SOON);
    expect(mirror.seen).toEqual([
      true,
      true,
      'glass',
      true,
      true,
      'Thread "glass": threads can only be started once',
    ]);
  });

  it('arrives in other threads as what it is', () => {
    const sum = new Sum([20, 22]).start();
    expect(new Thread(inspect, { args: [sum] }).start().result(SOON)).toEqual([
      true,
      true,
      'the sum of 20 + 22 is 42',
      42,
    ]);
  });

  it('takes what threads take, and has a name by default', () => {
    const named = new Sum([], { name: 'summer', daemon: true });
    expect([named.name, named.daemon]).toEqual(['summer', true]);
    expect(new Sum([]).name).toMatch(/^Thread-\d+ \(Sum\)$/);
    expect(new Sum([1], { isolated: true }).start().result(SOON)).toBe(1);
  });

  it('is fit for one start, like every thread', () => {
    const sum = new Sum([]).start();
    expect(() => sum.start()).toThrow(ThreadStateError);
    sum.join(SOON);
  });

  it('is not started when a field can not travel, and may be after the repair', () => {
    const later = new Later();
    later.also = { deep: [() => {}] };
    expect(() => later.start()).toThrow(NotShareableError);
    expect(() => later.start()).toThrow(
      /^this\.also\.deep\[0\]: functions cannot be shared.*\. The fields of a thread are copied into it at start\(\): make a function a method/,
    );
    later.also = 1;
    expect(later.start().result(SOON)).toBe('later');
  });

  it('fails when it leaves a field that can not travel, and when it uses #private members', async () => {
    const heard: string[] = [];
    setExceptHook(({ error }) => void heard.push((error as Error).message));
    await expect(new LeavesFunction().start().resultAsync(SOON)).rejects.toThrow(
      /^this\.callback: functions cannot be shared.*\. The fields of a thread are copied back when run\(\) ends: keep in a local variable/,
    );
    await expect(new WithPrivate().start().resultAsync(SOON)).rejects.toThrow(
      "in its own thread the object has no #private members, since its constructor ran where it was created; use TypeScript's private",
    );
    await expect.poll(() => heard.length, SOON).toBe(2);
    setExceptHook(undefined);
  });

  it('runs in the thread that calls run() itself', () => {
    const sum = new Sum([2, 3]);
    expect(sum.run()).toBe(5);
    expect(new Thread(add, { args: [1, 2] }).run(3, 4)).toBe(7);
  });

  it.each([
    [
      'a class that was not declared',
      () => new Undeclared(),
      TypeError,
      'Undeclared: a class that overrides run() must say where threads find it: write "static { this.declare(import.meta); }" into it',
    ],
    ['one beneath a declared one', () => new BeneathDeclared([]), TypeError, 'BeneathDeclared: a class that'],
    [
      'to declare a class without run()',
      () =>
        class Plain extends Thread {
          static {
            this.declare(import.meta);
          }
        },
      TypeError,
      "Plain: declare() is for a class that extends Thread and overrides run(), and this one doesn't override it",
    ],
    [
      'to declare without import.meta',
      () =>
        class Lost extends Thread {
          static {
            this.declare(undefined as never);
          }
          override run(): void {}
        },
      TypeError,
      'Thread.declare: the argument must be import.meta of the module that declares the class',
    ],
    [
      'a timer with a run() of its own',
      () =>
        new (class Early extends Timer {
          override run(): void {}
        })(1, () => {}, { args: [] }),
      TypeError,
      "Early: a class that extends Timer can't override run(), which does the waiting",
    ],
    [
      'options that are none',
      () => new Later({ nmae: 'x' } as never),
      TypeError,
      'Thread: target must be a task, { module, export } or a function, got an object with nmae',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});

describe('a thread without a target', () => {
  it('does nothing', () => {
    const thread = new Thread().start();
    expect(thread.join(SOON)).toBe(true);
    expect(thread.result()).toBeUndefined();
    expect(thread.name).toMatch(/^Thread-\d+$/);
    const named = new Thread({ name: 'idle', daemon: true });
    expect([named.name, named.daemon]).toEqual(['idle', true]);
    expect(named.start().join(SOON)).toBe(true);
  });
});
