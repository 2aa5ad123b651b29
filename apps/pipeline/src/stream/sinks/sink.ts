// What every sink does. It lives in the sink's thread, alone.

import type { FileMark, Result } from '../record.ts';
import type { Totals } from '../work/totals.ts';

/** How files stand that are read by offset: without what is only of this run. */
export type SavedMark = Omit<FileMark, 'kind' | 'file'>;

export interface Sink {
  /** What was committed of files before; the latest first, since a file's number may be used again. */
  readonly marks: readonly SavedMark[];
  /** Takes a result into the present batch. */
  write(result: Result): void;
  /**
   * Makes the batch durable, and with it how the files stand; all or nothing, as far as the sink's README entry promises it. Resolves to why, if the rows of the
   * batch will never be taken: then they are dead letters, kept as such by the sink.
   */
  commit(marks: readonly SavedMark[]): void | Promise<string | undefined>;
  close(): void;
}

/** Where a sink counts what only it knows. */
export type SinkTotals = Pick<Totals, 'count'>;

/** How often a sink writes. */
export interface BatchOptions {
  /** A batch ends with so many results, */
  readonly batchSize: number;
  /** or after so long; longer where commits take long. */
  readonly lingerMs: number;
}
