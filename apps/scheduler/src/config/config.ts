// The configuration file: JSON or TOML, by its name. What the command line says goes before it.

import { readFileSync, realpathSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { check } from '../job/check.ts';
import { choice, duration, text, whole } from '../job/fields.ts';
import { describe, systemCode, Trouble } from '../trouble.ts';

const LEAST_TOKEN = 16;
const DEFAULT_PORT = 7878;

const token = z
  .string({ error: `must be a text of ${LEAST_TOKEN} characters or more` })
  .min(LEAST_TOKEN, { error: `must be a text of ${LEAST_TOKEN} characters or more` })
  .regex(/^[\x21-\x7e]+$/, { error: 'must be of printable ASCII characters without spaces' });

const configSchema = z.strictObject({
  db: text(4000).default('heddle-scheduler.db'),
  jobs: text(4000).optional(),
  host: text(255).default('127.0.0.1'),
  port: whole(0, 65_535).default(DEFAULT_PORT),
  token: token.optional(),
  tokenFile: text(4000).optional(),
  /** Other names under which the page may be asked for: those of a proxy. */
  hosts: z.array(text(255), { error: 'must be a list' }).default([]),
  shell: choice(['off', 'local', 'http']).default('local'),
  workers: whole(1, 512).optional(),
  maxHeapMiB: whole(8, 65_536).optional(),
  outputLimit: whole(256, 1_048_576).default(16_384),
  stopGrace: duration(0).default(5000),
  shutdownGrace: duration(0).default(10_000),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

type Checked = z.output<typeof configSchema>;

/** What `serve` goes by. */
export type Config = Omit<Checked, 'jobs' | 'tokenFile' | 'workers' | 'token'> & {
  /** Absolute and without links; null if there are no modules to run. */
  readonly jobs: string | null;
  readonly workers: number;
  readonly token: string | undefined;
};

/** Reads a configuration file. Throws a `Trouble` that names the file, the field and the value. */
export function readConfigFile(path: string): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(
      systemCode(error) === 'ENOENT' ? `${path}: there is no such file` : `${path}: ${describe(error)}`,
    );
  }
  let value: unknown;
  try {
    value = path.endsWith('.json') ? JSON.parse(content) : parseToml(content);
  } catch (error) {
    throw invalid(
      `${path}: this is not ${path.endsWith('.json') ? 'JSON' : 'TOML'}: ${describe(error).split('\n')[0]}`,
    );
  }
  check(configSchema, value, path);
  return value as Record<string, unknown>;
}

/** Puts together the configuration: the file's fields, and those of the command line, which go before. Paths of the file are relative to it. */
export function makeConfig(
  path: string | undefined,
  given: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
): Config {
  const fromFile = path === undefined ? {} : readConfigFile(path);
  const base = path === undefined ? '.' : dirname(path);
  for (const field of ['db', 'jobs', 'tokenFile']) {
    if (typeof fromFile[field] === 'string') fromFile[field] = resolve(base, fromFile[field]);
  }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const checked = check(configSchema, { ...fromFile, ...present }, 'configuration');
  const { jobs, tokenFile, workers, ...rest } = checked;
  const config: Config = {
    ...rest,
    db: resolve(checked.db),
    jobs: jobs === undefined ? null : jobsFolder(resolve(jobs)),
    workers: workers ?? Math.max(4, availableParallelism() * 2),
    token: checked.token ?? readToken(tokenFile) ?? tokenOf(env),
  };
  if (!isLoopback(config.host) && config.token === undefined) {
    throw invalid(
      `host ${config.host}: beyond this machine nobody gets in without a token. Give one of ${LEAST_TOKEN} characters or more, by HEDDLE_SCHEDULER_TOKEN or --token-file`,
    );
  }
  return config;
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function jobsFolder(path: string): string {
  try {
    if (statSync(path).isDirectory()) return realpathSync(path);
  } catch (error) {
    throw invalid(
      `jobs ${path}: ${systemCode(error) === 'ENOENT' ? 'there is no such folder' : describe(error)}`,
    );
  }
  throw invalid(`jobs ${path}: this is not a folder`);
}

function readToken(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let content: string;
  try {
    content = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw invalid(
      systemCode(error) === 'ENOENT'
        ? `tokenFile ${path}: there is no such file. Make one with ${LEAST_TOKEN} characters or more: head -c 24 /dev/urandom | base64 > ${path}`
        : `tokenFile ${path}: ${describe(error)}`,
    );
  }
  return checkToken(content, `tokenFile ${path}`);
}

function tokenOf(env: NodeJS.ProcessEnv): string | undefined {
  const value = env['HEDDLE_SCHEDULER_TOKEN'];
  return value === undefined || value === '' ? undefined : checkToken(value, 'HEDDLE_SCHEDULER_TOKEN');
}

/** The message doesn't quote the value: it is a secret. */
function checkToken(value: string, place: string): string {
  const result = token.safeParse(value);
  if (result.success) return value;
  throw invalid(`${place} ${result.error.issues[0]!.message}; it has ${value.length}`);
}

function invalid(message: string): Trouble {
  return new Trouble(message, { kind: 'invalid' });
}
