import { expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, bench, crash } from '../../test/benches.ts';

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

test('a paused job rests, and goes on from now', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { cron: '*/10 * * * *', timeZone: 'UTC' } });
  void b.engine.changes.setPaused('a', true);
  await b.clock.advance(35 * MINUTE);
  expect(b.states('a')).toEqual([]);
  void b.engine.changes.setPaused('a', false);
  await b.clock.advance(10 * MINUTE);
  expect(b.times('a')).toEqual(['2026-06-01T12:40Z']);
});

test('a changed schedule holds from now on, and a change that was overtaken is refused', async () => {
  const b = bench(NOON);
  await b.add({ id: 'a', schedule: { every: '1h' } });
  const change = b.engine.changes.update('a', { schedule: { every: '5m' }, run: { module: 'x.js' } }, 1);
  await b.clock.advance(11 * MINUTE);
  await change;
  expect(b.times('a')).toEqual(['2026-06-01T12:05Z', '2026-06-01T12:10Z']);
  await expect(
    b.engine.changes.update('a', { schedule: { every: '5m' }, run: { module: 'x.js' } }, 1),
  ).rejects.toThrow('was changed by someone else');
});

test('a removed job is gone with its history, and what it ran is stopped', async () => {
  const b = bench(NOON);
  b.hands.outcome = () => undefined;
  await b.add({ id: 'a', schedule: { after: 0 } });
  await b.clock.advance(0);
  void b.engine.changes.remove('a');
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
  const [first, second, third] = [
    b.engine.changes.runNow('a'),
    b.engine.changes.runNow('a'),
    b.engine.changes.runNow('a'),
  ];
  await b.clock.advance(0);
  expect(b.hands.begun.map(run => run.run)).toEqual([(await first).id]);
  b.engine.changes.cancel((await second).id);
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

test('what a user asks for while the disk is full is refused as what it is: for now', async () => {
  const b = bench(NOON);
  b.database.exec('PRAGMA max_page_count = 1');
  const added = b.engine.changes.add(
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
