// All that the HTTP API can do, as one table: the server goes by it, and the OpenAPI document is made from it.

import { z } from 'zod';
import type { ActorInfo } from '@heddle/actors';
import type { Engine } from '../engine/engine.ts';
import type { Job } from '../engine/job.ts';
import { check } from '../job/check.ts';
import { label, whole } from '../job/fields.ts';
import { jobSchema, settle } from '../job/spec.ts';
import { findModule } from '../run/module-path.ts';
import type { RunState } from '../store/ops.ts';
import type { Reader } from '../store/reads.ts';
import { nextTimes } from '../time/schedule.ts';
import { describe, Trouble } from '../trouble.ts';
import { HttpError } from './http-error.ts';
import { type JobView, jobView, openRunView, runView, stateView, type StateSource } from './views.ts';

export interface Api extends StateSource {
  readonly engine: Engine;
  readonly reader: Reader;
  readonly jobs: string | null;
  readonly inspect: () => ActorInfo;
}

interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  /** The schema of the answer, in the document's `components`. */
  readonly answer: string | undefined;
  readonly status?: number;
  readonly handle: (api: Api, call: Call) => unknown;
}

const STATES: readonly RunState[] = [
  'queued',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'timedOut',
  'cancelled',
  'skipped',
  'missed',
];

const previewBody = z.strictObject({ schedule: jobSchema.shape.schedule, count: whole(1, 100).default(10) });
const groupBody = z.strictObject({
  most: whole(1, 100_000).nullable().describe('Runs at a time; null for no limit.'),
});

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/state',
    id: 'getState',
    summary: 'What is going on now',
    answer: 'State',
    handle: api => stateView(api),
  },
  {
    method: 'GET',
    path: '/api/tree',
    id: 'getTree',
    summary: 'The supervision tree of the threads that run jobs',
    answer: 'Tree',
    handle: api => api.inspect(),
  },
  {
    method: 'GET',
    path: '/api/jobs',
    id: 'listJobs',
    summary: 'Jobs, by id',
    query: {
      q: 'only ids and descriptions that contain this',
      tag: 'only jobs with this tag',
      group: 'only jobs of this group',
      after: 'only ids after this one',
      limit: '1 to 1000, default 100',
    },
    answer: 'JobList',
    handle: (api, { query }) => listJobs(api, query),
  },
  {
    method: 'POST',
    path: '/api/jobs',
    id: 'addJob',
    summary: 'Add a job',
    body: jobSchema.partial({ id: true }),
    answer: 'Job',
    status: 201,
    async handle(api, { body }) {
      checkAction(api, body, undefined);
      return view(api, await api.engine.changes.add(body, 'http'));
    },
  },
  {
    method: 'POST',
    path: '/api/preview',
    id: 'previewSchedule',
    summary: 'When a schedule would be due next',
    body: previewBody,
    answer: 'Times',
    handle(api, { body }) {
      const { schedule, count } = check(previewBody, body, 'preview');
      const now = api.now();
      const settled = settle({ schedule } as never, now).schedule;
      return { times: nextTimes(settled, now - 1, count) };
    },
  },
  {
    method: 'GET',
    path: '/api/jobs/{id}',
    id: 'getJob',
    summary: 'One job, with its next times',
    answer: 'Job',
    handle(api, { params }) {
      const job = api.engine.changes.job(params['id']!);
      const shown = view(api, job);
      const times =
        shown.nextAt === null ? [] : [shown.nextAt, ...nextTimes(job.spec.schedule, shown.nextAt, 9)];
      return {
        ...shown,
        nextTimes: job.spec.schedule.mode === 'fixedDelay' ? times.slice(0, 1) : times,
      };
    },
  },
  {
    method: 'PUT',
    path: '/api/jobs/{id}',
    id: 'changeJob',
    summary: 'Change a job; `If-Match` with the revision that was seen guards against overwriting',
    body: jobSchema.partial({ id: true }),
    answer: 'Job',
    async handle(api, { params, body, ifMatch }) {
      const job = api.engine.changes.job(params['id']!);
      checkAction(api, body, job.spec.run);
      const revision = ifMatch === undefined ? undefined : Number(ifMatch.replaceAll('"', ''));
      return view(api, await api.engine.changes.update(job.id, body, revision));
    },
  },
  {
    method: 'DELETE',
    path: '/api/jobs/{id}',
    id: 'removeJob',
    summary: 'Remove a job and its history; what it runs is stopped',
    answer: undefined,
    status: 204,
    handle: (api, { params }) => api.engine.changes.remove(params['id']!),
  },
  {
    method: 'POST',
    path: '/api/jobs/{id}/pause',
    id: 'pauseJob',
    summary: 'Let a job rest; what runs goes on',
    answer: 'Job',
    handle: async (api, { params }) => view(api, await api.engine.changes.setPaused(params['id']!, true)),
  },
  {
    method: 'POST',
    path: '/api/jobs/{id}/resume',
    id: 'resumeJob',
    summary: 'Let a paused job run again',
    answer: 'Job',
    handle: async (api, { params }) => view(api, await api.engine.changes.setPaused(params['id']!, false)),
  },
  {
    method: 'POST',
    path: '/api/jobs/{id}/run',
    id: 'runJob',
    summary: 'Run a job now',
    answer: 'OpenRun',
    status: 202,
    handle: async (api, { params }) => openRunView(await api.engine.changes.runNow(params['id']!)),
  },
  {
    method: 'GET',
    path: '/api/runs',
    id: 'listRuns',
    summary: 'The history, latest first',
    query: {
      job: 'only of this job',
      state: `only in this state: ${STATES.join(', ')}`,
      before: 'only runs with a lower seq',
      limit: '1 to 1000, default 100',
    },
    answer: 'RunList',
    handle(api, { query }) {
      const state = query.get('state') ?? undefined;
      if (state !== undefined && !STATES.includes(state as RunState)) {
        throw new HttpError(400, `state must be one of ${STATES.join(', ')}, got ${JSON.stringify(state)}`);
      }
      const runs = api.reader.runs({
        job: query.get('job') ?? undefined,
        state: state as RunState | undefined,
        before: query.has('before') ? number(query, 'before', 0, Number.MAX_SAFE_INTEGER, 0) : undefined,
        limit: number(query, 'limit', 1, 1000, 100),
      });
      return { runs: runs.map(runView) };
    },
  },
  {
    method: 'GET',
    path: '/api/runs/{id}',
    id: 'getRun',
    summary: 'One run, with all its output and the attempts before',
    answer: 'Run',
    handle(api, { params }) {
      const run = api.reader.run(params['id']!);
      if (run === undefined) throw new HttpError(404, `there is no run "${params['id']}"`);
      return { ...run, attempts: api.reader.attempts(run.id) };
    },
  },
  {
    method: 'POST',
    path: '/api/runs/{id}/cancel',
    id: 'cancelRun',
    summary: "Ask a run to stop; one that doesn't is ended by force",
    answer: 'OpenRun',
    status: 202,
    handle: (api, { params }) => openRunView(api.engine.changes.cancel(params['id']!)),
  },
  {
    method: 'GET',
    path: '/api/timeline',
    id: 'getTimeline',
    summary: 'What will be due, soonest first',
    query: { minutes: 'of the future, 1 to 1440, default 60', limit: 'jobs, 1 to 1000, default 50' },
    answer: 'Timeline',
    handle(api, { query }) {
      const now = api.now();
      const until = now + number(query, 'minutes', 1, 1440, 60) * 60_000;
      const jobs = api.engine.upcoming(until, number(query, 'limit', 1, 1000, 50));
      return {
        now,
        until,
        jobs: jobs.map(({ id, nextAt, spec }) => ({ id, ...timesUntil(spec.schedule, nextAt!, until) })),
      };
    },
  },
  {
    method: 'GET',
    path: '/api/groups',
    id: 'listGroups',
    summary: 'The groups that jobs name, or for which something is set, by name',
    query: { after: 'only names after this one', limit: '1 to 1000, default 100' },
    answer: 'GroupList',
    handle(api, { query }) {
      const limit = number(query, 'limit', 1, 1000, 100);
      const groups = api.engine.groups(limit + 1, query.get('after') ?? '');
      const shown = groups.slice(0, limit);
      return { groups: shown, next: groups.length > limit ? shown.at(-1)!.name : null };
    },
  },
  {
    method: 'POST',
    path: '/api/groups/{name}/pause',
    id: 'pauseGroup',
    summary: 'Let all jobs of a group rest: what runs goes on, what waits for its turn waits on',
    answer: undefined,
    status: 204,
    handle: (api, { params }) => setGroupPaused(api, params['name'], true),
  },
  {
    method: 'POST',
    path: '/api/groups/{name}/resume',
    id: 'resumeGroup',
    summary: 'Let a paused group run again; times that passed meanwhile passed',
    answer: undefined,
    status: 204,
    handle: (api, { params }) => setGroupPaused(api, params['name'], false),
  },
  {
    method: 'PUT',
    path: '/api/groups/{name}',
    id: 'limitGroup',
    summary: 'Set how many runs of a group go on at a time',
    body: groupBody,
    answer: undefined,
    status: 204,
    async handle(api, { params, body }) {
      const name = check(label(64), params['name'], 'group');
      await api.engine.changes.setGroup(name, check(groupBody, body, 'group').most ?? undefined);
    },
  },
];

function view({ engine }: Api, job: Job): JobView {
  return jobView(job, engine.dispatcher.groups.isPaused(job.spec.group));
}

async function setGroupPaused(api: Api, name: string | undefined, paused: boolean): Promise<void> {
  await api.engine.changes.setGroupPaused(check(label(64), name, 'group'), paused);
}

/** Marks of one job on the timeline at most. */
const MOST_MARKS = 60;

function timesUntil(
  schedule: Parameters<typeof nextTimes>[0],
  first: number,
  until: number,
): { times: number[]; more: boolean } {
  if (schedule.mode === 'fixedDelay') return { times: [first], more: false };
  const times = [first, ...nextTimes(schedule, first, MOST_MARKS)].filter(time => time <= until);
  return { times: times.slice(0, MOST_MARKS), more: times.length > MOST_MARKS };
}

function listJobs(api: Api, query: URLSearchParams): unknown {
  const limit = number(query, 'limit', 1, 1000, 100);
  const q = query.get('q')?.toLowerCase() ?? '';
  const tag = query.get('tag');
  const group = query.get('group');
  const after = query.get('after') ?? '';
  const ids = [...api.engine.jobs.values()]
    .filter(({ id, spec }) => {
      if (id <= after || (tag !== null && tag !== '' && !spec.tags.includes(tag))) return false;
      if (group !== null && group !== '' && spec.group !== group) return false;
      return (
        q === '' || id.toLowerCase().includes(q) || (spec.description?.toLowerCase().includes(q) ?? false)
      );
    })
    .map(job => job.id)
    .sort();
  const jobs = ids.slice(0, limit).map(id => view(api, api.engine.changes.job(id)));
  return { jobs, total: ids.length, next: ids.length > limit ? jobs.at(-1)!.id : null };
}

function number(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new HttpError(
      400,
      `${name} must be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
    );
  }
  return value;
}

/** What may be run is decided here and not by who asks: modules lie in the folder of jobs, and commands come in only if the configuration says so. */
function checkAction(api: Api, body: unknown, before: unknown): void {
  const run = (body as { run?: { module?: unknown; command?: unknown } } | null | undefined)?.run;
  if (typeof run !== 'object' || run === null) return;
  if (run.command !== undefined && api.shell !== 'http' && JSON.stringify(run) !== JSON.stringify(before)) {
    throw new Trouble(
      'commands can\'t be given over HTTP here ("shell" is not "http" in the configuration)',
      {
        kind: 'forbidden',
        fields: [
          {
            field: 'run.command',
            message: 'can\'t be given over HTTP here ("shell" is not "http" in the configuration)',
          },
        ],
      },
    );
  }
  if (typeof run.module === 'string') {
    try {
      findModule(api.jobs, run.module);
    } catch (error) {
      throw new Trouble(`job: run.module ${describe(error)}`, {
        kind: 'invalid',
        fields: [{ field: 'run.module', message: describe(error) }],
      });
    }
  }
}
