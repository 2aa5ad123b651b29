import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isTrouble } from '../trouble.ts';
import { makeConfig } from './config.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-config-')));
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ['c.json', '{"port": 123456}', 'c.json: port must be a whole number from 0 to 65535, got 123456'],
  ['c.json', '{"port": "80"}', 'port must be a whole number from 0 to 65535, got "80"'],
  ['c.json', '{"prot": 80}', 'c.json: prot is not a field that exists here'],
  ['c.json', '{', 'c.json: this is not JSON'],
  ['c.toml', 'shell = "yes"', 'c.toml: shell must be "off" or "local" or "http", got "yes"'],
  ['c.toml', 'a = = b', 'c.toml: this is not TOML'],
  ['c.toml', 'stopGrace = "soon"', 'c.toml: stopGrace must be a duration'],
  ['c.toml', 'jobs = "nowhere"', 'there is no such folder'],
  ['c.toml', 'jobs = "c.toml"', 'this is not a folder'],
  ['c.toml', 'host = "0.0.0.0"', 'beyond this machine nobody gets in without a token'],
  ['c.toml', 'token = "short"', 'c.toml: token must be a text of 16 characters or more'],
  ['c.toml', 'tokenFile = "nowhere"', 'no such file'],
])('%s with %s is refused with what is wrong', (name, content, message) => {
  const file = join(folder, name);
  writeFileSync(file, content);
  let thrown: unknown;
  try {
    makeConfig(file, {}, {});
  } catch (error) {
    thrown = error;
  }
  expect(isTrouble(thrown) && thrown.exitCode).toBe(2);
  expect(String(thrown)).toContain(message);
});

test('paths count from the file, and the command line goes before it', () => {
  const file = join(folder, 'c.toml');
  mkdirSync(join(folder, 'jobs'));
  writeFileSync(join(folder, 'secret'), 'correct-horse-battery\n');
  writeFileSync(file, 'db = "mine.db"\njobs = "jobs"\ntokenFile = "secret"\nport = 1\nhost = "0.0.0.0"\n');
  expect(makeConfig(file, { port: 2, host: undefined }, {})).toMatchObject({
    db: join(folder, 'mine.db'),
    jobs: join(folder, 'jobs'),
    token: 'correct-horse-battery',
    port: 2,
    host: '0.0.0.0',
  });
});

test('a token comes from the environment too, and is never quoted', () => {
  expect(makeConfig(undefined, {}, { HEDDLE_SCHEDULER_TOKEN: 'correct-horse-battery' }).token).toBe(
    'correct-horse-battery',
  );
  expect(() => makeConfig(undefined, {}, { HEDDLE_SCHEDULER_TOKEN: 'hush' })).toThrow(
    /^HEDDLE_SCHEDULER_TOKEN must be .*; it has 4$/,
  );
});
