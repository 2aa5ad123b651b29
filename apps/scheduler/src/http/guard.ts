// Who may ask. A page in the user's browser must not get in through the user's own machine: neither by sending requests from elsewhere (Origin), nor by having
// its own name lead here (Host, "DNS rebinding"). Beyond this machine a token is asked for besides.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config/config.ts';

/** Why a request is turned away. */
export interface Refusal {
  readonly status: 400 | 401 | 403;
  readonly error: string;
}

export interface GuardOptions {
  /** What the server listens on. */
  readonly host: string;
  readonly token: string | undefined;
  /** Other names that it may be asked for by. */
  readonly hosts: readonly string[];
}

/** Checks where a request comes from; everything that is served is subject to it. */
export function checkOrigin(request: IncomingMessage, options: GuardOptions): Refusal | undefined {
  const { host } = request.headers;
  if (host === undefined) return { status: 400, error: 'the request has no Host header' };
  // Node takes the first; what is between may have gone by another.
  if (request.headersDistinct.host!.length > 1)
    return { status: 400, error: 'the request has more than one Host header' };
  const name = hostName(host);
  const isLocal = isLoopback(options.host);
  // Where everybody may come, but with a token, the name doesn't matter: a rebound page has no token.
  const isKnown =
    name !== undefined &&
    (isLoopback(name) ||
      name === options.host.toLowerCase() ||
      options.hosts.some(each => each.toLowerCase() === name));
  if (!isKnown && (isLocal || options.token === undefined)) {
    return {
      status: 403,
      error: `Host ${JSON.stringify(host)} is not a name of this server. Add it to "hosts" in the configuration if it is`,
    };
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isSame(origin, host)) {
    return { status: 403, error: `requests from ${JSON.stringify(origin)} are not accepted` };
  }
  const site = request.headers['sec-fetch-site'];
  if (origin === undefined && site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate') {
    return { status: 403, error: 'requests from other sites are not accepted' };
  }
  return undefined;
}

/** Checks the token, if there is one; what it guards is all but the page's own files. */
export function checkToken(request: IncomingMessage, token: string | undefined): Refusal | undefined {
  if (token === undefined) return undefined;
  const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given !== undefined && isEqual(given, token)) return undefined;
  return {
    status: 401,
    error: given === undefined ? 'a token is needed: "Authorization: Bearer …"' : 'the token is wrong',
  };
}

/** Takes the same time however much of it is right. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The name without the port, in lower case and without brackets. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** A proxy may speak TLS for us, so the scheme is left open. */
function isSame(origin: string, host: string): boolean {
  return (
    origin.toLowerCase() === `http://${host}`.toLowerCase() ||
    origin.toLowerCase() === `https://${host}`.toLowerCase()
  );
}
