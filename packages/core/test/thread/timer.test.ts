import { describe, expect, it, vi } from 'vitest';
import {
  AtomicCounter,
  Event,
  NotShareableError,
  Thread,
  ThreadStateError,
  Timer,
  enumerate,
  memoryUsage,
  setExceptHook,
  stackSize,
} from '../../src/index.ts';
import { runProgram } from '../support/child.ts';
import { SOON, until } from '../support/state.ts';
import * as tasks from './timer.fixture.ts';

describe('Timer, as CPython tests its own', () => {
  it('calls its function with the arguments when the interval has passed, each timer with its own', () => {
    const [calls, called] = [new AtomicCounter(), new Event()];
    const begin = performance.now();
    const first = new Timer(20, tasks.record, { args: [calls, called] }).start();
    expect(called.wait(SOON)).toBe(true);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(19);
    called.clear();
    const second = new Timer(10, tasks.record, { args: [calls, called], name: 'second' }).start();
    expect(called.wait(SOON)).toBe(true);
    expect([first.join(SOON), second.join(SOON), calls.value]).toEqual([true, true, 2]);
    expect([first.result(SOON), second.result(SOON)]).toEqual([
      expect.stringMatching(/^Thread-\d+ \(record\)$/),
      'second',
    ]);
  });

  it('does nothing before it is started, and can be started once', () => {
    const [calls, called] = [new AtomicCounter(), new Event()];
    const timer = new Timer(0, tasks.record, { args: [calls, called] });
    expect([timer.alive, timer.finished.isSet, timer.interval]).toEqual([false, false, 0]);
    expect(() => timer.join()).toThrow('cannot join thread before it is started');
    expect(timer.start()).toBe(timer);
    expect([timer.finished.wait(SOON), timer.join(SOON), timer.alive, calls.value]).toEqual([
      true,
      true,
      false,
      1,
    ]);
    expect(() => timer.start()).toThrow(ThreadStateError);
  });
});

describe('Timer', () => {
  it('is a thread, and itself wherever threads are listed', () => {
    const timer = new Timer(Infinity, tasks.fail, { daemon: true }).start();
    expect(timer).toBeInstanceOf(Thread);
    expect(enumerate()).toContain(timer);
    expect([timer.daemon, timer.alive, timer.interval]).toEqual([true, true, Infinity]);
    timer.cancel();
    expect(timer.result(SOON)).toBeUndefined();
  });

  it('never calls its function when it is cancelled in time, before its start too', async () => {
    const [calls, called] = [new AtomicCounter(), new Event()];
    const running = new Timer(20_000, tasks.record, { args: [calls, called] }).start();
    running.cancel();
    const early = new Timer(20_000, tasks.record, { args: [calls, called] });
    early.cancel();
    early.start();
    for (const timer of [running, early]) {
      expect([await timer.joinAsync(SOON), timer.finished.isSet]).toEqual([true, true]);
      expect(timer.result(SOON)).toBeUndefined();
    }
    expect(calls.value).toBe(0);
  });

  it('counts its interval from its start, not from when its worker has come up', () => {
    stackSize(8);
    try {
      // A fresh worker, which takes its time to come up and to load the module: so much less is left to wait for then.
      const begin = performance.now();
      const timer = new Timer(800, tasks.sinceLoaded).start();
      expect(timer.result(SOON)).toBeLessThan(800);
      expect(performance.now() - begin).toBeGreaterThanOrEqual(798);
    } finally {
      stackSize(0);
    }
  });

  it('can be cancelled by another thread, where it arrives as a Timer', () => {
    const [calls, called] = [new AtomicCounter(), new Event()];
    const timer = new Timer(15_000, tasks.record, { args: [calls, called] }).start();
    const other = new Thread(tasks.cancelIt, { args: [timer as Timer] }).start();
    expect(other.result(SOON)).toEqual(['Timer', 15_000, true]);
    expect([timer.join(SOON), calls.value]).toEqual([true, 0]);
  });

  it('is not affected by a cancel that comes too late', () => {
    const [begun, go] = [new Event(), new Event()];
    const timer = new Timer(1, tasks.stay, { args: [begun, go] }).start();
    expect(begun.wait(SOON)).toBe(true);
    timer.cancel();
    go.set();
    expect(timer.result(SOON)).toBe('stayed');
    timer.cancel();
    expect([timer.finished.isSet, timer.result(SOON)]).toEqual([true, 'stayed']);
  });

  it('is finished when its function throws, which the exception hook hears of', async () => {
    const hook = vi.fn();
    setExceptHook(hook);
    try {
      const timer = new Timer(1, tasks.fail, { name: 'failing' }).start();
      expect(await timer.finished.waitAsync(SOON)).toBe(true);
      await expect(timer.resultAsync(SOON)).rejects.toThrow(new RangeError('on purpose'));
      await until(() => hook.mock.calls.length === 1, 'the hook was called');
      expect(hook.mock.calls[0]![0].thread).toBe(timer);
      const inline = new Timer(1, () => tasks.record.name).start();
      await expect(inline.resultAsync(SOON)).rejects.toThrow("can't close over variables");
    } finally {
      setExceptHook(undefined);
    }
  });

  it('returns its memory', async () => {
    const use = (): void => {
      const timer = new Timer(0, tasks.cancelIt, { args: [undefined as never], daemon: true });
      timer.finished.dispose();
      timer.dispose();
    };
    use();
    const before = memoryUsage().used;
    for (let round = 0; round < 2000; round++) use();
    expect(memoryUsage().used - before).toBeLessThan(1_000_000);
  });

  it('keeps the program alive until it has fired, unless it is a daemon', async () => {
    const program = (daemon: boolean): string => `
      new heddle.Timer(150, () => console.log('fired'), { daemon: ${daemon} }).start();
      console.log('nothing more to do');`;
    const [ordinary, daemon] = await Promise.all([runProgram(program(false)), runProgram(program(true))]);
    expect([ordinary.stdout, ordinary.code]).toEqual(['nothing more to do\nfired\n', 0]);
    expect([daemon.stdout, daemon.code]).toEqual(['nothing more to do\n', 0]);
  });

  it.each([
    [
      'a negative interval',
      () => new Timer(-1, tasks.fail),
      RangeError,
      'Timer: interval must be 0 or more milliseconds, got -1',
    ],
    ['NaN', () => new Timer(Number.NaN, tasks.fail), RangeError, 'got NaN'],
    [
      'a text',
      () => new Timer('5' as never, tasks.fail),
      TypeError,
      'Timer: interval must be a number of milliseconds, got 5 (string)',
    ],
    ['no function', () => new Timer(5, undefined as never), TypeError, 'Timer: target must be a task'],
    ['a built-in function', () => new Timer(5, Math.max as never), NotShareableError, "can't be had"],
    [
      'args that are no array',
      () => new Timer(5, tasks.fail, { args: 1 as never }),
      TypeError,
      'Timer: args must be an array, got 1 (number)',
    ],
    [
      'a name that is none',
      () => new Timer(5, tasks.fail, { name: {} as never }),
      TypeError,
      'Timer: name must be a string, got [object Object] (object)',
    ],
    [
      'arguments in the place of options, as in Python',
      () => new Timer(5, tasks.fail, [1] as never),
      TypeError,
      'Timer: options must be an object, such as { args: [1, 2] }, got an array',
    ],
    [
      'an option that there is not',
      () => new Timer(5, tasks.fail, { isolated: true } as never),
      TypeError,
      'Timer: there is no option "isolated"; the options are args, context, daemon, name',
    ],
    [
      'args that cannot travel, at the start',
      () => new Timer(5, tasks.fail as never, { args: [() => {}] } as never).start(),
      NotShareableError,
      'functions cannot be shared',
    ],
  ])('refuses %s', (_what, use, type, message) => {
    expect(use).toThrow(type);
    expect(use).toThrow(message);
  });
});
