/** A circle of threads that wait for each other's guards is reported by one of them, and nothing else is. */
import { describe, expect, it } from 'vitest';
import {
  AtomicCounter,
  Barrier,
  Condition,
  DeadlockError,
  Event,
  Lock,
  RLock,
  Thread,
  TimeoutError,
} from '../../src/index.ts';
import { agents } from '../../src/memory/agent.ts';
import { i32 } from '../../src/atomics.ts';
import { AGENT } from '../../src/memory/layout.ts';
import { runProgram } from '../support/child.ts';
import { SOON, untilBlocked, waitingAt } from '../support/state.ts';
import { type Holdable, holdThenWant, tasks } from './owners.fixture.ts';

function start<T extends (...args: never[]) => unknown>(
  name: string,
  target: T,
  ...args: Parameters<T>
): Thread<T> {
  return new Thread(target, { args, name } as never).start();
}

/** As many threads as locks; each holds one and wants the next. Returns what each came to. */
function circle(locks: Holdable[]): string[] {
  const ready = new Barrier(locks.length);
  const threads = locks.map((own, index) =>
    start(`thread ${index}`, tasks.holdThenWant, own, locks[(index + 1) % locks.length]!, ready),
  );
  return threads.map(thread => thread.result(SOON));
}

describe('a circle of one', () => {
  it('is a lock that the thread holds already', () => {
    const lock = new Lock({ name: 'mine' });
    {
      using held = lock.hold();
      expect(() => lock.hold()).toThrow(DeadlockError);
      expect(() => lock.hold()).toThrow(
        'Lock "mine": deadlock: a guard of this very thread, Thread "MainThread", holds it',
      );
      expect(() => lock.acquire()).toThrow(DeadlockError);
      expect([held.held, waitingAt(lock)]).toEqual([true, 0]);
    }
    expect(lock.locked).toBe(false);
  });

  it('is a lock that an async task of the thread holds', async () => {
    const lock = new Lock();
    const held = await lock.holdAsync();
    expect(() => lock.hold()).toThrow(DeadlockError);
    held.release();
    using _again = lock.hold();
  });

  it('is none with a timeout, nor without blocking', async () => {
    const lock = new Lock();
    const held = lock.hold();
    expect(() => lock.hold({ timeout: 1 })).toThrow(TimeoutError);
    expect(lock.acquire({ timeout: 1 })).toBe(false);
    const later = lock.holdAsync(SOON);
    held.release();
    (await later).release();
  });

  it('is none for a plain acquire: anybody may release it', () => {
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread(
      (one: Lock) => {
        one.hold().release();
        return true;
      },
      { args: [lock] },
    ).start();
    untilBlocked(() => waitingAt(lock) === 1, 'it waits');
    lock.release();
    expect(thread.result(SOON)).toBe(true);
  });
});

describe('a circle of several', () => {
  it.each<[string, () => Holdable[]]>([
    ['two threads over Locks', () => [new Lock({ name: 'A' }), new Lock({ name: 'B' })]],
    ['two threads over RLocks', () => [new RLock({ name: 'A' }), new RLock({ name: 'B' })]],
    [
      "three threads over a Lock, an RLock and a Condition's lock",
      () => [
        new Lock({ name: 'A' }),
        new RLock({ name: 'B' }),
        new Condition(new Lock({ name: 'C' }), { name: 'changed' }),
      ],
    ],
  ])('%s: exactly one gives up, names threads and locks and places, and the others go on', (_, make) => {
    const locks = make();
    const outcomes = circle(locks);
    expect(outcomes.filter(each => each === 'got it')).toHaveLength(locks.length - 1);
    const report = outcomes.find(each => each !== 'got it')!;
    expect(report).toContain(`deadlock: ${locks.length} threads wait for each other in a circle`);
    locks.forEach((_lock, index) => {
      const [own, next] = [index, (index + 1) % locks.length].map(each => 'ABC'[each]);
      const type = (each: string): string =>
        ({ A: locks[0]!, B: locks[1]!, C: new Lock() })[each]!.constructor.name;
      expect(report).toContain(
        `Thread "thread ${index}" holds ${type(own!)} "${own}" and waits for ${type(next!)} "${next}", ` +
          `which Thread "thread ${(index + 1) % locks.length}" holds,\n      at holdThenWant (`,
      );
    });
    expect(report.match(/owners\.fixture\.ts:\d+/g)!.length).toBeGreaterThanOrEqual(locks.length);
    for (const lock of locks) expect(lock.locked).toBe(false);
  });

  it('is found by the main thread as well', () => {
    const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })];
    const ready = new Barrier(2);
    const thread = start('other', tasks.holdThenWant, a, b, ready);
    const outcomes = [holdThenWant(b, a, ready), thread.result(SOON)];
    expect(outcomes.filter(each => each === 'got it')).toHaveLength(1);
    expect(outcomes.join()).toContain('Thread "MainThread" holds Lock "b" and waits for Lock "a"');
  });

  it('goes through join', () => {
    const lock = new Lock({ name: 'needed' });
    const held = lock.hold();
    const thread = start('worker', tasks.wantAndTell, lock);
    untilBlocked(() => waitingAt(lock) === 1, 'it waits');
    expect(() => thread.join()).toThrow('Thread "worker": deadlock: 2 threads wait for each other');
    expect(() => thread.join()).toThrow(
      'Thread "MainThread" holds Lock "needed" and waits for the end of Thread "worker"',
    );
    held.release();
    expect(thread.result(SOON)).toBe('got it');
  });

  it("goes through a promise that its own thread can't hear of while it is blocked", () => {
    const [promised, blocked] = [new Lock({ name: 'promised' }), new Lock({ name: 'blocked' })];
    const [pending, go, ready] = [new Event(), new Event(), new Barrier(2)];
    const first = promised.hold();
    const torn = start('torn', tasks.promiseThenBlock, promised, blocked, pending, go);
    pending.wait(SOON);
    const other = start('other', tasks.holdThenWant, blocked, promised, ready);
    ready.wait(SOON);
    untilBlocked(() => waitingAt(promised) === 2, 'the other waits behind the promise');
    go.set();
    untilBlocked(() => waitingAt(blocked) === 1, 'the first is blocked');
    first.release();
    const outcomes = [torn.result(SOON), other.result(SOON)];
    expect(outcomes.filter(each => each === 'got it')).toHaveLength(1);
    expect([promised.locked, blocked.locked]).toEqual([false, false]);
  });

  it('goes through a condition that takes its lock back', () => {
    const other = new Lock({ name: 'other' });
    const condition = new Condition(new Lock({ name: 'inner' }));
    const ready = new Event();
    const waiter = start('waiter', tasks.waitHolding, other, condition, ready);
    ready.wait(SOON);
    let mine = 'got it';
    {
      using held = condition.hold();
      untilBlocked(() => waitingAt(condition) === 1, 'it waits');
      condition.notify();
      try {
        using _other = other.hold();
      } catch (error) {
        mine = (error as Error).name;
      }
      expect(held.held).toBe(true);
    }
    const theirs = waiter.result(SOON);
    expect([mine, theirs]).toEqual(
      mine === 'got it' ? ['got it', 'DeadlockError, not held'] : ['DeadlockError', 'notified'],
    );
    expect([other.locked, condition.locked]).toEqual([false, false]);
  });

  it('is none while one of them has a timeout', () => {
    const [a, b] = [new Lock(), new Lock()];
    const ready = new Barrier(2);
    const patient = start('patient', tasks.holdThenWant, a, b, ready);
    const impatient = start('impatient', tasks.holdThenWantInTime, b, a, ready, 30);
    expect([patient.result(SOON), impatient.result(SOON)]).toEqual(['got it', 'TimeoutError']);
  });

  it('is none with a thread that is being terminated', async () => {
    const [a, b] = [new Lock(), new Lock()];
    const ready = new Barrier(2);
    const doomed = start('doomed', tasks.holdThenWant, a, b, ready);
    using _held = b.hold();
    ready.wait(SOON);
    untilBlocked(() => waitingAt(b) === 1, 'it waits');
    doomed.terminate();
    expect(() => a.hold()).toThrow('Thread "doomed" died while it held the lock');
  });
});

describe('no false alarm', () => {
  function makeLocks(): [Holdable[], AtomicCounter[]] {
    const locks = [new Lock(), new RLock(), new Condition(new Lock()), new Lock(), new RLock()];
    return [locks, locks.map(() => new AtomicCounter())];
  }

  it('among threads that take locks in one order, patient or not', () => {
    const [locks, inside] = makeLocks();
    const threads = [1, 2, 3, 4].map(seed =>
      start(`ordered ${seed}`, tasks.takeInOrder, locks, inside, seed, 3000),
    );
    expect(threads.map(thread => thread.result({ timeout: 60_000 }))).toEqual([0, 0, 0, 0]);
    expect(locks.map(lock => [lock.locked, waitingAt(lock)])).toEqual(locks.map(() => [false, 0]));
  });

  it('and no hanging among threads that take them anyhow', () => {
    const [locks, inside] = makeLocks();
    const threads = [1, 2, 3].map(seed => start(`wild ${seed}`, tasks.takeAnyhow, locks, inside, seed, 1500));
    const results = threads.map(thread => thread.result({ timeout: 60_000 }));
    expect(results.map(([clashes]) => clashes)).toEqual([0, 0, 0]);
    expect(locks.map(lock => [lock.locked, waitingAt(lock)])).toEqual(locks.map(() => [false, 0]));
    for (const agent of agents()) expect(i32[agent + AGENT.place]).toBe(0);
  });
});

describe('the switch of the benchmark', () => {
  it.each([
    ['1', 'still waiting'],
    ['', 'DeadlockError'],
  ])('at "%s": a thread that wants what it holds itself is %s', async (off, outcome) => {
    const { code, stdout } = await runProgram(
      `const thread = new heddle.Thread((lock) => {
         const held = lock.hold();
         try { lock.hold(); } catch (error) { return error.name; } finally { held.release(); }
       }, { args: [new heddle.Lock()], daemon: true }).start();
       await thread.started;
       console.log((await thread.joinAsync({ timeout: ${off === '1' ? 300 : 15_000} })) ? thread.result() : 'still waiting');
       process.exit();`,
      { env: { HEDDLE_BENCH_NO_DETECTION: off } },
    );
    expect([code, stdout]).toEqual([0, `${outcome}\n`]);
  });
});
