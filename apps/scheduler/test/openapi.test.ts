// Asks for all that the description of the API lists, and holds every question and every answer against it.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Served, serve, temporaryFolder, until } from './program.ts';

interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema: object } };
}

interface Document {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        readonly operationId: string;
        readonly requestBody?: Content;
        readonly responses: Record<string, Content>;
      }
    >
  >;
  readonly components: object;
}

let folder: string;
let served: Served;
let document: Document;
/** Operations that were asked for, and how they were answered. */
const asked = new Map<string, Set<number>>();

beforeAll(async () => {
  folder = temporaryFolder();
  served = await serve(['--db', join(folder, 'described.db')], { timeout: 100_000 });
  document = (await (await served.get('api/openapi.json')).json()) as Document;
}, 60_000);

afterAll(async () => {
  await served.stop();
  rmSync(folder, { recursive: true });
});

const ajv = new Ajv2020({ strict: false, allErrors: true });

/** What is wrong with a value by a schema of the document. */
function faults(schema: object, value: unknown): unknown {
  const validate = ajv.compile({ ...schema, components: document.components });
  return validate(value) ? [] : validate.errors;
}

/** Asks, and checks that question and answer are as they are described. Returns the answer's body. */
async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  status: number,
  options: { params?: Record<string, string>; query?: string; body?: unknown; isWrong?: boolean } = {},
): Promise<unknown> {
  const operation = document.paths[path]![method.toLowerCase()]!;
  const { params = {}, query = '', body } = options;
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!));
  const isDescribed = operation.requestBody?.content?.['application/json']?.schema;
  expect(isDescribed !== undefined).toBe(body !== undefined);
  if (isDescribed !== undefined && options.isWrong !== true) expect(faults(isDescribed, body)).toEqual([]);
  const response = await served.send(method, `${place.slice(1)}${query}`, body);
  const text = await response.text();
  expect([response.status, text]).toEqual([status, expect.anything()]);
  const answer = operation.responses[status];
  expect(answer, `${operation.operationId} is not said to answer with ${status}`).toBeDefined();
  const { operationId } = operation;
  asked.set(operationId, (asked.get(operationId) ?? new Set()).add(status));
  const schema = answer!.content?.['application/json']?.schema;
  if (schema === undefined) {
    if (status !== 200 && status !== 503) expect(text).toBe('');
    return undefined;
  }
  const value: unknown = JSON.parse(text);
  expect(faults(schema, value), `${operationId} answered ${text}`).toEqual([]);
  return value;
}

const run = { module: 'jobs.js', args: { deep: [1, { a: null }] } };

test('all that can be asked for is answered as it is described', async () => {
  const params = { id: 'described' };
  const full = {
    ...params,
    description: 'with all fields',
    schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
    run,
    timeout: '5m',
    retry: { attempts: 3, min: '1s', factor: 2, max: '1m', jitter: 0.5 },
    overlap: 'queue',
    queueLimit: 3,
    missed: { policy: 'all', grace: '10s', limit: 3 },
    priority: 5,
    group: 'described-group',
    tags: ['a', 'b'],
    keep: 10,
  };
  await ask('GET', '/api/health', 200);
  await ask('POST', '/api/jobs', 201, { body: full });
  await ask('POST', '/api/jobs', 409, { body: full });
  await ask('POST', '/api/jobs', 201, { body: { schedule: { every: '1h', mode: 'fixedDelay' }, run } });
  await ask('POST', '/api/jobs', 201, {
    body: { id: 'later', schedule: { at: '2099-01-01T00:00:00+01:00' }, run, removeOnComplete: true },
  });
  await ask('POST', '/api/jobs', 400, { body: { ...full, id: 'x', timeout: 'long' }, isWrong: true });
  await ask('POST', '/api/jobs', 403, { body: { schedule: { after: 0 }, run: { command: 'true' } } });
  await ask('GET', '/api/jobs', 200, { query: '?limit=2&q=e&tag=a&group=described-group' });
  await ask('GET', '/api/jobs', 400, { query: '?limit=0' });
  for (const { id } of ((await ask('GET', '/api/jobs', 200)) as { jobs: { id: string }[] }).jobs)
    await ask('GET', '/api/jobs/{id}', 200, { params: { id } });
  await ask('GET', '/api/jobs/{id}', 404, { params: { id: 'nobody' } });
  await ask('PUT', '/api/jobs/{id}', 200, { params, body: { ...full, keep: 20 } });
  await ask('PUT', '/api/jobs/{id}', 404, { params: { id: 'nobody' }, body: full });
  await ask('POST', '/api/jobs/{id}/pause', 200, { params });
  await ask('POST', '/api/jobs/{id}/resume', 200, { params });
  await ask('POST', '/api/preview', 200, { body: { schedule: { cron: '@daily' }, count: 3 } });
  await ask('POST', '/api/preview', 400, { body: { schedule: { cron: 'never' } } });
  await ask('GET', '/api/timeline', 200, { query: '?minutes=1440' });
  await ask('PUT', '/api/groups/{name}', 204, { params: { name: 'described-group' }, body: { most: 2 } });
  await ask('PUT', '/api/groups/{name}', 400, {
    params: { name: 'described-group' },
    body: { most: 0 },
    isWrong: true,
  });
  await ask('POST', '/api/groups/{name}/pause', 204, { params: { name: 'described-group' } });
  await ask('GET', '/api/groups', 200);
  await ask('POST', '/api/groups/{name}/resume', 204, { params: { name: 'described-group' } });

  const over = (await ask('POST', '/api/jobs/{id}/run', 202, { params })) as { id: string };
  await until(async () => {
    const row = (await ask('GET', '/api/runs/{id}', 200, { params: over })) as { state: string };
    return row.state === 'succeeded';
  }, 'the run to succeed');
  await ask('PUT', '/api/jobs/{id}', 200, {
    params,
    body: {
      ...full,
      run: { module: 'jobs.js', export: 'sleep', args: { ms: 60_000 } },
      retry: { attempts: 2, min: '1h' },
    },
  });
  const going = (await ask('POST', '/api/jobs/{id}/run', 202, { params })) as { id: string };
  await until(
    async () =>
      ((await ask('GET', '/api/state', 200)) as { running: { id: string }[] }).running.some(
        ({ id }) => id === going.id,
      ),
    'the run to go on',
  );
  await ask('GET', '/api/tree', 200);
  await ask('POST', '/api/runs/{id}/cancel', 202, { params: going });
  await until(async () => {
    const row = (await ask('GET', '/api/runs/{id}', 200, { params: going })) as { state: string };
    return row.state === 'cancelled';
  }, 'the run to be cancelled');
  await ask('POST', '/api/runs/{id}/cancel', 404, { params: going });
  await ask('GET', '/api/runs', 200, { query: '?job=described&limit=10' });
  await ask('GET', '/api/runs/{id}', 404, { params: { id: 'nobody' } });
  await ask('DELETE', '/api/jobs/{id}', 204, { params });
  await ask('DELETE', '/api/jobs/{id}', 404, { params });

  // Asked for, each with an answer that is as it should be; `getEvents` is a stream and has a test of its own.
  const described = Object.values(document.paths).flatMap(path =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  const answered = [...asked].filter(([, statuses]) => [...statuses].some(status => status < 300));
  expect([...answered.map(([id]) => id), 'getEvents'].sort()).toEqual(described.sort());
}, 60_000);
