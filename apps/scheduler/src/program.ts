// The program: reads the command line, does what it says, and returns the exit code.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type DatabaseUse, JobDatabase, checkJobs } from './command/database.ts';
import { type JobOptions, jobFromOptions } from './command/job-options.ts';
import { describeCommands } from './command/options.ts';
import { showGroups, showJobs, showRun, showRuns } from './command/show.ts';
import { makeConfig, readConfigFile } from './config/config.ts';
import type { RunState } from './store/ops.ts';
import { EXIT, Trouble, describe, isTrouble, systemCode } from './trouble.ts';

interface Place {
  readonly db?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export async function runProgram(args: readonly string[]): Promise<number> {
  // `… | head` closes its end when it has enough: not an error.
  process.stdout.on('error', error => {
    if (systemCode(error) !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  let exitCode: number = EXIT.ok;
  const command = describeCommands({
    async serve(options) {
      const { serve } = await import('./command/serve.ts');
      const { config, ...given } = options;
      exitCode = await serve(makeConfig(config as string | undefined, given, process.env));
    },
    add: (id, options) => add(id, options as unknown as AddOptions),
    list: options => list(options as ListOptions),
    history: (job, options) => history(job, options as unknown as HistoryOptions),
    pause: (job, options) => setPaused(job, options, true),
    resume: (job, options) => setPaused(job, options, false),
    remove: (job, options) => withDatabase(options, database => database.remove(job), 'write'),
    run(job, options) {
      withDatabase(
        options,
        database => {
          database.runNow(job);
          if (!database.isServed)
            console.error('No scheduler is running on this database: it will run when one starts.');
        },
        'write',
      );
    },
    cancel(run, options) {
      withDatabase(
        options,
        database => {
          database.cancel(run);
          if (!database.isServed)
            console.error('No scheduler is running on this database: it will be cancelled when one starts.');
        },
        'write',
      );
    },
    groups: options => groups(options),
    group(name, most, options) {
      const limit = most === 'none' ? null : Number(most);
      if (limit !== null && !(Number.isSafeInteger(limit) && limit >= 1)) {
        throw new Trouble(`group: most must be a whole number from 1, or "none", got "${most}"`, {
          kind: 'invalid',
        });
      }
      withDatabase(options, database => database.limitGroup(name, limit), 'create');
    },
  });
  try {
    await parse(command, args);
    return exitCode;
  } catch (error) {
    // Commander has printed what there is to say.
    if (error instanceof Error && error.name === 'CommanderError') {
      return 'exitCode' in error && error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    if (!isTrouble(error)) throw error;
    console.error(`heddle-scheduler: ${error.message}.`);
    return error.exitCode;
  }
}

async function parse(command: Command, args: readonly string[]): Promise<void> {
  await command.parseAsync(args, { from: 'user' });
}

/** The database that is meant: of the command line, of the configuration, or the usual one. */
function databasePath({ db, config }: Place): string {
  if (db !== undefined) return resolve(db);
  if (config === undefined) return resolve('heddle-scheduler.db');
  const given = readConfigFile(config)['db'];
  return typeof given === 'string' ? resolve(config, '..', given) : resolve('heddle-scheduler.db');
}

function withDatabase<T>(place: Place, work: (database: JobDatabase) => T, use: DatabaseUse): T {
  const database = new JobDatabase(databasePath(place), use);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function setPaused(
  job: string | undefined,
  options: Place & { readonly group?: string },
  paused: boolean,
): void {
  const { group } = options;
  if ((job === undefined) === (group === undefined)) {
    throw new Trouble(`${paused ? 'pause' : 'resume'}: say which job, or --group with which group`, {
      kind: 'invalid',
    });
  }
  withDatabase(
    options,
    database => {
      if (job !== undefined) database.setPaused(job, paused);
      else if (database.setGroupPaused(group!, paused) === 0)
        console.error(`No job is in the group "${group}" yet.`);
    },
    job === undefined ? 'create' : 'write',
  );
}

function groups(options: Place): void {
  withDatabase(
    options,
    ({ groups: present }) => {
      if (options.json === true) console.log(JSON.stringify(present));
      else console.log(showGroups(present).join('\n'));
    },
    'read',
  );
}

interface AddOptions extends Place, JobOptions {
  readonly file?: string;
  readonly replace?: boolean;
}

/** What goes along with `--file`. */
const BESIDE_FILE: ReadonlySet<string> = new Set(['file', 'replace', 'json', 'db', 'config']);

function add(id: string | undefined, options: AddOptions): void {
  if (options.file !== undefined) {
    const misplaced = id ?? Object.keys(options).find(name => !BESIDE_FILE.has(name));
    if (misplaced !== undefined) {
      const what =
        misplaced === id
          ? `"${id}"`
          : `--${misplaced.replaceAll(/[A-Z]/g, each => `-${each.toLowerCase()}`)}`;
      throw new Trouble(`add: ${what} doesn't go along with --file, in which all of a job stands`, {
        kind: 'invalid',
      });
    }
  }
  const inputs = options.file === undefined ? [jobFromOptions(id, options)] : readJobs(options.file);
  // What is wrong with them is said before a database is made for them.
  const specs = checkJobs(inputs);
  withDatabase(options, database => database.add(specs, options.replace === true), 'create');
  if (options.json === true) console.log(JSON.stringify(specs.length === 1 ? specs[0] : specs));
  else for (const spec of specs) console.log(spec.id);
}

function readJobs(file: string): unknown[] {
  let content: string;
  try {
    content = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Trouble(
      `${file}: ${systemCode(error) === 'ENOENT' ? 'there is no such file' : describe(error)}`,
      { kind: 'invalid' },
    );
  }
  try {
    const value = JSON.parse(content) as unknown;
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    throw new Trouble(`${file}: this is not JSON: ${describe(error)}`, { kind: 'invalid' });
  }
}

interface ListOptions extends Place {
  readonly tag?: string;
  readonly group?: string;
}

function list(options: ListOptions): void {
  withDatabase(
    options,
    database => {
      const { tag, group } = options;
      const jobs = [...database.reader.jobs()].filter(
        ({ spec }) =>
          (tag === undefined || spec.tags.includes(tag)) && (group === undefined || spec.group === group),
      );
      if (options.json === true) console.log(JSON.stringify(jobs));
      else console.log(showJobs(jobs, pausedGroups(database)).join('\n'));
    },
    'read',
  );
}

function pausedGroups({ reader }: JobDatabase): ReadonlySet<string> {
  return new Set(
    reader
      .groups()
      .filter(group => group.paused)
      .map(group => group.name),
  );
}

interface HistoryOptions extends Place {
  readonly state?: RunState;
  readonly limit: number;
  readonly run?: string;
}

function history(job: string | undefined, options: HistoryOptions): void {
  withDatabase(
    options,
    database => {
      const { reader } = database;
      if (options.run !== undefined) {
        const run = reader.run(options.run);
        if (run === undefined) throw new Trouble(`there is no run "${options.run}"`, { kind: 'notFound' });
        const attempts = reader.attempts(run.id);
        if (options.json === true) console.log(JSON.stringify({ ...run, attempts }));
        else console.log(showRun(run, attempts).join('\n'));
        return;
      }
      if (job !== undefined && reader.job(job) === undefined)
        throw new Trouble(`there is no job "${job}"`, { kind: 'notFound' });
      const runs = reader.runs({ job, state: options.state, limit: options.limit });
      if (options.json === true) console.log(JSON.stringify(runs));
      else console.log(showRuns(runs).join('\n'));
    },
    'read',
  );
}
