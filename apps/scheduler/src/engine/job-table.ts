// All jobs in memory, as the database has them, and which is due next.

import type { JobSpec } from '../job/spec.ts';
import type { JobRow, Reader } from '../store/reads.ts';
import type { Clock } from '../time/clock.ts';
import { firstTime, nextTime } from '../time/schedule.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Heap } from './heap.ts';
import { type Job, jobFromRow } from './job.ts';
import type { Journal } from './journal.ts';

export interface JobTableOptions {
  readonly clock: Clock;
  readonly reader: Reader;
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  /** What a user has stored was taken over. */
  readonly onChange: () => void;
}

export class JobTable {
  /** Written here only. */
  readonly byId: Map<string, Job> = new Map();
  readonly #options: JobTableOptions;
  readonly #due = new Heap<Job>((a, b) => a.nextAt! < b.nextAt!);

  constructor(options: JobTableOptions) {
    this.#options = options;
  }

  /** Reads all groups and jobs. */
  load(): void {
    const { reader, dispatcher } = this.#options;
    dispatcher.groups.replace(reader.groups());
    for (const row of reader.jobs()) this.put(row);
  }

  /** The job that is due next. */
  get first(): Job | undefined {
    return this.#due.peek();
  }

  /** Jobs whose next time is before `until`, soonest first, `most` of them. */
  upcoming(until: number, most: number): Job[] {
    return [...this.#due]
      .filter(job => job.nextAt! <= until)
      .sort((a, b) => a.nextAt! - b.nextAt!)
      .slice(0, most);
  }

  /** Sets when a job is due next, and has it stored with what else this turn stores. */
  move(job: Job, nextAt: number | undefined, lastAt?: number): void {
    this.#setNext(job, nextAt);
    this.#options.journal.write({
      op: 'move',
      job: job.id,
      revision: job.revision,
      nextAt: nextAt ?? null,
      lastAt: lastAt ?? null,
    });
  }

  /** Whether the job rests because its group does. Its next time is kept. */
  #isHeld(job: Job): boolean {
    return this.#options.dispatcher.groups.isPaused(job.spec.group);
  }

  #setNext(job: Job, nextAt: number | undefined): void {
    job.nextAt = nextAt;
    if (nextAt === undefined || job.paused || this.#isHeld(job)) this.#due.remove(job);
    else this.#due.put(job);
  }

  /** Takes a job in that is stored. */
  put(row: JobRow): Job {
    const job = jobFromRow(row);
    this.byId.set(job.id, job);
    this.#options.dispatcher.groups.count(job.spec.group, 1);
    this.#setNext(job, row.nextAt);
    return job;
  }

  /** The clock was set: the job's schedule moves with it. */
  reschedule(job: Job, spec: JobSpec, nextAt: number): void {
    job.spec = spec;
    const { clock } = this.#options;
    this.#options.journal.write({
      op: 'putJob',
      id: job.id,
      spec: JSON.stringify(spec),
      nextAt,
      origin: job.origin,
      at: clock.wall(),
      expect: job.revision,
    });
    job.revision += 1;
    this.#setNext(job, nextAt);
  }

  /** Takes over what a user has stored of a job. */
  reload(id: string): void {
    const row = this.#options.reader.job(id);
    const job = this.byId.get(id);
    if (row === undefined) {
      if (job !== undefined) this.forget(job);
    } else if (job === undefined) this.put(row);
    else if (row.revision !== job.revision) {
      const fallenOut = this.#options.dispatcher.fallOut(job);
      this.#options.dispatcher.groups.count(job.spec.group, -1);
      this.#options.dispatcher.groups.count(row.spec.group, 1);
      job.spec = row.spec;
      job.revision = row.revision;
      job.paused = row.paused;
      this.#setNext(job, row.nextAt);
      if (row.nextAt !== undefined && (job.lastAt ?? 0) > (row.lastAt ?? 0) && row.nextAt <= job.lastAt!) {
        // It was fired while the user's change was on its way to the disk: not again for the same time.
        this.move(job, nextTime(row.spec.schedule, job.lastAt!), job.lastAt);
      }
      this.#options.dispatcher.fallIn(fallenOut);
      this.#options.dispatcher.ready.reconsider();
    }
    this.#options.onChange();
  }

  /** Takes a job out that was removed. What it runs is asked to stop. */
  forget(job: Job): void {
    job.isRemoved = true;
    this.#options.dispatcher.groups.count(job.spec.group, -1);
    this.#setNext(job, undefined);
    this.byId.delete(job.id);
    for (const run of [...job.open].toReversed()) this.#options.dispatcher.cancel(run);
  }

  /** Takes over what a user has stored of groups. */
  reloadGroups(): void {
    const changed = this.#options.dispatcher.groups.replace(this.#options.reader.groups());
    if (changed.size > 0) {
      const now = this.#options.clock.wall();
      for (const job of this.byId.values()) {
        if (job.spec.group === undefined || !changed.has(job.spec.group)) continue;
        // What passed while the group rested passed, as it does for a job that is paused.
        const hasPassed = !this.#isHeld(job) && !job.paused && job.nextAt !== undefined && job.nextAt <= now;
        if (hasPassed) this.move(job, timeAfterPause(job, now));
        else this.#setNext(job, job.nextAt);
      }
    }
    this.#options.dispatcher.ready.reconsider();
    this.#options.onChange();
  }
}

/** When a job is due that was paused: as if it had been added now, but what it has done already it doesn't do again. */
export function timeAfterPause(job: Pick<Job, 'spec' | 'lastAt'>, now: number): number | undefined {
  const { schedule } = job.spec;
  if (schedule.at !== undefined)
    return job.lastAt === undefined || job.lastAt < schedule.at ? schedule.at : undefined;
  return firstTime(schedule, now);
}
