import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import { Bench } from '../../test/bench.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
let open: Bench[] = [];

function bench(wall: string): Bench {
  const made = new Bench(wall);
  open.push(made);
  return made;
}

function crash(before: Bench, downMs = 0): Bench {
  const after = before.crash(downMs);
  open = open.filter(each => each !== before);
  open.push(after);
  return after;
}

afterEach(() => {
  for (const each of open.splice(0)) each.dispose();
});

const NOON = '2026-06-01T12:00:00Z';

test('a job for a time runs at it, once', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { at: '2026-06-01T12:10:00Z' } });
  await b.clock.advance(10 * MINUTE - 1);
  expect(b.hands.begun).toHaveLength(0);
  await b.clock.advance(1);
  expect(b.hands.begun).toHaveLength(1);
  await b.clock.advance(48 * HOUR);
  expect(b.times('a')).toEqual(['2026-06-01T12:10Z']);
});

test('a fixed rate counts from the schedule, a fixed delay from the end', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'rate', schedule: { every: '10m' } });
  await b.add({ id: 'delay', schedule: { every: '10m', mode: 'fixedDelay' } });
  await b.clock.advance(10 * MINUTE);
  await b.clock.advance(4 * MINUTE);
  for (const run of [...b.hands.running.keys()]) b.hands.end(run, 'succeeded');
  await b.clock.advance(6 * MINUTE);
  expect(b.hands.begun.map(run => run.job)).toEqual(['rate', 'delay', 'rate']);
  await b.clock.advance(4 * MINUTE);
  expect(b.hands.begun.map(run => run.job)).toEqual(['rate', 'delay', 'rate', 'delay']);
});

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

test.each([
  ['skip', ['2026-06-02T00:00Z'], ['missed', 'succeeded']],
  ['once', ['2026-06-01T23:00Z', '2026-06-02T00:00Z'], undefined],
  ['all', ['2026-06-01T21:00Z', '2026-06-01T22:00Z', '2026-06-01T23:00Z', '2026-06-02T00:00Z'], undefined],
] as const)(
  'after hours of downtime the policy "%s" makes what it says',
  async (policy, expected, states) => {
    let b = bench(NOON);
    await b.add({
      id: 'hourly',
      schedule: { cron: '0 * * * *', timeZone: 'UTC' },
      missed: { policy, limit: 3 },
    });
    b = crash(b, 11.5 * HOUR);
    await b.clock.advance(31 * MINUTE);
    expect(b.times('hourly')).toEqual(expected);
    if (states !== undefined) expect(b.states('hourly')).toEqual(states);
  },
);

test.each([
  ['skip', ['succeeded', 'skipped', 'skipped']],
  ['queue', ['succeeded', 'running', 'queued']],
  ['cancelPrevious', ['succeeded', 'cancelled', 'queued']],
  ['allow', ['succeeded', 'running', 'running']],
] as const)('when its time comes while it runs: "%s"', async (overlap, states) => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { every: '1m' }, overlap });
  await b.clock.advance(3 * MINUTE);
  const first = b.hands.begun[0]!.run;
  expect(b.hands.stopped.includes(first)).toBe(overlap === 'cancelPrevious');
  b.hands.end(first, 'succeeded');
  await b.clock.advance(0);
  // What a new one cancels before it has begun is over; the newest begins when the first has ended.
  expect(b.states('a')).toEqual(
    overlap === 'cancelPrevious' ? ['succeeded', 'cancelled', 'running'] : states,
  );
});

test('attempts wait longer each time, and the last one counts', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => 'failed';
  await b.add({
    id: 'a',
    schedule: { after: 0 },
    retry: { attempts: 4, min: '1s', factor: 3, max: '5s', jitter: 0 },
  });
  await b.clock.advance(0);
  const begun: number[] = [];
  for (let second = 0; second <= 12; second++) {
    begun.push(b.hands.begun.length);
    await b.clock.advance(1000);
  }
  // After 1, 3 and 5 seconds: at 1, 4 and 9.
  expect(begun).toEqual([1, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4]);
  expect(b.runs('a')).toMatchObject([{ state: 'failed', attempt: 4, error: 'it failed' }]);
  expect(b.reader.attempts(b.runs('a')[0]!.id).map(each => each.attempt)).toEqual([1, 2, 3]);
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

test('a timeout asks the run to stop, and is what it ended by', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: 0 }, timeout: '30s' });
  await b.clock.advance(30_000);
  const [run] = b.hands.begun;
  expect(b.hands.stopped).toEqual([run!.run]);
  b.hands.end(run!.run, 'failed', 'it was asked to stop');
  await b.clock.advance(0);
  expect(b.runs('a')).toMatchObject([
    { state: 'timedOut', error: 'timed out after 30000 ms: it was asked to stop' },
  ]);
});

test('the highest priority comes first, and a full group holds up nobody else', async () => {
  const b = bench(NOON);
  b.hands.size = 2;
  b.hands.outcome = () => undefined;
  void b.engine.setGroup('g', 1);
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

test('a paused job rests, and goes on from now', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { cron: '*/10 * * * *', timeZone: 'UTC' } });
  void b.engine.setPaused('a', true);
  await b.clock.advance(35 * MINUTE);
  expect(b.states('a')).toEqual([]);
  void b.engine.setPaused('a', false);
  await b.clock.advance(10 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:40Z']);
});

test('a changed schedule holds from now on, and a change that was overtaken is refused', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '1h' } });
  const change = b.engine.update('a', { schedule: { every: '5m' }, run: { module: 'x.js' } }, 1);
  await b.clock.advance(11 * MINUTE);
  await change;
  expect(b.times('a')).toEqual(['2026-06-01T12:05Z', '2026-06-01T12:10Z']);
  await expect(
    b.engine.update('a', { schedule: { every: '5m' }, run: { module: 'x.js' } }, 1),
  ).rejects.toThrow('was changed by someone else');
});

test('a removed job is gone with its history, and what it ran is stopped', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: 0 } });
  await b.clock.advance(0);
  void b.engine.remove('a');
  await b.clock.advance(0);
  expect(b.hands.stopped).toHaveLength(1);
  b.hands.end(b.hands.begun[0]!.run, 'failed');
  await b.clock.advance(MINUTE);
  expect(b.runs()).toEqual([]);
  expect(b.engine.jobs.size).toBe(0);
});

test('a run by hand waits for the one before, and a cancelled one never begins', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { every: '1h' } });
  const [first, second, third] = [b.engine.runNow('a'), b.engine.runNow('a'), b.engine.runNow('a')];
  await b.clock.advance(0);
  expect(b.hands.begun.map(run => run.run)).toEqual([(await first).id]);
  b.engine.cancel((await second).id);
  b.hands.end((await first).id, 'succeeded');
  await b.clock.advance(0);
  expect(b.hands.begun.map(run => run.run)).toEqual([(await first).id, (await third).id]);
  expect(b.states('a')).toEqual(['succeeded', 'cancelled', 'running']);
});

test('the history keeps what the job says', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '1s' }, keep: 5 });
  await b.clock.advance(100_000);
  expect(b.runs('a').length).toBeGreaterThanOrEqual(5);
  expect(b.runs('a').length).toBeLessThanOrEqual(16);
  expect(b.runs('a').at(-1)!.scheduledFor).toBe(Date.parse(NOON) + 100_000);
});

test('a stopped engine leaves what it interrupts for the next one', async () => {
  let b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: 0 } });
  await b.clock.advance(0);
  const stopped = b.engine.stop(1000);
  await b.clock.advance(1000);
  expect(b.hands.stopped).toHaveLength(1);
  b.hands.end(b.hands.begun[0]!.run, 'failed');
  await stopped;
  await b.clock.advance(0);
  expect(b.runs('a')).toMatchObject([{ state: 'queued', interruptions: 0 }]);
  b = crash(b);
  await b.clock.advance(1);
  expect(b.states('a')).toEqual(['succeeded']);
});

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
  void b.engine.setPaused('a', true);
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
  await b.engine.runNow('bad');
  await b.clock.advance(MINUTE);
  expect([...b.engine.jobs.keys()]).toEqual(['kept', 'good']);
});

test('a job that is to go when it is complete stays while its time is to come, also when it was run by hand', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { at: '2026-06-01T13:00:00Z' }, removeOnComplete: true });
  await b.engine.runNow('a');
  await b.clock.advance(MINUTE);
  expect(b.states('a')).toEqual(['succeeded']);
  void b.engine.setPaused('a', true);
  await b.clock.advance(0);
  await b.engine.runNow('a');
  await b.clock.advance(2 * HOUR);
  expect(b.states('a')).toEqual(['succeeded', 'succeeded']);
  void b.engine.setPaused('a', false);
  await b.clock.advance(0);
  expect(b.engine.jobs.size).toBe(0);
  expect(b.runs()).toEqual([]);
});

test('a job that a user gave another time while it came to its end is not removed', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: '1m' }, removeOnComplete: true });
  await b.clock.advance(MINUTE);
  const { revision, spec } = b.engine.job('a');
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
  expect(b.engine.job('a')).toMatchObject({ revision: 2, nextAt: later.schedule.at });
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

test('a paused group rests: what is due passes, what waits is held, what runs goes on', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  const cron = { cron: '*/10 * * * *', timeZone: 'UTC' };
  await b.add({ id: 'a', schedule: cron, group: 'g' });
  await b.add({ id: 'b', schedule: { at: '2026-06-01T12:15:00Z' }, group: 'g' });
  await b.add({ id: 'other', schedule: cron, group: 'h' });
  await b.clock.advance(10 * MINUTE);
  expect(b.hands.begun.map(run => run.job)).toEqual(['a', 'other']);
  void b.engine.setGroupPaused('g', true);
  await b.clock.advance(0);
  // Asked for by hand, it waits too.
  void b.engine.runNow('b');
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
  void b.engine.setGroupPaused('g', false);
  await b.clock.advance(5 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:10Z', '2026-06-01T12:40Z']);
  // Once at a time is once, however late.
  expect(b.states('b')).toEqual(['succeeded', 'succeeded']);
});

test('a group that was paused still rests after a crash, and its limit stays', async () => {
  let b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '10m' }, group: 'g' });
  void b.engine.setGroup('g', 3);
  void b.engine.setGroupPaused('g', true);
  await b.clock.advance(0);
  b = crash(b, HOUR);
  await b.clock.advance(HOUR + MINUTE);
  expect(b.runs()).toEqual([]);
  expect(b.engine.groups(10)).toMatchObject([{ name: 'g', most: 3, paused: true }]);
  void b.engine.setGroupPaused('g', false);
  await b.clock.advance(10 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T14:10Z']);
});

test('a job that leaves a paused group goes on', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '10m' }, group: 'g' });
  void b.engine.setGroupPaused('g', true);
  await b.clock.advance(5 * MINUTE);
  void b.engine.update('a', { schedule: { every: '10m' }, run: { module: 'x.js' } }, undefined);
  await b.clock.advance(25 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:15Z', '2026-06-01T12:25Z']);
  expect(b.engine.groups(10)).toMatchObject([{ name: 'g', jobs: 0 }]);
});

test('what a user asks for while the disk is full is refused as what it is: for now', async () => {
  const b = bench(NOON);
  b.database.exec('PRAGMA max_page_count = 1');
  const added = b.engine.add(
    { id: 'a', schedule: { every: '1h' }, run: { module: 'x.js', args: 'x'.repeat(200_000) } },
    'test',
  );
  const refused = expect(added).rejects.toMatchObject({
    kind: 'unavailable',
    message: "the database can't be written at the moment. Try again later",
  });
  await b.clock.advance(0);
  await refused;
  b.database.exec('PRAGMA max_page_count = 1000000');
  await b.clock.advance(5000);
  await b.add({ id: 'a', schedule: { every: '1h' } });
});
