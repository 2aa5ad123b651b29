import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Parser } from '../facts/parse.ts';
import type { Fact } from '../message.ts';
import { makeCounters } from '../run/run.ts';
import { type BatchLimits, IndexWriter } from './index-writer.ts';
import { openIndex, prepareIndex } from './schema.ts';
import { readHashes, readSkipped, readTotals } from './totals.ts';

let folder: string;
let db: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-writer-'));
  db = join(folder, 'test.db');
  prepareIndex(db, '/folder', { fresh: false });
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const parser = new Parser(size => new Uint8Array(size));

function text(path: string, content: string): Fact {
  return parser.parse({ kind: 'text', path, content: Buffer.from(content), known: undefined });
}

function counters(): ReturnType<typeof makeCounters<{ value: number; add(amount: number): number }>> {
  return makeCounters(() => ({
    value: 0,
    add(amount: number) {
      this.value += amount;
      return this.value;
    },
  }));
}

function write(
  facts: readonly Fact[],
  options: { limits?: BatchLimits; maxPages?: number } = {},
): IndexWriter {
  const writer = new IndexWriter(db, counters(), options);
  for (const fact of facts) writer.add(fact);
  writer.commit();
  return writer;
}

function look<T>(read: (database: ReturnType<typeof openIndex>) => T): T {
  const database = openIndex(db);
  try {
    return read(database);
  } finally {
    database.close();
  }
}

function matches(word: string): unknown {
  return look(
    database =>
      database.prepare('SELECT count(*) AS count FROM words WHERE words MATCH ?').get(`"${word}"`)?.['count'],
  );
}

test('a file that is written again takes the place of what was there', () => {
  write([text('a', 'old text\n'), text('b', 'other')]).close();
  const writer = write([text('a', 'new text')]);
  expect(writer.committed).toMatchObject({ added: 0, updated: 1 });
  writer.close();
  expect(matches('old')).toBe(0);
  expect(matches('new')).toBe(1);
  expect(look(readTotals)).toMatchObject({ files: 2, lines: 0, bytes: 13, tokens: 3 });
});

test('a file that is gone, or binary now, is removed; one that cannot be read now stays', () => {
  const paths = ['gone', 'binary', 'unreadable', 'vanished'];
  write(paths.map(path => text(path, `text of ${path}`))).close();
  const writer = write([
    { kind: 'gone', path: 'gone' },
    { kind: 'gone', path: 'never there' },
    { kind: 'skipped', path: 'binary', why: 'binary', detail: '' },
    { kind: 'skipped', path: 'unreadable', why: 'unreadable', detail: 'EACCES' },
    { kind: 'skipped', path: 'vanished', why: 'vanished', detail: '' },
  ]);
  expect(writer.committed).toMatchObject({ binary: 1, unreadable: 1, vanished: 1, removed: 3 });
  writer.close();
  expect([...look(readHashes).keys()]).toEqual(['unreadable']);
  expect(matches('text')).toBe(1);
  expect(look(readSkipped).map(({ path }) => path)).toEqual(['unreadable', 'vanished', 'binary']);
});

test('a run begins with nothing skipped', () => {
  write([{ kind: 'closed folder', path: 'x', detail: 'EACCES' }]).close();
  write([]).close();
  expect(look(readSkipped)).toEqual([]);
});

test('nothing counts before its batch is committed', () => {
  const count = counters();
  const writer = new IndexWriter(db, count, { limits: { files: 3, bytes: 1e9, milliseconds: 1e9 } });
  for (const path of ['a', 'b']) writer.add(text(path, path));
  expect([writer.committed.added, count.written.value, count.committed.value]).toEqual([0, 2, 0]);
  expect(look(readTotals).files).toBe(0);
  writer.add(text('c', 'c'));
  expect([writer.committed.added, count.written.value, count.committed.value]).toEqual([3, 3, 3]);
  expect(look(readTotals).files).toBe(3);
  writer.add(text('d', 'd'));
  writer.close();
  expect(look(readTotals).files).toBe(3);
});

test.each([
  { files: 1e9, bytes: 10, milliseconds: 1e9 },
  { files: 1e9, bytes: 1e9, milliseconds: 0 },
])('a batch ends by %j', limits => {
  const writer = new IndexWriter(db, counters(), { limits });
  writer.add(text('a', 'ten bytes!'));
  expect(writer.committed.added).toBe(1);
  writer.close();
});

test('a full disk says so, and leaves what was committed', () => {
  const limits = { files: 5, bytes: 1e9, milliseconds: 1e9 };
  const writer = new IndexWriter(db, counters(), { limits, maxPages: 40 });
  const fill = (): void => {
    for (let i = 0; ; i += 1)
      writer.add(text(`${i}`, `${'0123456789abcdef'.repeat(20)} ${i * 7919} ${Math.sin(i)}`.repeat(20)));
  };
  expect(fill).toThrow(`${db}: the disk is full. Make room, or choose a database on another disk with --db`);
  const { added } = writer.committed;
  writer.close();
  expect(added).toBeGreaterThan(0);
  expect(added % 5).toBe(0);
  expect(look(readTotals).files).toBe(added);
  expect(look(database => database.prepare('PRAGMA integrity_check').all())).toEqual([
    { integrity_check: 'ok' },
  ]);
  write([text('more', 'fits now')]).close();
});
