// How jobs and runs look from outside.

import type { Engine } from '../engine/engine.ts';
import type { Job, Run } from '../engine/job.ts';
import type { Percentiles } from '../engine/lateness.ts';
import type { JobSpec } from '../job/spec.ts';
import type { RunRow } from '../store/reads.ts';

export interface JobView extends JobSpec {
  readonly revision: number;
  readonly paused: boolean;
  /** Its group rests, and so does it. */
  readonly groupPaused: boolean;
  readonly origin: string;
  readonly nextAt: number | null;
  readonly lastAt: number | null;
  readonly running: number;
  readonly waiting: number;
  readonly last: { readonly state: string; readonly at: number } | null;
}

export function jobView(job: Job, groupPaused: boolean): JobView {
  const running = job.open.filter(run => run.stage === 'running').length;
  return {
    ...job.spec,
    revision: job.revision,
    paused: job.paused,
    groupPaused,
    origin: job.origin,
    nextAt: groupPaused ? null : (job.nextAt ?? null),
    lastAt: job.lastAt ?? null,
    running,
    waiting: job.open.length - running,
    last: job.last ?? null,
  };
}

/** A run that isn't over, from memory: it may not be stored yet. */
export function openRunView(run: Run): OpenRunView {
  return {
    id: run.id,
    job: run.job.id,
    cause: run.cause,
    stage: run.stage,
    stopping: run.stopped ?? null,
    attempt: run.attempt,
    scheduledFor: run.scheduledFor,
    startedAt: run.startedAt ?? null,
    retryAt: run.stage === 'retrying' ? run.retryAt! : null,
  };
}

export interface OpenRunView {
  readonly id: string;
  readonly job: string;
  readonly cause: string;
  readonly stage: Run['stage'];
  readonly stopping: string | null;
  readonly attempt: number;
  readonly scheduledFor: number;
  readonly startedAt: number | null;
  readonly retryAt: number | null;
}

/** In lists, of output there is only the beginning. */
const PREVIEW = 200;

export function runView(row: RunRow): RunRow {
  const cut = (text: string | null): string | null =>
    text === null || text.length <= PREVIEW ? text : `${text.slice(0, PREVIEW)}…`;
  return { ...row, output: cut(row.output), error: cut(row.error), result: cut(row.result) };
}

/** What is going on now. */
export interface StateView {
  readonly now: number;
  readonly health: { readonly ok: boolean; readonly message: string | null };
  readonly token: number;
  readonly jobs: number;
  readonly nextAt: number | null;
  readonly running: readonly OpenRunView[];
  readonly ready: number;
  readonly retrying: number;
  readonly open: number;
  readonly threads: { readonly most: number; readonly busy: number };
  /** From when a run could begin, but for a free thread, to its beginning. */
  readonly lateness: Percentiles | null;
  /** For how long their group, or the run before them, kept runs from beginning; null if it kept none. */
  readonly heldUp: Percentiles | null;
  /** The first hundred by name. */
  readonly groups: readonly {
    readonly name: string;
    readonly running: number;
    readonly waiting: number;
    readonly most: number | null;
    readonly paused: boolean;
    readonly jobs: number;
  }[];
  readonly shell: 'off' | 'local' | 'http';
  readonly timeZone: string;
}

export interface StateSource {
  readonly engine: Engine;
  readonly token: number;
  readonly threads: { readonly size: number };
  readonly trouble: () => string | undefined;
  readonly now: () => number;
  readonly shell: 'off' | 'local' | 'http';
}

const MOST_SHOWN = 100;

export function stateView({ engine, token, threads, trouble, now, shell }: StateSource): StateView {
  const { dispatcher } = engine;
  const message = trouble() ?? null;
  return {
    now: now(),
    health: { ok: message === null, message },
    token,
    jobs: engine.jobs.size,
    nextAt: engine.nextAt ?? null,
    running: [...dispatcher.running].slice(0, MOST_SHOWN).map(openRunView),
    ready: dispatcher.ready.size,
    retrying: dispatcher.retrying,
    open: dispatcher.open.size,
    threads: { most: threads.size, busy: dispatcher.running.size },
    lateness: dispatcher.lateness.late ?? null,
    heldUp: dispatcher.lateness.heldUp ?? null,
    groups: engine.groups(MOST_SHOWN),
    shell,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
