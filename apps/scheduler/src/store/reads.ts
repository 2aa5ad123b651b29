// What is read from the database: by the scheduler when it starts and for its page, and by the command line, which needs no scheduler to run.

import type { JobSpec } from '../job/spec.ts';
import type { RunCause, RunState } from './ops.ts';
import type { DatabaseSync, SQLInputValue } from './sqlite.ts';

/** A job as it is stored. */
export interface JobRow {
  readonly id: string;
  readonly spec: JobSpec;
  readonly revision: number;
  readonly paused: boolean;
  readonly nextAt: number | undefined;
  readonly lastAt: number | undefined;
  readonly origin: string;
}

/** A run as it is stored. */
export interface RunRow {
  readonly seq: number;
  readonly id: string;
  readonly job: string;
  readonly cause: RunCause;
  readonly scheduledFor: number;
  readonly state: RunState;
  readonly attempt: number;
  readonly interruptions: number;
  readonly token: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly retryAt: number | null;
  readonly missed: number;
  readonly output: string | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** An attempt that failed and was followed by another. */
export interface AttemptRow {
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly state: RunState;
  readonly output: string | null;
  readonly error: string | null;
}

/** What is set for a group of jobs. */
export interface GroupRow {
  readonly name: string;
  /** How many of its runs go on at a time; null for no limit. */
  readonly most: number | null;
  readonly paused: boolean;
}

export interface RequestRow {
  readonly id: number;
  readonly kind: 'job' | 'run' | 'cancel' | 'group';
  readonly target: string;
}

export interface RunFilter {
  readonly job?: string | undefined;
  readonly state?: RunState | undefined;
  /** Only runs stored before this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

const JOB = 'SELECT id, spec, revision, paused, next_at AS nextAt, last_at AS lastAt, origin FROM jobs';
const RUN = `SELECT seq, id, job, cause, scheduled_for AS scheduledFor, state, attempt, interruptions, token, started_at AS startedAt,
  ended_at AS endedAt, retry_at AS retryAt, missed, output, result, error FROM runs`;

function toJob(row: Record<string, unknown>): JobRow {
  return {
    id: row['id'] as string,
    spec: JSON.parse(row['spec'] as string) as JobSpec,
    revision: row['revision'] as number,
    paused: row['paused'] === 1,
    nextAt: (row['nextAt'] as number | null) ?? undefined,
    lastAt: (row['lastAt'] as number | null) ?? undefined,
    origin: row['origin'] as string,
  };
}

/** Reads through one connection. */
export class Reader {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** All jobs, one after the other, in the order of their ids. */
  *jobs(): Generator<JobRow> {
    for (const row of this.#database.prepare(`${JOB} ORDER BY id`).iterate()) yield toJob(row);
  }

  job(id: string): JobRow | undefined {
    const row = this.#database.prepare(`${JOB} WHERE id = ?`).get(id);
    return row === undefined ? undefined : toJob(row);
  }

  /** The runs that have not come to their end, in the order in which they were stored. */
  openRuns(): RunRow[] {
    return this.#all<RunRow>(`${RUN} WHERE state IN ('queued', 'running', 'retrying') ORDER BY seq`);
  }

  run(id: string): RunRow | undefined {
    return this.#all<RunRow>(`${RUN} WHERE id = ?`, id)[0];
  }

  attempts(run: string): AttemptRow[] {
    return this.#all<AttemptRow>(
      'SELECT attempt, started_at AS startedAt, ended_at AS endedAt, state, output, error FROM attempts WHERE run = ? ORDER BY attempt',
      run,
    );
  }

  /** Runs, latest first. */
  runs({ job, state, before, limit }: RunFilter): RunRow[] {
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    const add = (condition: string, value: SQLInputValue | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    add('job = ?', job);
    add('state = ?', state);
    add('seq < ?', before);
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    return this.#all<RunRow>(`${RUN}${where} ORDER BY seq DESC LIMIT ?`, ...values, limit);
  }

  requests(): RequestRow[] {
    return this.#all<RequestRow>('SELECT id, kind, target FROM requests ORDER BY id LIMIT 1000');
  }

  /** The groups that have a limit, or rest. */
  groups(): GroupRow[] {
    return this.#all<{ name: string; most: number | null; paused: number }>(
      'SELECT name, most, paused FROM groups ORDER BY name',
    ).map(row => ({ ...row, paused: row.paused === 1 }));
  }

  /** Changes whenever another connection has committed. */
  dataVersion(): number {
    return Number(this.#database.prepare('PRAGMA data_version').get()?.['data_version']);
  }

  #all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#database.prepare(sql).all(...values) as unknown as T[];
  }
}
