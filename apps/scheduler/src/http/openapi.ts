// The OpenAPI 3.1 description of the API, made from the table of routes and the schemas that the checks go by.

import { z } from 'zod';
import { jobSchema } from '../job/spec.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

type Schema = Record<string, unknown>;

const integer = { type: 'integer' };
const instant = { type: 'integer', description: 'Milliseconds since 1970.' };
const string = { type: 'string' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const object = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
});
const list = (items: Schema): Schema => ({ type: 'array', items });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const percentiles = object({
  count: integer,
  p50: { type: 'number' },
  p99: { type: 'number' },
  max: { type: 'number' },
});

const openRun = object({
  id: string,
  job: string,
  cause: { enum: ['schedule', 'manual'] },
  stage: { enum: ['waiting', 'ready', 'running', 'retrying', 'over'] },
  stopping: orNull({ enum: ['cancelled', 'timedOut', 'shutdown'] }),
  attempt: integer,
  scheduledFor: instant,
  startedAt: orNull(instant),
  retryAt: orNull(instant),
});

const runProperties = {
  seq: { ...integer, description: 'Counts up in the order of storing.' },
  id: string,
  job: string,
  cause: { enum: ['schedule', 'manual'] },
  scheduledFor: instant,
  state: {
    enum: [
      'queued',
      'running',
      'retrying',
      'succeeded',
      'failed',
      'timedOut',
      'cancelled',
      'skipped',
      'missed',
    ],
  },
  attempt: integer,
  interruptions: { ...integer, description: 'How often the scheduler ended while it ran.' },
  token: { ...integer, description: 'The fencing token of the scheduler that began it.' },
  startedAt: orNull(instant),
  endedAt: orNull(instant),
  retryAt: orNull(instant),
  missed: { ...integer, description: 'How many missed times it stands for beside its own.' },
  output: orNull(string),
  result: orNull({ ...string, description: 'What the function returned, as JSON.' }),
  error: orNull(string),
};

function schemas(): Record<string, Schema> {
  return {
    Error: object({ error: string, fields: list(object({ field: string, message: string })) }, ['fields']),
    JobInput: jsonSchema(jobSchema.partial({ id: true })),
    Job: {
      allOf: [
        open(jsonSchema(jobSchema)),
        object(
          {
            revision: integer,
            paused: { type: 'boolean' },
            groupPaused: { type: 'boolean', description: 'Its group rests, and so does it.' },
            origin: string,
            nextAt: orNull(instant),
            lastAt: orNull(instant),
            running: integer,
            waiting: integer,
            last: orNull(object({ state: string, at: instant })),
            nextTimes: list(instant),
          },
          ['nextTimes'],
        ),
      ],
    },
    JobList: object({
      jobs: list(ref('Job')),
      total: integer,
      next: orNull({ ...string, description: 'For `after`, if there are more.' }),
    }),
    Run: object(
      {
        ...runProperties,
        attempts: list(
          object({
            attempt: integer,
            startedAt: instant,
            endedAt: instant,
            state: string,
            output: orNull(string),
            error: orNull(string),
          }),
        ),
      },
      ['attempts'],
    ),
    RunList: object({ runs: list(ref('Run')) }),
    OpenRun: openRun,
    Times: object({ times: list(instant) }),
    Timeline: object({
      now: instant,
      until: instant,
      jobs: list(
        object({
          id: string,
          times: list(instant),
          more: { type: 'boolean', description: 'There are more before `until`.' },
        }),
      ),
    }),
    Group: object({
      name: string,
      jobs: integer,
      running: integer,
      waiting: { ...integer, description: 'Runs that wait for room in it, or because it rests.' },
      most: orNull({ ...integer, description: 'Runs at a time; null for no limit.' }),
      paused: { type: 'boolean' },
    }),
    GroupList: object({
      groups: list(ref('Group')),
      next: orNull({ ...string, description: 'For `after`, if there are more.' }),
    }),
    State: object({
      now: instant,
      health: object({ ok: { type: 'boolean' }, message: orNull(string) }),
      token: { ...integer, description: 'The fencing token.' },
      jobs: integer,
      nextAt: orNull(instant),
      running: list(ref('OpenRun')),
      ready: integer,
      retrying: integer,
      open: integer,
      threads: object({ most: integer, busy: integer }),
      lateness: {
        ...orNull(percentiles),
        description: 'From when a run could begin, but for a free thread, to its beginning; milliseconds.',
      },
      heldUp: {
        ...orNull(percentiles),
        description: 'For how long their group, or the run before them, kept runs from beginning.',
      },
      groups: { ...list(ref('Group')), description: 'The first hundred by name.' },
      shell: { enum: ['off', 'local', 'http'] },
      timeZone: string,
    }),
    Tree: object({
      path: string,
      actor: string,
      state: string,
      restarts: integer,
      children: list(ref('Tree')),
    }),
  };
}

/** The same, and there may be more: a job that is shown has what was asked for, and more. */
function open(schema: Schema): Schema {
  const { additionalProperties: _, ...rest } = schema;
  return rest;
}

/** As the schema is written, before anything is filled in. */
function jsonSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

function operation(route: Route): Schema {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!);
  const parameters: Schema[] = [
    ...names.map(name => ({ name, in: 'path', required: true, schema: string })),
    ...Object.entries(route.query ?? {}).map(([name, description]) => ({
      name,
      in: 'query',
      description,
      schema: string,
    })),
  ];
  if (route.id === 'changeJob')
    parameters.push({ name: 'If-Match', in: 'header', description: 'A revision.', schema: string });
  const content = (schema: Schema): Schema => ({ 'application/json': { schema } });
  const error = (description: string): Schema => ({ description, content: content(ref('Error')) });
  return {
    operationId: route.id,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: content(
              route.id === 'addJob' || route.id === 'changeJob' ? ref('JobInput') : jsonSchema(route.body),
            ),
          },
        }),
    responses: {
      [route.status ?? 200]: {
        description: 'Done',
        ...(route.answer === undefined ? {} : { content: content(ref(route.answer)) }),
      },
      400: error('The request is wrong; `fields` says where'),
      401: error('The token is missing or wrong'),
      403: error('Not allowed from there, or at all'),
      ...(names.length === 0 ? {} : { 404: error('There is no such thing') }),
      ...(route.method === 'GET'
        ? {}
        : {
            409: error('It is in conflict with what there is'),
            503: error("The database can't be written at the moment"),
          }),
    },
  };
}

/** Returns the document. */
export function openApi(): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  paths['/api/health'] = {
    get: {
      operationId: 'getHealth',
      summary: 'Whether runs can begin; needs no token',
      security: [],
      responses: {
        200: { description: 'They can' },
        503: { description: "They can't, because the database can't be written" },
      },
    },
  };
  paths['/api/events'] = {
    get: {
      operationId: 'getEvents',
      summary: 'The state, again whenever it has changed, as server-sent events named `state`',
      responses: { 200: { description: 'Events', content: { 'text/event-stream': { schema: string } } } },
    },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'heddle-scheduler',
      version: '1.0.0',
      description:
        'Durable jobs. Times are milliseconds since 1970, durations milliseconds or texts such as `1h30m`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Needed if the scheduler was given one; not for this document and `/api/health`.',
        },
      },
    },
  };
}
