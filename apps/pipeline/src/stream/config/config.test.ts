import { describe, expect, it } from 'vitest';
import { checkConfig } from './config.ts';
import { parseFlags } from './flags.ts';
import type { Raw } from './section.ts';

const sink = { kind: 'sqlite', path: 'a.db' };
const check = (raw: Raw): ReturnType<typeof checkConfig> => checkConfig(raw, 'p.toml: ', '/work');

describe('checkConfig', () => {
  it('fills in what is not given, and finds paths from the file’s folder', () => {
    const config = check({
      sources: [
        { kind: 'tcp', port: 1 },
        { kind: 'follow', paths: ['l/*.log'] },
      ],
      sink,
      transform: { module: 't.ts' },
    });
    expect(config.sources).toMatchObject([
      { kind: 'tcp', name: 'tcp', host: '127.0.0.1', format: 'json', ack: false },
      { kind: 'follow', name: 'follow-2', format: 'text', paths: ['/work/l/*.log'] },
    ]);
    expect(config.sink).toMatchObject({ path: '/work/a.db', table: 'records' });
    expect(config.transform.module).toBe('file:///work/t.ts');
    expect(config.queue.policy).toBe('block');
  });

  it.each<[string, Raw]>([
    [
      'p.toml: sources[0].port must be a whole number from 0 to 65535, got "80" (string)',
      { sources: [{ kind: 'tcp', port: '80' }], sink },
    ],
    ['p.toml: sources[0].port is missing: it must be a whole number', { sources: [{ kind: 'tcp' }], sink }],
    ['p.toml: sources[0].kind must be one of "stdin", "files"', { sources: [{ kind: 'udp' }], sink }],
    [
      'p.toml: sources[0].prot is not a known field; these are: kind, name',
      { sources: [{ kind: 'tcp', port: 1, prot: 2 }], sink },
    ],
    [
      'p.toml: sources[0].max-line-bytes is not a known field; is "maxLineBytes" meant?',
      { sources: [{ kind: 'stdin', 'max-line-bytes': 2 }], sink },
    ],
    [
      'p.toml: sources[1].name must be unlike those of other sources',
      {
        sources: [
          { kind: 'stdin', name: 'a' },
          { kind: 'tcp', port: 1, name: 'a' },
        ],
        sink,
      },
    ],
    [
      'p.toml: sources[0].host is not this machine alone, so a token is needed',
      { sources: [{ kind: 'http', port: 1, host: '0.0.0.0' }], sink },
    ],
    ['p.toml: sources must have at least one entry', { sink }],
    ['p.toml: sources must be a list of tables, written [[sources]]', { sources: { kind: 'stdin' }, sink }],
    ['p.toml: sink is missing: where shall lines go?', { sources: [{ kind: 'stdin' }] }],
    ['p.toml: sink.kind is missing', { sources: [{ kind: 'stdin' }], sink: {} }],
    [
      'p.toml: sink.columns must hold names of properties such as "user.name", and "a b" isn\'t one',
      { sources: [{ kind: 'stdin' }], sink: { ...sink, columns: ['a b'] } },
    ],
    [
      'p.toml: sink.table must be a name',
      { sources: [{ kind: 'stdin' }], sink: { ...sink, table: 'offsets' } },
    ],
    [
      'p.toml: sink.url must be a URL',
      { sources: [{ kind: 'stdin' }], sink: { kind: 'http', url: 'ftp://x' } },
    ],
    [
      'p.toml: queue.policy must be one of "block", "dropOld", "dropNew", "spill", got "drop" (string)',
      { sources: [{ kind: 'stdin' }], sink, queue: { policy: 'drop' } },
    ],
    [
      'p.toml: transform.workers must be a whole number from 1 to 256, got 0 (number)',
      { sources: [{ kind: 'stdin' }], sink, transform: { workers: 0 } },
    ],
    [
      'p.toml: web.port must be a whole number',
      { sources: [{ kind: 'stdin' }], sink, web: { port: 70_000 } },
    ],
    ['p.toml: logLevel must be one of', { sources: [{ kind: 'stdin' }], sink, logLevel: 'loud' }],
  ])('%s', (message, raw) => {
    expect(() => check(raw)).toThrow(message);
  });
});

it('flags say what a file would say', () => {
  const flags = parseFlags([
    '--tcp',
    '0.0.0.0:70',
    '--ack',
    '--http',
    '[::1]:80',
    '--files',
    'a',
    'b',
    '--sqlite',
    '/x.db',
    '--columns',
    'a, b',
    '--web',
    '8080',
  ]);
  expect(flags).toMatchObject({
    raw: {
      sources: [
        { kind: 'files', paths: [expect.stringMatching(/\/a$/), expect.stringMatching(/\/b$/)] },
        { kind: 'tcp', host: '0.0.0.0', port: 70, ack: true },
        { kind: 'http', host: '::1', port: 80 },
      ],
      sink: { kind: 'sqlite', path: '/x.db', columns: ['a', 'b'] },
      web: { port: 8080 },
    },
  });
});

it.each<[string, string[]]>([
  ['--ack is for senders over TCP', ['--stdin', '--ack']],
  ['--token is for --web and --http', ['--stdin', '--token', 'x']],
])('%s', (message, args) => {
  expect(() => parseFlags(args)).toThrow(message);
});

it('a token goes to every door, and to the page of the file if no door is named', () => {
  expect(parseFlags(['--http', '1', '--web', '2', '--token', 'x'])).toMatchObject({
    raw: { sources: [{ kind: 'http', token: 'x' }], web: { port: 2, token: 'x' } },
  });
  expect(parseFlags(['--config', 'a.toml', '--token', 'x'])).toMatchObject({ raw: { web: { token: 'x' } } });
});
