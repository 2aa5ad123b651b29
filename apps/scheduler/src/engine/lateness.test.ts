import { expect, test } from 'vitest';
import { MINUTE, NOON, bench, crash } from '../../test/benches.ts';

test('the wait for room in a group is not lateness, and is told apart', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  void b.engine.changes.setGroup('g', 1);
  const schedule = { at: '2026-06-01T12:01:00Z' };
  for (const id of ['a', 'b']) await b.add({ id, schedule, group: 'g' });
  await b.clock.advance(MINUTE);
  expect(b.hands.begun).toHaveLength(1);
  await b.clock.advance(10 * MINUTE);
  b.hands.end(b.hands.begun[0]!.run, 'succeeded');
  await b.clock.advance(0);
  b.hands.end(b.hands.begun[1]!.run, 'succeeded');
  const { late, heldUp } = b.engine.dispatcher.lateness;
  // The ends on the bench are also the beginnings that a thread would tell.
  expect(late).toMatchObject({ count: 2, max: 10 * MINUTE });
  expect(late!.p50).toBe(10 * MINUTE);
  expect(heldUp).toMatchObject({ count: 1, max: 10 * MINUTE });
});

test('the wait for the run before is not lateness', async () => {
  const b = bench(NOON);
  b.hands.outcome = run =>
    run.scheduledFor === Date.parse('2026-06-01T12:01:00Z') ? undefined : 'succeeded';
  await b.add({ id: 'a', schedule: { every: '1m' }, overlap: 'queue' });
  await b.clock.advance(3 * MINUTE);
  expect(b.engine.dispatcher.lateness.heldUp).toBeUndefined();
  b.hands.end(b.hands.begun[0]!.run, 'succeeded');
  await b.clock.advance(0);
  const { late, heldUp } = b.engine.dispatcher.lateness;
  expect(heldUp).toMatchObject({ count: 2, max: MINUTE });
  // One began at once, as the bench has it two minutes late; those that it held up began when they could.
  expect(late).toMatchObject({ count: 3, p50: 0 });
});

test('the wait for a thread is lateness', async () => {
  const b = bench(NOON);
  b.hands.size = 1;
  b.hands.outcome = run => (run.job === 'long' ? undefined : 'succeeded');
  await b.add({ id: 'long', schedule: { at: '2026-06-01T12:01:00Z' }, priority: 1 });
  await b.add({ id: 'short', schedule: { at: '2026-06-01T12:01:00Z' } });
  await b.clock.advance(3 * MINUTE);
  b.hands.end(b.hands.begun[0]!.run, 'succeeded');
  await b.clock.advance(0);
  expect(b.states('short')).toEqual(['succeeded']);
  expect(b.engine.dispatcher.lateness).toMatchObject({ late: { max: 2 * MINUTE }, heldUp: undefined });
});

test('what a scheduler finds when it takes over is not late by its own fault', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { at: '2026-06-01T12:01:00Z' } });
  await b.clock.advance(MINUTE);
  b = crash(b, 10 * MINUTE);
  await b.clock.advance(MINUTE);
  expect(b.states('a')).toEqual(['succeeded']);
  expect(b.engine.dispatcher.lateness.late).toBeUndefined();
});
