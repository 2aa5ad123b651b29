import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, bench, crash } from '../../test/benches.ts';

test('a job that is to go when it is complete goes with its history; one that failed stays', async () => {
  const b = bench(NOON);
  b.hands.outcome = run => (run.job === 'bad' ? 'failed' : 'succeeded');
  await b.add({ id: 'good', schedule: { after: '1m' }, removeOnComplete: true });
  await b.add({ id: 'bad', schedule: { after: '1m' }, removeOnComplete: true });
  await b.add({ id: 'kept', schedule: { after: '1m' } });
  await b.clock.advance(MINUTE);
  expect([...b.engine.jobs.keys()]).toEqual(['bad', 'kept']);
  expect([...b.reader.jobs()].map(job => job.id)).toEqual(['bad', 'kept']);
  expect(b.runs().map(run => `${run.job} ${run.state}`)).toEqual(['kept succeeded', 'bad failed']);
  // Its name is free again, and what failed goes when it has succeeded at last.
  await b.add({ id: 'good', schedule: { after: '1m' } });
  b.hands.outcome = () => 'succeeded';
  await b.engine.changes.runNow('bad');
  await b.clock.advance(MINUTE);
  expect([...b.engine.jobs.keys()]).toEqual(['kept', 'good']);
});

test('a job that is to go when it is complete stays while its time is to come, also when it was run by hand', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { at: '2026-06-01T13:00:00Z' }, removeOnComplete: true });
  await b.engine.changes.runNow('a');
  await b.clock.advance(MINUTE);
  expect(b.states('a')).toEqual(['succeeded']);
  void b.engine.changes.setPaused('a', true);
  await b.clock.advance(0);
  await b.engine.changes.runNow('a');
  await b.clock.advance(2 * HOUR);
  expect(b.states('a')).toEqual(['succeeded', 'succeeded']);
  void b.engine.changes.setPaused('a', false);
  await b.clock.advance(0);
  expect(b.engine.jobs.size).toBe(0);
  expect(b.runs()).toEqual([]);
});

test('a job that a user gave another time while it came to its end is not removed', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: '1m' }, removeOnComplete: true });
  await b.clock.advance(MINUTE);
  const { revision, spec } = b.engine.changes.job('a');
  const later = { ...spec, schedule: { at: Date.parse('2026-06-01T15:00:00Z') } };
  // As the command line does it: the engine hasn't seen it yet.
  const other = new DatabaseSync(b.path);
  other
    .prepare('UPDATE jobs SET spec = ?, next_at = ?, revision = revision + 1')
    .run(JSON.stringify(later), later.schedule.at);
  other.close();
  expect(revision).toBe(1);
  b.hands.end(b.hands.begun[0]!.run, 'succeeded');
  await b.clock.advance(0);
  expect(b.engine.changes.job('a')).toMatchObject({ revision: 2, nextAt: later.schedule.at });
  b.hands.outcome = () => 'succeeded';
  await b.clock.advance(3 * HOUR);
  expect(b.engine.jobs.size).toBe(0);
});

test('a crash between the success of a job that is to go and its removal cannot be', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: 0 }, removeOnComplete: true });
  await b.clock.advance(0);
  b = crash(b);
  await b.clock.advance(1000);
  // It was interrupted, ran again, and went.
  expect(b.hands.begun).toHaveLength(1);
  expect([...b.reader.jobs()]).toEqual([]);
});
