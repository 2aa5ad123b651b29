// The configuration of a stream: every field, what is allowed, and what holds if it isn't given. README.md lists the same for users.

import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Policy, POLICIES } from '../intake/backlog.ts';
import { LOG_LEVELS } from '../log.ts';
import type { Format } from '../record.ts';
import type { BatchOptions } from '../sinks/sink.ts';
import { OWN_COLUMNS } from '../sinks/sqlite.ts';
import { isLoopback } from '../web/guard.ts';
import { type Raw, Section } from './section.ts';

interface LineSource {
  readonly name: string;
  readonly format: Format;
  readonly maxLineBytes: number;
}

interface Listener extends LineSource {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly lineTimeoutMs: number;
}

export interface StdinConfig extends LineSource {
  readonly kind: 'stdin';
}
export interface FilesConfig extends LineSource {
  readonly kind: 'files';
  readonly paths: readonly string[];
}
export interface FollowConfig extends LineSource {
  readonly kind: 'follow';
  readonly paths: readonly string[];
  readonly pollMs: number;
  readonly rotatedMs: number;
}
export interface TcpConfig extends Listener {
  readonly kind: 'tcp';
  readonly ack: boolean;
  readonly idleTimeoutMs: number;
}
export interface SyslogConfig extends Listener {
  readonly kind: 'syslog';
  readonly idleTimeoutMs: number;
}
export interface HttpConfig extends Listener {
  readonly kind: 'http';
  readonly path: string;
  readonly token: string | undefined;
}
export type SourceConfig = StdinConfig | FilesConfig | FollowConfig | TcpConfig | SyslogConfig | HttpConfig;

export interface SqliteSinkConfig {
  readonly kind: 'sqlite';
  readonly path: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly fullText: readonly string[];
  /** Lets the database grow so far and not further, as a full disk would: for tests. */
  readonly maxPages: number | undefined;
}
export interface NdjsonSinkConfig {
  readonly kind: 'ndjson';
  readonly path: string;
  readonly envelope: boolean;
  readonly checkpoint: string;
  readonly deadLetters: string;
}
export interface HttpSinkConfig {
  readonly kind: 'http';
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly checkpoint: string;
  readonly deadLetters: string;
}
export type SinkConfig = SqliteSinkConfig | NdjsonSinkConfig | HttpSinkConfig;

export interface WebConfig {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
}

export interface StreamConfig {
  readonly sources: readonly SourceConfig[];
  readonly sink: SinkConfig;
  readonly batch: BatchOptions;
  readonly transform: {
    readonly module: string | undefined;
    readonly workers: number;
    readonly timeoutMs: number;
    readonly maxHeapMiB: number;
    readonly keyField: string | undefined;
  };
  readonly queue: {
    readonly policy: Policy;
    readonly items: number;
    readonly bytes: number;
    readonly spillFolder: string;
    readonly spillBytes: number;
  };
  readonly web: WebConfig | undefined;
  readonly drainTimeoutMs: number;
  readonly logLevel: string;
}

const KINDS = ['stdin', 'files', 'follow', 'tcp', 'http', 'syslog'] as const;
const FORMATS = ['json', 'text', 'syslog'] as const;
const MIB = 1024 * 1024;
const MOST_BYTES = 1024 * MIB;
const DAY_MS = 86_400_000;
const LOCALHOST = '127.0.0.1';
/** A property's path, which becomes a column's name. */
const COLUMN = /^[A-Za-z_][\w.]*$/;

/** Checks a configuration. `place` is where it is from, for errors. Paths in it are relative to `folder`. Throws `Trouble`. */
export function checkConfig(raw: Raw, place: string, folder: string): StreamConfig {
  const root = new Section(raw, place);
  const path = (text: string): string => resolve(folder, text);
  const sections = root.sections('sources');
  if (sections.length === 0)
    root.wrong(
      'sources must have at least one entry: where shall lines come from? Give one such as --stdin or --tcp, or write [[sources]] into the file',
    );
  if (!root.has('sink'))
    root.wrong(
      'sink is missing: where shall lines go? Give --sqlite, --ndjson or --post, or write [sink] into the file',
    );
  const sources = sections.map((section, i) => checkSource(section, i, path));
  const names = sources.map(({ name }) => name);
  for (const [i, name] of names.entries())
    if (names.indexOf(name) !== i)
      sections[i]!.bad('name', `must be unlike those of other sources, and "${name}" is the name of one`);
  const sinkSection = root.section('sink');
  const config = {
    sources,
    sink: checkSink(sinkSection, path),
    batch: {
      batchSize: sinkSection.number('batchSize', 1, 100_000, 1000),
      lingerMs: sinkSection.number('lingerMs', 0, 60_000, 20),
    },
    transform: checkTransform(root.section('transform'), path),
    queue: checkQueue(root.section('queue'), path),
    web: root.has('web') ? checkWeb(root.section('web')) : undefined,
    drainTimeoutMs: root.number('drainTimeoutMs', 0, DAY_MS, 60_000),
    logLevel: root.oneOf('logLevel', LOG_LEVELS, 'info'),
  };
  sinkSection.end();
  root.end();
  return config;
}

function checkSource(section: Section, place: number, path: (text: string) => string): SourceConfig {
  const kind = section.oneOf('kind', KINDS);
  const isListener = kind === 'tcp' || kind === 'http' || kind === 'syslog';
  const usual = kind === 'syslog' ? 'syslog' : isListener ? 'json' : 'text';
  const line = {
    name: section.text('name', place === 0 ? kind : `${kind}-${place + 1}`),
    format: section.oneOf('format', FORMATS, usual),
    maxLineBytes: section.number('maxLineBytes', 1, 64 * MIB, MIB),
  };
  const source = ((): SourceConfig => {
    if (kind === 'stdin') return { kind, ...line };
    if (kind === 'files') return { kind, ...line, paths: section.texts('paths', 1).map(path) };
    if (kind === 'follow') {
      return {
        kind,
        ...line,
        paths: section.texts('paths', 1).map(path),
        pollMs: section.number('pollMs', 10, 60_000, 250),
        rotatedMs: section.number('rotatedMs', 0, DAY_MS, 5000),
      };
    }
    const listener = {
      ...line,
      host: section.text('host', LOCALHOST),
      // 0 takes any that is free; the log says which.
      port: section.number('port', 0, 65_535),
      maxConnections: section.number('maxConnections', 1, 100_000, 1000),
      lineTimeoutMs: section.number('lineTimeoutMs', 100, DAY_MS, 30_000),
    };
    if (kind === 'http') {
      const http = {
        kind,
        ...listener,
        path: section.text('path', '/'),
        token: section.optionalText('token'),
      };
      if (!http.path.startsWith('/')) section.bad('path', 'must begin with /');
      needToken(section, http);
      return http;
    }
    const idleTimeoutMs = section.number('idleTimeoutMs', 100, DAY_MS, 600_000);
    return kind === 'tcp'
      ? { kind, ...listener, idleTimeoutMs, ack: section.flag('ack', false) }
      : { kind, ...listener, idleTimeoutMs };
  })();
  section.end();
  return source;
}

/** Whoever listens beyond this machine must know whom to listen to. */
function needToken(section: Section, { host, token }: { host: string; token: string | undefined }): void {
  if (!isLoopback(host) && token === undefined)
    section.bad('host', 'is not this machine alone, so a token is needed: give one in the field "token"');
}

function checkSink(section: Section, path: (text: string) => string): SinkConfig {
  const kind = section.oneOf('kind', ['sqlite', 'ndjson', 'http']);
  if (kind === 'sqlite') {
    const columns = section.texts('columns', 0);
    const fullText = section.texts('fullText', 0);
    for (const [field, names] of [
      ['columns', columns],
      ['fullText', fullText],
    ] as const) {
      for (const name of names) {
        if (!COLUMN.test(name))
          section.bad(field, `must hold names of properties such as "user.name", and "${name}" isn't one`);
        if (OWN_COLUMNS.includes(name.toLowerCase()))
          section.bad(field, `must not hold "${name}": the table has a column of that name already`);
      }
    }
    const table = section.text('table', 'records');
    if (
      !/^[A-Za-z_]\w*$/.test(table) ||
      /^sqlite_/i.test(table) ||
      ['offsets', 'dead_letters'].includes(table.toLowerCase())
    )
      section.bad('table', 'must be a name of letters, digits and _, and not offsets or dead_letters');
    const maxPages = section.has('maxPages') ? section.number('maxPages', 1, 2 ** 31) : undefined;
    return { kind, path: path(section.text('path')), table, columns, fullText, maxPages };
  }
  if (kind === 'ndjson') {
    const output = path(section.text('path'));
    return {
      kind,
      path: output,
      envelope: section.flag('envelope', false),
      ...besides(section, output, path),
    };
  }
  const url = section.text('url');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    section.bad('url', 'must be a URL that begins with http:// or https://');
  return {
    kind,
    url,
    token: section.optionalText('token'),
    timeoutMs: section.number('timeoutMs', 100, DAY_MS, 30_000),
    ...besides(section, path('heddle-pipeline'), path),
  };
}

function besides(
  section: Section,
  output: string,
  path: (text: string) => string,
): { checkpoint: string; deadLetters: string } {
  return {
    checkpoint: path(section.text('checkpoint', `${output}.checkpoint`)),
    deadLetters: path(section.text('deadLetters', `${output}.dead`)),
  };
}

function checkTransform(section: Section, path: (text: string) => string): StreamConfig['transform'] {
  const module = section.optionalText('module');
  const transform = {
    module: module === undefined ? undefined : pathToFileURL(path(module)).href,
    workers: section.number('workers', 1, 256, Math.min(availableParallelism(), 8)),
    timeoutMs: section.number('timeoutMs', 10, DAY_MS, 30_000),
    maxHeapMiB: section.number('maxHeapMiB', 16, 65_536, 512),
    keyField: section.optionalText('keyField'),
  };
  section.end();
  return transform;
}

function checkQueue(section: Section, path: (text: string) => string): StreamConfig['queue'] {
  const queue = {
    policy: section.oneOf('policy', POLICIES, 'block'),
    items: section.number('items', 1, 10_000_000, 10_000),
    bytes: section.number('bytes', 1024, MOST_BYTES, 64 * MIB),
    spillFolder: path(section.text('spillFolder', 'heddle-pipeline.spill')),
    spillBytes: section.number('spillBytes', MIB, Number.MAX_SAFE_INTEGER, MOST_BYTES),
  };
  section.end();
  return queue;
}

function checkWeb(section: Section): WebConfig {
  const web = {
    host: section.text('host', LOCALHOST),
    port: section.number('port', 0, 65_535),
    token: section.optionalText('token'),
  };
  needToken(section, web);
  section.end();
  return web;
}
