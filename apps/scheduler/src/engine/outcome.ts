// What the end of an attempt comes to: the run is over, is tried again later, or begins anew with the next scheduler. And what of that is stored.

import type { AttemptEnd } from '../run/assignment.ts';
import type { Op, RunState } from '../store/ops.ts';
import { describe } from '../trouble.ts';
import type { Run } from './job.ts';
import { retryDelay } from './retry.ts';

/** How an attempt ended: by its own word, by its thread's death, or, undefined, before it began. */
export type AttemptResult = AttemptEnd | { readonly died: unknown } | undefined;

export type Outcome =
  | { readonly kind: 'over'; readonly state: RunState; readonly error: string | null }
  | {
      readonly kind: 'retry';
      readonly state: RunState;
      readonly error: string | null;
      readonly inMs: number;
    }
  /** The scheduler's end has stopped it: neither its fault nor an attempt of its own. */
  | { readonly kind: 'again' };

/** Puts an end into the words of one that the attempt itself has told. */
export function asEnd(run: Run, result: AttemptResult, now: number): AttemptEnd {
  if (result !== undefined && 'state' in result) return result;
  return {
    state: 'failed',
    startedAt: run.startedAt!,
    endedAt: now,
    output: null,
    result: null,
    error:
      result === undefined ? 'it was stopped before it began' : `its thread died: ${describe(result.died)}`,
  };
}

/** Decides by what the run was asked for, and by its job's policy of retries. */
export function decideEnd(run: Run, end: AttemptEnd, random: () => number): Outcome {
  const { stopped, attempt, job } = run;
  if (end.state === 'succeeded') return { kind: 'over', state: 'succeeded', error: null };
  if (stopped === 'shutdown') return { kind: 'again' };
  const state = stopped ?? 'failed';
  const error =
    state === 'timedOut'
      ? `timed out after ${job.spec.timeout} ms${end.error === null ? '' : `: ${end.error}`}`
      : end.error;
  const inMs =
    state === 'cancelled' || job.isRemoved ? undefined : retryDelay(job.spec.retry, attempt, random);
  return inMs === undefined ? { kind: 'over', state, error } : { kind: 'retry', state, error, inMs };
}

/** It is over. */
export function finishOp(
  run: Run,
  state: RunState,
  endedAt: number,
  end: AttemptEnd | undefined,
  error: string | null,
): Op {
  const { output = null, result = null } = end ?? {};
  return { op: 'finish', id: run.id, state, endedAt, output, result, error };
}

/** It waits for `run.retryAt`. */
export function retryOp(run: Run, { state, error }: Outcome & { kind: 'retry' }, end: AttemptEnd): Op {
  const { id, attempt, interruptions, retryAt } = run;
  const { startedAt, endedAt, output } = end;
  return {
    op: 'wait',
    id,
    state: 'retrying',
    retryAt: retryAt!,
    attempt,
    interruptions,
    failed: { attempt, startedAt, endedAt, state, output, error },
  };
}

/** It begins anew with the next scheduler: the attempt doesn't count. */
export function againOp({ id, attempt, interruptions }: Run): Op {
  return {
    op: 'wait',
    id,
    state: 'queued',
    retryAt: null,
    attempt: attempt - 1,
    interruptions,
    failed: null,
  };
}
