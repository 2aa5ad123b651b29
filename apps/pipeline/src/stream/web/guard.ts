// Who may talk to an HTTP server of this program. On loopback every web page that its user looks at could, if nothing were checked: hence
// the Host header must name this machine (a page that had its own name resolve to 127.0.0.1 would send that name), and an Origin must be
// the server's own. Beyond loopback a token is asked for.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface GuardOptions {
  readonly host: string;
  readonly token: string | undefined;
  /** Also takes the token from this cookie, for pages. */
  readonly cookie?: string;
}

export interface Denial {
  readonly status: 401 | 403;
  readonly error: string;
}

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether only programs on this machine can connect. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Returns why a request is refused; undefined if it isn't. */
export function deny(request: IncomingMessage, { host, token, cookie }: GuardOptions): Denial | undefined {
  const { host: hostHeader = '', origin } = request.headers;
  const hostname = hostHeader.replace(/:\d+$/, '').toLowerCase();
  if (isLoopback(host) && !LOOPBACK_NAMES.has(hostname) && !isLoopback(hostname)) {
    return {
      status: 403,
      error: `the Host header must name this machine, such as localhost, got "${hostHeader}"`,
    };
  }
  if (origin !== undefined && origin !== `http://${hostHeader}`) {
    return {
      status: 403,
      error: `requests from pages of other origins are refused, this one came from "${origin}"`,
    };
  }
  if (token === undefined) return undefined;
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? cookieOf(request, cookie);
  if (given !== undefined && sameToken(given, token)) return undefined;
  return { status: 401, error: 'a token is needed: Authorization: Bearer …' };
}

/** Compares without telling by the time where the difference is. */
export function sameToken(given: string, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}

function cookieOf(request: IncomingMessage, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name && value !== undefined) return decoded(value);
  }
  return undefined;
}

/** Undefined for what this server never gave out. */
function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
