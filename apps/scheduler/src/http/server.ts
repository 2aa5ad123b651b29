// The HTTP server: Node's own, with the limits that a listener needs.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../time/clock.ts';
import { Trouble, describe, systemCode } from '../trouble.ts';
import { readJson } from './body.ts';
import { limitConnections } from './connection-limit.ts';
import { EventStream } from './events.ts';
import { type PageFile, readPage } from './files.ts';
import { type GuardOptions, checkOrigin, checkToken } from './guard.ts';
import { HttpError, answerFor } from './http-error.ts';
import { openApi } from './openapi.ts';
import type { Api, Route } from './route.ts';
import { routes } from './routes.ts';
import { stateView } from './views.ts';

export interface ServerOptions extends GuardOptions {
  readonly port: number;
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds for a request's head, for all of it, and for a connection on which nothing moves. */
const HEAD_MS = 5000;
const REQUEST_MS = 10_000;
const SILENCE_MS = 30_000;
const MOST_CONNECTIONS = 500;
const MOST_OF_A_URL = 2000;

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export class HttpServer {
  readonly #options: ServerOptions;
  readonly #server: Server;
  readonly #events: EventStream;
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #table: readonly { route: Route; pattern: RegExp }[];
  readonly #document: string;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#files = readPage();
    this.#document = JSON.stringify(openApi());
    this.#events = new EventStream(options.clock, () => stateView(options.api));
    this.#table = routes.map(route => ({
      route,
      pattern: new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
    }));
    this.#server = createServer(
      {
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: 1000,
        maxHeaderSize: 16_384,
        keepAliveTimeout: 5000,
      },
      (request, response) => void this.#serve(request, response),
    );
    limitConnections(this.#server, MOST_CONNECTIONS);
    this.#server.timeout = SILENCE_MS;
  }

  /** Listens; resolves to the address of the page. Throws a `Trouble` if it can't. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', error => {
        const why =
          systemCode(error) === 'EADDRINUSE'
            ? 'another program listens there. Choose another --port'
            : describe(error);
        reject(new Trouble(`${host}:${port}: ${why}`, { cause: error }));
      });
      this.#server.listen(port, host, resolve);
    });
    const { port: actual } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${actual}/`;
  }

  /** Something has changed that pages show. */
  changed(): void {
    this.#events.changed();
  }

  async close(): Promise<void> {
    this.#events.close();
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cancel = this.#options.clock.after(1000, () => this.#server.closeAllConnections());
    await closed;
    cancel();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    try {
      await this.#answer(request, response);
    } catch (error) {
      const answer = answerFor(error);
      if (answer === undefined && !request.destroyed)
        this.#options.log.error({ err: error, url: request.url }, 'request failed');
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      // What is left of the request isn't waited for.
      if (!request.complete) response.setHeader('connection', 'close');
      sendJson(
        response,
        answer?.status ?? 500,
        answer?.body ?? { error: 'something is wrong in the scheduler; its log says what' },
      );
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = checkOrigin(request, this.#options);
    if (refusal !== undefined) throw new HttpError(refusal.status, refusal.error);
    if ((request.url?.length ?? 0) > MOST_OF_A_URL)
      throw new HttpError(414, `the address is longer than ${MOST_OF_A_URL} characters`);
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null)
      throw new HttpError(400, `the address ${JSON.stringify(request.url)} can't be understood`);
    const { pathname, searchParams } = url;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const file = this.#files.get(pathname);
    if (file !== undefined && method === 'GET') {
      response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache' }).end(file.content);
      return;
    }
    const { api, token } = this.#options;
    if (pathname === '/api/health') {
      const message = api.trouble();
      sendJson(response, message === undefined ? 200 : 503, { ok: message === undefined });
      return;
    }
    if (pathname === '/api/openapi.json' && method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(this.#document);
      return;
    }
    const unauthorized = checkToken(request, token);
    if (unauthorized !== undefined) {
      response.setHeader('www-authenticate', 'Bearer');
      throw new HttpError(unauthorized.status, unauthorized.error);
    }
    if (pathname === '/api/events' && method === 'GET') {
      this.#events.add(response);
      return;
    }
    const found = this.#table.filter(({ pattern }) => pattern.test(pathname));
    if (found.length === 0) throw new HttpError(404, `there is nothing at ${JSON.stringify(pathname)}`);
    const entry = found.find(({ route }) => route.method === method);
    if (entry === undefined) {
      response.setHeader('allow', found.map(({ route }) => route.method).join(', '));
      throw new HttpError(405, `${pathname} can't be asked by ${request.method}`);
    }
    const { route, pattern } = entry;
    const params = decode(pattern.exec(pathname)?.groups ?? {});
    const body = method === 'GET' ? undefined : await readJson(request);
    if (route.body !== undefined && body === undefined)
      throw new HttpError(400, 'the request needs a body of JSON');
    const ifMatch = request.headers['if-match'];
    const answer = await route.handle(api, { params, query: searchParams, body, ifMatch });
    if (route.answer === undefined) response.writeHead(route.status ?? 204).end();
    else sendJson(response, route.status ?? 200, answer);
  }
}

function decode(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new HttpError(400, 'the address has a % that means nothing');
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
