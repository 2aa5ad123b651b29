import { describe, expect, it } from 'vitest';
import { ScheduleFailure, explore, findFailure } from '../src/index.ts';
import { formatTrace, parseTrace } from '../src/trace.ts';
import * as s from './explore.scenarios.ts';

describe('explore', () => {
  it('rejects with the failing schedule, and says how to play it again', async () => {
    const failure = await explore(s.lostUpdate).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ScheduleFailure);
    const { kind, trace, seed, message, error } = failure as ScheduleFailure;
    expect(kind).toBe('wrong end');
    expect(error?.name).toBe('AssertionError');
    expect(message).toContain('store cells[0]: 1 → 1');
    expect(message).toContain('explore.scenarios.ts:');
    expect((await findFailure(s.lostUpdate, { replay: trace }))?.trace).toBe(trace);
    expect((await findFailure(s.lostUpdate, { seed, schedules: 1 }))?.kind).toBe('wrong end');
  });

  it('shortens to the fewest turns', async () => {
    const failure = await findFailure(s.lostUpdate, { strategy: 'random' });
    expect(failure?.trace.split(' ')).toHaveLength(3);
  });

  it('plays the same schedules from the same seed', async () => {
    const [one, other] = [
      await explore(s.time, { schedules: 100, seed: 7 }),
      await explore(s.time, { schedules: 100, seed: 7 }),
    ];
    expect(one.steps).toBe(other.steps);
  });

  it('ends an exhaustive search when nothing is left', async () => {
    const explored = await explore(s.added, { threads: 3, strategy: 'exhaustive', preemptions: 1 });
    expect(explored.complete).toBe(true);
  });

  it('repeats the functions for more threads', async () => {
    expect((await explore(s.added, { threads: 5, schedules: 20 })).schedules).toBe(20);
  });

  it('lets all threads receive their state before the first step', async () => {
    expect((await explore(s.receivesUnderLock, { threads: 3, schedules: 100 })).schedules).toBe(100);
  });

  it('refuses what makes no sense', async () => {
    await expect(explore(s.added, { threads: 0 })).rejects.toThrow(
      'threads must be a whole number from 1 to 16, got 0',
    );
    await expect(explore(s.added, { schedules: 1.5 })).rejects.toThrow('schedules must be a whole number');
    await expect(explore(s.added, { replay: 'A3 ?' })).rejects.toThrow('"?" is no part of a trace');
  });

  it.each([
    ['virtual time passes at once', s.time],
    ['an event loop delivers one event after the other', s.eventLoop],
    ['waiters of both kinds are first come, first served', s.fifo],
    ['elements of every kind are stepped over', s.wideAndNarrow],
  ])('%s', async (_, scenario) => {
    await explore(scenario, { schedules: 300 });
  });
});

describe('a failure is', () => {
  it('what a thread throws', async () => {
    const failure = await findFailure(s.throws);
    expect(failure).toMatchObject({ kind: 'error', error: { name: 'RangeError', message: 'boom' } });
    expect(failure!.message).toMatch(/error in thread B: RangeError: boom[^]*explode/);
  });

  it('a rejection that nobody handles', async () => {
    expect(await findFailure(s.rejects)).toMatchObject({ kind: 'error', error: { message: 'nobody looks' } });
  });

  it('a promise that nobody will settle', async () => {
    const failure = await findFailure(s.forEver);
    expect(failure?.kind).toBe('lost wakeup');
    expect(failure?.message).toContain('A awaits in its event loop: waitAsync on door');
  });

  it('what finally() finds, waiters left behind included', async () => {
    const failure = await findFailure(s.leftBehind);
    expect(failure?.message).toContain('A waits on cells[3]');
  });

  it('a thread that ends its worker', async () => {
    await expect(explore(s.exits)).rejects.toThrow('ended with code 3');
  });
});

describe('a trace', () => {
  it('is readable and read again', () => {
    const segments = [
      [0, 12],
      [1, 3],
      [16, 1],
      [2, 1],
    ] as const;
    expect(formatTrace(segments)).toBe('A12 B3 a C');
    expect(parseTrace('A12 B3 a C')).toEqual(segments.map(each => [...each]));
  });
});
