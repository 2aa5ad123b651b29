// What an indexing run says in the end; `--json` prints it as it is.

import { availableParallelism } from 'node:os';
import type { Options } from './options.ts';
import { type Bound, boundOf } from './run/bound.ts';
import type { RunResult, Stage } from './run/run.ts';
import type { SearchReport } from './search/command.ts';
import type { DatabaseSync } from './store/sqlite.ts';
import { emptyTally, type Tally } from './store/tally.ts';
import {
  type LanguageTotals,
  readLanguages,
  readSkipped,
  readTotals,
  type SkippedPath,
  type Totals,
} from './store/totals.ts';
import { describe, EXIT } from './trouble.ts';

export interface IndexReport {
  readonly outcome: 'complete' | 'interrupted' | 'failed';
  readonly folder: string;
  readonly db: string;
  readonly workers: number;
  readonly queueSize: number;
  readonly seconds: number;
  readonly files: Readonly<Tally> & {
    /** In the folder. */
    readonly found: number;
    /** Handed to the parsers before the end, or before the interruption. */
    readonly taken: number;
    /** Accounted for in the database; equal to `taken` unless something failed. */
    readonly committed: number;
  };
  readonly stages: readonly Stage[];
  /** What the whole index holds now. */
  readonly index: Totals;
  readonly languages: readonly LanguageTotals[];
  readonly skipped: readonly SkippedPath[];
  readonly failures: readonly { readonly where: string; readonly message: string }[];
  /** Of a run on one thread: how much faster the threads of `--compare` could be. */
  readonly bound?: Bound;
  /** What the sample search found. */
  readonly search?: SearchReport;
}

export function reportOf(
  options: Options,
  result: RunResult,
  index: DatabaseSync,
  exitCode: number,
  search: SearchReport | undefined,
): IndexReport {
  const { folder, db, workers, queueSize } = options;
  const { seconds, found, taken, committed, stages } = result;
  return {
    outcome: exitCode === EXIT.ok ? 'complete' : exitCode === EXIT.failure ? 'failed' : 'interrupted',
    folder,
    db,
    workers,
    queueSize,
    seconds,
    files: { found, taken, committed, ...(result.tally ?? emptyTally()) },
    stages,
    index: readTotals(index),
    languages: readLanguages(index),
    skipped: readSkipped(index),
    failures: result.failures.map(({ where, error }) => ({ where, message: describe(error) })),
    ...(workers === 0 ? { bound: machineBound(stages) } : {}),
    ...(search === undefined ? {} : { search }),
  };
}

/** The bound for as many parsers as this machine has cores. */
export function machineBound(stages: readonly Stage[], workers: number = availableParallelism()): Bound {
  return boundOf(stages, workers, availableParallelism());
}
