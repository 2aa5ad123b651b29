// Runs: what may be seen and done of them.

import type { RunState } from '../store/ops.ts';
import { HttpError } from './http-error.ts';
import { type Route, number } from './route.ts';
import { openRunView, runView } from './views.ts';

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

export const runRoutes: readonly Route[] = [
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
];
