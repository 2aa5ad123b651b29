/** What a dump says of threads and locks, and when it is made. */
import { describe, expect, it } from 'vitest';
import { Barrier, Lock, RLock, Thread, dump, dumpAfter, dumpOnTouch, traceLocks } from '../../src/index.ts';
import { runProgram } from '../support/child.ts';
import { SOON, untilBlocked, waitingAt } from '../support/state.ts';
import { tasks } from './owners.fixture.ts';

/** The paragraph of one thread. */
function partOf(text: string, thread: string): string {
  const start = text.indexOf(`Thread "${thread}"`);
  expect(start, text).toBeGreaterThanOrEqual(0);
  return text.slice(start).split(/\n(?! )/)[0]!;
}

describe('a dump', () => {
  it('says of each thread what it holds, what it waits for and where', () => {
    const [a, b] = [new Lock({ name: 'a' }), new RLock({ name: 'b' })];
    const ready = new Barrier(2);
    const { holdThenWant } = tasks;
    const thread = new Thread(holdThenWant, { args: [a, b, ready], name: 'blocked', daemon: true });
    {
      using _held = b.hold();
      thread.start();
      ready.wait(SOON);
      untilBlocked(
        () => partOf(dump(), 'blocked').includes('owners.fixture.ts'),
        'it says where it is blocked',
      );
      const text = dump();
      expect(partOf(text, 'blocked')).toMatch(
        /^Thread "blocked" \(ident \d+, native id \d+, daemon\)\n {2}is blocked in RLock\.acquire\(\): RLock "b", held by Thread "MainThread", for \d+ ms\n {6}at holdThenWant \(.*owners\.fixture\.ts:\d+:\d+\)(\n {6}.*)*\n {2}holds Lock "a"$/,
      );
      expect(partOf(text, 'MainThread')).toMatch(
        /^Thread "MainThread" \(ident \d+, native id \d+, this thread\)\n {2}runs\n[^]*dump\.test\.ts[^]*\n {2}holds RLock "b"/,
      );
    }
    expect(thread.result(SOON)).toBe('got it');
  });

  it('says who acquired a lock without a guard, also when that thread has ended', () => {
    const [mine, theirs] = [new Lock({ name: 'mine' }), new RLock({ name: 'theirs' })];
    mine.acquire();
    const thread = new Thread((lock: RLock) => void lock.acquire(), {
      args: [theirs],
      name: 'taker',
    }).start();
    thread.join(SOON);
    const text = dump();
    expect(text).toContain('\nLock "mine" was acquired without a guard, by Thread "MainThread"\n');
    expect(text).toContain(
      `\nRLock "theirs" was acquired without a guard, by a thread that has ended (ident ${thread.ident})\n`,
    );
    mine.release();
    expect(dump()).not.toContain('"mine"');
  });

  it('says which locks were abandoned', () => {
    const lock = new Lock({ name: 'left' });
    new Thread(tasks.holdAndForget, { args: [lock], name: 'leaver' }).start().join(SOON);
    expect(dump()).toContain('\nLock "left" was abandoned by Thread "leaver"\n');
  });

  it('says which promises wait, and for a timeout that there is one', async () => {
    const lock = new Lock({ name: 'busy' });
    lock.acquire();
    const promise = lock.acquireAsync(SOON);
    const thread = new Thread((one: Lock) => one.acquire({ timeout: 20_000 }), {
      args: [lock],
      name: 'patient',
    }).start();
    untilBlocked(() => waitingAt(lock) === 2, 'it waits');
    const text = dump();
    expect(partOf(text, 'MainThread')).toContain('\n  a promise of it waits for Lock "busy"');
    expect(partOf(text, 'patient')).toMatch(/is blocked in Lock\.acquire\(\): Lock "busy".*, with a timeout/);
    lock.release();
    await promise;
    lock.release();
    thread.join(SOON);
    expect(thread.result()).toBe(true);
  });

  it('says where a lock was taken, while that is traced', () => {
    const lock = new Lock({ name: 'traced' });
    traceLocks(true);
    try {
      using _held = lock.hold();
      expect(partOf(dump(), 'MainThread')).toMatch(/holds Lock "traced"\n {6}.*dump\.test\.ts:\d+/);
      expect(() => lock.hold()).toThrow(/deadlock: [^]*\n {2}taken\n {4}.*dump\.test\.ts:\d+/);
    } finally {
      traceLocks(false);
    }
    using _held = lock.hold();
    expect(partOf(dump(), 'MainThread')).toMatch(/holds Lock "traced"$/m);
  });

  it('says it in all threads from the start, by the environment variable', async () => {
    process.env['HEDDLE_TRACE_LOCKS'] = '1';
    try {
      const { stdout } = await runProgram(`
        const lock = new heddle.Lock({ name: 'theirs' });
        const [holds, go] = [new heddle.Event(), new heddle.Event()];
        const thread = new heddle.Thread(
          function taker(lock, holds, go) { const held = lock.hold(); holds.set(); go.wait(); held.release(); },
          { args: [lock, holds, go] },
        ).start();
        holds.wait();
        console.log(heddle.dump());
        go.set();
      `);
      expect(stdout).toMatch(/holds Lock "theirs"\n {6}at .*taker/);
    } finally {
      delete process.env['HEDDLE_TRACE_LOCKS'];
    }
  });

  it('refuses what it does not know', () => {
    expect(() => dump({ to: 'printer' as 'stderr' })).toThrow(
      new TypeError("dump: to must be 'stderr' or nothing, got printer (string)"),
    );
    expect(() => dumpAfter(0)).toThrow(RangeError);
    expect(() => traceLocks(1 as unknown as boolean)).toThrow(TypeError);
  });
});

it('a dump shows tasks of one thread that wait for each other, which is no certain deadlock', async () => {
  const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })];
  const [heldA, heldB] = [await a.holdAsync(), await b.holdAsync()];
  const waits = [b.holdAsync(SOON), a.holdAsync(SOON)];
  const text = partOf(dump(), 'MainThread');
  expect(text).toContain('a promise of it waits for Lock "a", which Thread "MainThread" holds');
  expect(text).toContain('a promise of it waits for Lock "b", which Thread "MainThread" holds');
  // And this is why: each may release its own while it waits for the other's.
  heldA.release();
  heldB.release();
  for (const guard of await Promise.all(waits)) guard.release();
});

describe('a dump is made', () => {
  it('at a signal', async () => {
    const { stderr, code } = await runProgram(`
      heddle.dumpOnSignal();
      const lock = new heddle.Lock({ name: 'account' });
      const held = lock.hold();
      process.on('SIGUSR2', () => setImmediate(() => process.exit(0)));
      setInterval(() => {}, 1000);
      process.kill(process.pid, 'SIGUSR2');
    `);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Heddle, 1 thread:\nThread "MainThread"[^]*holds Lock "account"/);
  });

  it('by the supervisor, when the main thread is blocked for too long', async () => {
    const { stderr, stdout } = await runProgram(`
      heddle.dumpAfter(150);
      const lock = new heddle.Lock({ name: 'account' });
      const held = lock.hold();
      const event = new heddle.Event({ name: 'never' });
      event.wait({ timeout: 6000 });
      console.log('went on');
    `);
    expect(stdout).toBe('went on\n');
    expect(stderr).toMatch(
      /^Heddle, 1 thread:\nThread "MainThread" \([^]*is blocked in Event\.wait\(\): Event "never", for \d+ ms, with a timeout\n {6}at .*program\.mjs[^]*holds Lock "account"/,
    );
  });

  it('when a file is touched, although the main thread is blocked, each time and no more once it was cancelled', async () => {
    const { stderr, stdout } = await runProgram(
      `
      import { existsSync, mkdtempSync, rmSync, writeFileSync, utimesSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      const folder = mkdtempSync(tmpdir() + '/heddle-');
      const path = folder + '/dump';
      const trigger = heddle.dumpOnTouch(path);
      const lock = new heddle.Lock({ name: 'account' });
      const held = lock.hold();
      const event = new heddle.Event({ name: 'never' });
      const touch = seconds => (writeFileSync(path, ''), utimesSync(path, seconds, seconds));
      // The supervisor may need its time to come up.
      for (let n = 1; n <= 60 && !existsSync(process.argv[2]); n++) {
        touch(1_700_000_000 + n);
        event.wait({ timeout: 200 });
      }
      trigger.cancel();
      event.wait({ timeout: 600 });
      console.log('cancelled');
      touch(1_800_000_000);
      event.wait({ timeout: 600 });
      rmSync(folder, { recursive: true });
    `,
      { enough: /(Heddle, 1 thread:[^]*){2}/ },
    );
    expect(stdout).toBe('cancelled\n');
    expect(stderr).toMatch(
      /^(Heddle, 1 thread:\nThread "MainThread" \([^]*?is blocked in Event\.wait\(\): Event "never"[^]*?holds Lock "account"[^]*?\n){2,}/,
    );
  });

  it('never for what is no path', () => {
    expect(() => dumpOnTouch('')).toThrow('dumpOnTouch: path must be a non-empty string, got  (string)');
    expect(() => dumpOnTouch(3 as never)).toThrow('got 3 (number)');
  });

  it('not if it was cancelled, or another watchdog came', async () => {
    const { stderr } = await runProgram(`
      const first = heddle.dumpAfter(1000);
      const second = heddle.dumpAfter(1100);
      first.cancel();
      second.cancel();
      new heddle.Event().wait({ timeout: 1700 });
    `);
    expect(stderr).toBe('');
  });
});
