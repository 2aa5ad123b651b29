// Listens on HTTP for newline-delimited JSON. A request is answered when the sink has committed all its lines.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, Trouble } from '../../trouble.ts';
import type { HttpConfig } from '../config/config.ts';
import type { Intake } from '../intake/intake.ts';
import type { Receipt } from '../intake/receipt.ts';
import { LineSplitter } from '../lines/line-splitter.ts';
import type { Logger } from '../log.ts';
import { limitConnections } from '../web/connection-limit.ts';
import { deny } from '../web/guard.ts';
import { listen } from './listen.ts';
import { untilAborted } from './socket-reader.ts';
import { type Source, type SourceInfo, tooLongFault } from './source.ts';

const HEADERS_TIMEOUT_MS = 10_000;
/** How long to wait for a sender to read its answer, at the end. */
const LAST_WORDS_MS = 2000;
const LOOK_MS = 250;

export class HttpSource implements Source {
  readonly ended: Promise<void>;
  readonly #config: HttpConfig;
  readonly #intake: Intake;
  readonly #log: Logger;
  readonly #run: string;
  readonly #server: Server;
  /** Says that something whole has come over a connection, so that it needn't give way to others. */
  readonly #spoken: (socket: Socket) => void;
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  /** Requests whose lines aren't all put. */
  readonly #reading = new Set<Promise<void>>();
  readonly #answering = new Set<Promise<void>>();
  #stopped = false;
  #serial = 0;
  #address = '';

  constructor(config: HttpConfig, intake: Intake, run: string, log: Logger) {
    this.#config = config;
    this.#intake = intake;
    this.#log = log;
    this.#run = run;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#settle = { resolve, reject };
    // Node's limit for whole requests would also end those that wait for the sink; `#receive` has one for the sender alone.
    this.#server = createServer({
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
    });
    this.#spoken = limitConnections(this.#server, config.maxConnections);
    this.#server.on('request', (request, response) => this.#answer(request, response));
  }

  get info(): SourceInfo {
    const open = this.#answering.size;
    return {
      name: this.#config.name,
      kind: 'http',
      detail: `${this.#address}, ${open} request${open === 1 ? '' : 's'}`,
    };
  }

  async start(): Promise<void> {
    const { host, port, name } = this.#config;
    this.#address = await listen(this.#server, host, port, name);
    this.#server.on('error', error =>
      this.#settle.reject(new Trouble(`${name}: ${describe(error)}`, { cause: error })),
    );
    this.#log.info({ source: name, address: this.#address }, 'listening for lines over HTTP');
  }

  stop(): void {
    this.#stopped = true;
    this.#server.close();
    Promise.all(this.#reading).then(() => this.#settle.resolve(), this.#settle.reject);
  }

  async close(): Promise<void> {
    await Promise.all(this.#answering);
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), LAST_WORDS_MS);
    await new Promise<void>(resolve =>
      this.#server.listening ? this.#server.close(() => resolve()) : resolve(),
    );
    clearTimeout(timer);
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => {});
    response.on('error', () => {});
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      // RFC 9110 wants to be told what would have been right.
      const [status] = refusal;
      reply(request, response, ...refusal, status === 405 ? { Allow: 'POST' } : {});
      return;
    }
    if (request.method === 'GET') {
      reply(request, response, 200, { ok: true });
      return;
    }
    const answering = this.#take(request, response);
    this.#answering.add(answering);
    void answering.finally(() => this.#answering.delete(answering));
  }

  #refusal(request: IncomingMessage): [status: number, body: object] | undefined {
    const denial = deny(request, this.#config);
    if (denial !== undefined) return [denial.status, { error: denial.error }];
    // Not by `new URL`, which throws for some that any sender may send, such as "//".
    const pathname = URL.parse(request.url ?? '/', 'http://localhost')?.pathname;
    if (pathname === undefined)
      return [400, { error: `the address ${JSON.stringify(request.url)} can't be understood` }];
    if (request.method === 'GET' && pathname === '/health') return undefined;
    const { path } = this.#config;
    if (pathname !== path) return [404, { error: `post to ${path}, not to ${pathname}` }];
    if (request.method !== 'POST') return [405, { error: `POST lines here, not ${request.method}` }];
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity')
      return [415, { error: `send it as it is, not as ${encoding}` }];
    const key = request.headers['idempotency-key'];
    if (key !== undefined && !/^[!-~]{1,200}$/.test(String(key)))
      return [400, { error: 'Idempotency-Key must be 1 to 200 printable ASCII characters' }];
    if (this.#stopped) return [503, { error: 'the pipeline is stopping' }];
    return undefined;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const receipt = this.#intake.open(() => {});
    const received = this.#receive(request, receipt);
    const reading = received.then(() => {});
    this.#reading.add(reading);
    const trouble = await received;
    this.#reading.delete(reading);
    while (!receipt.complete) await receipt.changed();
    this.#intake.close(receipt);
    const { lines, dropped, dead } = receipt;
    const refused = receipt.takeRefused();
    const body = { lines, committed: lines - dropped - dead, dropped, dead, errors: refused };
    if (trouble !== undefined) reply(request, response, trouble.status, { error: trouble.error, ...body });
    else if (dropped > 0)
      reply(
        request,
        response,
        429,
        { error: 'too much comes in, and some lines were dropped', ...body },
        { 'Retry-After': '1' },
      );
    else if (dead > 0)
      reply(request, response, 422, {
        error: 'some lines are dead letters; the others are committed',
        ...body,
      });
    else reply(request, response, 200, body);
  }

  /** Puts the lines of a request. Returns what was wrong with it as a whole; lines before that are put. */
  async #receive(
    request: IncomingMessage,
    receipt: Receipt,
  ): Promise<{ status: number; error: string } | undefined> {
    const { name, format, maxLineBytes, lineTimeoutMs } = this.#config;
    const own = request.headers['idempotency-key'];
    const prefix = own === undefined ? `${name}:${this.#run}-${++this.#serial}` : `${name}:${String(own)}`;
    let lines: { bytes: Uint8Array; fault?: string }[] = [];
    const splitter = new LineSplitter(
      {
        line: bytes => lines.push({ bytes }),
        tooLong: bytes => lines.push({ bytes, fault: tooLongFault(maxLineBytes) }),
      },
      maxLineBytes,
    );
    const put = async (): Promise<void> => {
      const some = lines;
      lines = [];
      for (const line of some) {
        if (line.bytes.length === 0) continue;
        const waiting = this.#intake.put({
          source: name,
          format,
          key: `${prefix}:${receipt.lines + 1}`,
          receipt,
          ...line,
        });
        if (waiting !== undefined) await waiting;
      }
    };
    let heard: number | undefined = performance.now();
    // When the line began that is coming in, and which it is, by the time in which something was read: a byte now and then holds a connection no longer than silence.
    let begun: number | undefined;
    let line = 0;
    let trouble: { status: number; error: string } | undefined;
    const given = new AbortController();
    const giveUp = (status: number, error: string): void => {
      trouble = { status, error };
      given.abort();
    };
    const timer = setInterval(() => {
      if (heard === undefined) return;
      if (this.#stopped) giveUp(503, 'the pipeline is stopping; the lines that are counted here were taken');
      else if (performance.now() - heard > lineTimeoutMs) giveUp(408, `nothing came for ${lineTimeoutMs} ms`);
      else if (begun !== undefined && performance.now() - begun > lineTimeoutMs)
        giveUp(408, `a line was begun and not ended within ${lineTimeoutMs} ms`);
    }, LOOK_MS);
    try {
      const chunks = request.iterator({ destroyOnReturn: false });
      for (;;) {
        const next = await untilAborted(chunks.next(), given.signal);
        if (next === undefined) return trouble;
        if (next.done === true) break;
        heard = undefined;
        const arrived = performance.now();
        splitter.push(next.value as Uint8Array);
        if (lines.length > 0) this.#spoken(request.socket);
        await put();
        heard = performance.now();
        if (!splitter.pending) begun = undefined;
        else if (begun === undefined || splitter.count !== line) begun = heard;
        else begun += heard - arrived;
        line = splitter.count;
      }
      splitter.end();
      await put();
      return undefined;
    } catch (error) {
      // The sender has gone, in the middle of a line perhaps: what was complete has come in.
      return { status: 400, error: describe(error) };
    } finally {
      clearInterval(timer);
    }
  }
}

function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed) return;
  // What comes after an error isn't read, so the connection is of no more use.
  const close = request.complete ? {} : { Connection: 'close' };
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    ...close,
    ...headers,
  });
  response.end(`${JSON.stringify(body)}\n`);
}
