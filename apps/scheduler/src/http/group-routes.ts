// Groups: what may be seen and done of them.

import { z } from 'zod';
import { check } from '../job/check.ts';
import { label, whole } from '../job/fields.ts';
import { type Api, type Route, number } from './route.ts';

const groupBody = z.strictObject({
  most: whole(1, 100_000).nullable().describe('Runs at a time; null for no limit.'),
});

export const groupRoutes: readonly Route[] = [
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

async function setGroupPaused(api: Api, name: string | undefined, paused: boolean): Promise<void> {
  await api.engine.changes.setGroupPaused(check(label(64), name, 'group'), paused);
}
