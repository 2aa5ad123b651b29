/** `@heddle/scheduler`: what a job's module is given. The program itself is the command `heddle-scheduler`. */

import type { Event } from '@heddle/core';

/** What a job's function gets as its second argument. */
export interface JobContext {
  /** The job's id. */
  readonly job: string;
  /** The run's id, the same at every attempt and after a crash of the scheduler: remember it to do the work once. */
  readonly runId: string;
  /** 1 at the first attempt. */
  readonly attempt: number;
  /** When the run was due. */
  readonly scheduledFor: Date;
  /** Whether a user started it. */
  readonly isManual: boolean;
  /** Higher than that of every scheduler that ran on the database before: for a store that refuses those who come too late. */
  readonly fencingToken: number;
  /**
   * Is set when the run shall stop: look at `stop.isSet` in a busy loop. A function that has looked at this or at `signal`, and returns after it was asked to stop, is
   * not taken to be done: the run is cancelled or timed out, and one that the end of the scheduler stopped begins again.
   */
  readonly stop: Event;
  /** Is aborted when the run shall stop: for `fetch`, streams and the like. */
  readonly signal: AbortSignal;
  /** Adds a line to the run's output, as `console.log` does. */
  log(...values: unknown[]): void;
}

/** A job's function. It may be async; what it returns is kept as the run's result, if it is JSON. */
export type JobFunction<A = unknown> = (args: A, context: JobContext) => unknown;
