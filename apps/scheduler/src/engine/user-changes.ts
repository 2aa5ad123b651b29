// What users do to jobs, groups and runs while the scheduler runs. What is stored is answered when it is on the disk; the table of jobs takes it over then.

import { randomBytes } from 'node:crypto';
import { readJob } from '../job/spec.ts';
import type { Op } from '../store/ops.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { firstTime } from '../time/schedule.ts';
import { Trouble } from '../trouble.ts';
import type { Dispatcher } from './dispatcher.ts';
import { makeRun, runId } from './firing.ts';
import { type JobTable, timeAfterPause } from './job-table.ts';
import type { Job, Run } from './job.ts';
import { changedMeanwhile, taken, unknownJob, unwritable } from './refusals.ts';

export interface UserChangesOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, 'commit' | 'isTroubled'>;
  readonly table: JobTable;
  readonly dispatcher: Dispatcher;
  /** Something is to be done, or to be shown. */
  readonly onChange: () => void;
}

export class UserChanges {
  readonly #options: UserChangesOptions;

  constructor(options: UserChangesOptions) {
    this.#options = options;
  }

  /** Throws a `Trouble` if there is none of that name. */
  job(id: string): Job {
    const job = this.#options.table.byId.get(id);
    if (job === undefined) throw unknownJob(id);
    return job;
  }

  /** Adds a job; resolves when it is stored. Throws a `Trouble` if it is wrong, or its id taken. */
  async add(input: unknown, origin: string): Promise<Job> {
    const { clock, table, onChange } = this.#options;
    const now = clock.wall();
    const withId =
      isObject(input) && input['id'] === undefined
        ? { ...input, id: `job-${randomBytes(4).toString('hex')}` }
        : input;
    const spec = readJob(withId, 'job', now);
    const { id } = spec;
    if (table.byId.has(id)) throw taken(id);
    const nextAt = firstTime(spec.schedule, now);
    await this.#write(
      {
        op: 'putJob',
        id,
        spec: JSON.stringify(spec),
        nextAt: nextAt ?? null,
        origin,
        at: now,
        expect: null,
      },
      () => taken(id),
    );
    const job = table.put({ id, spec, revision: 1, paused: false, nextAt, lastAt: undefined, origin });
    onChange();
    return job;
  }

  /** Changes a job. `expect` is the revision that the user saw. What of it is under way goes on; its next attempts are made by what it is then. */
  async update(id: string, input: unknown, expect: number | undefined): Promise<Job> {
    const { clock, table } = this.#options;
    const job = this.job(id);
    if (expect !== undefined && expect !== job.revision) throw changedMeanwhile(id);
    const now = clock.wall();
    const spec = readJob(isObject(input) ? { ...input, id } : input, 'job', now);
    const isSame = JSON.stringify(spec.schedule) === JSON.stringify(job.spec.schedule);
    const nextAt = job.paused ? undefined : isSame ? job.nextAt : firstTime(spec.schedule, now);
    await this.#write(
      {
        op: 'putJob',
        id,
        spec: JSON.stringify(spec),
        nextAt: nextAt ?? null,
        origin: job.origin,
        at: now,
        expect: job.revision,
      },
      () => changedMeanwhile(id),
    );
    table.reload(id);
    return this.job(id);
  }

  /** Lets a job rest, or go on. Runs that there are already go on. */
  async setPaused(id: string, paused: boolean): Promise<Job> {
    const { clock, table } = this.#options;
    const job = this.job(id);
    if (job.paused !== paused) {
      const now = clock.wall();
      const nextAt = paused ? null : (timeAfterPause(job, now) ?? null);
      await this.#write({ op: 'pause', id, paused, nextAt, at: now }, () => unknownJob(id));
      table.reload(id);
    }
    return job;
  }

  /** Removes a job with its history. What it runs is asked to stop. */
  async remove(id: string): Promise<void> {
    this.job(id);
    await this.#write({ op: 'removeJob', id }, () => unknownJob(id));
    this.#options.table.reload(id);
  }

  /** Runs a job now, whatever its schedule. If it runs already, this one waits. Resolves to the run when it is stored. */
  async runNow(id: string): Promise<Run> {
    const { store, onChange } = this.#options;
    const job = this.job(id);
    if (store.isTroubled) throw unwritable();
    const run = this.addManual(job);
    onChange();
    // Stored behind it, so it is stored when this is.
    await store.commit([]);
    return run;
  }

  /** Takes in a run that was asked for. */
  addManual(job: Job): Run {
    const { clock, dispatcher } = this.#options;
    const now = clock.wall();
    const id = `${runId(job.id, now)}~manual-${randomBytes(4).toString('hex')}`;
    const run = makeRun(job, id, 'manual', now, dispatcher.nextOrder());
    dispatcher.add(run, 'ready');
    return run;
  }

  /** Cancels a run that isn't over. */
  cancel(id: string): Run {
    const { dispatcher, onChange } = this.#options;
    const run = dispatcher.open.get(id);
    if (run === undefined) throw new Trouble(`there is no open run "${id}"`, { kind: 'notFound' });
    dispatcher.cancel(run);
    onChange();
    return run;
  }

  /** Sets how many runs of a group go on at a time; undefined for no limit. */
  async setGroup(name: string, most: number | undefined): Promise<void> {
    await this.#write({ op: 'limitGroup', name, most: most ?? null });
    this.#options.table.reloadGroups();
  }

  /** Lets all jobs of a group rest, or go on. What of it runs goes on; what waits, waits on. */
  async setGroupPaused(name: string, paused: boolean): Promise<void> {
    await this.#write({ op: 'pauseGroup', name, paused });
    this.#options.table.reloadGroups();
  }

  /** Stores it; `refusal` is thrown if it changes nothing. */
  async #write(op: Op, refusal?: () => Error): Promise<void> {
    const changes = await this.#options.store.commit([op], { patient: false }).catch((error: unknown) => {
      // Of SQLite's: the disk is full, say. Any other ends the scheduler.
      throw error instanceof Error && 'errcode' in error ? unwritable() : error;
    });
    if (changes[0] === 0 && refusal !== undefined) throw refusal();
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
