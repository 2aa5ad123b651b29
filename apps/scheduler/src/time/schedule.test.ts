import { expect, test } from 'vitest';
import type { Schedule } from '../job/spec.ts';
import { dueTimes, firstTime, nextTimes } from './schedule.ts';

const at = (text: string): number => Date.parse(text);
const cron = (pattern: string, timeZone: string): Schedule => ({ cron: pattern, timeZone });
const show = (times: readonly number[]): string[] =>
  times.map(time => new Date(time).toISOString().slice(0, 16));

test.each([
  // Spring forward: 02:30 doesn't exist that day, so a job at a fixed time runs at the first moment after.
  ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
  ['America/New_York', '30 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00', '2026-03-09T06:30']],
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T00:00Z', ['2026-10-03T15:30', '2026-10-04T15:15']],
  ['Pacific/Chatham', '15 3 * * *', '2026-09-26T00:00Z', ['2026-09-26T14:00', '2026-09-27T13:30']],
  ['Antarctica/Troll', '30 1 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-29T23:30']],
  // The clocks go back for Ramadan, and forward after it.
  ['Africa/Casablanca', '30 2 * * *', '2026-03-22T00:00Z', ['2026-03-22T02:00', '2026-03-23T01:30']],
  // Fall back: 02:30 comes twice, and the job runs once.
  ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ['America/New_York', '30 1 * * *', '2026-10-31T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
  ['Antarctica/Troll', '30 1 * * *', '2026-10-24T12:00Z', ['2026-10-24T23:30', '2026-10-26T01:30']],
  ['Africa/Casablanca', '30 2 * * *', '2026-02-15T00:00Z', ['2026-02-15T01:30', '2026-02-16T02:30']],
  // Offsets that are no whole hours, and the first of all days.
  ['Asia/Kathmandu', '0 9 * * *', '2026-04-03T12:00Z', ['2026-04-04T03:15', '2026-04-05T03:15']],
  ['Pacific/Kiritimati', '0 0 * * *', '2026-04-03T12:00Z', ['2026-04-04T10:00', '2026-04-05T10:00']],
  // A day that Samoa left out.
  ['Pacific/Apia', '0 12 * * *', '2011-12-29T12:00Z', ['2011-12-29T22:00', '2011-12-30T22:00']],
  ['America/Sao_Paulo', '30 2 * * *', '2026-10-24T12:00Z', ['2026-10-25T05:30', '2026-10-26T05:30']],
])('in %s "%s" is right across a change of the clocks', (zone, pattern, from, expected) => {
  expect(show(nextTimes(cron(pattern, zone), at(from), 2))).toEqual(expected);
});

test('a job of every half hour runs every half hour, whatever the clocks are set to', () => {
  for (const from of ['2026-03-28T23:59Z', '2026-10-24T23:59Z']) {
    const times = nextTimes(cron('*/30 * * * *', 'Europe/Berlin'), at(from), 8);
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual(Array(7).fill(1_800_000));
  }
});

test('29 February comes every four years', () => {
  expect(show(nextTimes(cron('0 12 29 2 *', 'UTC'), at('2026-01-01T00:00Z'), 3))).toEqual([
    '2028-02-29T12:00',
    '2032-02-29T12:00',
    '2036-02-29T12:00',
  ]);
});

test('29 February leaves out 2100, and seconds beyond 2038 are seconds', () => {
  expect(show(nextTimes(cron('0 12 29 2 *', 'UTC'), at('2096-03-01T00:00Z'), 1))).toEqual([
    '2104-02-29T12:00',
  ]);
  expect(show(nextTimes(cron('14 3 * * *', 'UTC'), at('2038-01-18T12:00Z'), 2))).toEqual([
    '2038-01-19T03:14',
    '2038-01-20T03:14',
  ]);
  const daily: Schedule = { every: 86_400_000, mode: 'fixedRate', startAt: 0 };
  expect(show(nextTimes(daily, 2 ** 31 * 1000, 1))).toEqual(['2038-01-20T00:00']);
  expect(firstTime({ at: 8.64e15 - 1 }, 0)).toBe(8.64e15 - 1);
});

test('the last day of the month', () => {
  expect(show(nextTimes(cron('0 0 L * *', 'UTC'), at('2028-01-15T00:00Z'), 3))).toEqual([
    '2028-01-31T00:00',
    '2028-02-29T00:00',
    '2028-03-31T00:00',
  ]);
});

test('a time that never comes is none', () => {
  expect(nextTimes(cron('0 0 30 2 *', 'UTC'), 0, 3)).toEqual([]);
  expect(nextTimes({ at: 5 }, 5, 3)).toEqual([]);
});

test('a job for a time that is past is due at once', () => {
  expect(firstTime({ at: 1000 }, 5000)).toBe(1000);
});

const policy = (name: 'skip' | 'once' | 'all', limit = 100): Parameters<typeof dueTimes>[1] => ({
  policy: name,
  grace: 1000,
  limit,
});
const every: Schedule = { every: 10_000, mode: 'fixedRate', startAt: 0 };

test('what is within the grace is on time', () => {
  for (const name of ['skip', 'once', 'all'] as const) {
    expect(dueTimes(every, policy(name), 10_000, 11_000)).toEqual({
      times: [10_000],
      missed: 0,
      next: 20_000,
    });
  }
});

test.each([
  ['skip', { times: [], missed: 5, next: 60_000 }],
  ['once', { times: [50_000], missed: 4, next: 60_000 }],
  ['all', { times: [10_000, 20_000, 30_000, 40_000, 50_000], missed: 0, next: 60_000 }],
] as const)('of five missed times the policy "%s" makes what it says', (name, expected) => {
  expect(dueTimes(every, policy(name), 10_000, 55_000)).toEqual(expected);
});

test('a time within the grace is not among the missed, and is still to come', () => {
  expect(dueTimes(every, policy('once'), 10_000, 50_500)).toEqual({
    times: [40_000],
    missed: 3,
    next: 50_000,
  });
});

test('"all" is bounded, and takes the latest', () => {
  expect(dueTimes(every, policy('all', 2), 10_000, 1_005_000)).toEqual({
    times: [990_000, 1_000_000],
    missed: 98,
    next: 1_010_000,
  });
});

test('a year of missed seconds is decided at once', () => {
  const start = at('2026-01-01T00:00Z');
  const now = at('2027-01-01T00:00Z') + 1500;
  const begin = performance.now();
  const due = dueTimes(cron('* * * * * *', 'Europe/Berlin'), policy('all', 50), start, now);
  expect(performance.now() - begin).toBeLessThan(15_000);
  expect(due.times).toHaveLength(50);
  expect(due.times.at(-1)).toBe(at('2027-01-01T00:00Z'));
  expect(due.next).toBe(at('2027-01-01T00:00:01Z'));
  expect(due.missed).toBeGreaterThanOrEqual(900);
});

test('a time that was missed once is run once, or skipped', () => {
  expect(dueTimes({ at: 1000 }, policy('once'), 1000, 99_000)).toEqual({
    times: [1000],
    missed: 0,
    next: undefined,
  });
  expect(dueTimes({ at: 1000 }, policy('skip'), 1000, 99_000)).toEqual({
    times: [],
    missed: 1,
    next: undefined,
  });
});
