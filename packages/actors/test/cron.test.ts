/** Times by the calendar, under virtual time. */
import { expect, test } from 'vitest';
import { cron } from '../src/cron/index.ts';
import type { Context } from '../src/index.ts';
import { BehaviorKit, TestSystem } from '../src/testkit/index.ts';
import type { Schedule } from '../src/timers/schedule.ts';

const HOUR = 3_600_000;
/** When a test's clock says 0. */
const BEGIN = Date.UTC(2026, 0, 1);

/** When it ticks between two times, in UTC. */
async function ticks(schedule: Schedule, from: number, to: number): Promise<string[]> {
  const kit = new TestSystem();
  await kit.advance(from - BEGIN);
  const seen: string[] = [];
  kit.spawn(({ timers }: Context<string>) => {
    timers.cron('k', schedule, 'tick');
    return () => void seen.push(new Date(BEGIN + kit.now).toISOString().slice(5, 16));
  });
  await kit.advance(to - from);
  return seen;
}

const berlin = (pattern: string): Schedule => cron(pattern, { timezone: 'Europe/Berlin' });

test('a time that the clocks leave out is due when they have been put forward, once, and the day after at its time', async () => {
  const night = Date.UTC(2026, 2, 28, 12);
  expect(await ticks(berlin('30 2 * * *'), night, night + 48 * HOUR)).toEqual(['03-29T01:00', '03-30T00:30']);
  expect(await ticks(berlin('0 * * * *'), night + 11.5 * HOUR, night + 15.5 * HOUR)).toEqual([
    '03-29T00:00',
    '03-29T01:00',
    '03-29T02:00',
    '03-29T03:00',
  ]);
});

test('a time that comes twice is due once, and every hour is every hour', async () => {
  const night = Date.UTC(2026, 9, 24, 12);
  expect(await ticks(berlin('30 2 * * *'), night, night + 48 * HOUR)).toEqual(['10-25T00:30', '10-26T01:30']);
  expect(await ticks(berlin('0 * * * *'), night + 11.5 * HOUR, night + 14.5 * HOUR)).toEqual([
    '10-25T00:00',
    '10-25T01:00',
    '10-25T02:00',
  ]);
});

test('a restart ends the schedule of the instance before, and its queued tick', async () => {
  const kit = new TestSystem();
  const seen: string[] = [];
  let lives = 0;
  const ref = kit.spawn(
    ({ timers }: Context<string>) => {
      lives += 1;
      const life = lives;
      timers.cron('k', cron('* * * * *', { timezone: 'UTC' }), `tick of ${life}`);
      return (message: string) => {
        if (message === 'fail') throw new RangeError('as told');
        seen.push(`${message} at ${kit.now}`);
      };
    },
    { onError: [[RangeError, 'restart']] },
  );
  await kit.settle();
  kit.hold(ref);
  ref.tell('fail');
  // Its tick waits behind the failure.
  await kit.advance(60_000);
  kit.release(ref);
  await kit.advance(120_000);
  expect(seen).toEqual(['tick of 2 at 120000', 'tick of 2 at 180000']);
  await kit.until(kit.system.stop(ref));
  await kit.advance(600_000);
  expect(seen).toHaveLength(2);
});

test('a schedule of your own; one without a next time ends', async () => {
  const times = [5, 70, 71].map(ms => BEGIN + ms);
  const kit = new TestSystem();
  const seen: number[] = [];
  let has: () => boolean = () => false;
  kit.spawn(({ timers }: Context<string>) => {
    timers.cron('k', { nextAfter: ms => times.find(time => time > ms) }, 'tick');
    has = () => timers.has('k');
    return () => void seen.push(kit.now);
  });
  await kit.advance(1000);
  expect(seen).toEqual([5, 70, 71]);
  expect(has()).toBe(false);
});

test('times that pass while a tick is handled, or waits, are left out', async () => {
  const kit = new TestSystem();
  const seen: number[] = [];
  const ref = kit.spawn(({ timers }: Context<string>) => {
    timers.cron('k', cron('* * * * * *', { timezone: 'UTC' }), 'tick');
    return () => void seen.push(kit.now);
  });
  await kit.settle();
  kit.hold(ref);
  await kit.advance(3500);
  kit.release(ref);
  await kit.advance(1500);
  expect(seen).toEqual([3500, 4000, 5000]);
});

test('is an effect with its pattern; a pattern where a schedule is meant is refused there too', async () => {
  const kit = await BehaviorKit.start(({ timers }: Context<string>) => {
    timers.cron('k', cron('0 9 * * *'), 'tick');
    return () => timers.cron('k', '0 9 * * *' as never, 'tick');
  });
  expect(kit.takeEffects()).toEqual([
    { type: 'timerStarted', key: 'k', kind: 'cron', when: '0 9 * * *', message: 'tick' },
  ]);
  await kit.run('again');
  expect(kit.effects.slice(0, 1)).toMatchObject([
    { type: 'failed', error: { message: expect.stringContaining('expected a schedule') } },
  ]);
});
