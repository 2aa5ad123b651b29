// What a job is: when it runs, what it runs, and what happens if that goes wrong. The one description from which the checks, the types
// and the OpenAPI document come.

import { z } from 'zod';
import { compileCron, isTimeZone, localTimeZone } from '../time/cron.ts';
import { modulePathFault } from '../run/module-path.ts';
import { describe } from '../trouble.ts';
import { check } from './check.ts';
import { choice, duration, instant, label, text, whole } from './fields.ts';

/** A job that ran every millisecond would only measure the scheduler. */
const LEAST_INTERVAL_MS = 10;

/** What is nested deeper can't be written as JSON again. */
const DEEPEST = 100;

/** Without recursion: what comes from outside may be nested as deep as it likes. */
function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    level = level.flatMap(each =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
    if (level.length === 0) return true;
  }
  return false;
}

const schedule = z
  .strictObject({
    at: instant().optional().describe('Once, at this time.'),
    after: duration(0).optional().describe('Once, so long after it was added.'),
    every: duration(LEAST_INTERVAL_MS).optional().describe('Again and again, in this interval.'),
    mode: choice(['fixedRate', 'fixedDelay'])
      .optional()
      .describe(
        'With `every`: counted from the schedule (`fixedRate`, the default) or from the end of the last run.',
      ),
    startAt: instant().optional().describe('With `every`: the first time; default is one interval from now.'),
    cron: text(200)
      .optional()
      .describe("A cron pattern: 5 fields, or 6 with seconds first; croner's dialect."),
    timeZone: text(64)
      .optional()
      .describe('With `cron`: an IANA time zone. Default: that of the machine where it is added.'),
  })
  .superRefine((value, context) => {
    const given = (['at', 'after', 'every', 'cron'] as const).filter(key => value[key] !== undefined);
    if (given.length !== 1) {
      context.addIssue(
        `must have exactly one of at, after, every and cron (it has ${given.join(' and ') || 'none'})`,
      );
    }
    const misplaced = (key: 'mode' | 'startAt' | 'timeZone', needs: 'every' | 'cron'): void => {
      if (value[key] !== undefined && value[needs] === undefined)
        context.addIssue({ code: 'custom', path: [key], message: `only goes with ${needs}` });
    };
    misplaced('mode', 'every');
    misplaced('startAt', 'every');
    misplaced('timeZone', 'cron');
    if (value.timeZone !== undefined && !isTimeZone(value.timeZone)) {
      context.addIssue({
        code: 'custom',
        path: ['timeZone'],
        message: 'must be a time zone such as "Europe/Berlin"',
      });
    } else if (value.cron !== undefined) {
      try {
        compileCron(value.cron, value.timeZone ?? localTimeZone());
      } catch (error) {
        context.addIssue({
          code: 'custom',
          path: ['cron'],
          message: `must be a cron pattern: ${describe(error)}`,
        });
      }
    }
  });

const action = z
  .strictObject({
    module: text(300)
      .optional()
      .describe(
        'A module in the folder of jobs, by its path there: `report.js`. Its function is called with `args` and a context.',
      ),
    export: text(100).optional().describe("The function's name in the module; default `default`."),
    args: z
      .unknown()
      .refine(isShallow, { error: `must not be nested deeper than ${DEEPEST} levels` })
      .optional()
      .describe('Any JSON value, the first argument of the function.'),
    command: text(10_000).optional().describe('A command for /bin/sh.'),
    cwd: text(1000)
      .optional()
      .describe('With `command`: the folder to run it in; default is the folder of jobs.'),
    env: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be a variable's name" }),
        z.string().max(10_000),
      )
      .optional()
      .describe('With `command`: environment variables beside those of the scheduler.'),
  })
  .superRefine((value, context) => {
    if ((value.module === undefined) === (value.command === undefined)) {
      context.addIssue('must have either module or command');
    }
    const misplaced = (key: 'export' | 'args' | 'cwd' | 'env', needs: 'module' | 'command'): void => {
      if (value[key] !== undefined && value[needs] === undefined)
        context.addIssue({ code: 'custom', path: [key], message: `only goes with ${needs}` });
    };
    const fault = value.module === undefined ? undefined : modulePathFault(value.module);
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['module'], message: fault });
    misplaced('export', 'module');
    misplaced('args', 'module');
    misplaced('cwd', 'command');
    misplaced('env', 'command');
  });

const retry = z.strictObject({
  attempts: whole(1, 1000).default(1).describe('How often it is tried in all, the first time included.'),
  min: duration(0).default(1000).describe('The wait before the second attempt.'),
  max: duration(0).default(3_600_000).describe('No wait is longer.'),
  factor: z
    .number({ error: 'must be a number from 1 to 100' })
    .min(1, { error: 'must be a number from 1 to 100' })
    .max(100, { error: 'must be a number from 1 to 100' })
    .default(2)
    .describe('Each wait is so many times the one before.'),
  jitter: z
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, { error: 'must be a number from 0 to 1' })
    .max(1, { error: 'must be a number from 0 to 1' })
    .default(0.2)
    .describe(
      "A random part of so much is added to each wait, so that jobs that failed together don't come back together.",
    ),
});

const missed = z.strictObject({
  policy: choice(['skip', 'once', 'all'])
    .default('once')
    .describe(
      'After downtime: forget the times that were missed, run once for all of them, or once for each.',
    ),
  grace: duration(0).default(5000).describe("A run that is late by no more than this isn't missed."),
  limit: whole(1, 10_000).default(100).describe('With `all`: at most so many, the latest.'),
});

/** A job as users write it. */
export const jobSchema = z.strictObject({
  id: label(128).describe('Its name; made up if it is left out.'),
  description: text(500).optional(),
  schedule,
  run: action,
  timeout: duration(1).optional().describe('An attempt that takes longer is asked to stop, and then ended.'),
  retry: retry.prefault({}),
  overlap: choice(['skip', 'queue', 'cancelPrevious', 'allow'])
    .default('skip')
    .describe(
      'If its time comes while it still runs: skip that run, let it wait, cancel the one before, or run beside it.',
    ),
  queueLimit: whole(1, 10_000)
    .default(100)
    .describe('With `overlap` `queue`: so many wait at most; more are skipped.'),
  missed: missed.prefault({}),
  priority: whole(-1000, 1000)
    .default(0)
    .describe('Of those that wait for a thread, the highest runs first.'),
  group: label(64).optional().describe('Jobs of a group share its limit of runs at a time.'),
  tags: z
    .array(label(64), { error: 'must be a list' })
    .max(50, { error: 'must be a list of at most 50' })
    .default([]),
  keep: whole(1, 100_000).default(100).describe('So many of its last runs stay in the history.'),
  removeOnComplete: z
    .boolean({ error: 'must be true or false' })
    .default(false)
    .describe(
      'With `at` or `after`: it is removed, with its history, when it has run and succeeded. One that failed stays.',
    ),
});

/** What several fields must agree on: apart, because a schema with such rules can't be taken in parts. */
const consistentJob = jobSchema.superRefine(({ removeOnComplete, schedule: { at, after } }, context) => {
  if (removeOnComplete && at === undefined && after === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['removeOnComplete'],
      message: 'only goes with a schedule of at or after: any other is never complete',
    });
  }
});

/** Checks a job that comes from a user and fixes what is left open. Throws a `Trouble` that says what is wrong; `what` begins it. */
export function readJob(input: unknown, what: string, now: number): JobSpec {
  return settle(check(consistentJob, input, what), now);
}

/** A job, checked, with nothing left open. Durations and times are milliseconds. */
export type JobSpec = z.output<typeof jobSchema>;
/** A job as a user gives it. */
export type JobInput = z.input<typeof jobSchema>;
export type Schedule = JobSpec['schedule'];
export type RetryPolicy = JobSpec['retry'];

/** Fixes what depends on the moment and the machine of its adding, so that the stored job means the same for ever. */
function settle(spec: JobSpec, now: number): JobSpec {
  return { ...spec, schedule: settleSchedule(spec.schedule, now) };
}

/** Fixes what a schedule leaves to the moment and the machine. */
export function settleSchedule(schedule: Schedule, now: number): Schedule {
  const { at, after, every, startAt, cron, timeZone } = schedule;
  if (after !== undefined) return { at: at ?? now + after };
  if (every !== undefined) {
    return { ...schedule, mode: schedule.mode ?? 'fixedRate', startAt: startAt ?? now + every };
  }
  return cron === undefined ? schedule : { cron, timeZone: timeZone ?? localTimeZone() };
}
