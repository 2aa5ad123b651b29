// Reads from an index what the reports say of it.

import type { DatabaseSync } from './sqlite.ts';

/** What an index holds, all told. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
  /** What `wc -l` counts. */
  readonly lines: number;
  readonly tokens: number;
  readonly identifiers: number;
  /** Files with bytes that aren't UTF-8. */
  readonly invalid: number;
}

export interface LanguageTotals {
  readonly language: string;
  readonly files: number;
  readonly bytes: number;
  readonly lines: number;
  readonly tokens: number;
  readonly identifiers: number;
}

/** One path that the last run could not index. */
export interface SkippedPath {
  readonly path: string;
  readonly why: string;
  readonly detail: string;
}

/** Returns the hash of every file in the index, by path. */
export function readHashes(database: DatabaseSync): Map<string, Uint8Array> {
  const hashes = new Map<string, Uint8Array>();
  for (const row of database.prepare('SELECT path, hash FROM files').iterate()) {
    hashes.set(String(row['path']), row['hash'] as Uint8Array);
  }
  return hashes;
}

export function readTotals(database: DatabaseSync): Totals {
  const row = database
    .prepare(
      `SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(lines), 0) AS lines,
         coalesce(sum(tokens), 0) AS tokens, coalesce(sum(identifiers), 0) AS identifiers,
         count(*) FILTER (WHERE replaced > 0) AS invalid
       FROM files`,
    )
    .get();
  return { ...row } as unknown as Totals;
}

/** Returns the languages, those with the most lines first. */
export function readLanguages(database: DatabaseSync): LanguageTotals[] {
  return database
    .prepare(
      `SELECT language, count(*) AS files, sum(bytes) AS bytes, sum(lines) AS lines,
         sum(tokens) AS tokens, sum(identifiers) AS identifiers
       FROM files GROUP BY language ORDER BY lines DESC, language`,
    )
    .all()
    .map(row => ({ ...row }) as unknown as LanguageTotals);
}

/** Returns what the last run skipped; binary files, which nobody misses, last. */
export function readSkipped(database: DatabaseSync): SkippedPath[] {
  return database
    .prepare(`SELECT path, why, detail FROM skipped ORDER BY why = 'binary', path`)
    .all()
    .map(row => ({ ...row }) as unknown as SkippedPath);
}
