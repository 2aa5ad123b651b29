import { expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, bench, crash } from '../../test/benches.ts';

test('a run that was interrupted runs again under its id; one that is over does not', async () => {
  let b = bench(NOON);
  b.hands.outcome = run => (run.job === 'done' ? 'succeeded' : undefined);
  await b.add({ id: 'done', schedule: { at: '2026-06-01T12:01:00Z' } });
  await b.add({ id: 'cut', schedule: { at: '2026-06-01T12:01:00Z' } });
  await b.clock.advance(MINUTE);
  expect(b.hands.begun).toHaveLength(2);
  const id = b.hands.begun.find(run => run.job === 'cut')!.run;
  b = crash(b, HOUR);
  await b.clock.advance(MINUTE);
  expect(b.hands.begun.map(({ job, run, attempt }) => ({ job, run, attempt }))).toEqual([
    { job: 'cut', run: id, attempt: 1 },
  ]);
  expect(b.times('cut')).toHaveLength(1);
  expect(b.runs('cut')[0]!.interruptions).toBe(1);
});

test('attempts that were interrupted do not count, also when it happens again before the next', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: 0 }, retry: { attempts: 2, min: 0 } });
  await b.clock.advance(0);
  b = crash(b);
  // Nothing can begin, so it waits; and that comes to an end too.
  b.hands.size = 0;
  await b.clock.advance(0);
  b = crash(b);
  b.hands.outcome = () => 'failed';
  await b.clock.advance(MINUTE);
  expect(b.hands.begun.map(run => run.attempt)).toEqual([1, 2]);
});

test('a run that ends the scheduler each time has failed after eleven', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'poison', schedule: { after: 0 } });
  await b.clock.advance(0);
  for (let round = 0; round < 11; round++) {
    expect(b.hands.begun).toHaveLength(1);
    b = crash(b);
    b.hands.outcome = () => undefined;
    await b.clock.advance(1);
  }
  expect(b.hands.begun).toHaveLength(0);
  expect(b.runs()[0]).toMatchObject({ state: 'failed', error: 'the scheduler ended 11 times while it ran' });
});

test('what a crash finds waiting is still there', async () => {
  let b = bench(NOON);
  b.hands.size = 1;
  b.hands.outcome = () => undefined;
  for (const id of ['a', 'b', 'c']) await b.add({ id, schedule: { at: '2026-06-01T12:01:00Z' } });
  await b.clock.advance(MINUTE);
  expect(b.states().sort()).toEqual(['queued', 'queued', 'running']);
  b = crash(b, 30_000);
  await b.clock.advance(1000);
  expect(b.states()).toEqual(['succeeded', 'succeeded', 'succeeded']);
});

test('a retry survives a crash', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => 'failed';
  await b.add({ id: 'a', schedule: { after: 0 }, retry: { attempts: 2, min: '1h', jitter: 0 } });
  await b.clock.advance(MINUTE);
  b = crash(b, 10 * MINUTE);
  await b.clock.advance(48 * MINUTE);
  expect(b.hands.begun).toHaveLength(0);
  await b.clock.advance(MINUTE);
  expect(b.hands.begun.map(run => run.attempt)).toEqual([2]);
});
