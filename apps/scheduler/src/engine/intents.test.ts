import { expect, test } from 'vitest';
import { NOON, bench, crash } from '../../test/benches.ts';

test('where the disk is slow, intents are stored before their time, and runs begin at it', async () => {
  const b = bench(NOON);
  b.diskMs = 80;
  for (const [id, priority] of [
    ['low', 0],
    ['high', 5],
  ] as const)
    await b.add({ id, schedule: { every: '10s', startAt: '2026-06-01T12:00:10Z' }, priority });
  await b.clock.advance(35_000);
  const late = b.hands.begunAt.map(({ at, scheduledFor }) => at - scheduledFor);
  // The first ones tell how slow it is.
  expect(late.slice(0, 2).every(ms => ms >= 80)).toBe(true);
  expect(late.slice(2)).toEqual([0, 0, 0, 0]);
  expect(b.hands.begun.slice(2).map(run => run.job)).toEqual(['high', 'low', 'high', 'low']);
});

test("a job that is paused when its intent is stored already doesn't run", async () => {
  const b = bench(NOON);
  b.diskMs = 80;
  await b.add({ id: 'a', schedule: { every: '10s' } });
  await b.clock.advance(19_910);
  expect(b.states('a')).toEqual(['succeeded', 'running']);
  b.diskMs = 0;
  void b.engine.changes.setPaused('a', true);
  await b.clock.advance(1000);
  expect(b.states('a')).toEqual(['succeeded', 'cancelled']);
  expect(b.hands.begun).toHaveLength(1);
});

test('a crash between intent and time loses nothing', async () => {
  let b = bench(NOON);
  b.diskMs = 80;
  await b.add({ id: 'a', schedule: { every: '10s' } });
  await b.clock.advance(19_910);
  expect(b.states('a')).toEqual(['succeeded', 'running']);
  b = crash(b);
  await b.clock.advance(5000);
  expect(b.times('a')).toEqual(
    ['2026-06-01T12:00:10.000Z', '2026-06-01T12:00:20.000Z'].map(time => time.replace('.000Z', 'Z')),
  );
});
