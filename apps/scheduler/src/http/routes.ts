// All that the HTTP API can do, as one table: the server goes by it, and the OpenAPI document is made from it.

import { nextTimes } from '../time/schedule.ts';
import { groupRoutes } from './group-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { type Route, number } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { stateView } from './views.ts';

const stateRoutes: readonly Route[] = [
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
];

export const routes: readonly Route[] = [...stateRoutes, ...jobRoutes, ...runRoutes, ...groupRoutes];

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
