// Jobs: what may be seen and done of them.

import { z } from 'zod';
import type { Job } from '../engine/job.ts';
import { check } from '../job/check.ts';
import { whole } from '../job/fields.ts';
import { jobSchema, settleSchedule } from '../job/spec.ts';
import { findModule } from '../run/module-path.ts';
import { nextTimes } from '../time/schedule.ts';
import { describe, Trouble } from '../trouble.ts';
import { type Api, type Route, number } from './route.ts';
import { type JobView, jobView, openRunView } from './views.ts';

const previewBody = z.strictObject({ schedule: jobSchema.shape.schedule, count: whole(1, 100).default(10) });

export const jobRoutes: readonly Route[] = [
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
      const settled = settleSchedule(schedule, now);
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
];

function view({ engine }: Api, job: Job): JobView {
  return jobView(job, engine.dispatcher.groups.isPaused(job.spec.group));
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
