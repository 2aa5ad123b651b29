// Says in the end what a run did.

import type { IndexReport } from '../index-report.ts';
import { searchLines } from '../search/command.ts';
import { boundLines } from './bound-lines.ts';
import { table } from './table.ts';
import { count, percent, printable, seconds, whole } from './text.ts';

const MOST_LANGUAGES = 6;
const MOST_SKIPPED = 10;

export function reportLines(report: IndexReport): string[] {
  const { bound, search } = report;
  return [
    '',
    ...stageLines(report),
    '',
    ...indexLines(report),
    '',
    countsLine(report),
    ...noteLines(report),
    ...(bound === undefined ? [] : ['', ...boundLines(report.stages, bound), COMPARE_HINT]),
    ...(search === undefined ? [] : ['', ...searchLines(search)]),
  ];
}

const COMPARE_HINT = 'To measure it, start with --compare: it runs both and puts the two side by side.';

function stageLines(report: IndexReport): string[] {
  const rows = report.stages.map(stage => [
    stage.name,
    whole(stage.threads),
    whole(stage.in),
    whole(stage.out),
    seconds(stage.busySeconds),
    percent(stage.busyShare),
  ]);
  return table([['stage', 'threads', 'files in', 'files out', 'busy', 'busy share'], ...rows]);
}

function indexLines({ index, languages, seconds: taken }: IndexReport): string[] {
  const rows = languages
    .slice(0, MOST_LANGUAGES)
    .map(({ language, files, bytes, lines, tokens, identifiers }) => [
      `  ${language}`,
      ...[files, bytes, lines, tokens, identifiers].map(whole),
    ]);
  if (languages.length > MOST_LANGUAGES) rows.push([`  ${languages.length - MOST_LANGUAGES} more`]);
  return table([
    ['', 'files', 'bytes', 'lines', 'tokens', 'identifiers', 'seconds'],
    [
      'index',
      ...[index.files, index.bytes, index.lines, index.tokens, index.identifiers].map(whole),
      taken.toFixed(2),
    ],
    ...rows,
  ]);
}

function countsLine({ files, failures }: IndexReport): string {
  const outcomes = [
    [files.added, 'added'],
    [files.updated, 'updated'],
    [files.unchanged, 'unchanged'],
    [files.binary, 'binary'],
    [files.unreadable, 'unreadable'],
    [files.vanished, 'vanished'],
    [files.tooLarge, 'too large'],
  ] as const;
  const list = outcomes.filter(([number]) => number > 0).map(([number, what]) => `${whole(number)} ${what}`);
  const sum =
    `${count(files.taken, 'file', 'files')} in, ${whole(files.committed)} out` +
    (list.length > 0 ? `: ${list.join(', ')}` : '') +
    (files.found > files.taken ? `; ${whole(files.found - files.taken)} not taken in` : '');
  if (files.committed === files.taken) return `Counts agree: ${sum}.`;
  return failures.length > 0 ? `Not all is in the index: ${sum}.` : `COUNTS DIFFER, which is a bug: ${sum}.`;
}

function noteLines({ files, skipped }: IndexReport): string[] {
  const lines: string[] = [];
  if (files.removed > 0) {
    lines.push(`Removed from the index: ${count(files.removed, 'file', 'files')}, gone or no longer text.`);
  }
  if (files.invalid > 0) {
    lines.push(
      `Not UTF-8 throughout: ${count(files.invalid, 'file', 'files')}, indexed with U+FFFD for the bad bytes.`,
    );
  }
  const troubles = skipped.filter(({ why }) => why !== 'binary');
  if (troubles.length > 0) lines.push('Not indexed:');
  for (const { path, why, detail } of troubles.slice(0, MOST_SKIPPED)) {
    lines.push(`  ${printable(`${path}: ${why} (${detail})`)}`);
  }
  if (troubles.length > MOST_SKIPPED) {
    lines.push(`  … and ${whole(troubles.length - MOST_SKIPPED)} more; --json lists them all`);
  }
  return lines;
}
