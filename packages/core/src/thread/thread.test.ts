import { afterEach, describe, expect, it } from 'vitest';
import { SOON, until, untilBlocked } from '../../test/support/state.ts';
import {
  Event,
  Lock,
  Thread,
  ThreadDiedError,
  ThreadStateError,
  TimeoutError,
  activeCount,
  currentThread,
  enumerate,
  getIdent,
  getNativeId,
  mainThread,
  setExceptHook,
  task,
} from '../index.ts';
import type { ExceptHookArgs } from '../index.ts';
import { OBJECT } from '../memory/layout.ts';
import { setLastIdent } from '../memory/slab.ts';
import { lengthOf } from '../parking/line.ts';
import * as tasks from './thread.fixture.ts';

/** Silences the default report of uncaught errors and shows what it would have got. */
function catchReports(): ExceptHookArgs[] {
  const seen: ExceptHookArgs[] = [];
  setExceptHook(args => seen.push(args));
  return seen;
}

afterEach(() => setExceptHook(undefined));

describe('what a thread runs', () => {
  it('is a task of a module, with module scope and imports', () => {
    expect(new Thread(tasks.triple, { args: [14] }).start().result(SOON)).toBe(42);
  });

  it('may be async', async () => {
    expect(await new Thread(tasks.tripleLater, { args: [14] }).start().resultAsync(SOON)).toBe(42);
  });

  it('is an export of a module by URL', () => {
    const module = new URL('./thread.fixture.ts', import.meta.url);
    const thread = new Thread<typeof tasks.exported>(
      { module, export: 'exported' },
      { args: ['work'] },
    ).start();
    expect(thread.result(SOON)).toBe('exported work');
  });

  it('is an inline function, arrow, method or async, whose source travels', async () => {
    const object = {
      method(n: number): number {
        return n + 1;
      },
    };
    expect(new Thread((n: number) => n + 1, { args: [1] }).start().result(SOON)).toBe(2);
    expect(new Thread(object.method, { args: [1] }).start().result(SOON)).toBe(2);
    expect(await new Thread(async (n: number) => n + 1, { args: [1] }).start().resultAsync(SOON)).toBe(2);
  });

  it('tells an inline function that it can not close over variables, and what to do', () => {
    const reports = catchReports();
    const outside = 1;
    const thread = new Thread(() => outside).start();
    expect(() => thread.result(SOON)).toThrow(ReferenceError);
    expect(() => thread.result(SOON)).toThrow(
      /outside is not defined: an inline function runs in another thread and can't close over variables\. Pass "outside" in args/,
    );
    void reports;
  });

  it('may still be called as the function that it is', () => {
    expect(tasks.triple(2)).toBe(6);
  });

  it.each([
    [
      'nothing',
      undefined,
      TypeError,
      /target must be a task, \{ module, export \} or a function, got undefined/,
    ],
    ['a number', 7, TypeError, /got 7 \(number\)/],
    [
      'a relative module',
      { module: './x.js' },
      TypeError,
      /absolute URL, got "\.\/x\.js"; write new URL\('\.\/x\.js', import\.meta\.url\)/,
    ],
    ['a bound function', tasks.exported.bind(null), Error, /source of "bound exported" can't be had/],
    ['a built-in', Math.max, Error, /source of "max" can't be had/],
    ['a class', class A {}, Error, /class can't be a thread's target/],
  ])('rejects %s as a target', (_what, target, type, message) => {
    expect(() => new Thread(target as never)).toThrow(type);
    expect(() => new Thread(target as never)).toThrow(message);
  });

  it.each([
    ['args that are no array', { args: 5 }, /args must be an array, got 5 \(number\)/],
    ['a name that is no string', { name: {} }, /name must be a string, got \[object Object\] \(object\)/],
    [
      'arguments in the place of options',
      [1],
      /options must be an object, such as \{ args: \[1, 2\] \}, got an array/,
    ],
    [
      'an option that there is not',
      { kwargs: {} },
      /Thread: there is no option "kwargs"; the options are args, /,
    ],
    ['an option in another case', { Daemon: true }, /there is no option "Daemon", did you mean "daemon"/],
    [
      'a transfer that is no array',
      { transfer: 5 },
      /Thread: transfer must be an array of ArrayBuffers, got Number/,
    ],
    [
      'a transfer of what is shared',
      { transfer: [new Lock()] },
      /transfer\[0\] must be an ArrayBuffer, got Object/,
    ],
    ['a heap limit of nothing', { maxHeapMiB: 0 }, /maxHeapMiB must be a whole number from 8, got 0/],
  ])('rejects %s', (_what, options, message) => {
    expect(() => new Thread(tasks.triple, options as never)).toThrow(message);
  });

  it('is found by its place where minifiers dropped the name, or bundlers brought two of one name into one module', () => {
    const threads = tasks.alike.map(each => new Thread(each).start());
    expect(threads.map(thread => thread.result(SOON))).toEqual([0, 1, 2, 3]);
  });

  it('rejects a task that is not declared with import.meta', () => {
    expect(() => task({} as never, function odd() {})).toThrow(/first argument must be import\.meta/);
  });

  it('fails with the reason when the module or the export is not there', () => {
    catchReports();
    const missing = new Thread({ module: new URL('./nowhere.ts', import.meta.url) } as never).start();
    expect(() => missing.result(SOON)).toThrow(/nowhere\.ts/);
    const other = new Thread({
      module: new URL('./thread.fixture.ts', import.meta.url),
      export: 'nothing',
    } as never).start();
    expect(() => other.result(SOON)).toThrow(
      /has no exported function "nothing" \(it exports: BrokenThing, .*triple/,
    );
  });

  it('fails at start, at once, with the path to an argument that can not travel, and may be started after the repair', () => {
    const job = { callback: (() => 1) as unknown };
    const thread = new Thread((value: unknown) => JSON.stringify(value), {
      args: [{ jobs: [0, 1, 2, job] }],
    });
    expect(() => thread.start()).toThrow(/args\[0\]\.jobs\[3\]\.callback: functions cannot be shared/);
    expect([thread.alive, thread.ident]).toEqual([false, undefined]);
    job.callback = 'fine';
    expect(thread.start().result(SOON)).toContain('fine');
  });

  it('fails with the path when its result can not travel', () => {
    catchReports();
    expect(() => new Thread(tasks.returnFunction).start().result(SOON)).toThrow(
      /result\.jobs\[0\]\.callback: functions cannot be shared/,
    );
  });
});

describe('the life of a thread', () => {
  it('goes from initial through alive to finished, with an ident from start() on', () => {
    const gate = new Lock();
    gate.acquire();
    const thread = new Thread(tasks.waitForGate, { args: [gate], name: 'walker' });
    expect([thread.alive, thread.ident, thread.nativeId, String(thread)]).toEqual([
      false,
      undefined,
      undefined,
      '<Thread walker initial>',
    ]);
    expect(thread.start()).toBe(thread);
    expect([thread.alive, typeof thread.ident, String(thread)]).toEqual([
      true,
      'number',
      `<Thread walker started ${thread.ident}>`,
    ]);
    expect(thread.join({ timeout: 30 })).toBe(false);
    gate.release();
    expect(thread.join(SOON)).toBe(true);
    expect([thread.alive, thread.result()]).toEqual([false, 'passed the gate']);
    expect(String(thread)).toBe(`<Thread walker stopped ${thread.ident}>`);
    if (process.platform === 'linux') expect(thread.nativeId).toBeGreaterThan(0);
  });

  it('begins once: a second start() is an error, a new thread of the same configuration is not', () => {
    const thread = new Thread(tasks.triple, { args: [1] }).start();
    expect(() => thread.start()).toThrow(ThreadStateError);
    expect(() => thread.start()).toThrow('threads can only be started once');
    thread.join(SOON);
    expect(() => thread.start()).toThrow('threads can only be started once');
    expect(new Thread(tasks.triple, { args: [1] }).start().result(SOON)).toBe(3);
  });

  it('can be joined many times, in both faces, never before start() and never by itself', async () => {
    const thread = new Thread(tasks.triple, { args: [1] });
    expect(() => thread.join()).toThrow('cannot join thread before it is started');
    await expect(thread.joinAsync()).rejects.toThrow('cannot join thread before it is started');
    thread.start();
    expect([
      thread.join(SOON),
      thread.join(SOON),
      await thread.joinAsync(),
      thread.join({ timeout: 0 }),
    ]).toEqual([true, true, true, true]);
    expect(() => currentThread().join()).toThrow(/cannot join current thread/);
  });

  it('rejects bad timeouts, quoting them', () => {
    const thread = new Thread(tasks.triple, { args: [1] }).start();
    expect(() => thread.join({ timeout: -1 })).toThrow(
      /Thread\.join: timeout must be 0 or more milliseconds, got -1/,
    );
    expect(() => thread.join({ timeout: Number.NaN })).toThrow(RangeError);
    expect(() => thread.join({ timeout: '1' as never })).toThrow(
      /must be a number of milliseconds, got 1 \(string\)/,
    );
  });

  it('throws TimeoutError from result() and rejects an aborted wait with its reason', async () => {
    const gate = new Lock();
    gate.acquire();
    const thread = new Thread(tasks.waitForGate, { args: [gate], name: 'slow' }).start();
    expect(() => thread.result({ timeout: 5 })).toThrow(TimeoutError);
    expect(() => thread.result({ timeout: 5 })).toThrow('Thread "slow": not finished within 5 ms');
    expect(await thread.joinAsync({ timeout: 5 })).toBe(false);
    const controller = new AbortController();
    const waiting = thread.joinAsync({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    gate.release();
    expect(await thread.resultAsync()).toBe('passed the gate');
  });

  it('has falsy results as they are', () => {
    for (const value of [undefined, null, 0, '', false, Number.NaN, -0]) {
      const thread = new Thread((given: unknown) => given, { args: [value] }).start();
      expect(thread.result(SOON)).toBe(value);
    }
  });

  it('is seen by the same handle in its own thread: name, daemon, main thread, enumerate', () => {
    const thread = new Thread(tasks.whoAmI, { name: 'observer', daemon: true }).start();
    expect(thread.result(SOON)).toMatchObject({
      name: 'observer',
      daemon: true,
      main: 'MainThread',
      ident: thread.ident,
    });
    expect((thread.result() as { alive: string[] }).alive).toEqual(
      expect.arrayContaining(['MainThread', 'observer']),
    );
  });

  it('counts: activeCount and enumerate include main, pending and running threads and no finished ones', () => {
    const gate = new Lock();
    gate.acquire();
    const before = activeCount();
    const threads = [1, 2, 3].map(() => new Thread(tasks.waitForGate, { args: [gate] }).start());
    expect(activeCount()).toBe(before + 3);
    expect(enumerate()).toEqual(expect.arrayContaining([mainThread(), ...threads]));
    gate.release();
    for (const thread of threads) thread.join(SOON);
    expect(activeCount()).toBe(before);
    expect(enumerate()).not.toContain(threads[0]);
  });

  it('has Python-like default names and can be renamed at any time', () => {
    const named = new Thread(tasks.triple, { args: [1] });
    expect(named.name).toMatch(/^Thread-\d+ \(triple\)$/);
    expect(new Thread(() => 1).name).toMatch(/^Thread-\d+$/);
    named.name = 'ü'.repeat(100);
    expect(named.name).toBe('ü'.repeat(48));
    expect(currentThread().name).toBe('MainThread');
    expect(currentThread()).toBe(mainThread());
    expect(getIdent()).toBe(mainThread().ident);
    expect(getNativeId()).toBe(mainThread().nativeId);
    if (process.platform === 'linux') expect(getNativeId()).toBe(process.pid);
  });

  it('takes a number for a name, as Python does, and none for the default', () => {
    expect(new Thread(tasks.triple, { args: [1], name: 123 as never }).name).toBe('123');
    for (const none of ['', 0, null, undefined])
      expect(new Thread(tasks.triple, { args: [1], name: none as never }).name).toMatch(
        /^Thread-\d+ \(triple\)$/,
      );
    const renamed = new Thread();
    renamed.name = 7 as never;
    expect(renamed.name).toBe('7');
    expect(() => (renamed.name = {} as never)).toThrow(
      'Thread: name must be a string, got [object Object] (object)',
    );
  });

  it('moves buffers that it is told to move, at start() and not before', () => {
    const moved = new Uint8Array([1, 2, 3]);
    const copied = new Uint8Array([4]);
    const thread = new Thread((a: Uint8Array, b: Uint8Array) => [a[2], b[0]], {
      args: [moved, copied],
      transfer: [moved.buffer],
    });
    expect(moved.length).toBe(3);
    thread.start();
    expect([moved.length, copied.length]).toEqual([0, 1]);
    expect(thread.result(SOON)).toEqual([3, 4]);
    expect(() => new Thread(tasks.triple, { args: [1], transfer: [moved.buffer] })).toThrow(
      'Thread: transfer[0]: this ArrayBuffer was moved away already',
    );
  });

  it('moves nothing when another argument can not travel', () => {
    const bytes = new Uint8Array(8);
    const thread = new Thread((a: Uint8Array, b: unknown) => [a, b], {
      args: [bytes, () => 1],
      transfer: [bytes.buffer],
    });
    expect(() => thread.start()).toThrow('args[1]: functions cannot be shared');
    expect(bytes.length).toBe(8);
  });

  it('inherits daemon from its creator and fixes it at start', () => {
    expect(new Thread(tasks.triple, { args: [1] }).daemon).toBe(false);
    expect(new Thread(tasks.inheritDaemon, { daemon: true }).start().result(SOON)).toBe(true);
    const thread = new Thread(tasks.triple, { args: [1] });
    thread.daemon = true;
    thread.start();
    expect(() => (thread.daemon = false)).toThrow('cannot set daemon status of active thread');
    thread.join(SOON);
  });

  it('never uses an ident twice, and passes the end of the int32 range', () => {
    setLastIdent(0x7fff_fffe);
    const threads = [1, 2].map(n => new Thread(tasks.triple, { args: [n] }).start());
    expect(threads.map(thread => thread.ident)).toEqual([0x7fff_ffff, 1]);
    for (const thread of threads) thread.join(SOON);
    setLastIdent(1_000_000);
  });

  it('outlives the thread that started it', () => {
    const gate = new Lock();
    gate.acquire();
    const starter = new Thread(tasks.startAnother, { args: [gate] }).start();
    const grandchild = starter.result(SOON) as Thread;
    expect([starter.alive, grandchild.alive, grandchild.name]).toEqual([false, true, 'grandchild']);
    gate.release();
    expect(grandchild.result(SOON)).toBe('passed the gate');
  });

  it('reuses workers: a thousand threads in a row need a handful', () => {
    const natives = new Set<number | undefined>();
    for (let n = 0; n < 300; n++) {
      const thread = new Thread(tasks.triple, { args: [n] }).start();
      expect(thread.result(SOON)).toBe(3 * n);
      natives.add(thread.nativeId);
    }
    expect(natives.size).toBeLessThan(20);
  });

  it('gets a realm of its own when isolated', () => {
    const mark = (): boolean => {
      const before = 'marked' in globalThis;
      Object.assign(globalThis, { marked: true });
      return before;
    };
    const results = [1, 2, 3].map(() => new Thread(mark, { isolated: true }).start().result(SOON));
    expect(results).toEqual([false, false, false]);
  });

  it('runs what it left behind to its end, on a worker that takes no other thread meanwhile', async () => {
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread(tasks.leaveTimerBehind, { args: [lock] }).start();
    expect(thread.join(SOON)).toBe(true);
    expect(await lock.acquireAsync({ timeout: 15_000 })).toBe(true);
  });

  it('may be one of sixty that are started at once', async () => {
    const threads = Array.from({ length: 60 }, (_, n) =>
      new Thread(tasks.tripleLater, { args: [n] }).start(),
    );
    const results = await Promise.all(threads.map(thread => thread.resultAsync({ timeout: 28_000 })));
    expect(results).toEqual(threads.map((_, n) => 3 * n));
  });
});

describe('an error that a thread does not catch', () => {
  it('never comes out of join(), and comes out of result() with class, message, code, cause, own properties and both stacks', () => {
    catchReports();
    const thread = new Thread(tasks.breakThing, { name: 'breaker' }).start();
    expect(thread.join(SOON)).toBe(true);
    let thrown: (RangeError & { code?: string; detail?: unknown }) | undefined;
    try {
      thread.result();
    } catch (error) {
      thrown = error as RangeError;
    }
    expect(thrown).toBeInstanceOf(RangeError);
    expect(thrown).toMatchObject({ message: 'it broke', code: 'E_BROKEN', detail: { at: [1, 2] } });
    expect(thrown!.cause).toBeInstanceOf(TypeError);
    expect(thrown!.stack).toMatch(/thread\.fixture\.ts/);
    expect(thrown!.stack).toMatch(/--- result of Thread "breaker" asked for ---[\s\S]*thread\.test\.ts/);
  });

  it.each([[undefined], [null], [0], [''], [false], ['text']])('may be %o', async value => {
    const reports = catchReports();
    const thread = new Thread(tasks.throwValue, { args: [value] }).start();
    const outcome = await thread.resultAsync(SOON).then(
      () => 'resolved',
      (error: unknown) => ['threw', error],
    );
    expect(outcome).toEqual(['threw', value]);
    await until(() => reports.some(report => report.thread === thread), 'the hook heard of it');
    expect(reports.find(report => report.thread === thread)!.error).toBe(value);
  });

  it.each(['join', 'joinAsync', 'result', 'resultAsync'] as const)(
    'that is not caught has reached the hook when %s says that the thread has finished, as in Python',
    async method => {
      for (let round = 0; round < 20; round++) {
        const reports = catchReports();
        const thread = new Thread(tasks.breakThing).start();
        try {
          await thread[method](SOON);
        } catch (error) {
          expect(error).toMatchObject({ message: 'it broke' });
        }
        // At once, as CPython's own test does.
        setExceptHook(undefined);
        expect(reports.map(report => report.thread === thread)).toEqual([true]);
      }
    },
  );

  it('that was sent to a hook reaches that hook although another is set before it comes', async () => {
    const first = catchReports();
    const thread = new Thread(tasks.breakThing).start();
    untilBlocked(() => !thread.alive, 'it has finished');
    const second = catchReports();
    await thread.joinAsync(SOON);
    expect([first.length, second.length]).toEqual([1, 0]);
  });

  it('goes to the hook of the main thread, with the thread', async () => {
    const reports = catchReports();
    const thread = new Thread(tasks.breakThing, { name: 'breaker' }).start();
    await thread.joinAsync(SOON);
    await until(() => reports.some(report => report.thread === thread), 'the hook heard of it');
    expect(reports.find(report => report.thread === thread)!.error).toMatchObject({ message: 'it broke' });
    expect(() => setExceptHook(5 as never)).toThrow(/expected a function or undefined, got 5 \(number\)/);
  });

  it('that comes from a callback ends the thread with that error', async () => {
    const reports = catchReports();
    const thread = new Thread(() => {
      setTimeout(() => {
        throw new SyntaxError('from a timer');
      }, 1);
      return new Promise(() => {});
    }).start();
    await expect(thread.resultAsync(SOON)).rejects.toThrow('from a timer');
    await until(() => reports.some(report => report.thread === thread), 'the hook heard of it');
  });

  it('that is an unhandled rejection ends the thread with that error', async () => {
    catchReports();
    const thread = new Thread(() => {
      void Promise.reject(new SyntaxError('nobody caught me'));
      return new Promise(() => {});
    }).start();
    await expect(thread.resultAsync(SOON)).rejects.toThrow('nobody caught me');
  });
});

describe('a thread that dies', () => {
  it('by process.exit() is noticed while the joiner is blocked, and result() says how', () => {
    const thread = new Thread(() => process.exit(3), { name: 'quitter' }).start();
    expect(thread.join(SOON)).toBe(true);
    expect(() => thread.result()).toThrow(ThreadDiedError);
    expect(() => thread.result()).toThrow(
      'Thread "quitter": it ended without returning: process.exit(3) was called in it',
    );
  });

  it('by terminate(), in a loop that never ends', () => {
    const thread = new Thread(
      () => {
        for (;;);
      },
      { name: 'loop' },
    ).start();
    for (const end = performance.now() + 15_000; thread.nativeId === undefined && performance.now() < end;);
    expect(thread.terminate()).toBe(true);
    expect(thread.join(SOON)).toBe(true);
    expect(() => thread.result()).toThrow('Thread "loop": it was terminated');
    expect(thread.terminate()).toBe(false);
  });

  it('by terminate(), blocked in a lock: it leaves the line, and those behind it get the lock', async () => {
    const lock = new Lock();
    lock.acquire();
    const first = new Thread(tasks.waitForGate, { args: [lock] }).start();
    await until(() => waiters(lock) === 1, 'the first waits');
    const second = new Thread(tasks.waitForGate, { args: [lock] }).start();
    await until(() => waiters(lock) === 2, 'the second waits');
    first.terminate();
    expect(await first.joinAsync(SOON)).toBe(true);
    expect(waiters(lock)).toBe(1);
    lock.release();
    expect(await second.resultAsync(SOON)).toBe('passed the gate');
  });

  it('by terminate() before a worker has taken it: then it never runs', () => {
    for (const isolated of [false, true]) {
      const ran = new Event();
      const crowd = Array.from({ length: 6 }, () =>
        new Thread(tasks.setAll, { args: [[ran]], isolated }).start(),
      );
      for (const thread of crowd) thread.terminate();
      const ends = crowd.map(thread => thread.join(SOON) && outcomeOf(thread));
      // A worker may have been faster than we were; what is never allowed is a terminated thread that hangs.
      for (const end of ends) expect(['returned', 'it was terminated']).toContain(end);
      if (!ran.isSet) expect(new Set(ends)).toEqual(new Set(['it was terminated']));
    }
  });

  it('by terminate() and no other dies with it, however close to its end it was', () => {
    const ends = new Set<string>();
    for (let round = 0; round < 120; round++) {
      const ran = new Event();
      const first = new Thread(tasks.setAll, { args: [[ran]] }).start();
      for (let spin = 0; spin < round * 100 && !ran.isSet; spin++);
      first.terminate();
      const second = new Thread(tasks.triple, { args: [round] }).start();
      expect(second.result(SOON)).toBe(3 * round);
      expect(first.join(SOON)).toBe(true);
      ends.add(outcomeOf(first));
    }
    expect([...ends].sort()).toEqual(['it was terminated', 'returned']);
  });

  it('by running out of memory', () => {
    catchReports();
    const thread = new Thread(
      () => {
        const kept: object[] = [];
        for (;;) kept.push({ x: [1, 2, 3] });
      },
      { name: 'glutton', maxHeapMiB: 16 },
    ).start();
    expect(thread.join(SOON)).toBe(true);
    expect(() => thread.result()).toThrow(/Thread "glutton": it ran out of memory/);
  });

  it('by overflowing its stack ends like any thread with an error', () => {
    catchReports();
    const thread = new Thread(function deeper(): number {
      return 1 + deeper();
    }).start();
    expect(() => thread.result(SOON)).toThrow(RangeError);
  });

  it('makes room for others: threads go on being started', () => {
    for (let n = 0; n < 5; n++) {
      const dying = new Thread(() => process.exit(0)).start();
      const living = new Thread(tasks.triple, { args: [n] }).start();
      expect([dying.join(SOON), living.result(SOON)]).toEqual([true, 3 * n]);
    }
  });

  it('says when it runs, and that it is no longer to come if it never will', async () => {
    const gate = new Lock();
    gate.acquire();
    const thread = new Thread(tasks.waitForGate, { args: [gate] });
    expect(() => thread.started).toThrow(ThreadStateError);
    thread.start();
    await Promise.all([thread.started, thread.started]);
    expect(thread.nativeId).toBeGreaterThan(0);
    expect(String(thread)).toContain('started');
    gate.release();
    await thread.joinAsync(SOON);
    await thread.started;
    const condemned = new Thread(tasks.triple, { args: [1], isolated: true }).start();
    condemned.terminate();
    await condemned.started;
    expect(condemned.join(SOON)).toBe(true);
  });

  it('can not be terminated before it starts, nor can the main thread', () => {
    expect(() => new Thread(tasks.triple, { args: [1] }).terminate()).toThrow(
      /only a thread that was started/,
    );
    expect(() => mainThread().terminate()).toThrow(ThreadStateError);
  });
});

/** `returned`, or why the thread died. */
function outcomeOf(thread: Thread<(...args: never[]) => unknown>): string {
  try {
    thread.result(SOON);
    return 'returned';
  } catch (error) {
    return (error as Error).message.replace(/^Thread "[^"]*": /, '');
  }
}

function waiters(lock: Lock): number {
  return lengthOf((lock as unknown as { at: number }).at + OBJECT.first);
}
