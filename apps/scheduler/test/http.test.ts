import { request } from 'node:http';
import { connect } from 'node:net';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Served, run, serve, temporaryFolder, until } from './program.ts';

let folder: string;
let served: Served;
let port: number;

beforeAll(async () => {
  folder = temporaryFolder();
  served = await serve(['--db', join(folder, 'http.db')], { timeout: 200_000 });
  port = Number(new URL(served.page).port);
}, 60_000);

afterAll(async () => {
  const { code } = await served.stop();
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Sends just what it is told to, whatever a browser or `fetch` would add or forbid. */
function raw(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, headers: { connection: 'close', ...headers } },
      response => {
        let text = '';
        response.setEncoding('utf8').on('data', chunk => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const job = (id: string): object => ({ id, schedule: { every: '1h' }, run: { module: 'jobs.js' } });

test('the description of the API is valid OpenAPI 3.1, and says all that there is', async () => {
  const document = (await (await served.get('api/openapi.json')).json()) as {
    openapi: string;
    paths: object;
  };
  const result = await new Validator().validate(document as never);
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toContain('/api/jobs/{id}/pause');
  expect(Object.keys(document.paths)).toContain('/api/groups/{name}/pause');
});

test('a job is added, shown, changed, paused, run, and removed', async () => {
  const added = await served.send('POST', 'api/jobs', {
    ...job('life'),
    run: { module: 'jobs.js', args: { a: 1 } },
    tags: ['x'],
  });
  expect(added.status).toBe(201);
  expect(await added.json()).toMatchObject({
    id: 'life',
    revision: 1,
    schedule: { every: 3_600_000, mode: 'fixedRate' },
    retry: { attempts: 1 },
  });
  expect(await (await served.get('api/jobs?tag=x')).json()).toMatchObject({
    total: 1,
    jobs: [{ id: 'life' }],
  });
  expect((await served.send('PUT', 'api/jobs/life', job('life'))).status).toBe(200);
  expect(await (await served.send('POST', 'api/jobs/life/pause')).json()).toMatchObject({
    paused: true,
    nextAt: null,
  });
  expect(await (await served.send('POST', 'api/jobs/life/resume')).json()).toMatchObject({
    paused: false,
    nextAt: expect.any(Number),
  });
  const begun = await served.send('POST', 'api/jobs/life/run');
  expect(begun.status).toBe(202);
  const { id } = (await begun.json()) as { id: string };
  const over = await until(async () => {
    const found = (await (await served.get(`api/runs/${encodeURIComponent(id)}`)).json()) as {
      state: string;
      output: string;
    };
    return found.state === 'succeeded' && found;
  }, 'the run');
  expect(over).toMatchObject({ output: 'printed by life\n', attempts: [] });
  expect(await (await served.get('api/runs?job=life&state=succeeded')).json()).toMatchObject({
    runs: [{ id }],
  });
  expect((await served.send('DELETE', 'api/jobs/life')).status).toBe(204);
  expect((await served.get('api/jobs/life')).status).toBe(404);
});

test('a run is cancelled', async () => {
  await served.send('POST', 'api/jobs', {
    ...job('long'),
    run: { module: 'jobs.js', export: 'sleep', args: { ms: 600_000 } },
  });
  const { id } = (await (await served.send('POST', 'api/jobs/long/run')).json()) as { id: string };
  const path = `api/runs/${encodeURIComponent(id)}`;
  await until(
    async () => ((await (await served.get(path)).json()) as { state: string }).state === 'running',
    'it to run',
  );
  expect((await served.send('POST', `${path}/cancel`)).status).toBe(202);
  await until(
    async () => ((await (await served.get(path)).json()) as { state: string }).state === 'cancelled',
    'its end',
  );
  expect((await served.send('POST', `${path}/cancel`)).status).toBe(404);
});

test('a group is limited, paused, seen, and resumed', async () => {
  await served.send('POST', 'api/jobs', { ...job('grouped'), group: 'http-group' });
  expect((await served.send('PUT', 'api/groups/http-group', { most: 2 })).status).toBe(204);
  expect((await served.send('POST', 'api/groups/http-group/pause')).status).toBe(204);
  expect(await (await served.get('api/groups?limit=1')).json()).toEqual({
    groups: [{ name: 'http-group', jobs: 1, running: 0, waiting: 0, most: 2, paused: true }],
    next: null,
  });
  expect(await (await served.get('api/state')).json()).toMatchObject({
    groups: [{ name: 'http-group', paused: true }],
  });
  expect(await (await served.get('api/jobs/grouped')).json()).toMatchObject({
    paused: false,
    groupPaused: true,
    nextAt: null,
    nextTimes: [],
  });
  const { id } = (await (await served.send('POST', 'api/jobs/grouped/run')).json()) as { id: string };
  const state = async (): Promise<string> =>
    ((await (await served.get(`api/runs/${encodeURIComponent(id)}`)).json()) as { state: string }).state;
  expect(await state()).toBe('queued');
  expect((await served.send('POST', 'api/groups/http-group/resume')).status).toBe(204);
  await until(async () => (await state()) === 'succeeded', 'the run that waited');
  expect(await (await served.get('api/jobs?group=http-group')).json()).toMatchObject({
    jobs: [{ id: 'grouped', groupPaused: false, nextAt: expect.any(Number) }],
    total: 1,
  });
  expect((await served.send('POST', 'api/groups/no%20group/pause')).status).toBe(400);
  await served.send('PUT', 'api/groups/http-group', { most: null });
  await served.send('DELETE', 'api/jobs/grouped');
  expect(await (await served.get('api/groups')).json()).toEqual({ groups: [], next: null });
});

test('who saw an older state does not overwrite a newer one', async () => {
  await served.send('POST', 'api/jobs', job('twice'));
  const change = (revision: string): Promise<Answer> =>
    raw(
      'PUT',
      '/api/jobs/twice',
      { ...json, 'if-match': revision, host: `127.0.0.1:${port}` },
      JSON.stringify(job('twice')),
    );
  expect((await change('"1"')).status).toBe(200);
  expect((await change('"1"')).status).toBe(409);
});

test('the state is told again when it changes', async () => {
  const response = await fetch(`${served.page}api/events`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const hear = async (what: RegExp): Promise<void> => {
    while (!what.test(text)) text += (await reader.read()).value ?? '';
  };
  await hear(/event: state\ndata: .*"jobs":/);
  text = '';
  await served.send('POST', 'api/jobs', job('heard'));
  await hear(/event: state\ndata: /);
  await reader.cancel();
});

test.each([
  [{}, 400, 'job: schedule must be an object, but is missing; run must be an object, but is missing'],
  [[], 400, 'job: must be an object, got []'],
  ['text', 400, 'job: must be an object, got "text"'],
  [
    { ...job('a'), schedule: {} },
    400,
    'schedule must have exactly one of at, after, every and cron (it has none)',
  ],
  [{ ...job('a'), schedule: { every: '1h', cron: '* * * * *' } }, 400, 'it has every and cron'],
  [{ ...job('a'), schedule: { cron: '61 * * * *' } }, 400, 'schedule.cron must be a cron pattern'],
  [
    { ...job('a'), schedule: { cron: '* * * * *', timeZone: 'Mars/Olympus' } },
    400,
    'schedule.timeZone must be a time zone such as "Europe/Berlin", got "Mars/Olympus"',
  ],
  [{ ...job('a'), schedule: { every: 'soon' } }, 400, 'schedule.every must be a duration'],
  [{ ...job('a'), schedule: { every: 1 } }, 400, 'schedule.every must be a duration of 10 ms or more'],
  [{ ...job('a'), schedule: { at: '2027-13-45' } }, 400, 'schedule.at must be a time'],
  [
    { ...job('a'), retry: { attempts: 0 } },
    400,
    'retry.attempts must be a whole number from 1 to 1000, got 0',
  ],
  [
    { ...job('a'), overlap: 'maybe' },
    400,
    'overlap must be "skip" or "queue" or "cancelPrevious" or "allow", got "maybe"',
  ],
  [{ ...job('a'), removeOnComplete: true }, 400, 'removeOnComplete only goes with a schedule of at or after'],
  [{ ...job('a'), removeOnComplete: 'yes' }, 400, 'removeOnComplete must be true or false, got "yes"'],
  [{ ...job('a'), nonsense: 1 }, 400, 'nonsense is not a field that exists here'],
  [
    job('a b'),
    400,
    'id must be 1 to 128 letters, digits and . _ : -, and begin with a letter or digit, got "a b"',
  ],
  [job('../../etc'), 400, 'id must be 1 to 128 letters'],
  [
    { ...job('a'), run: { module: '../program.ts' } },
    400,
    'run.module module "../program.ts": lies outside of',
  ],
  [
    { ...job('a'), run: { module: 'node_modules/execa/index.js', export: 'execaCommand', args: 'id' } },
    400,
    "must be a module of yours, not one of a package's",
  ],
  [
    { ...job('a'), run: { module: '/etc/passwd' } },
    400,
    'run.module module "/etc/passwd": must be the path of',
  ],
  [{ ...job('a'), run: { module: 'jobs.js', command: 'id' } }, 403, "commands can't be given over HTTP here"],
  [{ ...job('a'), run: { command: 'id' } }, 403, "commands can't be given over HTTP here"],
  [{ ...job('a'), run: {} }, 400, 'run must have either module or command'],
  [{ ...job('a'), ['__proto__']: { id: 'x' } }, 400, '__proto__'],
])('the job %j is refused with what is wrong with it', async (body, status, message) => {
  const answer = await raw('POST', '/api/jobs', { ...json, host: 'localhost' }, JSON.stringify(body));
  expect((JSON.parse(answer.text) as { error: string }).error).toContain(message);
  expect(answer.status).toBe(status);
});

test.each([
  ['no JSON', '{"id":', json, 400, 'the body is not JSON'],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), json, 400, 'the body is not UTF-8'],
  ['another type', '{}', { 'content-type': 'text/plain' }, 415, 'must be application/json'],
  ['no body', undefined, json, 400, 'needs a body'],
  ['a large body', Buffer.alloc(300_000, 0x20), json, 413, 'larger than 262144 bytes'],
  [
    'deep nesting',
    `{"id":"deep","schedule":{"every":"1h"},"run":{"module":"jobs.js","args":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    json,
    400,
    'run.args must not be nested deeper than 100 levels',
  ],
] as const)('%s is answered clearly', async (_name, body, headers, status, message) => {
  const answer = await raw('POST', '/api/jobs', { ...headers, host: 'localhost' }, body);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(message);
  expect((await served.get('api/health')).status).toBe(200);
});

test.each([
  ['a page elsewhere', { host: 'localhost', origin: 'https://evil.example' }, 403],
  ['a page elsewhere, by the name null', { host: 'localhost', origin: 'null' }, 403],
  ['a name that was made to lead here', { host: 'evil.example' }, 403],
  ['a name that begins like ours', { host: 'localhost.evil.example' }, 403],
  [
    'an image on a page elsewhere',
    { host: 'localhost', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    403,
  ],
  ['a Host that is none', { host: 'a b/c' }, 403],
  ['the page itself', { host: 'localhost:1234', origin: 'http://localhost:1234' }, 200],
  ['a program', { host: '[::1]' }, 200],
])('%s is let in or not', async (_name, headers, status) => {
  expect((await raw('GET', '/api/state', headers)).status).toBe(status);
  expect((await raw('GET', '/', headers)).status).toBe(status);
});

test.each([
  ['a form elsewhere that runs a job', 'POST', '/api/jobs/twice/run', { 'content-type': 'text/plain' }],
  ['a form elsewhere that removes one', 'DELETE', '/api/jobs/twice', {}],
  ['the question whether it may', 'OPTIONS', '/api/jobs', { 'access-control-request-method': 'POST' }],
] as const)('%s is refused, and no other site is let in', async (_name, method, path, headers) => {
  const answer = await raw(method, path, {
    ...headers,
    host: `127.0.0.1:${port}`,
    origin: 'https://evil.example',
  });
  expect(answer.status).toBe(403);
  expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control'))).toEqual([]);
  expect((await served.get('api/jobs/twice')).status).toBe(200);
});

test('what a connection is to be turned into is not done', async () => {
  const answers = await Promise.all([
    slow('CONNECT internal:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    slow(
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
    ),
    slow('GET http://internal/api/jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    slow('GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    // Two lengths: who smuggles a second request into the first.
    slow(
      'POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
  ]);
  expect(answers.map(({ text }) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'closed')).toEqual([
    'closed',
    '200',
    '403',
    '400',
    '400',
  ]);
});

test("what a command is given reaches it as a value, and never as a part of the shell's text", async () => {
  const evil = '$(touch pwned); `touch pwned`; "\'; touch pwned #';
  const shell = await serve(['--db', join(folder, 'shell.db'), '--shell', 'http'], { timeout: 60_000 });
  const added = await shell.send('POST', 'api/jobs', {
    id: 'env',
    schedule: { every: '1h' },
    run: { command: 'printf %s "$GIVEN"; ls', cwd: folder, env: { GIVEN: evil } },
  });
  expect(added.status).toBe(201);
  const { id } = (await (await shell.send('POST', 'api/jobs/env/run')).json()) as { id: string };
  const run = await until(async () => {
    const found = (await (await shell.get(`api/runs/${encodeURIComponent(id)}`)).json()) as {
      state: string;
      output: string;
    };
    return found.state === 'succeeded' && found;
  }, 'the command');
  expect(run.output.startsWith(evil)).toBe(true);
  expect(run.output.slice(evil.length)).not.toContain('pwned');
  for (const env of [{ 'A=B': 'x' }, { 'BASH_FUNC_ls%%': '() { id; }' }, { 'X;id': '1' }]) {
    const refused = await shell.send('POST', 'api/jobs', {
      id: 'bad-env',
      schedule: { every: '1h' },
      run: { command: 'true', env },
    });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("must be a variable's name");
  }
  expect((await shell.stop()).code).toBe(0);
}, 60_000);

test.each([
  ['GET', '/nowhere', 404],
  ['GET', '/../../etc/passwd', 404],
  ['GET', '/%2e%2e/%2e%2e/etc/passwd', 404],
  ['GET', '/api/jobs/%', 400],
  ['GET', '/api/jobs?limit=1e9', 400],
  ['GET', '/api/runs?state=strange', 400],
  ['GET', `/api/runs?before=${'9'.repeat(30)}`, 400],
  ['GET', `/api/jobs?q=${'x'.repeat(3000)}`, 414],
  ['DELETE', '/api/state', 405],
  ['PATCH', '/api/jobs/a', 405],
  ['GET', "/api/runs?job=';DROP TABLE runs;--", 400],
] as const)('%s %s is %i', async (method, path, status) => {
  const answer = await raw(method, encodeURI(path).replaceAll('%25', '%'), { host: 'localhost' });
  // A name with a quote in it is only a name that nobody has.
  expect(answer.status).toBe(path.includes('DROP') ? 200 : status);
  expect(JSON.parse(answer.text)).toHaveProperty(path.includes('DROP') ? 'runs' : 'error');
});

test('every answer forbids what a page of ours never needs', async () => {
  const { headers } = await raw('GET', '/', { host: 'localhost' });
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
});

/** Opens a connection, writes a little, and waits for its end. */
function slow(first: string, more?: string): Promise<{ text: string; ms: number }> {
  const begun = performance.now();
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const timer = more === undefined ? undefined : setInterval(() => socket.write(more), 500);
    socket.on('error', () => {});
    socket.on('data', data => (text += String(data)));
    socket.on('close', () => {
      clearInterval(timer);
      resolve({ text, ms: performance.now() - begun });
    });
    socket.write(first);
  });
}

test('who is slow on purpose is let go, and what is no HTTP too', async () => {
  const results = await Promise.all([
    slow('GET / HTTP/1.1\r\nHost: localhost\r\n', 'X: y\r\n'),
    slow(
      'POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
      ' ',
    ),
    slow('\x16\x03\x01 this is no HTTP\r\n\r\n'),
    slow(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`),
  ]);
  expect(results.map(({ text }) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1])).toEqual([
    '408',
    '408',
    '400',
    '431',
  ]);
  for (const { ms } of results) expect(ms).toBeLessThan(25_000);
  expect((await served.get('api/health')).status).toBe(200);
}, 40_000);

test.each([
  ['says nothing', ''],
  ['begins a head', 'GET / HTTP/1.1\r\nHost: loc'],
  [
    'begins a body',
    'POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  ],
])(
  'who opens 1500 connections and %s locks nobody out',
  async (_, first) => {
    const sockets = Array.from({ length: 1500 }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      if (first !== '') socket.write(first);
      return socket;
    });
    // The first ones have to give way, so there are as many as may be.
    await until(() => sockets.filter(socket => socket.closed).length >= 900, 'connections to be ended');
    for (let i = 0; i < 5; i++) expect((await served.get('api/health')).status).toBe(200);
    expect((await served.send('PUT', 'api/jobs/nobody', job('nobody'))).status).toBe(404);
    for (const socket of sockets) socket.destroy();
  },
  60_000,
);

test('beyond this machine a token is needed, to begin with and for everything', async () => {
  const refused = await run(['serve', '--host', '0.0.0.0', '--port', '0', '--db', join(folder, 'open.db')]);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('beyond this machine nobody gets in without a token');
  const short = await run(['serve', '--port', '0', '--db', join(folder, 'open.db')], {
    env: { HEDDLE_SCHEDULER_TOKEN: 'short' },
  });
  expect(short.stderr).toContain('HEDDLE_SCHEDULER_TOKEN must be a text of 16 characters or more; it has 5');

  const token = 'correct-horse-battery';
  const guarded = await serve(['--host', '0.0.0.0', '--db', join(folder, 'token.db')], {
    env: { HEDDLE_SCHEDULER_TOKEN: token },
  });
  try {
    const address = `http://127.0.0.1:${new URL(guarded.page).port}/`;
    const get = async (path: string, authorization?: string): Promise<number> =>
      (
        await fetch(address + path, {
          headers: { connection: 'close', ...(authorization === undefined ? {} : { authorization }) },
        })
      ).status;
    for (const path of ['api/state', 'api/jobs', 'api/events', 'api/tree', 'api/nowhere']) {
      expect(await get(path)).toBe(401);
      expect(await get(path, 'Bearer wrong-horse-battery')).toBe(401);
      expect(await get(path, `Basic ${token}`)).toBe(401);
    }
    expect(await get('api/state', `Bearer ${token}`)).toBe(200);
    expect(await get('')).toBe(200);
    expect(await get('api/health')).toBe(200);
    // The token isn't given to commands of jobs.
    await guarded.send('GET', 'api/health');
  } finally {
    const { stderr } = await guarded.stop();
    expect(stderr).not.toContain(token);
  }
}, 60_000);
