// What comes of a job whose time has come: runs, or remarks in its history that there is none.

import { type Due, dueTimes } from '../time/schedule.ts';
import type { NewRun, RunCause, RunState } from '../store/ops.ts';
import type { Job, Run } from './job.ts';

/** Makes the id of a run: of the job and the time, so that it says what it is, and is the same whoever makes it. */
export function runId(job: string, scheduledFor: number): string {
  return `${job}@${new Date(scheduledFor).toISOString()}`;
}

/** What a firing comes to. */
export interface Firing {
  readonly due: Due;
  /** How many of the job's open runs are to be cancelled first. */
  readonly cancels: boolean;
  /** Times to run for. */
  readonly runs: readonly number[];
  /** Times that are skipped because a run before is still open. */
  readonly skipped: readonly number[];
}

/** Decides by the job's policies. */
export function decide(job: Job, now: number): Firing {
  const { schedule, missed, overlap, queueLimit } = job.spec;
  const due = dueTimes(schedule, missed, job.nextAt!, now);
  let runs = due.times;
  let skipped: readonly number[] = [];
  // Runs for missed times stand in line whatever the policy: to skip all but the first would be to skip them.
  const isCatchingUp = due.times.length > 1;
  const isBusy = job.open.length > 0;
  if (isBusy && overlap === 'skip' && !isCatchingUp) {
    skipped = runs;
    runs = [];
  } else if (overlap === 'queue') {
    const room = Math.max(0, queueLimit + 1 - job.open.length);
    skipped = runs.slice(room);
    runs = runs.slice(0, room);
  }
  return { due, cancels: isBusy && overlap === 'cancelPrevious' && runs.length > 0, runs, skipped };
}

/** A run, new in memory. */
export function makeRun(
  job: Job,
  id: string,
  cause: RunCause,
  scheduledFor: number,
  order: number,
  missed = 0,
): Run {
  return {
    id,
    job,
    cause,
    scheduledFor,
    missed,
    order,
    place: -1,
    stage: 'waiting',
    group: undefined,
    isAside: false,
    letGoAt: undefined,
    isStored: false,
    attempt: 0,
    interruptions: 0,
    startedAt: undefined,
    retryAt: undefined,
    isRecovered: false,
    isEarly: false,
    heldIn: undefined,
    stopped: undefined,
    cancelTimeout() {},
  };
}

/** A run as it is stored first. */
export function newRun(run: Run, state: 'queued' | 'running'): NewRun {
  const { id, job, cause, scheduledFor, attempt, startedAt = null, missed } = run;
  return {
    id,
    job: job.id,
    cause,
    scheduledFor,
    state,
    attempt,
    startedAt,
    endedAt: null,
    missed,
    error: null,
  };
}

/** A remark in the history: that a time passed without a run. */
export function remark(
  id: string,
  job: string,
  scheduledFor: number,
  state: Extract<RunState, 'skipped' | 'missed'>,
  now: number,
  more: number,
): NewRun {
  const error =
    state === 'skipped'
      ? 'the run before it was not over'
      : `${more === 0 ? 'this time' : `this time and ${more} before it`} passed while nothing ran`;
  return {
    id,
    job,
    cause: 'schedule',
    scheduledFor,
    state,
    attempt: 0,
    startedAt: null,
    endedAt: now,
    missed: more,
    error,
  };
}
