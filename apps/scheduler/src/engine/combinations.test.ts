// Policies that meet: each alone is tested elsewhere.

import { expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, bench, crash } from '../../test/benches.ts';

test('cancelPrevious takes the place of a run that waits for room in its group', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  void b.engine.changes.setGroup('g', 1);
  await b.add({ id: 'holder', schedule: { after: 0 }, group: 'g' });
  await b.clock.advance(0);
  await b.add({ id: 'a', schedule: { every: '1m' }, group: 'g', overlap: 'cancelPrevious' });
  await b.clock.advance(3 * MINUTE);
  expect(b.states('a')).toEqual(['cancelled', 'cancelled', 'queued']);
  expect(b.engine.groups(10)).toMatchObject([{ name: 'g', running: 1, waiting: 1 }]);
  b.hands.end(b.hands.begun[0]!.run, 'succeeded');
  await b.clock.advance(0);
  expect(b.states('a')).toEqual(['cancelled', 'cancelled', 'running']);
  // The next one stops it, and begins when it has come to its end: the group has room for one only.
  await b.clock.advance(MINUTE);
  expect(b.hands.stopped).toHaveLength(1);
  expect(b.states('a').at(-1)).toBe('queued');
  b.hands.end(b.hands.begun.at(-1)!.run, 'failed');
  await b.clock.advance(0);
  expect(b.states('a').slice(-2)).toEqual(['cancelled', 'running']);
});

test('a retry leaves its place in the group to others, and stands in line again by its priority', async () => {
  const b = bench(NOON);
  b.hands.outcome = run => (run.job === 'flaky' ? 'failed' : undefined);
  void b.engine.changes.setGroup('g', 1);
  const schedule = { at: '2026-06-01T12:01:00Z' };
  const retry = { attempts: 2, min: '10s', jitter: 0 };
  await b.add({ id: 'flaky', schedule, group: 'g', priority: 9, retry });
  await b.add({ id: 'b', schedule, group: 'g', priority: 1 });
  await b.add({ id: 'c', schedule, group: 'g' });
  await b.clock.advance(MINUTE);
  expect(b.hands.begun.map(run => run.job)).toEqual(['flaky', 'b']);
  await b.clock.advance(20_000);
  b.hands.end(b.hands.begun[1]!.run, 'succeeded');
  await b.clock.advance(0);
  expect(b.hands.begun.map(run => run.job)).toEqual(['flaky', 'b', 'flaky', 'c']);
  expect(b.states('flaky')).toEqual(['failed']);
});

test("what has begun before its job was paused is tried again; a paused group's waits", async () => {
  const b = bench(NOON);
  b.hands.outcome = run => (run.attempt === 1 ? 'failed' : 'succeeded');
  const retry = { attempts: 2, min: '1m', jitter: 0 };
  await b.add({ id: 'a', schedule: { every: '1h' }, retry });
  await b.add({ id: 'b', schedule: { every: '1h' }, retry, group: 'g' });
  await b.clock.advance(HOUR);
  void b.engine.changes.setPaused('a', true);
  void b.engine.changes.setGroupPaused('g', true);
  await b.clock.advance(150 * MINUTE);
  expect(b.states('a')).toEqual(['succeeded']);
  expect(b.states('b')).toEqual(['retrying']);
  void b.engine.changes.setGroupPaused('g', false);
  await b.clock.advance(MINUTE);
  expect(b.states('b')).toEqual(['succeeded']);
});

test('a job that is changed while it runs is tried again as what it is then', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  const schedule = { at: '2026-06-01T12:01:00Z' };
  await b.add({ id: 'a', schedule, retry: { attempts: 2, min: '10s', jitter: 0 }, timeout: '1h' });
  await b.clock.advance(MINUTE);
  const run = { module: 'repaired.js' };
  void b.engine.changes.update('a', { schedule, run, retry: { attempts: 2, min: '1s', jitter: 0 } }, 1);
  await b.clock.advance(0);
  b.hands.end(b.hands.begun[0]!.run, 'failed');
  await b.clock.advance(1000);
  expect(b.hands.begun.map(begun => begun.action.module)).toEqual(['x.js', 'repaired.js']);
  b.hands.end(b.hands.begun[1]!.run, 'succeeded');
  await b.clock.advance(HOUR);
  // Its time has passed, and was run for.
  expect(b.states('a')).toEqual(['succeeded']);
});

test('a job that is removed while it runs leaves nothing, also what was stored meanwhile', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  b.diskMs = 50;
  await b.add({ id: 'a', schedule: { every: '1s' }, overlap: 'allow', retry: { attempts: 9 } });
  await b.clock.advance(1000);
  // Its next run is stored behind the removal.
  const removed = b.engine.changes.remove('a');
  await b.clock.advance(20);
  void b.engine.changes.runNow('a');
  await b.clock.advance(500);
  await removed;
  for (const run of [...b.hands.running.keys()]) b.hands.end(run, 'failed');
  await b.clock.advance(MINUTE);
  expect(b.runs()).toEqual([]);
  expect(b.engine.dispatcher.open.size).toBe(0);
  expect(b.hands.running.size).toBe(0);
});

test('a job that is removed and added again has runs of its own, while the old one comes to its end', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  const job = { id: 'a', schedule: { at: '2026-06-01T12:01:00Z' } };
  await b.add(job);
  await b.clock.advance(MINUTE);
  void b.engine.changes.remove('a');
  await b.clock.advance(0);
  await b.add(job);
  await b.clock.advance(0);
  const [old, fresh] = b.hands.begun.map(run => run.run);
  expect(fresh).toMatch(/^a@2026-06-01T12:01:00\.000Z~/);
  b.hands.end(old!, 'failed');
  await b.clock.advance(0);
  expect(b.runs().map(({ id, state }) => ({ id, state }))).toEqual([{ id: fresh, state: 'running' }]);
  b.hands.end(fresh!, 'succeeded');
  await b.clock.advance(0);
  expect(b.states('a')).toEqual(['succeeded']);
});

test('many that stand aside for a full group are cancelled in no time', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  void b.engine.changes.setGroup('g', 1);
  await b.add({ id: 'a', schedule: { every: '1h' }, group: 'g', overlap: 'allow' });
  const runs = Array.from({ length: 3000 }, () => b.engine.changes.runNow('a'));
  await b.clock.advance(0);
  await Promise.all(runs);
  expect(b.engine.groups(1)).toMatchObject([{ running: 1, waiting: 2999 }]);
  void b.engine.changes.remove('a');
  await b.clock.advance(0);
  expect(b.engine.dispatcher.open.size).toBe(1);
  b.hands.end(b.hands.begun[0]!.run, 'failed');
  await b.clock.advance(0);
  expect(b.runs()).toEqual([]);
});

test('a timed out attempt is tried again after a crash, and its wait survives it', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => undefined;
  const retry = { attempts: 2, min: '10m', jitter: 0 };
  await b.add({ id: 'a', schedule: { at: '2026-06-01T12:01:00Z' }, timeout: '30s', retry, group: 'g' });
  await b.clock.advance(2 * MINUTE);
  expect(b.hands.stopped).toHaveLength(1);
  b.hands.end(b.hands.begun[0]!.run, 'failed');
  await b.clock.advance(0);
  expect(b.states('a')).toEqual(['retrying']);
  b = crash(b, 5 * MINUTE);
  await b.clock.advance(4 * MINUTE);
  expect(b.hands.begun).toEqual([]);
  await b.clock.advance(2 * MINUTE);
  expect(b.hands.begun).toMatchObject([{ job: 'a', attempt: 2 }]);
});
