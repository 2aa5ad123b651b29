// The command line: what it may say, and what it says of itself.

import { Command, InvalidArgumentError, Option } from 'commander';

type Options = Record<string, unknown>;

/** What is done for each command. */
export interface Commands {
  serve(options: Options): Promise<void>;
  add(id: string | undefined, options: Options): void;
  list(options: Options): void;
  history(job: string | undefined, options: Options): void;
  pause(job: string | undefined, options: Options): void;
  resume(job: string | undefined, options: Options): void;
  remove(job: string, options: Options): void;
  run(job: string, options: Options): void;
  cancel(run: string, options: Options): void;
  groups(options: Options): void;
  group(name: string, most: string, options: Options): void;
}

const STATES = [
  'queued',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'timedOut',
  'cancelled',
  'skipped',
  'missed',
];

const EXIT_CODES = `
Exit codes:
  0  done; for serve: ended by SIGINT or SIGTERM, with what ran brought to its end
  1  failed: the message says why
  2  the command line, the configuration or a job makes no sense
  3  serve: another scheduler has taken over the database

Jobs that are modules export a function: export default async function (args, context) { … }
All commands but serve work on the database; a scheduler that runs on it takes notice within a second.`;

/** Describes the commands to commander. */
export function describeCommands(commands: Commands): Command {
  const program = new Command('heddle-scheduler')
    .description(
      'Runs jobs at times: once, in intervals, or by cron; durable in SQLite, on supervised threads.',
    )
    .helpOption('--help', 'print this')
    .helpCommand(false)
    .addHelpText('after', EXIT_CODES)
    .exitOverride();

  located(program.command('serve').description('run the scheduler, with its page and HTTP API'))
    .option('--jobs <folder>', 'folder of the modules that jobs may run')
    .option(
      '--host <address>',
      'address to listen on (default: 127.0.0.1; beyond loopback a token is needed)',
    )
    .option('--port <n>', 'port to listen on (default: 7878; 0 for any)', wholeNumber(0))
    .option('--token-file <file>', 'file with the token that opens the page (or HEDDLE_SCHEDULER_TOKEN)')
    .addOption(
      new Option(
        '--shell <who>',
        'who may add jobs that are commands: nobody, those with the database, or all (default: local)',
      ).choices(['off', 'local', 'http']),
    )
    .option('--workers <n>', 'runs at a time (default: twice the processors, at least 4)', wholeNumber(1))
    .addOption(
      new Option('--log-level <level>', 'what to log (default: info)').choices([
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    )
    .action(options => commands.serve(options as Options));

  const add = located(
    program.command('add').argument('[job]', 'its name').description('add a job, or those of a file'),
  );
  add
    .option('--file <file>', 'JSON with a job or a list of jobs; - for standard input')
    .option('--replace', 'change jobs that are there already')
    .option('--at <time>', 'run once, at a time such as 2027-01-31T09:00:00Z')
    .option('--after <duration>', 'run once, so long from now: 90s, 1h30m')
    .option('--every <duration>', 'run again and again in this interval')
    .option('--fixed-delay', 'with --every: count from the end of the last run')
    .option('--start-at <time>', 'with --every: the first time')
    .option('--cron <pattern>', 'run by a cron pattern: 5 fields, or 6 with seconds first')
    .option('--time-zone <zone>', "with --cron: such as Europe/Berlin (default: this machine's)")
    .option('--module <path>', 'what to run: a module, by its path in the folder of jobs')
    .option('--export <name>', 'with --module: the function (default: default)')
    .option('--args <json>', 'with --module: what the function is called with')
    .option('--command <command>', 'what to run: a command for /bin/sh')
    .option('--cwd <folder>', 'with --command: where to run it')
    .option('--env <name=value>', 'with --command: a variable; may be given again', collect)
    .option('--description <text>', 'what it is for')
    .option('--timeout <duration>', 'an attempt may take so long')
    .option('--attempts <n>', 'try so often in all', wholeNumber(1))
    .option('--retry-min <duration>', 'wait before the second attempt (default: 1s)')
    .option('--retry-max <duration>', 'wait no longer than this (default: 1h)')
    .option('--retry-factor <n>', 'each wait is so many times the one before (default: 2)', anyNumber)
    .option('--retry-jitter <n>', 'add a random part of so much, 0 to 1, to each (default: 0.2)', anyNumber)
    .addOption(
      new Option('--overlap <policy>', 'when its time comes while it runs (default: skip)').choices([
        'skip',
        'queue',
        'cancelPrevious',
        'allow',
      ]),
    )
    .option('--queue-limit <n>', 'with --overlap queue: so many wait at most (default: 100)', wholeNumber(1))
    .addOption(
      new Option('--missed <policy>', 'after downtime (default: once)').choices(['skip', 'once', 'all']),
    )
    .option('--grace <duration>', "a run that is late by no more than this isn't missed (default: 5s)")
    .option('--missed-limit <n>', 'with --missed all: the latest so many (default: 100)', wholeNumber(1))
    .option('--priority <n>', 'the highest runs first (default: 0)', anyWholeNumber)
    .option('--group <name>', 'share the limit of a group')
    .option('--tag <name>', 'a tag; may be given again', collect)
    .option('--keep <n>', 'runs that stay in the history (default: 100)', wholeNumber(1))
    .option('--remove-on-complete', 'with --at or --after: remove it when it has run and succeeded')
    .option('--json', 'print the job as it is stored')
    .action((id: string | undefined, options) => commands.add(id, options as Options));

  located(program.command('list').description('print the jobs'))
    .option('--tag <name>', 'only those with this tag')
    .option('--group <name>', 'only those of this group')
    .option('--json', 'print one JSON array')
    .action(options => commands.list(options as Options));

  located(program.command('history').argument('[job]').description('print runs, latest first'))
    .addOption(new Option('--state <state>', 'only runs in this state').choices(STATES))
    .option('--limit <n>', 'print at most so many', wholeNumber(1), 20)
    .option('--run <id>', 'print one run with its output')
    .option('--json', 'print JSON')
    .action((job: string | undefined, options) => commands.history(job, options as Options));

  for (const [name, description] of [
    ['pause', 'let a job, or all of a group, rest; what runs goes on'],
    ['resume', 'let a job or a group that was paused run again'],
  ] as const) {
    located(
      program
        .command(name)
        .argument('[job]')
        .option('--group <name>', 'all jobs of this group')
        .description(description),
    ).action((job: string | undefined, options) => commands[name](job, options as Options));
  }
  for (const [name, description] of [
    ['run', 'run a job now'],
    ['remove', 'remove a job and its history'],
  ] as const) {
    located(program.command(name).argument('<job>').description(description)).action((job: string, options) =>
      commands[name](job, options as Options),
    );
  }
  located(program.command('cancel').argument('<run>').description('ask a run to stop')).action(
    (run: string, options) => commands.cancel(run, options as Options),
  );
  located(
    program
      .command('groups')
      .option('--json', 'print one JSON array')
      .description('print the groups: their jobs, limits, and whether they rest'),
  ).action(options => commands.groups(options as Options));
  located(
    program
      .command('group')
      .argument('<name>')
      .argument('<most>', 'a number, or none')
      .description('limit how many runs of a group go on at a time'),
  ).action((name: string, most: string, options) => commands.group(name, most, options as Options));
  return program;
}

/** Where the database is. */
function located(command: Command): Command {
  return command
    .option('--db <file>', 'database (default: that of the configuration, or heddle-scheduler.db)')
    .option('--config <file>', 'configuration: JSON or TOML')
    .helpOption('--help', 'print this');
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function wholeNumber(least: number): (value: string) => number {
  return value => {
    if (!/^\d+$/.test(value) || Number(value) < least)
      throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
    return Number(value);
  };
}

function anyNumber(value: string): number {
  if (value.trim() === '' || !Number.isFinite(Number(value)))
    throw new InvalidArgumentError('It must be a number.');
  return Number(value);
}

function anyWholeNumber(value: string): number {
  if (!/^-?\d+$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}
