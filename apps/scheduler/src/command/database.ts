// What the command line does to a database, whether a scheduler runs on it or not: it changes the jobs, and leaves word of it for the scheduler.

import { existsSync } from 'node:fs';
import { check } from '../job/check.ts';
import { label } from '../job/fields.ts';
import { type JobSpec, readJob } from '../job/spec.ts';
import { timeAfterPause } from '../engine/job-table.ts';
import { type Op, Writer } from '../store/ops.ts';
import { type GroupRow, type JobRow, Reader } from '../store/reads.ts';
import { isOutdated, prepareDatabase } from '../store/schema.ts';
import { type DatabaseSync, explained, openDatabase, transact } from '../store/sqlite.ts';
import { firstTime } from '../time/schedule.ts';
import { Trouble } from '../trouble.ts';

type RequestKind = 'job' | 'run' | 'cancel' | 'group';

/** Checks jobs that are to be added. Throws a `Trouble` that says which is wrong, and how. */
export function checkJobs(inputs: readonly unknown[]): JobSpec[] {
  const now = Date.now();
  return inputs.map((input, index) =>
    readJob(input, inputs.length === 1 ? 'job' : `job ${index + 1} of ${inputs.length}`, now),
  );
}

/** A group, as the database knows it. */
export interface GroupState extends GroupRow {
  readonly jobs: number;
  /** Runs that aren't over. */
  readonly open: number;
}

function checkGroup(name: string): void {
  check(label(64), name, 'group');
}

/** What is to be done with a database; one that isn't there is only made to store something new in it. */
export type DatabaseUse = 'read' | 'write' | 'create';

export class JobDatabase {
  readonly reader: Reader;
  readonly #database: DatabaseSync;
  readonly #writer: Writer;
  readonly #path: string;

  /** Opens it. Throws a `Trouble` if there is none, and none is to be created. */
  constructor(path: string, use: DatabaseUse) {
    this.#path = path;
    if (use !== 'create' && !existsSync(path)) {
      throw new Trouble(
        `${path}: there is no database yet. "heddle-scheduler add" makes one, or say where it is with --db`,
        { kind: 'notFound' },
      );
    }
    this.#database = explained(path, () => openDatabase(path, { readOnly: use === 'read' }));
    try {
      if (use === 'read' && isOutdated(this.#database)) new JobDatabase(path, 'write').close();
      explained(path, () => prepareDatabase(this.#database, path));
    } catch (error) {
      this.#database.close();
      throw error;
    }
    this.reader = new Reader(this.#database);
    this.#writer = new Writer(this.#database);
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether a scheduler is running on it, as far as one can tell. */
  get isServed(): boolean {
    const row = this.#database.prepare('SELECT expires_at AS expiresAt FROM lease').get();
    return row !== undefined && Number(row['expiresAt']) > Date.now();
  }

  /** Adds jobs, all or none. With `replace`, those that are there already are changed. */
  add(specs: readonly JobSpec[], replace: boolean): void {
    const now = Date.now();
    this.#write(() => {
      for (const spec of specs) this.#put(spec, replace, now);
    });
  }

  #put(spec: JobSpec, replace: boolean, now: number): void {
    const present = this.reader.job(spec.id);
    if (present !== undefined && !replace) {
      throw new Trouble(`there is a job "${spec.id}" already. Change it with --replace`, {
        kind: 'conflict',
      });
    }
    const nextAt = present?.paused === true ? undefined : firstTime(spec.schedule, now);
    this.#apply({
      op: 'putJob',
      id: spec.id,
      spec: JSON.stringify(spec),
      nextAt: nextAt ?? null,
      origin: 'cli',
      at: now,
      expect: present?.revision ?? null,
    });
    this.#leaveWord('job', spec.id);
  }

  setPaused(id: string, paused: boolean): void {
    this.#write(() => {
      const job = this.#job(id);
      if (job.paused === paused) return;
      const now = Date.now();
      const nextAt = paused ? undefined : timeAfterPause(job, now);
      this.#apply({ op: 'pause', id, paused, nextAt: nextAt ?? null, at: now });
      this.#leaveWord('job', id);
    });
  }

  remove(id: string): void {
    this.#write(() => {
      this.#job(id);
      this.#apply({ op: 'removeJob', id });
      this.#leaveWord('job', id);
    });
  }

  /** Asks for a run. It is carried out once, now or when a scheduler starts. */
  runNow(id: string): void {
    this.#write(() => {
      this.#job(id);
      this.#leaveWord('run', id);
    });
  }

  /** Asks for a run to be cancelled. */
  cancel(run: string): void {
    this.#write(() => {
      const row = this.reader.run(run);
      if (row === undefined) throw new Trouble(`there is no run "${run}"`, { kind: 'notFound' });
      if (row.endedAt !== null) throw new Trouble(`run "${run}" is over: ${row.state}`, { kind: 'conflict' });
      this.#leaveWord('cancel', run);
    });
  }

  /** The groups that jobs name, or for which something is set, by name. */
  get groups(): GroupState[] {
    const found = new Map(this.reader.groups().map(group => [group.name, { ...group, jobs: 0, open: 0 }]));
    const groupOf = new Map<string, string>();
    for (const { id, spec } of this.reader.jobs()) {
      if (spec.group === undefined) continue;
      groupOf.set(id, spec.group);
      const group = found.get(spec.group);
      if (group !== undefined) group.jobs += 1;
      else found.set(spec.group, { name: spec.group, most: null, paused: false, jobs: 1, open: 0 });
    }
    for (const { job } of this.reader.openRuns()) {
      const group = found.get(groupOf.get(job) ?? '');
      if (group !== undefined) group.open += 1;
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Sets how many runs of a group go on at a time; null for no limit. */
  limitGroup(name: string, most: number | null): void {
    checkGroup(name);
    this.#write(() => {
      this.#apply({ op: 'limitGroup', name, most });
      this.#leaveWord('group', name);
    });
  }

  /** Lets all jobs of a group rest, or go on from now; those too that come into it later. Returns how many there are. */
  setGroupPaused(name: string, paused: boolean): number {
    checkGroup(name);
    const jobs = [...this.reader.jobs()].filter(job => job.spec.group === name);
    this.#write(() => {
      const before = this.reader.groups().find(group => group.name === name);
      if ((before?.paused ?? false) === paused) return;
      this.#apply({ op: 'pauseGroup', name, paused });
      if (!paused) this.#passOver(jobs);
      this.#leaveWord('group', name);
    });
    return jobs.length;
  }

  /** What passed while the group rested passed. */
  #passOver(jobs: readonly JobRow[]): void {
    const now = Date.now();
    for (const job of jobs) {
      if (job.paused || job.nextAt === undefined || job.nextAt > now) continue;
      const nextAt = timeAfterPause(job, now) ?? null;
      this.#apply({ op: 'move', job: job.id, revision: job.revision, nextAt, lastAt: null });
    }
  }

  /** Takes back the word that was left for a scheduler. */
  clearRequests(): void {
    this.#write(() => this.#database.exec('DELETE FROM requests'));
  }

  #job(id: string): NonNullable<ReturnType<Reader['job']>> {
    const job = this.reader.job(id);
    if (job === undefined) throw new Trouble(`there is no job "${id}"`, { kind: 'notFound' });
    return job;
  }

  #leaveWord(kind: RequestKind, target: string): void {
    this.#database
      .prepare('INSERT INTO requests (kind, target, at) VALUES (?, ?, ?)')
      .run(kind, target, Date.now());
  }

  #apply(op: Op): void {
    this.#writer.apply(op, 0);
  }

  #write(work: () => void): void {
    explained(this.#path, () => transact(this.#database, work));
  }
}
