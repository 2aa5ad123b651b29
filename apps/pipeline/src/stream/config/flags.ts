// The command line of `heddle-pipeline stream`: what it may say, made into what a configuration file would say.

import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { POLICIES } from '../intake/backlog.ts';
import { EXIT, Trouble } from '../../trouble.ts';
import { version } from '../../version.ts';
import type { Raw } from './section.ts';

export interface FlagValues {
  /** Absolute path of the configuration file. */
  readonly config: string | undefined;
  readonly raw: Raw;
  readonly json: boolean;
  readonly check: boolean;
}

/** Reads the command line. Returns the exit code instead if there is nothing to do. */
export function parseFlags(args: readonly string[]): FlagValues | number {
  const command = describeFlags();
  command.exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    // Commander has printed what there is to say.
    return error instanceof Error && 'exitCode' in error && error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const values = command.opts<Flags>();
  refuseIdle(values);
  const cwd = (path: string): string => resolve(path);
  return {
    config: values.config === undefined ? undefined : cwd(values.config),
    raw: withoutUndefined({
      sources: sourcesOf(values, cwd),
      sink: sinkOf(values, cwd),
      transform: withoutUndefined({
        module: values.transform === undefined ? undefined : cwd(values.transform),
        workers: values.workers,
        timeoutMs: values.timeout,
        keyField: values.keyField,
      }),
      queue: withoutUndefined({
        policy: values.policy,
        items: values.queueSize,
        spillFolder: values.spillFolder === undefined ? undefined : cwd(values.spillFolder),
      }),
      web: webOf(values),
      logLevel: values.logLevel,
    }),
    json: values.json === true,
    check: values.check === true,
  };
}

interface Address {
  readonly host?: string;
  readonly port: number;
}

interface Flags {
  readonly config?: string;
  readonly stdin?: true;
  readonly files?: string[];
  readonly follow?: string[];
  readonly tcp?: Address;
  readonly http?: Address;
  readonly syslog?: Address;
  readonly format?: string;
  readonly ack?: true;
  readonly transform?: string;
  readonly workers?: number;
  readonly timeout?: number;
  readonly keyField?: string;
  readonly policy?: string;
  readonly queueSize?: number;
  readonly spillFolder?: string;
  readonly sqlite?: string;
  readonly table?: string;
  readonly columns?: string[];
  readonly fullText?: string[];
  readonly ndjson?: string;
  readonly post?: string;
  readonly web?: Address;
  readonly token?: string;
  readonly logLevel?: string;
  readonly json?: true;
  readonly check?: true;
}

/** Refuses what nothing would come of, rather than letting somebody believe that it holds. */
function refuseIdle({ config, tcp, http, web, ack, token }: Flags): void {
  if (ack !== undefined && tcp === undefined)
    throw new Trouble('--ack is for senders over TCP: give --tcp too, or write "ack = true" into the file', {
      exitCode: EXIT.usage,
    });
  if (token !== undefined && http === undefined && web === undefined && config === undefined)
    throw new Trouble('--token is for --web and --http: give one of them too', { exitCode: EXIT.usage });
}

/** Without `--http`, a token alone is for the page that the file configures. */
function webOf({ web, http, token }: Flags): Raw | undefined {
  if (web === undefined && (token === undefined || http !== undefined)) return undefined;
  return withoutUndefined({ ...web, token });
}

/** Options that can't be given together: there is one sink, and only a database has tables. */
const CONFLICTS: readonly (readonly [name: string, others: readonly string[]])[] = [
  ['sqlite', ['ndjson', 'post']],
  ['ndjson', ['post', 'table', 'columns', 'fullText']],
  ['post', ['table', 'columns', 'fullText']],
];

function describeFlags(): Command {
  const command = new Command('heddle-pipeline stream')
    .description(
      'Takes lines from files, pipes and the network, transforms them on several threads, and stores them. Each line is ' +
        'acknowledged when it is stored, and none is lost when the program is killed.',
    )
    .optionsGroup('Where lines come from (any number of them):')
    .option('--stdin', 'standard input')
    .option('--files <glob...>', 'files, read once to their end')
    .option('--follow <glob...>', 'files, followed as they grow and are rotated, like tail -F')
    .option('--tcp <[host:]port>', 'lines over TCP', address)
    .option('--http <[host:]port>', 'lines in bodies of HTTP POST; answered when they are stored', address)
    .option('--syslog <[host:]port>', 'messages of RFC 5424 over TCP', address)
    .option(
      '--format <format>',
      'json, text or syslog (default: text for files and pipes, else json or syslog)',
    )
    .option('--ack', 'tell senders over TCP which lines are stored: {"ack":n}')
    .optionsGroup('What is done with them:')
    .option('--transform <module>', 'a module (.ts or .js) that exports a transform; see STREAM.md')
    .option('--workers <n>', 'threads that run it (default: one for each core, at most 8)', number)
    .option('--timeout <ms>', 'how long it may take for one line (default: 30000)', number)
    .option('--key-field <name>', 'property of each JSON line that makes it the same when it comes again')
    .optionsGroup('Where they go (one of them):')
    .option('--sqlite <file>', 'a SQLite database')
    .option('--table <name>', 'its table (default: records)')
    .option('--columns <list>', 'properties to store in columns, with commas', list)
    .option('--full-text <list>', 'properties to search in by words, with commas', list)
    .option('--ndjson <file>', 'a file of JSON lines')
    .option('--post <url>', 'a server that takes batches of JSON lines')
    .optionsGroup('When more comes than can be stored:')
    .option('--policy <policy>', `${POLICIES.join(', ')} (default: block)`)
    .option('--queue-size <n>', 'lines that wait in memory at most (default: 10000)', number)
    .option(
      '--spill-folder <path>',
      'where spill puts what memory must not hold (default: heddle-pipeline.spill)',
    )
    .optionsGroup('Besides:')
    .option('--config <file>', 'a file with all of this, and more; what is given here goes before it')
    .option('--check', 'check the configuration and end')
    .option('--web <[host:]port>', 'show on a web page how it goes', address)
    .option(
      '--token <token>',
      'what the page, and who posts to --http, must show; needed beyond this machine',
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: info)')
    .option('--json', 'print the report at the end as one JSON object')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this')
    .addHelpText('after', EXIT_CODES);
  for (const [name, others] of CONFLICTS)
    command.options.find(option => option.attributeName() === name)?.conflicts([...others]);
  return command;
}

const EXIT_CODES = `
Exit codes:
  0    done: all that came from files and pipes is stored, or a dead letter, or dropped as --policy says
  1    failed: the message says why; what was acknowledged is stored
  2    the command line or the configuration makes no sense
  130  interrupted by Ctrl-C: what had been taken in is stored (143: by SIGTERM)`;

function sourcesOf(values: Flags, path: (text: string) => string): Raw[] | undefined {
  const common = values.format === undefined ? {} : { format: values.format };
  const listener = (kind: string, address: Address | undefined, more: Raw = {}): Raw[] =>
    address === undefined ? [] : [{ kind, ...common, ...address, ...more }];
  const sources: Raw[] = [
    ...(values.stdin === undefined ? [] : [{ kind: 'stdin', ...common }]),
    ...(values.files === undefined ? [] : [{ kind: 'files', ...common, paths: values.files.map(path) }]),
    ...(values.follow === undefined ? [] : [{ kind: 'follow', ...common, paths: values.follow.map(path) }]),
    ...listener('tcp', values.tcp, values.ack === undefined ? {} : { ack: true }),
    ...listener('http', values.http, values.token === undefined ? {} : { token: values.token }),
    ...(values.syslog === undefined ? [] : [{ kind: 'syslog', ...values.syslog }]),
  ];
  return sources.length === 0 ? undefined : sources;
}

function sinkOf(values: Flags, path: (text: string) => string): Raw | undefined {
  const { sqlite, ndjson, post, table, columns, fullText } = values;
  const of = withoutUndefined({ table, columns, fullText });
  if (sqlite !== undefined) return { kind: 'sqlite', path: path(sqlite), ...of };
  if (ndjson !== undefined) return { kind: 'ndjson', path: path(ndjson), ...of };
  if (post !== undefined) return { kind: 'http', url: post, ...of };
  return Object.keys(of).length === 0 ? undefined : of;
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function address(value: string): Address {
  const parts = /^(?:(\[[^\]]+\]|[^:]+):)?(\d+)$/.exec(value);
  if (parts === null)
    throw new InvalidArgumentError('It must be a port, or a host and a port with a colon between.');
  const host = parts[1]?.replace(/^\[(.*)\]$/, '$1');
  return { ...(host === undefined ? {} : { host }), port: Number(parts[2]) };
}

function number(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

function list(value: string): string[] {
  return value.split(',').map(each => each.trim());
}
