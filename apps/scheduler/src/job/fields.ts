// The kinds of fields that jobs and the configuration have, each with a message that says what would be right.

import { z } from 'zod';
import { parseDuration } from '../time/duration.ts';

/** Longest duration: a thousand years would overflow nothing, but is a mistake. */
const LONGEST_MS = 3_660 * 86_400_000;

/** A duration: a number of milliseconds, or a text such as `1h30m`. Becomes milliseconds. */
export function duration(
  leastMs: number,
): z.ZodPipe<z.ZodUnion<readonly [z.ZodNumber, z.ZodString]>, z.ZodTransform<number, string | number>> {
  const error = `must be a duration of ${leastMs} ms or more, as a number of milliseconds or a text such as "90s" or "1h30m"`;
  return z.union([z.number(), z.string()], { error }).transform((value, context) => {
    const ms = typeof value === 'number' ? value : parseDuration(value);
    if (ms !== undefined && ms >= leastMs && ms <= LONGEST_MS) return Math.round(ms);
    context.addIssue(error);
    return z.NEVER;
  });
}

/** A point in time. Becomes milliseconds since 1970. */
export function instant(): z.ZodPipe<
  z.ZodUnion<readonly [z.ZodNumber, z.ZodString]>,
  z.ZodTransform<number, string | number>
> {
  const error =
    'must be a time, as milliseconds since 1970 or a text with its offset such as "2027-01-31T09:00:00Z" or "2027-01-31T09:00:00+01:00"';
  return z.union([z.number(), z.string()], { error }).transform((value, context) => {
    const ms =
      typeof value === 'number'
        ? value
        : /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(value)
          ? Date.parse(value)
          : NaN;
    if (ms >= 0 && ms < 8.64e15) return Math.round(ms);
    context.addIssue(error);
    return z.NEVER;
  });
}

/** A whole number. */
export function whole(least: number, most: number): z.ZodNumber {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

/** A text with so many characters at most, without control characters. */
export function text(most: number): z.ZodString {
  const error = `must be a text of 1 to ${most} characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(most, { error })
    .regex(/^[\P{Cc}\t\n\r]*$/u, { error: 'must not contain control characters' });
}

/** A name: letters, digits and `. _ : -`, so that it can stand in a URL, in a log line and on a command line. */
export function label(most: number): z.ZodString {
  const error = `must be 1 to ${most} letters, digits and . _ : -, and begin with a letter or digit`;
  return z
    .string({ error })
    .max(most, { error })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, { error });
}

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, { error: `must be ${words.map(word => `"${word}"`).join(' or ')}` }) as never;
}
