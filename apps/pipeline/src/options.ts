// The command line: what it may say, and what it says of itself.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT, Trouble } from './trouble.ts';
import { version } from './version.ts';

export interface Options {
  readonly folder: string;
  readonly db: string;
  readonly workers: number;
  readonly queueSize: number;
  readonly search: string | undefined;
  readonly ignoreCase: boolean;
  readonly limit: number;
  readonly fresh: boolean;
  readonly compare: boolean;
  readonly json: boolean;
}

const DB = 'heddle-pipeline.db';
/** A writer that commits takes nothing for a while: with 64, parsers ran into the full queue then (measured on two cores: 2.94 s in place of 2.71 s). */
const QUEUE_SIZE = 512;
/** More parsers than this outrun any writer: parsing a file takes about twice as long as writing it. */
const MOST_WORKERS_BY_DEFAULT = 8;
const LARGEST = 65_536;

/** Reads the command line. Returns the exit code instead if there is nothing to do: help was asked for, or given. */
export function parseOptions(args: readonly string[]): Options | number {
  const command = describeOptions();
  command.exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    // Commander has printed what there is to say.
    return error instanceof Error && 'exitCode' in error && error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const values = command.opts<Record<string, string | number | boolean | undefined>>();
  const folder = values['folder'] as string | undefined;
  return {
    folder: resolve(folder ?? (values['search'] === undefined ? defaultFolder() : '.')),
    db: resolve(values['db'] as string),
    workers: values['workers'] as number,
    queueSize: values['queueSize'] as number,
    search: values['search'] as string | undefined,
    ignoreCase: values['ignoreCase'] === true,
    limit: (values['limit'] as number | undefined) ?? Number.POSITIVE_INFINITY,
    fresh: values['fresh'] === true,
    compare: values['compare'] === true,
    json: values['json'] === true,
  };
}

function describeOptions(): Command {
  const workers = Math.min(availableParallelism(), MOST_WORKERS_BY_DEFAULT);
  const command = new Command('heddle-pipeline')
    .description(
      'Indexes the text files of a folder into a SQLite full-text database, with one thread that reads, several that parse and ' +
        'one that writes; or searches such a database.',
    )
    .option('--folder <path>', 'folder to index (default: the node_modules that this program runs with)')
    .option('--db <file>', 'database to write, or to search', DB)
    .option('--workers <n>', 'parser threads; 0 does everything on one thread', wholeNumber(0), workers)
    .option(
      '--queue-size <n>',
      'files that each queue between two stages holds at most',
      wholeNumber(1),
      QUEUE_SIZE,
    )
    .option('--fresh', 'empty the database first')
    .option('--compare', 'measure one thread against many, in databases of their own')
    .option(
      '--search <text>',
      'print the files that contain the text, as `grep -F` finds it, and do nothing else',
      someText,
    )
    .option('--ignore-case', 'search without regard to case')
    .option('--limit <n>', 'print at most so many files', wholeNumber(0))
    .option('--json', 'print one JSON object instead of text')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this')
    .addHelpText('after', COMMANDS)
    .addHelpText('after', EXIT_CODES);
  for (const [name, others] of CONFLICTS) {
    for (const option of command.options) if (option.attributeName() === name) option.conflicts([...others]);
  }
  return command;
}

const COMMANDS = `
Commands:
  heddle-pipeline stream  lines from files, pipes and the network, through a transform, into
                          SQLite, a file or a server; its options: heddle-pipeline stream --help`;

const EXIT_CODES = `
Exit codes:
  0    done
  1    failed: the message says why; what was committed before is in the database
  2    the command line makes no sense
  130  interrupted by Ctrl-C: what had been taken in is in the database (143: by SIGTERM)`;

const CONFLICTS: readonly (readonly [string, readonly string[]])[] = [
  ['search', ['folder', 'workers', 'queueSize', 'fresh', 'compare']],
  ['compare', ['db', 'fresh']],
];

function wholeNumber(least: number): (value: string) => number {
  return value => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > LARGEST) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${LARGEST}.`);
    }
    return number;
  };
}

function someText(value: string): string {
  if (value === '') throw new InvalidArgumentError('There must be something to search for.');
  return value;
}

/** The nearest `node_modules` above this file from which this program loads its own threads. */
function defaultFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(join(modules, '@heddle', 'core'))) return modules;
    if (folder === dirname(folder)) break;
  }
  throw new Trouble('There is no node_modules to index by default. Name a folder with --folder', {
    exitCode: EXIT.usage,
  });
}
