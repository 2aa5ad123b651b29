/** The guard against regressions: which ratios are far worse than they were? */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bar, judge, type Row } from './harness.ts';
import { barText, ratioText } from './report.ts';

export interface NamedRow extends Row {
  readonly subject: string;
}

interface Guard {
  /** How many times worse is too much. */
  readonly factor: number;
  /** Folder of what was recorded. */
  readonly baseline: string | undefined;
  /** Measures a row's workload once more. */
  readonly again: (row: NamedRow) => Promise<readonly NamedRow[]>;
}

/** Measured so often in all before a row counts as worse: a busy machine spoils a run, a regression spoils all of them. */
const TRIES = 3;

/**
 * Names each row that is worse than its bar, or than what was recorded for it, by more than the factor, and resolves to whether there is none. A recorded
 * ratio is what finds a regression: a row far within its bar has much to lose before it misses it, and one that misses it always would fail always.
 * Rows without a bar promise nothing, and most have none because they swing.
 */
export async function holds(rows: readonly NamedRow[], guard: Guard): Promise<boolean> {
  let suspects = rows.filter(row => isWorse(row, guard));
  for (let tried = 1; suspects.length > 0; tried++) {
    for (const row of suspects) console.error(complaint(row, guard, tried));
    if (tried === TRIES) return false;
    const still: NamedRow[] = [];
    for (const workload of distinct(suspects)) {
      const measured = await guard.again(workload);
      still.push(...measured.filter(row => suspects.some(each => isSame(each, row)) && isWorse(row, guard)));
    }
    suspects = still;
  }
  return true;
}

/** One row of each workload: they are measured together. */
function distinct(rows: readonly NamedRow[]): NamedRow[] {
  return [...new Map(rows.map(row => [`${row.subject} ${row.workload}`, row])).values()];
}

function isWorse(row: NamedRow, guard: Guard): boolean {
  if (row.ratio === undefined || row.verdict === 'no bar') return false;
  return judge(row.ratio.median, limit(row, guard), guard.factor) === 'missed';
}

function limit(row: NamedRow, { baseline }: Guard): Bar {
  const recorded = baseline === undefined ? undefined : recordedRatio(baseline, row);
  if (recorded === undefined) return row.bar;
  // Bars on time bound from above, those on speed from below.
  return 'atMost' in row.bar ? { atMost: recorded } : { atLeast: recorded };
}

function complaint(row: NamedRow, guard: Guard, tried: number): string {
  const { median, low, high } = row.ratio!;
  const bar = limit(row, guard);
  return (
    `${row.subject}, ${row.what}: ${ratioText(median)} × ${row.against} (middle half ${ratioText(low)} to ${ratioText(high)}) is worse than ` +
    `${bar === row.bar ? 'its bar of' : 'the recorded'} ${barText(bar)} by more than a factor of ${guard.factor}` +
    (tried < TRIES ? '; it is measured once more' : `, ${TRIES} times in a row`)
  );
}

function recordedRatio(folder: string, row: NamedRow): number | undefined {
  const file = join(folder, `${row.subject}.json`);
  if (!existsSync(file)) return undefined;
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: readonly NamedRow[] };
  return rows.find(each => isSame(each, row))?.ratio?.median;
}

function isSame(a: NamedRow, b: NamedRow): boolean {
  return (
    a.subject === b.subject &&
    a.workload === b.workload &&
    a.what === b.what &&
    a.ours === b.ours &&
    a.against === b.against
  );
}
