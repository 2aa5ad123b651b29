import { expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, bench, crash } from '../../test/benches.ts';

test('the highest priority comes first, and a full group holds up nobody else', async () => {
  const b = bench(NOON);
  b.hands.size = 2;
  b.hands.outcome = () => undefined;
  void b.engine.changes.setGroup('g', 1);
  const schedule = { at: '2026-06-01T12:01:00Z' };
  await b.add({ id: 'low', schedule, priority: -1 });
  await b.add({ id: 'g1', schedule, priority: 5, group: 'g' });
  await b.add({ id: 'g2', schedule, priority: 4, group: 'g' });
  await b.add({ id: 'middle', schedule });
  await b.clock.advance(MINUTE);
  expect(b.hands.begun.map(run => run.job)).toEqual(['g1', 'middle']);
  b.hands.end(b.hands.begun[1]!.run, 'succeeded');
  await b.clock.advance(0);
  expect(b.hands.begun.map(run => run.job)).toEqual(['g1', 'middle', 'low']);
  b.hands.end(b.hands.begun[0]!.run, 'succeeded');
  await b.clock.advance(0);
  expect(b.hands.begun.map(run => run.job)).toEqual(['g1', 'middle', 'low', 'g2']);
});

test('a paused group rests: what is due passes, what waits is held, what runs goes on', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  const cron = { cron: '*/10 * * * *', timeZone: 'UTC' };
  await b.add({ id: 'a', schedule: cron, group: 'g' });
  await b.add({ id: 'b', schedule: { at: '2026-06-01T12:15:00Z' }, group: 'g' });
  await b.add({ id: 'other', schedule: cron, group: 'h' });
  await b.clock.advance(10 * MINUTE);
  expect(b.hands.begun.map(run => run.job)).toEqual(['a', 'other']);
  void b.engine.changes.setGroupPaused('g', true);
  await b.clock.advance(0);
  // Asked for by hand, it waits too.
  void b.engine.changes.runNow('b');
  await b.clock.advance(0);
  expect(b.engine.groups(10)).toEqual([
    { name: 'g', most: null, paused: true, jobs: 2, running: 1, waiting: 1 },
    { name: 'h', most: null, paused: false, jobs: 1, running: 1, waiting: 0 },
  ]);
  b.hands.outcome = () => 'succeeded';
  for (const run of b.hands.begun.slice()) b.hands.end(run.run, 'succeeded');
  await b.clock.advance(25 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:10Z']);
  expect(b.times('other')).toEqual(['2026-06-01T12:10Z', '2026-06-01T12:20Z', '2026-06-01T12:30Z']);
  expect(b.states('b')).toEqual(['queued']);
  void b.engine.changes.setGroupPaused('g', false);
  await b.clock.advance(5 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:10Z', '2026-06-01T12:40Z']);
  // Once at a time is once, however late.
  expect(b.states('b')).toEqual(['succeeded', 'succeeded']);
});

test('a group that was paused still rests after a crash, and its limit stays', async () => {
  let b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '10m' }, group: 'g' });
  void b.engine.changes.setGroup('g', 3);
  void b.engine.changes.setGroupPaused('g', true);
  await b.clock.advance(0);
  b = crash(b, HOUR);
  await b.clock.advance(HOUR + MINUTE);
  expect(b.runs()).toEqual([]);
  expect(b.engine.groups(10)).toMatchObject([{ name: 'g', most: 3, paused: true }]);
  void b.engine.changes.setGroupPaused('g', false);
  await b.clock.advance(10 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T14:10Z']);
});

test('a job that leaves a paused group goes on', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '10m' }, group: 'g' });
  void b.engine.changes.setGroupPaused('g', true);
  await b.clock.advance(5 * MINUTE);
  void b.engine.changes.update('a', { schedule: { every: '10m' }, run: { module: 'x.js' } }, undefined);
  await b.clock.advance(25 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:15Z', '2026-06-01T12:25Z']);
  expect(b.engine.groups(10)).toMatchObject([{ name: 'g', jobs: 0 }]);
});
