// What a scheduler finds that took over from one that ended, in order or not.

import type { Reader } from '../store/reads.ts';
import type { Clock } from '../time/clock.ts';
import { type Dispatcher, MOST_INTERRUPTIONS } from './dispatcher.ts';
import { makeRun } from './firing.ts';
import type { JobTable } from './job-table.ts';
import type { Journal } from './journal.ts';

export interface RecoveryOptions {
  readonly clock: Clock;
  readonly reader: Reader;
  readonly table: JobTable;
  readonly dispatcher: Dispatcher;
  readonly journal: Journal;
}

/** Takes up what was not over: runs that had begun were interrupted and begin again; those that waited go on waiting. Says how many. To be followed by the journal's `flush`. */
export function recover({ clock, reader, table, dispatcher, journal }: RecoveryOptions): {
  readonly interrupted: number;
  readonly waiting: number;
} {
  let interrupted = 0;
  let waiting = 0;
  const now = clock.wall();
  for (const row of reader.openRuns()) {
    const job = table.byId.get(row.job);
    if (job === undefined) {
      journal.write({
        op: 'finish',
        id: row.id,
        state: 'cancelled',
        endedAt: now,
        output: null,
        result: null,
        error: 'its job was removed',
      });
      continue;
    }
    const run = makeRun(job, row.id, row.cause, row.scheduledFor, dispatcher.nextOrder(), row.missed);
    run.isStored = true;
    run.isRecovered = true;
    run.attempt = row.attempt;
    run.interruptions = row.interruptions;
    if (row.state === 'running') {
      interrupted += 1;
      run.interruptions += 1;
      // The attempt didn't come to its end, so it doesn't count.
      run.attempt -= 1;
      if (run.interruptions > MOST_INTERRUPTIONS) {
        const error = `the scheduler ended ${run.interruptions} times while it ran`;
        journal.write({
          op: 'finish',
          id: row.id,
          state: 'failed',
          endedAt: now,
          output: null,
          result: null,
          error,
        });
        job.last = { state: 'failed', at: now };
        if (job.spec.schedule.mode === 'fixedDelay' && !job.paused)
          table.move(job, now + job.spec.schedule.every!);
        continue;
      }
      journal.write({
        op: 'wait',
        id: row.id,
        state: 'queued',
        retryAt: null,
        attempt: run.attempt,
        interruptions: run.interruptions,
        failed: null,
      });
    } else waiting += 1;
    run.retryAt = row.retryAt ?? undefined;
    dispatcher.add(run, row.state === 'retrying' ? 'retrying' : 'ready');
  }
  return { interrupted, waiting };
}
