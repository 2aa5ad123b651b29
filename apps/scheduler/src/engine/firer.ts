// Turns times into runs, and looks after a job when one of its runs is over.

import { randomBytes } from 'node:crypto';
import type { RunState } from '../store/ops.ts';
import type { Clock } from '../time/clock.ts';
import { followsClock } from '../time/jump.ts';
import { nextTime } from '../time/schedule.ts';
import type { Dispatcher } from './dispatcher.ts';
import { decide, makeRun, remark, runId } from './firing.ts';
import type { JobTable } from './job-table.ts';
import type { Job, Run } from './job.ts';
import type { Journal } from './journal.ts';

export interface FirerOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly table: JobTable;
  readonly dispatcher: Dispatcher;
  /** Times of a job were missed. */
  readonly onMissed: (job: string, count: number) => void;
}

export class Firer {
  readonly #options: FirerOptions;

  constructor(options: FirerOptions) {
    this.#options = options;
  }

  /** A job's time has come, or is about to: makes its runs, and says when it is due next. */
  fire(job: Job, now: number): void {
    const { dispatcher, table, onMissed } = this.#options;
    const { due, cancels, runs, skipped } = decide(job, now);
    const lastAt = due.times.at(-1) ?? job.nextAt!;
    if (cancels) for (const run of [...job.open]) dispatcher.cancel(run);
    for (const time of runs) {
      const isLast = time === runs.at(-1);
      const id = this.#idFor(job, time);
      const run = makeRun(job, id, 'schedule', time, dispatcher.nextOrder(), isLast ? due.missed : 0);
      if (time > now) dispatcher.addEarly(run);
      else dispatcher.add(run, 'ready');
    }
    for (const time of skipped) this.#remark(job, time, 'skipped', now, 0);
    if (due.missed > 0) {
      if (runs.length === 0) this.#remark(job, lastAt, 'missed', now, due.missed - 1);
      onMissed(job.id, due.missed);
    }
    const { mode, every } = job.spec.schedule;
    // All of a fixed delay's times were skipped: nothing will end that could say when it is due again.
    const isStuck =
      mode === 'fixedDelay' && due.next === undefined && runs.length === 0 && job.open.length === 0;
    job.lastAt = Math.max(job.lastAt ?? 0, lastAt);
    table.move(job, isStuck ? now + every! : due.next, job.lastAt);
  }

  /** A run of a job is over. */
  runIsOver({ job }: Run, state: RunState): void {
    const { clock, table } = this.#options;
    const { schedule } = job.spec;
    const isDelayed =
      schedule.mode === 'fixedDelay' && !job.paused && !job.isRemoved && job.nextAt === undefined;
    if (isDelayed && !job.open.some(each => each.cause === 'schedule'))
      table.move(job, clock.wall() + schedule.every!);
    if (state === 'succeeded' && isDone(job)) this.#removeDone(job);
  }

  /** The clock was set back: schedules that are lengths of time move along with it, patterns go by the new time or wait for theirs. */
  clockWasSetBack(ms: number): void {
    const { clock, table } = this.#options;
    const now = clock.wall();
    for (const job of table.byId.values()) {
      const { schedule } = job.spec;
      if (job.nextAt === undefined || schedule.at !== undefined) continue;
      if (schedule.cron === undefined) {
        // Or it would pause for as long as the clock was set back.
        const spec = { ...job.spec, schedule: { ...schedule, startAt: schedule.startAt! - ms } };
        table.reschedule(job, spec, job.nextAt - ms);
      } else if (followsClock(schedule.cron, ms)) table.move(job, nextTime(schedule, now));
    }
  }

  #remark(job: Job, time: number, state: 'skipped' | 'missed', now: number, more: number): void {
    const { journal, dispatcher } = this.#options;
    journal.write({ op: 'run', run: remark(this.#idFor(job, time), job.id, time, state, now, more) });
    job.last ??= { state, at: now };
    dispatcher.noteRow(job);
  }

  /**
   * A time that comes a second time has a run of its own: because the clock was set back, or the job was changed, or was removed and added again while its run
   * for this time was still coming to its end.
   */
  #idFor(job: Job, time: number): string {
    const id = runId(job.id, time);
    const isTaken = (job.lastAt !== undefined && time <= job.lastAt) || this.#options.dispatcher.open.has(id);
    return isTaken ? `${id}~${randomBytes(4).toString('hex')}` : id;
  }

  /** Removes a job that was to go when it is done, with its history: in the transaction that stores its success. */
  #removeDone(job: Job): void {
    const { journal, table } = this.#options;
    table.forget(job);
    journal.write({ op: 'removeJob', id: job.id, revision: job.revision }, changes => {
      // A user has changed it meanwhile, and perhaps given it another time.
      if (changes === 0) table.reload(job.id);
    });
  }
}

/** Whether nothing is left to do of a job that is to go then. */
function isDone({ spec, open, isRemoved, lastAt }: Job): boolean {
  const { at } = spec.schedule;
  return (
    spec.removeOnComplete &&
    !isRemoved &&
    open.length === 0 &&
    at !== undefined &&
    lastAt !== undefined &&
    lastAt >= at
  );
}
