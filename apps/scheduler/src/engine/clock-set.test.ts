import { expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, bench, crash } from '../../test/benches.ts';

test('across both changes of the clocks a daily job runs once a day', async () => {
  for (const [from, expected] of [
    ['2026-03-28T10:00:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['2026-10-24T10:00:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
  ] as const) {
    const b = bench(from);
    await b.add({ id: 'daily', schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin' } });
    await b.clock.advance(48 * HOUR);
    expect(b.times('daily')).toEqual(expected);
  }
});

test('a clock that is set forward makes runs late, as downtime does', async () => {
  const b = bench(NOON);
  await b.add({ id: 'all', schedule: { every: '10m' }, missed: { policy: 'all' } });
  await b.add({ id: 'once', schedule: { cron: '*/10 * * * *', timeZone: 'UTC' } });
  await b.add({ id: 'skip', schedule: { every: '10m' }, missed: { policy: 'skip' } });
  await b.clock.advance(1 * MINUTE);
  b.clock.jump(34 * MINUTE);
  await b.clock.advance(1 * MINUTE);
  expect(b.times('all')).toEqual(['2026-06-01T12:10Z', '2026-06-01T12:20Z', '2026-06-01T12:30Z']);
  expect(b.times('once')).toEqual(['2026-06-01T12:30Z']);
  expect(b.states('skip')).toEqual(['missed']);
  expect(b.runs('skip')[0]!.error).toBe('this time and 2 before it passed while nothing ran');
  expect(b.events.some(event => event.type === 'jump')).toBe(true);
});

test('a clock that is set back neither repeats a daily run nor silences an interval', async () => {
  const b = bench(NOON);
  await b.add({ id: 'daily', schedule: { cron: '5 12 * * *', timeZone: 'UTC' } });
  await b.add({ id: 'often', schedule: { cron: '*/10 * * * *', timeZone: 'UTC' } });
  await b.add({ id: 'interval', schedule: { every: '10m' } });
  await b.clock.advance(31 * MINUTE);
  const before = b.times('interval').length;
  b.clock.jump(-HOUR);
  await b.clock.advance(30 * MINUTE);
  // It is 12:01 by the clock; half an hour has passed.
  expect(b.times('daily')).toEqual(['2026-06-01T12:05Z']);
  expect(b.times('interval')).toHaveLength(before + 3);
  expect(b.times('often').slice(3)).toEqual(['2026-06-01T11:40Z', '2026-06-01T11:50Z', '2026-06-01T12:00Z']);
  await b.clock.advance(30 * MINUTE);
  // 12:05 is passed a second time.
  expect(b.times('daily')).toEqual(['2026-06-01T12:05Z']);
  expect(b.times('interval')).toHaveLength(before + 6);
  expect(new Set(b.runs().map(run => run.id)).size).toBe(b.runs().length);
});

test('a clock that was wrong by a day is believed when it is set right', async () => {
  const b = bench(NOON);
  await b.add({ id: 'daily', schedule: { cron: '5 12 * * *', timeZone: 'UTC' } });
  b.clock.jump(-24 * HOUR);
  await b.clock.advance(10 * MINUTE);
  expect(b.times('daily')).toEqual(['2026-05-31T12:05Z']);
});

test('a pause between two attempts is as long as it is, also when the clock is set back, and after a crash', async () => {
  let b = bench(NOON);
  b.hands.outcome = run => (run.attempt === 1 ? 'failed' : 'succeeded');
  const retry = { attempts: 2, min: '20m', jitter: 0 };
  await b.add({ id: 'a', schedule: { at: '2026-06-01T12:01:00Z' }, retry });
  await b.clock.advance(2 * MINUTE);
  b.clock.jump(-24 * HOUR);
  await b.clock.advance(MINUTE);
  b = crash(b);
  b.hands.outcome = () => 'succeeded';
  await b.clock.advance(15 * MINUTE);
  expect(b.hands.begun).toHaveLength(0);
  await b.clock.advance(5 * MINUTE);
  expect(b.states('a')).toEqual(['succeeded']);
});

test('a run that was about to begin does not wait for its time a second time', async () => {
  const b = bench(NOON);
  b.diskMs = 80;
  await b.add({ id: 'a', schedule: { every: '10s' } });
  await b.clock.advance(19_910);
  // Its intent is stored, its time is 90 ms away.
  expect(b.states('a')).toEqual(['succeeded', 'running']);
  b.clock.jump(-HOUR);
  await b.clock.advance(30_000);
  expect(b.hands.begun.length).toBeGreaterThanOrEqual(3);
  expect(new Set(b.runs().map(run => run.id)).size).toBe(b.runs().length);
  expect(b.states('a').slice(0, 3)).toEqual(['succeeded', 'succeeded', 'succeeded']);
});

test.each([
  ['interval', { every: '10m' }],
  ['cron', { cron: '*/10 * * * *', timeZone: 'Europe/Berlin' }],
  ['once', { at: '2026-06-01T12:10:00Z' }],
] as const)('set forward over the times of an %s, each policy makes what it says', async (_, schedule) => {
  const b = bench(NOON);
  const isOnce = 'at' in schedule;
  for (const policy of ['skip', 'once', 'all'] as const)
    await b.add({ id: policy, schedule, missed: { policy, grace: '1s' } });
  await b.clock.advance(MINUTE);
  b.clock.jump(34 * MINUTE);
  await b.clock.advance(MINUTE);
  expect(b.states('skip')).toEqual(['missed']);
  expect(b.times('once')).toEqual([isOnce ? '2026-06-01T12:10Z' : '2026-06-01T12:30Z']);
  expect(b.times('all')).toEqual(
    isOnce ? ['2026-06-01T12:10Z'] : ['2026-06-01T12:10Z', '2026-06-01T12:20Z', '2026-06-01T12:30Z'],
  );
  await b.clock.advance(4 * MINUTE);
  // And then it goes on.
  expect(b.times('skip')).toEqual(isOnce ? [] : ['2026-06-01T12:40Z']);
});

test('what is due once, and was run, is not run again when the clock is set back before it', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { at: '2026-06-01T12:10:00Z' } });
  await b.clock.advance(11 * MINUTE);
  b.clock.jump(-HOUR);
  await b.clock.advance(2 * HOUR);
  expect(b.states('a')).toEqual(['succeeded']);
});
