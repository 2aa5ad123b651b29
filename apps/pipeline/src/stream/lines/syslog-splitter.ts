// Cuts a TCP stream into syslog messages by both framings of RFC 6587, told apart message by message: a digit begins octet counting
// (`LENGTH SP message`), anything else a message that ends with a line feed.

import { Accumulator } from './accumulator.ts';
import { type LineHandler, LineSplitter } from './line-splitter.ts';

const [SPACE, ZERO, ONE, NINE, LINE_FEED] = [32, 48, 49, 57, 10];
/** Digits of the length: more than any length that is allowed has. */
const MOST_DIGITS = 9;

/** The framing is broken: where the next message begins isn't known any more, so the connection must end. */
export class FramingError extends Error {
  override readonly name: string = 'FramingError';
}

export class SyslogSplitter {
  readonly #handler: LineHandler;
  readonly #maxBytes: number;
  readonly #lines: LineSplitter;
  #mode: 'between' | 'length' | 'counted' | 'line' = 'between';
  #digits = '';
  #left = 0;
  #count = 0;
  readonly #counted = new Accumulator();

  constructor(handler: LineHandler, maxBytes: number) {
    this.#handler = handler;
    this.#maxBytes = maxBytes;
    this.#lines = new LineSplitter(handler, maxBytes);
  }

  /** Whether a message has begun and not ended. */
  get pending(): boolean {
    return this.#mode !== 'between';
  }

  /** How many messages have ended. */
  get count(): number {
    return this.#count;
  }

  /** Takes what has come. Throws `FramingError`; messages before that have been handled. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#mode === 'between') at = this.#begin(chunk, at);
      else if (this.#mode === 'length') at = this.#readLength(chunk, at);
      else if (this.#mode === 'counted') at = this.#readCounted(chunk, at);
      else at = this.#readLine(chunk, at);
    }
  }

  /** Takes the end of the stream. Throws `FramingError` if a counted message is incomplete. */
  end(): void {
    if (this.#mode === 'line') this.#lines.end();
    else if (this.#mode !== 'between')
      throw new FramingError('the connection ended in the middle of a message');
    this.#mode = 'between';
  }

  #begin(chunk: Uint8Array, at: number): number {
    const first = chunk[at]!;
    // Some senders add a line feed to counted messages, and some keep a connection alive with empty lines.
    if (first === LINE_FEED) return at + 1;
    this.#mode = first >= ONE && first <= NINE ? 'length' : 'line';
    this.#digits = '';
    return at;
  }

  #readLength(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === SPACE) {
        this.#left = Number(this.#digits);
        if (this.#left > this.#maxBytes) {
          throw new FramingError(
            `a message of ${this.#left} bytes was announced, and at most ${this.#maxBytes} are allowed`,
          );
        }
        this.#mode = 'counted';
        return at + 1;
      }
      if (byte < ZERO || byte > NINE || this.#digits.length === MOST_DIGITS)
        throw new FramingError(
          `expected the length of a message and a space, got "${this.#digits}" and byte ${byte}`,
        );
      this.#digits += String.fromCharCode(byte);
    }
    return chunk.length;
  }

  #readCounted(chunk: Uint8Array, from: number): number {
    const part = chunk.subarray(from, from + this.#left);
    this.#counted.add(part);
    this.#left -= part.length;
    if (this.#left === 0) {
      this.#mode = 'between';
      this.#count += 1;
      this.#handler.line(this.#counted.take(), 0, 0);
    }
    return from + part.length;
  }

  #readLine(chunk: Uint8Array, from: number): number {
    const lineFeed = chunk.indexOf(LINE_FEED, from);
    const to = lineFeed === -1 ? chunk.length : lineFeed + 1;
    this.#lines.push(chunk.subarray(from, to));
    if (lineFeed !== -1) {
      this.#mode = 'between';
      this.#count += 1;
    }
    return to;
  }
}
