// `--search`: looks a text up in an existing index and prints where it is.

import type { Options } from '../options.ts';
import { indexedFolder, openIndex } from '../store/schema.ts';
import { explained } from '../store/sqlite.ts';
import { count, printable } from '../terminal/text.ts';
import { EXIT } from '../trouble.ts';
import { type Hit, search } from './search.ts';

/** What `--search … --json` prints. */
export interface SearchReport {
  readonly text: string;
  readonly ignoreCase: boolean;
  readonly folder: string;
  readonly db: string;
  /** Files that contain the text. */
  readonly files: number;
  /** Files whose text was compared, because of their words. */
  readonly compared: number;
  readonly milliseconds: number;
  /** As many as `--limit` allows. */
  readonly hits: readonly Hit[];
}

export function searchIndex(options: Options, text: string): number {
  const report = searchFor(options.db, text, options);
  if (options.json) console.log(JSON.stringify(report));
  else for (const line of searchLines(report)) console.log(line);
  return EXIT.ok;
}

/** Searches an index that is closed again afterwards. */
export function searchFor(
  db: string,
  text: string,
  options: { readonly ignoreCase: boolean; readonly limit: number },
): SearchReport {
  const start = performance.now();
  const database = openIndex(db);
  try {
    const { hits, compared } = explained(db, () => search(database, text, options));
    const milliseconds = performance.now() - start;
    const { ignoreCase, limit } = options;
    const folder = indexedFolder(database);
    return {
      text,
      ignoreCase,
      folder,
      db,
      files: hits.length,
      compared,
      milliseconds,
      hits: hits.slice(0, limit),
    };
  } finally {
    database.close();
  }
}

/** Says it as grep does: path, line number and line. */
export function searchLines(report: SearchReport): string[] {
  const lines = report.hits.map(({ path, line, excerpt }) => printable(`${path}:${line}: ${excerpt}`));
  const more = report.files - report.hits.length;
  if (more > 0) lines.push(`… and ${count(more, 'more file', 'more files')}`);
  lines.push(
    `"${printable(report.text)}" is in ${count(report.files, 'file', 'files')} of ${printable(report.folder)} ` +
      `(${report.milliseconds.toFixed(0)} ms)`,
  );
  return lines;
}
