import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../../test/random.ts';
import { Parser } from '../facts/parse.ts';
import { makeCounters } from '../run/run.ts';
import { IndexWriter } from '../store/index-writer.ts';
import { openIndex, prepareIndex } from '../store/schema.ts';
import { type Hit, search } from './search.ts';

let folder: string;
let db: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-search-'));
  db = join(folder, 'test.db');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function index(files: Readonly<Record<string, string>>): void {
  prepareIndex(db, '/folder', { fresh: false });
  const writer = new IndexWriter(
    db,
    makeCounters(() => ({ value: 0, add: () => 0 })),
  );
  const parser = new Parser(size => new Uint8Array(size));
  for (const [path, text] of Object.entries(files)) {
    writer.add(parser.parse({ kind: 'text', path, content: Buffer.from(text), known: undefined }));
  }
  writer.commit();
  writer.close();
}

function find(text: string, ignoreCase = false): { hits: Hit[]; compared: number } {
  const database = openIndex(db);
  try {
    return search(database, text, { ignoreCase });
  } finally {
    database.close();
  }
}

function paths(text: string, ignoreCase = false): string[] {
  return find(text, ignoreCase).hits.map(({ path }) => path);
}

describe('what is found', () => {
  beforeEach(() => {
    index({
      'a.ts': 'const worker = new Worker(url);\n',
      'b.ts': 'import { coworkers } from "./c";\n\nworkers();\n',
      'c.md': '# Größe\n\nDie GRÖSSE zählt: a+b, \u212A, "quoted" text.\r\nnächste Zeile\n',
      'd.txt': 'x'.repeat(100) + 'needle' + 'y'.repeat(100) + ' end',
      'e.txt': '',
      'f.txt': '日本語のテキスト %_* \\ OR AND NOT NEAR( -',
    });
  });

  test.each([
    ['worker', ['a.ts', 'b.ts']],
    ['Worker', ['a.ts']],
    ['workers', ['b.ts']],
    ['orker(', ['a.ts']],
    ['new Worker(url', ['a.ts']],
    ['er = n', ['a.ts']],
    ['= n', ['a.ts']],
    ['wo', ['a.ts', 'b.ts']],
    ['w', ['a.ts', 'b.ts']],
    [';\n', ['a.ts', 'b.ts']],
    ['"./c";\n\nworkers', ['b.ts']],
    ['"./c";\n\nworkers()\n', []],
    ['Größe', ['c.md']],
    ['röß', ['c.md']],
    ['größe', []],
    ['a+b', ['c.md']],
    ['.\r\nn', ['c.md']],
    ['needle', ['d.txt']],
    ['xneedley', ['d.txt']],
    ['x'.repeat(100), ['d.txt']],
    ['x'.repeat(101), []],
    [`${'y'.repeat(80)} end`, ['d.txt']],
    [`${'y'.repeat(101)} end`, []],
    ['y end', ['d.txt']],
    ['本語の', ['f.txt']],
    ['語', ['f.txt']],
    [' %_*', ['f.txt']],
    ['OR AND NOT NEAR(', ['f.txt']],
    ['"quoted"', ['c.md']],
    ['nothing of the kind', []],
    ['zzz', []],
    ['-', ['f.txt']],
  ])('%j is in %j', (text, expected) => {
    expect(paths(text)).toEqual(expected);
  });

  test.each([
    ['WORKER', ['a.ts', 'b.ts']],
    ['größe', ['c.md']],
    ['K', ['a.ts', 'b.ts', 'c.md']],
    ['A+B', ['c.md']],
    ['XNEEDLEY', ['d.txt']],
  ])('%j is in %j without regard to case', (text, expected) => {
    expect(paths(text, true)).toEqual(expected);
  });

  test('a hit says where: the line, and what stands in it', () => {
    expect(find('workers();').hits).toEqual([
      { path: 'b.ts', language: 'TypeScript', line: 3, excerpt: 'workers();' },
    ]);
    expect(find('zählt', true).hits[0]).toMatchObject({ line: 3 });
    expect(find('needle').hits[0]?.excerpt).toBe(`…${'x'.repeat(60)}needle${'y'.repeat(94)}…`);
  });

  test('the word index leaves few texts to be compared', () => {
    expect(find('new Worker(url)').compared).toBe(1);
    expect(find('orkers').compared).toBe(1);
    expect(find('zzz').compared).toBe(0);
  });
});

test('in random texts, whatever the naive comparison finds, and nothing else', () => {
  const next = random(3);
  const alphabet = [...'aAbBkKsS__  \n.-äÄ日\u212A\u017Fσςß'];
  const text = (length: number): string =>
    Array.from({ length }, () => alphabet[next(alphabet.length)]).join('');
  const long = (): string => (next(4) === 0 ? text(150).replaceAll(/[ \n.-]/g, 'b') : '');
  const files = Object.fromEntries(
    Array.from({ length: 150 }, (_, i) => [`${i}`, text(next(60)) + long() + text(20)]),
  );
  index(files);
  const texts = Object.values(files);
  for (let round = 0; round < 400; round += 1) {
    const source = [...texts[next(texts.length)]!];
    const start = next(source.length);
    const length = 1 + next(next(3) === 0 ? 90 : 8);
    const wanted = next(5) === 0 ? text(length) : source.slice(start, start + length).join('');
    const exact = Object.keys(files).filter(path => files[path]!.includes(wanted));
    expect(paths(wanted), JSON.stringify(wanted)).toEqual(exact.sort());
    const pattern = new RegExp(wanted.replaceAll('.', '\\.'), 'iu');
    const folded = Object.keys(files).filter(path => pattern.test(files[path]!));
    expect(paths(wanted, true), JSON.stringify(wanted)).toEqual(folded.sort());
  }
});
