// When a job runs next. Without state: the answer depends on the schedule and the times given, and on nothing else.

import type { Schedule } from '../job/spec.ts';
import { compileCron, nextCron } from './cron.ts';
import { nextFixedRate } from './fixed-rate.ts';

/** Returns the first time after `afterMs` at which a settled schedule is due, or undefined if there is none. */
export function nextTime(schedule: Schedule, afterMs: number): number | undefined {
  const { at, every, cron } = schedule;
  if (at !== undefined) return at > afterMs ? at : undefined;
  if (every !== undefined) return nextFixedRate(schedule.startAt!, every, afterMs);
  return nextCron(cron!, schedule.timeZone!, afterMs);
}

/** Returns the time at which a job that was just added is due first. One that lies in the past counts: it is late, or missed. */
export function firstTime(schedule: Schedule, now: number): number | undefined {
  const { at, every } = schedule;
  if (at !== undefined) return at;
  if (every !== undefined && schedule.mode === 'fixedDelay') return Math.max(now, schedule.startAt!);
  return nextTime(schedule, every === undefined ? now : now - 1);
}

/** Returns the next times, `count` at most. */
export function nextTimes(schedule: Schedule, afterMs: number, count: number): number[] {
  const times: number[] = [];
  for (let time: number | undefined = afterMs; times.length < count;) {
    time = nextTime(schedule, time);
    if (time === undefined) break;
    times.push(time);
  }
  return times;
}

/** What is due of a schedule by now. */
export interface Due {
  /** The times to run for, earliest first. */
  readonly times: readonly number[];
  /** How many times passed without a run. Of a cron pattern's many, at least so many: see `MOST_COUNTED`. */
  readonly missed: number;
  /** When it is due again. */
  readonly next: number | undefined;
}

/** What to do with times that were missed. */
export interface MissedPolicy {
  readonly policy: 'skip' | 'once' | 'all';
  readonly grace: number;
  readonly limit: number;
}

/** A cron pattern's times are counted one by one, at 10 to 50 µs each; beyond so many the number matters to nobody. */
const MOST_COUNTED = 1000;

/**
 * Decides for which times a job runs that was due at `dueAt` and is looked at `now`. Times within the grace are on time, however many they are; those that are
 * later are missed, and the policy says what becomes of them.
 */
export function dueTimes(schedule: Schedule, policy: MissedPolicy, dueAt: number, now: number): Due {
  if (schedule.mode === 'fixedDelay') {
    // It has one time at a time: the next one depends on the end of this run.
    if (now - dueAt <= policy.grace || policy.policy !== 'skip')
      return { times: [dueAt], missed: 0, next: undefined };
    return { times: [], missed: 1, next: nextFixedRate(dueAt, schedule.every!, now) };
  }
  if (now - dueAt <= policy.grace) return { times: [dueAt], missed: 0, next: nextTime(schedule, dueAt) };
  /** Times before this are missed. */
  const boundary = now - policy.grace;
  const missed = countTimes(schedule, dueAt, boundary);
  const wanted = policy.policy === 'skip' ? 0 : policy.policy === 'once' ? 1 : policy.limit;
  const times = wanted === 0 ? [] : lastTimes(schedule, dueAt, boundary, wanted);
  return { times, missed: Math.max(0, missed - times.length), next: nextTime(schedule, boundary - 1) };
}

/** How many times there are from `from`, which is one, to before `end`. */
function countTimes(schedule: Schedule, from: number, end: number): number {
  if (schedule.at !== undefined) return 1;
  if (schedule.every !== undefined) return Math.ceil((end - from) / schedule.every);
  let count = 0;
  for (
    let time: number | undefined = from;
    time !== undefined && time < end && count < MOST_COUNTED;
    count += 1
  ) {
    time = nextTime(schedule, time);
  }
  return count;
}

/** The last `most` of them, earliest first. */
function lastTimes(schedule: Schedule, from: number, end: number, most: number): number[] {
  const { every, cron } = schedule;
  if (every !== undefined) {
    const count = Math.ceil((end - from) / every);
    const first = Math.max(0, count - most);
    return Array.from({ length: count - first }, (_, index) => from + (first + index) * every);
  }
  if (cron === undefined) return [from];
  const times = compileCron(cron, schedule.timeZone!)
    .previousRuns(most, new Date(end))
    .map(date => date.getTime())
    .filter(time => time >= from && time < end)
    .sort((a, b) => a - b);
  // What the pattern says looking back may differ from what it said looking ahead, where a clock was set back; the time that was due counts.
  return times.length === 0 ? [from] : times;
}
