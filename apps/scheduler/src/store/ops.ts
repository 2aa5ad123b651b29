// What the scheduler writes, as values, and the statements that write it. A batch of them is one transaction.

import { checkLease, renewLease } from './lease.ts';
import { type DatabaseSync, type SQLInputValue, type StatementSync, transact } from './sqlite.ts';

/** The states of a run. The first three are open; the others final: a run in one of them never runs again. */
export type RunState =
  | 'queued'
  | 'running'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'timedOut'
  | 'cancelled'
  | 'skipped'
  | 'missed';

/** Why there is a run. */
export type RunCause = 'schedule' | 'manual';

/** A run to store: the intent to carry it out, or, in a final state, that it was not. */
export interface NewRun {
  readonly id: string;
  readonly job: string;
  readonly cause: RunCause;
  readonly scheduledFor: number;
  readonly state: RunState;
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** How many times this run, or this remark, stands for beside its own. */
  readonly missed: number;
  readonly error: string | null;
}

export type Op =
  /** A job's time has come: its next one. Without effect if a user changed the job meanwhile. */
  | {
      readonly op: 'move';
      readonly job: string;
      readonly revision: number;
      readonly nextAt: number | null;
      readonly lastAt: number | null;
    }
  | { readonly op: 'run'; readonly run: NewRun }
  /** An attempt is about to begin. */
  | { readonly op: 'start'; readonly id: string; readonly attempt: number; readonly at: number }
  /** A run waits: to be tried again, or, after an interruption, for its turn. */
  | {
      readonly op: 'wait';
      readonly id: string;
      readonly state: 'queued' | 'retrying';
      readonly retryAt: number | null;
      /** How many attempts have come to their end. */
      readonly attempt: number;
      readonly interruptions: number;
      readonly failed: {
        readonly attempt: number;
        readonly startedAt: number;
        readonly endedAt: number;
        readonly state: RunState;
        readonly output: string | null;
        readonly error: string | null;
      } | null;
    }
  | {
      readonly op: 'finish';
      readonly id: string;
      readonly state: RunState;
      readonly endedAt: number;
      readonly output: string | null;
      readonly result: string | null;
      readonly error: string | null;
    }
  | { readonly op: 'prune'; readonly job: string; readonly keep: number }
  | {
      readonly op: 'putJob';
      readonly id: string;
      readonly spec: string;
      readonly nextAt: number | null;
      readonly origin: string;
      readonly at: number;
      readonly expect: number | null;
    }
  | {
      readonly op: 'pause';
      readonly id: string;
      readonly paused: boolean;
      readonly nextAt: number | null;
      readonly at: number;
    }
  /** With a revision: only if no user has changed the job since. */
  | { readonly op: 'removeJob'; readonly id: string; readonly revision?: number }
  /** What is left of a run whose job was removed. */
  | { readonly op: 'dropRun'; readonly id: string }
  | { readonly op: 'handled'; readonly request: number }
  | { readonly op: 'limitGroup'; readonly name: string; readonly most: number | null }
  | { readonly op: 'pauseGroup'; readonly name: string; readonly paused: boolean }
  | { readonly op: 'renew'; readonly now: number };

/** Carries out ops; keeps the statements. */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Carries them out as one transaction, on the disk when it returns. Returns how many rows each changed. Throws, and changes nothing, if another instance
   * has taken over or the database can't be written.
   */
  commit(ops: readonly Op[], token: number): number[] {
    return transact(this.#database, () => {
      checkLease(this.#database, token);
      return ops.map(op => this.apply(op, token));
    });
  }

  /** Carries out one, in a transaction of the caller's. */
  apply(op: Op, token: number): number {
    switch (op.op) {
      case 'move':
        return this.#run(
          'UPDATE jobs SET next_at = ?, last_at = coalesce(?, last_at) WHERE id = ? AND revision = ?',
          op.nextAt,
          op.lastAt,
          op.job,
          op.revision,
        );
      case 'run': {
        const { run } = op;
        return this.#run(
          `INSERT INTO runs (id, job, cause, scheduled_for, state, attempt, token, started_at, ended_at, missed, error)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
          run.id,
          run.job,
          run.cause,
          run.scheduledFor,
          run.state,
          run.attempt,
          token,
          run.startedAt,
          run.endedAt,
          run.missed,
          run.error,
        );
      }
      case 'start':
        return this.#run(
          `UPDATE runs SET state = 'running', attempt = ?, started_at = ?, retry_at = NULL, token = ?
           WHERE id = ? AND state IN ('queued', 'retrying', 'running')`,
          op.attempt,
          op.at,
          token,
          op.id,
        );
      case 'wait':
        if (op.failed !== null) {
          const { attempt, startedAt, endedAt, state, output, error } = op.failed;
          this.#run(
            'INSERT OR REPLACE INTO attempts (run, attempt, started_at, ended_at, state, output, error) VALUES (?, ?, ?, ?, ?, ?, ?)',
            op.id,
            attempt,
            startedAt,
            endedAt,
            state,
            output,
            error,
          );
        }
        return this.#run(
          `UPDATE runs SET state = ?, retry_at = ?, attempt = ?, interruptions = ? WHERE id = ? AND state IN ('queued', 'retrying', 'running')`,
          op.state,
          op.retryAt,
          op.attempt,
          op.interruptions,
          op.id,
        );
      case 'finish':
        return this.#run(
          `UPDATE runs SET state = ?, ended_at = ?, retry_at = NULL, output = ?, result = ?, error = ?
           WHERE id = ? AND state IN ('queued', 'retrying', 'running')`,
          op.state,
          op.endedAt,
          op.output,
          op.result,
          op.error,
          op.id,
        );
      case 'prune':
        return this.#prune(op.job, op.keep);
      case 'putJob':
        return this.#putJob(op);
      case 'pause':
        return this.#run(
          'UPDATE jobs SET paused = ?, next_at = ?, revision = revision + 1, updated_at = ? WHERE id = ?',
          op.paused ? 1 : 0,
          op.nextAt,
          op.at,
          op.id,
        );
      case 'removeJob':
        return this.#removeJob(op.id, op.revision ?? null);
      case 'dropRun':
        this.#run('DELETE FROM attempts WHERE run = ?', op.id);
        return this.#run('DELETE FROM runs WHERE id = ?', op.id);
      case 'handled':
        return this.#run('DELETE FROM requests WHERE id = ?', op.request);
      case 'limitGroup':
        return this.#setGroup('most', op.name, op.most);
      case 'pauseGroup':
        return this.#setGroup('paused', op.name, op.paused ? 1 : 0);
      case 'renew':
        renewLease(this.#database, op.now);
        return 1;
      default:
        // A scheduler and its thread are of one version.
        throw new TypeError(`unknown op ${JSON.stringify(op)}`);
    }
  }

  #prune(job: string, keep: number): number {
    const row = this.#statement('SELECT seq FROM runs WHERE job = ? ORDER BY seq DESC LIMIT 1 OFFSET ?').get(
      job,
      keep,
    );
    if (row === undefined) return 0;
    const seq = Number(row['seq']);
    const old = `FROM runs WHERE job = ? AND seq <= ? AND state NOT IN ('queued', 'retrying', 'running')`;
    this.#run(`DELETE FROM attempts WHERE run IN (SELECT id ${old})`, job, seq);
    return this.#run(`DELETE ${old}`, job, seq);
  }

  #removeJob(id: string, revision: number | null): number {
    const removed = this.#run(
      'DELETE FROM jobs WHERE id = ?1 AND revision = coalesce(?2, revision)',
      id,
      revision,
    );
    if (removed === 0) return 0;
    this.#run('DELETE FROM attempts WHERE run IN (SELECT id FROM runs WHERE job = ?)', id);
    this.#run('DELETE FROM runs WHERE job = ?', id);
    return removed;
  }

  /** A group that has no limit and doesn't rest needs no row. */
  #setGroup(column: 'most' | 'paused', name: string, value: number | null): number {
    this.#run(
      `INSERT INTO groups (name, ${column}) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET ${column} = excluded.${column}`,
      name,
      value,
    );
    this.#run('DELETE FROM groups WHERE name = ? AND most IS NULL AND paused = 0', name);
    return 1;
  }

  /** Stores a new job (`expect` null) or a changed one; 0 if there is one already, or none. The revision goes up. */
  #putJob(op: Extract<Op, { op: 'putJob' }>): number {
    if (op.expect === null) {
      return this.#run(
        `INSERT INTO jobs (id, spec, revision, next_at, origin, created_at, updated_at) VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
        op.id,
        op.spec,
        op.nextAt,
        op.origin,
        op.at,
        op.at,
      );
    }
    return this.#run(
      'UPDATE jobs SET spec = ?, revision = revision + 1, next_at = ?, updated_at = ? WHERE id = ? AND revision = ?',
      op.spec,
      op.nextAt,
      op.at,
      op.id,
      op.expect,
    );
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
