// Serves the live page: its files, a stream of samples, and the stop button's request.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { WebConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { listen } from '../sources/listen.ts';
import type { Stream } from '../stream.ts';
import { limitConnections } from './connection-limit.ts';
import { deny, sameToken } from './guard.ts';
import { Sampler } from './sampler.ts';
import type { Update } from './snapshot.ts';

const COOKIE = 'heddle-pipeline';
/** Pages that may look at once. */
const MOST_VIEWERS = 50;
const MOST_CONNECTIONS = 200;
/** After the end, pages have so long to hear of it. */
const LAST_WORDS_MS = 300;

const uplot = import.meta.resolve('uplot');
const FILES: Readonly<Record<string, readonly [type: string, place: string]>> = {
  '/': ['text/html', new URL('../../../page/index.html', import.meta.url).href],
  '/style.css': ['text/css', new URL('../../../page/style.css', import.meta.url).href],
  '/uplot.js': ['text/javascript', new URL('./uPlot.esm.js', uplot).href],
  '/uplot.css': ['text/css', new URL('./uPlot.min.css', uplot).href],
  ...Object.fromEntries(
    ['page', 'charts', 'timeline', 'lists'].map(name => [
      `/page/${name}.js`,
      ['text/javascript', new URL(`./page/${name}.js`, import.meta.url).href],
    ]),
  ),
};

export interface Web {
  close(): Promise<void>;
}

/** Starts the server. Throws `Trouble` if it can't listen there. */
export async function startWeb(config: WebConfig, stream: Stream, log: Logger): Promise<Web> {
  const sampler = new Sampler(stream);
  const viewers = new Set<ServerResponse>();
  const limits = { headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 };
  const server = createServer(limits, (request, response) => {
    response.on('error', () => {});
    answer(request, response).catch((error: unknown) => {
      log.error({ error: String(error) }, 'the page could not be served');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  limitConnections(server, MOST_CONNECTIONS);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null)
      return json(response, 400, {
        error: `the address ${JSON.stringify(request.url)} can't be understood`,
      });
    const { pathname, searchParams } = url;
    const { token } = config;
    // The address with the token is opened once; from then on a cookie that no other site can use stands for it.
    const given = searchParams.get('token');
    if (token !== undefined && given !== null && pathname === '/' && sameToken(given, token)) {
      const cookie = `${COOKIE}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/`;
      response.writeHead(303, { Location: '/', 'Set-Cookie': cookie, 'Cache-Control': 'no-store' }).end();
      return;
    }
    const denial = deny(request, { ...config, cookie: COOKIE });
    if (denial !== undefined) return json(response, denial.status, { error: denial.error });
    if (pathname === '/api/stop') {
      if (request.method !== 'POST') return json(response, 405, { error: 'POST here' });
      log.info('stopped from the page');
      stream.stop();
      return json(response, 202, { phase: stream.phase });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return json(response, 405, { error: 'GET here' });
    if (pathname === '/api/state')
      return json(response, 200, { snapshot: sampler.snapshot, samples: sampler.samples });
    if (pathname === '/api/events') return events(response);
    const file = FILES[pathname];
    if (file === undefined) return json(response, 404, { error: `there is no ${pathname}` });
    const [type, place] = file;
    const content = await readFile(fileURLToPath(place));
    response.writeHead(200, {
      ...headers(type),
      ...(pathname === '/' ? { 'Content-Security-Policy': policy(String(content)) } : {}),
    });
    response.end(content);
  }

  function events(response: ServerResponse): void {
    if (viewers.size >= MOST_VIEWERS)
      return json(response, 503, { error: `${MOST_VIEWERS} pages look already` });
    response.writeHead(200, headers('text/event-stream'));
    const send = (update: Update): void => {
      // A page that doesn't read costs one update, not all of them.
      if (response.writableLength === 0) response.write(`data: ${JSON.stringify(update)}\n\n`);
    };
    send({ snapshot: sampler.snapshot, samples: sampler.samples });
    viewers.add(response);
    const quit = sampler.onSample(sample => send({ snapshot: sampler.snapshot, samples: [sample] }));
    response.on('close', () => {
      quit();
      viewers.delete(response);
    });
  }

  const address = await listen(server, config.host, config.port, 'web');
  log.info({ source: 'web', address }, `the page is at http://${address}/`);
  return {
    async close() {
      sampler.close();
      for (const viewer of viewers) viewer.end();
      server.close();
      if (viewers.size > 0) await new Promise(resolve => setTimeout(resolve, LAST_WORDS_MS));
      server.closeAllConnections();
    },
  };
}

function headers(type: string): Record<string, string> {
  return {
    'Content-Type': `${type}; charset=utf-8`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
  };
}

/** Allows this server's own files, and the one import map in the page by its hash. uPlot sets sizes by style attributes. */
function policy(html: string): string {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(map).digest('base64');
  return `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...headers('application/json') });
  response.end(JSON.stringify(body));
}
