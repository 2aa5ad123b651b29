// Finds the files that hold a text: exactly those that `grep -lF` finds among the indexed files. The word index names the files
// that may hold it, and the texts themselves decide.

import { unpack } from '../facts/body.ts';
import type { DatabaseSync, StatementSync } from '../store/sqlite.ts';
import { plan } from './plan.ts';

/** One file that holds the text, and the line where it first does. */
export interface Hit {
  readonly path: string;
  readonly language: string;
  /** From 1. */
  readonly line: number;
  /** The line, or its part around the match if it is long. */
  readonly excerpt: string;
}

export interface SearchResult {
  readonly hits: Hit[];
  /** How many files' texts were compared. */
  readonly compared: number;
}

/** With more words than this that contain a part, comparing every text is no slower. */
const MOST_WORDS = 2000;

/** Bytes shown of a line, at most, and how many of them before the match. */
const EXCERPT_BYTES = 160;
const BEFORE_BYTES = 60;
const LINE_FEED = 0x0a;

/** Searches for `text`, which may have several lines. Hits are in the order of their paths. */
export function search(database: DatabaseSync, text: string, options: { ignoreCase: boolean }): SearchResult {
  const find = options.ignoreCase ? ignoringCase(text) : exactly(text);
  const body = database.prepare('SELECT zstd FROM bodies WHERE id = ?');
  const hits: Hit[] = [];
  let compared = 0;
  // One snapshot for the candidates and their texts, though another process may be writing.
  database.exec('BEGIN');
  try {
    for (const candidate of candidates(database, text)) {
      const packed = body.get(candidate['id']!)?.['zstd'] as Uint8Array;
      const bytes = unpack(packed);
      compared += 1;
      const at = find(bytes);
      if (at === -1) continue;
      const { path, language } = candidate;
      hits.push({ path: String(path), language: String(language), ...locate(bytes, at) });
    }
  } finally {
    database.exec('COMMIT');
  }
  return { hits, compared };
}

type Rows = ReturnType<StatementSync['all']>;

function candidates(database: DatabaseSync, text: string): Rows {
  const planned = plan(text);
  if (planned.by === 'scan') return everyFile(database);
  if (planned.by === 'words') return matching(database, planned.match);
  const words = database
    .prepare('SELECT term FROM vocabulary WHERE instr(term, ?) > 0 LIMIT ?')
    .all(planned.part, MOST_WORDS + 1);
  if (words.length === 0) return [];
  if (words.length > MOST_WORDS) return everyFile(database);
  return matching(database, words.map(row => `"${String(row['term'])}"`).join(' OR '));
}

function everyFile(database: DatabaseSync): Rows {
  return database.prepare('SELECT id, path, language FROM files ORDER BY path').all();
}

function matching(database: DatabaseSync, query: string): Rows {
  return database
    .prepare(
      'SELECT id, path, language FROM words JOIN files ON files.id = words.rowid WHERE words MATCH ? ORDER BY path',
    )
    .all(query);
}

/** Returns the offset of the first match in a text, or -1. */
type Find = (bytes: Buffer) => number;

function exactly(text: string): Find {
  const wanted = Buffer.from(text);
  return bytes => bytes.indexOf(wanted);
}

function ignoringCase(text: string): Find {
  const wanted = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu');
  return bytes => {
    const content = bytes.toString('utf8');
    const at = content.search(wanted);
    return at === -1 ? -1 : Buffer.byteLength(content.slice(0, at));
  };
}

function locate(bytes: Buffer, at: number): { line: number; excerpt: string } {
  let line = 1;
  for (let i = bytes.indexOf(LINE_FEED); i !== -1 && i < at; i = bytes.indexOf(LINE_FEED, i + 1)) line += 1;
  const start = at === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, at - 1) + 1;
  const lineFeed = bytes.indexOf(LINE_FEED, at);
  const end = lineFeed === -1 ? bytes.length : lineFeed;
  const from = Math.max(start, end - start > EXCERPT_BYTES ? at - BEFORE_BYTES : start);
  const to = Math.min(end, from + EXCERPT_BYTES);
  const text = bytes.toString('utf8', from, to).trim();
  return { line, excerpt: `${from > start ? '…' : ''}${text}${to < end ? '…' : ''}` };
}
