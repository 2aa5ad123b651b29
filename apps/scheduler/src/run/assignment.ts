// What passes between the scheduler and the threads that run jobs.

import type { Event } from '@heddle/core';
import type { JobSpec } from '../job/spec.ts';
import type { RunCause, RunState } from '../store/ops.ts';

/** One attempt at a run. */
export interface Assignment {
  readonly run: string;
  readonly job: string;
  readonly cause: RunCause;
  readonly attempt: number;
  readonly scheduledFor: number;
  readonly token: number;
  readonly action: JobSpec['run'];
  /** Whether to report that it begins: its time is counted from there, and not from when its thread was started for it. */
  readonly isTimed: boolean;
  /** Is set when the attempt shall stop. */
  readonly stop: Event;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly state: Extract<RunState, 'succeeded' | 'failed'>;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly output: string | null;
  /** What the function returned, as JSON. */
  readonly result: string | null;
  readonly error: string | null;
}

/** What a thread says of the attempt that it makes. */
export type Report =
  | { readonly type: 'begin'; readonly slot: number; readonly run: string }
  | { readonly type: 'process'; readonly slot: number; readonly run: string; readonly pid: number }
  | { readonly type: 'end'; readonly slot: number; readonly run: string; readonly end: AttemptEnd }
  /** From the scheduler itself, after the thread's last words. */
  | { readonly type: 'died'; readonly slot: number; readonly error: unknown };

/** What all attempts have in common. */
export interface RunnerOptions {
  /** The folder of jobs, as an absolute path without links; null if there is none. */
  readonly jobs: string | null;
  readonly allowShell: boolean;
  /** Characters of output that are kept of an attempt. */
  readonly outputLimit: number;
}
