// Indexes a folder, shows how it goes, and says what came of it.

import { reportOf } from './index-report.ts';
import type { Interruption } from './interruption.ts';
import type { Options } from './options.ts';
import type { Run, RunResult } from './run/run.ts';
import { startSingle } from './run/single.ts';
import { startThreads } from './run/threads.ts';
import { searchFor } from './search/command.ts';
import { openIndex, prepareIndex } from './store/schema.ts';
import { explained } from './store/sqlite.ts';
import { showProgress } from './terminal/progress.ts';
import { reportLines } from './terminal/report.ts';
import { describe, EXIT, isTrouble } from './trouble.ts';

/** What the search after a run looks for. */
const SAMPLE = { text: 'worker_threads', ignoreCase: false, limit: 5 };

/** `threadsUp`: when the threads' workers have been brought up, which began before all this was loaded. */
export async function indexFolder(
  options: Options,
  interruption: Interruption,
  threadsUp: Promise<void> | undefined,
): Promise<number> {
  const { folder, db, workers, queueSize } = options;
  prepareIndex(db, folder, { fresh: options.fresh });
  await threadsUp;
  const run = (workers === 0 ? startSingle : startThreads)({ folder, db, workers, queueSize });
  const result = await watch(run, options, interruption);
  for (const { where, error } of result.failures) console.error(failureText(where, error, db));

  const exitCode = exitCodeOf(result, interruption);
  const sample = exitCode === EXIT.ok ? searchFor(db, SAMPLE.text, SAMPLE) : undefined;
  const index = openIndex(db);
  try {
    const report = explained(db, () => reportOf(options, result, index, exitCode, sample));
    if (options.json) console.log(JSON.stringify(report));
    else for (const line of reportLines(report)) console.log(line);
  } finally {
    index.close();
  }
  return exitCode;
}

/** Shows a run's progress until it has ended, and asks it to end early when the user interrupts. */
async function watch(run: Run, options: Options, interruption: Interruption): Promise<RunResult> {
  const display = showProgress(process.stderr, run.progress, options);
  interruption.onSignal(() => {
    display.stop();
    console.error('Interrupted: nothing more is read, and what was read is written. Once more ends at once.');
    run.stop();
  });
  try {
    return await run.finished;
  } finally {
    display.stop();
  }
}

function exitCodeOf(result: RunResult, interruption: Interruption): number {
  // If files are missing though nothing failed, that is a bug, and no success.
  if (result.failures.length > 0 || result.committed !== result.taken) return EXIT.failure;
  return interruption.exitCode ?? EXIT.ok;
}

function failureText(where: string, error: unknown, db: string): string {
  if (isTrouble(error)) return `heddle-pipeline: ${error.message}.`;
  // A bug: its place in the source is of use, to those who mend it.
  const stack = error instanceof Error ? (error.stack ?? error.message) : describe(error);
  return (
    `heddle-pipeline: ${where} failed, and with it this run. What is in ${db} is intact; start again to go on.\n` +
    stack
  );
}
