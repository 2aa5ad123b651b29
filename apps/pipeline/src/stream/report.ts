// What a stream says at its end: what came in and what became of it, which must be the same.

import { count } from '../terminal/text.ts';
import type { Stream } from './stream.ts';

export interface StreamReport {
  readonly outcome: 'complete' | 'interrupted' | 'failed';
  readonly seconds: number;
  readonly in: number;
  readonly stored: number;
  readonly filtered: number;
  readonly dead: number;
  readonly dropped: number;
  /** Rows stored, and rows that were there already. */
  readonly rows: number;
  readonly duplicates: number;
  readonly spilled: number;
  readonly retries: number;
  readonly restarts: number;
  readonly sources: Readonly<Record<string, { readonly lines: number; readonly bytes: number }>>;
}

export function reportOf(stream: Stream, outcome: StreamReport['outcome']): StreamReport {
  const { stored, filtered, dead, rows, duplicates, retries } = stream.totals.counts;
  return {
    outcome,
    seconds: (Date.now() - stream.startedAt) / 1000,
    in: stream.intake.lines,
    stored,
    filtered,
    dead,
    dropped: stream.backlog.dropped,
    rows,
    duplicates,
    spilled: stream.backlog.spilled,
    retries,
    restarts: stream.members.reduce((sum, { info }) => sum + info.restarts, 0),
    sources: Object.fromEntries(
      stream.sources.map(({ info: { name } }) => [name, { ...stream.intake.countOf(name) }]),
    ),
  };
}

/** Whether all that came in is accounted for. */
export function agrees(report: StreamReport): boolean {
  return report.in === report.stored + report.filtered + report.dead + report.dropped;
}

export function reportText(report: StreamReport): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const { stored, filtered, dead, dropped, rows, duplicates, spilled, restarts, retries, seconds } = report;
  const parts = [
    `${number(stored)} stored`,
    filtered > 0 ? `${number(filtered)} left out by the transform` : '',
    dead > 0 ? count(dead, 'dead letter', 'dead letters') : '',
    dropped > 0 ? `${number(dropped)} dropped` : '',
  ].filter(part => part !== '');
  const besides = [
    rows === stored ? '' : count(rows, 'row', 'rows'),
    duplicates > 0 ? `${number(duplicates)} ${duplicates === 1 ? 'was' : 'were'} there already` : '',
    spilled > 0 ? `${number(spilled)} went by way of the disk` : '',
    restarts > 0 ? `${count(restarts, 'restart', 'restarts')} of transform threads` : '',
    retries > 0 ? `${count(retries, 'batch', 'batches')} repeated` : '',
  ].filter(part => part !== '');
  const rate = seconds > 0 ? `, ${number(Math.round(report.in / seconds))} lines/s` : '';
  const verdict =
    report.outcome === 'failed' ? 'Not finished' : agrees(report) ? 'Counts agree' : 'COUNTS DO NOT AGREE';
  return (
    `${verdict}: ${count(report.in, 'line', 'lines')} in, ` +
    `${number(stored + filtered + dead + dropped)} out: ${parts.join(', ')}. ${seconds.toFixed(1)} s${rate}.` +
    (besides.length > 0 ? `\n(${besides.join('; ')})` : '')
  );
}
