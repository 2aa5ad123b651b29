// Reads one connection: as long as lines wait for room, nothing is read from the socket, so the kernel's buffers fill and the sender
// must wait. A message that was begun must come to its end in time; a connection that says nothing at all may wait longer.

import type { Socket } from 'node:net';

/** What cuts a connection's bytes into lines, and has a place for them. */
export interface Cutter {
  /** Whether a message has begun and not ended. */
  readonly pending: boolean;
  /** How many messages have ended. */
  readonly count: number;
  push(chunk: Uint8Array): void;
  end(): void;
}

export interface ReaderOptions {
  readonly cutter: Cutter;
  /** Puts the lines that have been cut. */
  readonly put: () => Promise<void>;
  /** How long a message that was begun may take. */
  readonly lineTimeoutMs: number;
  /** How long a connection may be silent. */
  readonly idleTimeoutMs: number;
}

const LOOK_MS = 250;

/** Why a connection is ended from this side. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
}

/** Reads until the sender has ended, `signal` is aborted, or something is wrong: then it throws, a `Refusal` if it was the sender's fault. */
export async function readSocket(socket: Socket, options: ReaderOptions, signal: AbortSignal): Promise<void> {
  const { cutter, put, lineTimeoutMs, idleTimeoutMs } = options;
  let reading = true;
  let heard = performance.now();
  // When the message began that is coming in, and which it is: every piece of a stream may end in the middle of one, each time another.
  let begun: number | undefined;
  let message = 0;
  let refusal: Refusal | undefined;
  const refuse = (message: string): void => {
    refusal = new Refusal(message);
    ended.abort();
  };
  const ended = new AbortController();
  const timer = setInterval(() => {
    if (!reading) return;
    const now = performance.now();
    if (begun !== undefined && now - begun > lineTimeoutMs)
      refuse(`a message was begun and not ended within ${lineTimeoutMs} ms`);
    else if (now - heard > idleTimeoutMs) refuse(`nothing came for ${idleTimeoutMs} ms`);
  }, LOOK_MS);
  const stop = AbortSignal.any([signal, ended.signal]);
  const chunks = socket.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await untilAborted(chunks.next(), stop);
      if (next === undefined || next.done === true) break;
      reading = false;
      const arrived = performance.now();
      cutter.push(next.value as Uint8Array);
      await put();
      reading = true;
      heard = performance.now();
      if (!cutter.pending) begun = undefined;
      else if (begun === undefined || cutter.count !== message) begun = heard;
      // Time in which nothing was read, because there was no room, is not the sender's.
      else begun += heard - arrived;
      message = cutter.count;
    }
    if (refusal !== undefined) throw refusal;
    if (signal.aborted) return;
    cutter.end();
    await put();
  } finally {
    clearInterval(timer);
    // What was cut before something went wrong has come in.
    await put();
  }
}

/** Waits for a promise, or returns undefined as soon as the signal is aborted. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  // Nobody may be left to hear of its failure.
  promise.catch(() => {});
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = (): void => resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
