import { describe, expect, it } from 'vitest';
import {
  Event,
  NotShareableError,
  type ScheduledEvent,
  Scheduler,
  Thread,
  pack,
  sleepAsync,
} from '../../src/index.ts';
import { runProgram } from '../support/child.ts';
import { SOON, randomFrom, until } from '../support/state.ts';
import { runInThread } from './scheduler.fixture.ts';

/** A clock that stands still until somebody lets time pass. */
class Clock {
  time = 0;
  readonly delays: number[] = [];
  readonly now = (): number => this.time;
  readonly delay = (time: number): void => {
    this.delays.push(time);
    this.time += time;
  };
}

function make(): { clock: Clock; scheduler: Scheduler; said: unknown[]; say: (word: unknown) => void } {
  const clock = new Clock();
  const said: unknown[] = [];
  return {
    clock,
    scheduler: new Scheduler({ now: clock.now, delay: clock.delay }),
    said,
    say: word => void said.push(word),
  };
}

describe('Scheduler, as CPython tests its own', () => {
  it('does events that were entered with a delay in the order of their times', () => {
    const { scheduler, said, say } = make();
    for (const delay of [0.5, 0.4, 0.3, 0.2, 0.1]) scheduler.enter(delay, 1, say, [delay]);
    expect(scheduler.run()).toBeUndefined();
    expect(said).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  });

  it('does events that were entered for a time in the order of their times', () => {
    const { scheduler, said, say } = make();
    for (const time of [0.05, 0.04, 0.03, 0.02, 0.01]) scheduler.enterAbs(time, 1, say, [time]);
    scheduler.run();
    expect(said).toEqual([0.01, 0.02, 0.03, 0.04, 0.05]);
  });

  it('does what is entered while it runs, each event at its time', async () => {
    const said: number[] = [];
    const scheduler = new Scheduler();
    const start = performance.now();
    const say = (value: number): void => void said.push(value);
    scheduler.enterAbs(start + 10, 1, say, [1]);
    scheduler.enterAbs(start + 600, 1, say, [3]);
    const running = scheduler.runAsync();
    await until(() => said.length === 1, 'the first is done');
    for (const [delay, value] of [
      [800, 4],
      [400, 2],
      [1000, 5],
    ] as const)
      scheduler.enterAbs(start + delay, 1, say, [value]);
    await running;
    expect(said).toEqual([1, 2, 3, 4, 5]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(999);
  });

  it.each([[[1, 2, 3, 4, 5]], [[5, 4, 3, 2, 1]], [[2, 5, 3, 1, 4]], [[1, 2, 3, 2, 1]]])(
    'does events of one time by priority, and of one priority in the order of entering: %j',
    priorities => {
      const { scheduler, said, say } = make();
      priorities.forEach((priority, index) => scheduler.enterAbs(1, priority, say, [[priority, index]]));
      scheduler.run();
      expect(said).toEqual(
        priorities
          .map((priority, index) => [priority, index])
          .toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!),
      );
    },
  );

  it('never does what was cancelled', () => {
    const { scheduler, said, say } = make();
    const events = [1, 2, 3, 4, 5].map(time => scheduler.enterAbs(time, 1, say, [time]));
    scheduler.cancel(events[0]!);
    scheduler.cancel(events[4]!);
    scheduler.run();
    expect(said).toEqual([2, 3, 4]);
  });

  it('lets an action cancel later events', async () => {
    const { scheduler, said, say } = make();
    const last = scheduler.enterAbs(5, 1, say, ['last']);
    scheduler.enterAbs(1, 1, () => scheduler.cancel(last));
    scheduler.enterAbs(2, 1, say, ['second']);
    await scheduler.runAsync();
    expect([said, scheduler.empty]).toEqual([['second'], true]);
  });

  it('cancels the very event that it was given, among equals', () => {
    const { scheduler, said, say } = make();
    const [, b, , d] = ['a', 'b', 'c', 'd'].map(word => scheduler.enterAbs(1, 1, say, [word]));
    scheduler.cancel(b!);
    scheduler.cancel(d!);
    scheduler.run();
    expect(said).toEqual(['a', 'c']);
  });

  it('is empty before the first and after the last event', () => {
    const { scheduler, say } = make();
    expect(scheduler.empty).toBe(true);
    for (const time of [5, 4, 3]) scheduler.enterAbs(time, 1, say, [time]);
    expect(scheduler.empty).toBe(false);
    scheduler.run();
    expect(scheduler.empty).toBe(true);
  });

  it('shows its queue in order', () => {
    const { scheduler, say } = make();
    const [e5, e1, e2, e4, e3] = [5, 1, 2, 4, 3].map(time => scheduler.enterAbs(time, 1, say, [time]));
    expect(scheduler.queue).toEqual([e1, e2, e3, e4, e5]);
    expect(scheduler.queue[0]).toBe(e1);
    expect(e1).toMatchObject({ time: 1, priority: 1, sequence: 1, args: [1], action: say });
  });

  it('passes the arguments on, and none if there are none', () => {
    const { scheduler, said } = make();
    const collect = (...args: unknown[]): void => void said.push(args);
    scheduler.enterAbs(1, 1, collect, [1, 2, { three: 3 }]);
    scheduler.enterAbs(2, 1, collect, []);
    scheduler.enter(3, 1, () => collect());
    scheduler.run();
    expect(said).toEqual([[1, 2, { three: 3 }], [], []]);
  });

  it('does, when it may not block, what is due, and says how long it is until the next', () => {
    const { clock, scheduler, said, say } = make();
    for (const time of [10, 9, 8, 7, 6]) scheduler.enter(time, 1, say, [time]);
    expect([scheduler.run({ blocking: false }), said]).toEqual([6, []]);
    clock.time = 8;
    expect([scheduler.run({ blocking: false }), said]).toEqual([1, [6, 7, 8]]);
    clock.time = 100;
    expect([scheduler.run({ blocking: false }), said]).toEqual([undefined, [6, 7, 8, 9, 10]]);
  });
});

describe('Scheduler', () => {
  it('lets as much time pass as there is until the next event, and none after each', () => {
    const { clock, scheduler, say } = make();
    scheduler.enterAbs(3, 1, say, [1]);
    scheduler.enterAbs(3, 2, say, [2]);
    scheduler.enterAbs(10, 1, say, [3]);
    scheduler.run();
    expect(clock.delays).toEqual([3, 0, 0, 7, 0]);
  });

  it('does at once what is late, and what an action enters', () => {
    const { scheduler, said, say } = make();
    scheduler.enterAbs(-5, 1, () => {
      say('late');
      scheduler.enter(0, 1, say, ['now']);
      scheduler.enter(-1, 1, say, ['before']);
    });
    scheduler.run();
    expect(said).toEqual(['late', 'before', 'now']);
  });

  it('stays in order when an action throws: run() goes on with the others', async () => {
    const { scheduler, said, say } = make();
    scheduler.enterAbs(1, 1, () => {
      throw new RangeError('on purpose');
    });
    scheduler.enterAbs(2, 1, async () => Promise.reject(undefined));
    scheduler.enterAbs(3, 1, say, ['third']);
    expect(() => scheduler.run()).toThrow(new RangeError('on purpose'));
    expect(scheduler.queue).toHaveLength(2);
    await expect(scheduler.runAsync()).rejects.toBe(undefined);
    await scheduler.runAsync();
    expect([said, scheduler.empty]).toEqual([['third'], true]);
  });

  it('agrees with a sorted list in thousands of random operations', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = randomFrom(seed);
      const { scheduler } = make();
      const [done, expected]: [number[], ScheduledEvent[]] = [[], []];
      for (let operation = 0; operation < 300; operation++) {
        if (random(3) > 0 || expected.length === 0) {
          const event: ScheduledEvent = scheduler.enterAbs(
            random(40),
            random(3),
            () => void done.push(event.sequence),
          );
          expected.push(event);
        } else {
          const [event] = expected.splice(random(expected.length), 1);
          scheduler.cancel(event!);
          expect(() => scheduler.cancel(event!)).toThrow(RangeError);
        }
      }
      expected.sort((a, b) => a.time - b.time || a.priority - b.priority || a.sequence - b.sequence);
      expect(scheduler.queue).toEqual(expected);
      scheduler.run();
      expect(done).toEqual(expected.map(event => event.sequence));
    }
  });

  it('cancels one of many as quickly as one of few', () => {
    const costOf = (events: number): number => {
      const { scheduler, say } = make();
      const all = Array.from({ length: events }, (_, i) => scheduler.enter(1 + (i & 1023), 0, say, [i]));
      const start = performance.now();
      for (const event of all) scheduler.cancel(event);
      const passed = performance.now() - start;
      expect(scheduler.empty).toBe(true);
      return passed / events;
    };
    costOf(5000);
    // Two hundred times as many; a search through all would cost two hundred times as much each.
    expect(costOf(200_000)).toBeLessThan(40 * Math.max(costOf(1000), 1e-4));
  });

  it("knows another scheduler's events, and what is none, from its own", () => {
    const { scheduler, say } = make();
    const other = make().scheduler;
    scheduler.enter(1, 0, say, [1]);
    const foreign = other.enter(1, 0, say, [2]);
    expect(() => scheduler.cancel(foreign)).toThrow(RangeError);
    expect(() => scheduler.cancel({ ...scheduler.queue[0]! })).toThrow(RangeError);
    expect(() => scheduler.cancel(undefined as never)).toThrow(RangeError);
    expect(other.empty).toBe(false);
  });

  it('blocks a thread without touching the others, by real time', () => {
    const told = new Event();
    const thread = new Thread(runInThread, { args: [told] }).start();
    expect(told.wait(SOON)).toBe(true);
    expect(thread.result(SOON)).toBeGreaterThanOrEqual(19);
  });

  it('keeps the event loop turning, and waits for actions that are asynchronous', async () => {
    const scheduler = new Scheduler();
    const said: string[] = [];
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 1);
    scheduler.enter(300, 1, async () => {
      await sleepAsync(10);
      said.push('slow');
    });
    scheduler.enter(301, 1, () => void said.push('quick'));
    await scheduler.runAsync();
    clearInterval(ticking);
    expect(said).toEqual(['slow', 'quick']);
    expect(turns).toBeGreaterThan(3);
  });

  it('wakes for an earlier event that is entered while it waits, and tells the delay', async () => {
    const said: string[] = [];
    const signals: AbortSignal[] = [];
    const scheduler = new Scheduler({
      delay(time, options) {
        if (options === undefined) return undefined;
        signals.push(options.signal);
        return sleepAsync(time, options);
      },
    });
    const later = scheduler.enter(30_000, 1, () => void said.push('later'));
    const running = scheduler.runAsync();
    await until(() => signals.length === 1, 'it waits');
    scheduler.enter(1, 1, () => {
      said.push('soon');
      scheduler.cancel(later);
    });
    await running;
    expect([said, signals[0]!.aborted]).toEqual([['soon'], true]);
  });

  it('stops between two events when it is aborted, and can go on afterwards', async () => {
    const { said, say } = make();
    const scheduler = new Scheduler();
    const controller = new AbortController();
    scheduler.enter(0, 1, () => controller.abort('enough'));
    scheduler.enter(1, 1, say, ['second']);
    await expect(scheduler.runAsync({ signal: controller.signal })).rejects.toBe('enough');
    await expect(scheduler.runAsync({ signal: AbortSignal.abort(0) })).rejects.toBe(0);
    expect([said, scheduler.queue.length]).toEqual([[], 1]);
    const far = scheduler.enter(30_000, 1, say, ['far']);
    const second = new AbortController();
    const running = scheduler.runAsync({ signal: second.signal });
    await until(() => said.length === 1, 'the second is done');
    second.abort('waiting too');
    await expect(running).rejects.toBe('waiting too');
    scheduler.cancel(far);
    await scheduler.runAsync();
  });

  it('passes on what the delay throws', async () => {
    const failing = new Scheduler({
      delay: () => {
        throw new RangeError('no time');
      },
    });
    failing.enter(5, 1, () => {});
    expect(() => failing.run()).toThrow(new RangeError('no time'));
    await expect(failing.runAsync()).rejects.toThrow(new RangeError('no time'));
  });

  it('holds the program while it runs asynchronously', async () => {
    const { stdout, code } = await runProgram(`
      const scheduler = new heddle.Scheduler();
      scheduler.enter(50, 1, () => console.log('done'));
      void scheduler.runAsync().then(() => console.log('over'));`);
    expect([stdout, code]).toEqual(['done\nover\n', 0]);
  });

  it.each([
    [
      'a time that is NaN',
      (one: Scheduler) => one.enterAbs(Number.NaN, 1, () => {}),
      RangeError,
      'Scheduler.enterAbs: time must be a number, got NaN',
    ],
    [
      'a text as delay',
      (one: Scheduler) => one.enter('1' as never, 1, () => {}),
      TypeError,
      'Scheduler.enter: delay must be a number, got 1 (string)',
    ],
    [
      'a priority that is none',
      (one: Scheduler) => one.enter(1, undefined as never, () => {}, []),
      TypeError,
      'Scheduler.enter: priority must be a number, got undefined (undefined)',
    ],
    [
      'no action',
      (one: Scheduler) => one.enter(1, 1, undefined as never, []),
      TypeError,
      'Scheduler.enter: action must be a function, got undefined',
    ],
    [
      'args that are no array',
      (one: Scheduler) => one.enter(1, 1, () => {}, 5 as never),
      TypeError,
      'Scheduler.enter: args must be an array, got 5 (number)',
    ],
    [
      'cancelling what it never had',
      (one: Scheduler) => one.cancel({} as never),
      RangeError,
      "Scheduler.cancel: the event isn't in the queue",
    ],
    [
      'cancelling what is done',
      (one: Scheduler) => {
        const event = one.enterAbs(0, 1, () => {});
        one.run();
        one.cancel(event);
      },
      RangeError,
      'it was done or cancelled',
    ],
    [
      'a clock that is no function',
      () => new Scheduler({ now: 5 as never }),
      TypeError,
      'Scheduler: now must be a function, got 5 (number)',
    ],
    [
      'a delay that is no function',
      () => new Scheduler({ delay: 5 as never }),
      TypeError,
      'Scheduler: delay must be a function, got 5 (number)',
    ],
    ['travelling', (one: Scheduler) => pack(one), NotShareableError, 'a Scheduler cannot be shared'],
  ])('refuses %s', (_what, use, type, message) => {
    expect(() => use(new Scheduler())).toThrow(type);
    expect(() => use(new Scheduler())).toThrow(message);
  });
});
