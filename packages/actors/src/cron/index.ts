/** `@heddle/actors/cron`: times by the calendar, for `timers.cron`. By itself, since what it needs is a fifth of the whole. */
import { Cron } from 'croner';
import type { Schedule } from '../timers/schedule.ts';

export type { Schedule } from '../timers/schedule.ts';

/** How a pattern is read. */
export interface CronOptions {
  /** An IANA name, as `Europe/Berlin`. Default: the local one. */
  readonly timezone?: string;
}

/**
 * Returns the times of a cron pattern (`'0 30 9 * * 1-5'`, seconds first and optional), for `timers.cron`. A time that a change of the clocks leaves out is due when the clocks have been put forward;
 * one that comes twice, as they are put back, is due once if the pattern has one minute and hour, else both times. Patterns are croner's. Throws `TypeError` for a pattern or a timezone
 * that it doesn't understand.
 *
 * @example
 * const schedule = cron('0 9 * * 1-5', { timezone: 'Europe/Berlin' });
 * new Date(schedule.nextAfter(Date.UTC(2026, 0, 2, 12))!).toISOString(); // => 2026-01-05T08:00:00.000Z
 */
export function cron(pattern: string, options: CronOptions = {}): Schedule {
  let times: Cron;
  try {
    times = new Cron(pattern, { paused: true, ...options });
    // A timezone is looked at only here.
    times.nextRun();
  } catch (error) {
    const place = options.timezone === undefined ? '' : ` in "${options.timezone}"`;
    throw new TypeError(
      `cron: cannot understand the pattern "${String(pattern)}"${place}: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return { pattern, nextAfter: ms => times.nextRun(new Date(ms))?.getTime() };
}
