// Reads the body of a request: JSON, and not much of it.

import type { IncomingMessage } from 'node:http';
import { describe } from '../trouble.ts';
import { HttpError } from './http-error.ts';

/** Bytes of a body at most. */
const MOST_BYTES = 256 * 1024;

/** Reads and parses it. Throws an `HttpError` for what is no JSON, or too much. An empty body is undefined. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > MOST_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const type = request.headers['content-type'] ?? '';
  // Any other type a form on another site could send too.
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpError(415, `the body must be application/json, got ${JSON.stringify(type)}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new HttpError(400, 'the body is not UTF-8');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new HttpError(400, `the body is not JSON: ${describe(error)}`);
  }
}

function tooLarge(): HttpError {
  return new HttpError(413, `the body is larger than ${MOST_BYTES} bytes`);
}
