// Cron patterns, by croner. Compiled ones are kept, since thousands of jobs share few patterns and a compiled one is large.

import { Cron } from 'croner';

const LIMIT = 5000;
const compiled = new Map<string, Cron>();

/** Compiles a pattern. Throws what croner has to say against it. */
export function compileCron(pattern: string, timeZone: string): Cron {
  const key = `${timeZone}\n${pattern}`;
  let cron = compiled.get(key);
  if (cron !== undefined) return cron;
  if (!/^\s*(@|\S+\s+\S)/.test(pattern))
    throw new TypeError('it must have 5 or 6 fields, as in "30 9 * * 1-5"');
  cron = new Cron(pattern, { paused: true, timezone: timeZone, mode: 'auto' });
  if (compiled.size >= LIMIT) compiled.delete(compiled.keys().next().value!);
  compiled.set(key, cron);
  return cron;
}

/** Returns the first time after `afterMs`, or undefined if the pattern has none any more. */
export function nextCron(pattern: string, timeZone: string, afterMs: number): number | undefined {
  return compileCron(pattern, timeZone).nextRun(new Date(afterMs))?.getTime();
}

/** Tells whether a time zone is known here. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The machine's time zone. */
export function localTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
