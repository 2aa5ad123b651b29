// A job as the command line says it. What is wrong with it the job's own check says.

import { Trouble, describe } from '../trouble.ts';

export interface JobOptions {
  readonly at?: string;
  readonly after?: string;
  readonly every?: string;
  readonly fixedDelay?: boolean;
  readonly startAt?: string;
  readonly cron?: string;
  readonly timeZone?: string;
  readonly module?: string;
  readonly export?: string;
  readonly args?: string;
  readonly command?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly description?: string;
  readonly timeout?: string;
  readonly attempts?: number;
  readonly retryMin?: string;
  readonly retryMax?: string;
  readonly retryFactor?: number;
  readonly retryJitter?: number;
  readonly overlap?: string;
  readonly queueLimit?: number;
  readonly missed?: string;
  readonly missedLimit?: number;
  readonly grace?: string;
  readonly priority?: number;
  readonly group?: string;
  readonly tag?: readonly string[];
  readonly keep?: number;
  readonly removeOnComplete?: boolean;
}

/** Returns the job that the options describe, unchecked. */
export function jobFromOptions(id: string | undefined, options: JobOptions): unknown {
  if (id === undefined)
    throw new Trouble('add: a job needs a name, or comes from a --file', { kind: 'invalid' });
  const {
    at,
    after,
    every,
    fixedDelay,
    startAt,
    cron,
    timeZone,
    module,
    export: name,
    command,
    cwd,
    env,
  } = options;
  return present({
    id,
    description: options.description,
    schedule: present({
      at,
      after,
      every,
      mode: fixedDelay === true ? 'fixedDelay' : undefined,
      startAt,
      cron,
      timeZone,
    }),
    run: present({
      module,
      export: name,
      args: options.args === undefined ? undefined : parseArgs(options.args),
      command,
      cwd,
      env: env === undefined ? undefined : Object.fromEntries(env.map(splitVariable)),
    }),
    timeout: options.timeout,
    retry: present({
      attempts: options.attempts,
      min: options.retryMin,
      max: options.retryMax,
      factor: options.retryFactor,
      jitter: options.retryJitter,
    }),
    overlap: options.overlap,
    queueLimit: options.queueLimit,
    missed: present({ policy: options.missed, grace: options.grace, limit: options.missedLimit }),
    priority: options.priority,
    group: options.group,
    tags: options.tag,
    keep: options.keep,
    removeOnComplete: options.removeOnComplete,
  });
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function parseArgs(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Trouble(`add: --args must be JSON: ${describe(error)}`, { kind: 'invalid' });
  }
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Trouble(`add: --env must be NAME=value, got "${text}"`, { kind: 'invalid' });
  return [text.slice(0, at), text.slice(at + 1)];
}
