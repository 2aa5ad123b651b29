// Cuts a stream of bytes into lines, and never holds more than one line of bounded length, whatever comes.

import { Accumulator } from './accumulator.ts';

/** What is told of one line. Its bytes are the callee's to keep. */
export interface LineHandler {
  /** A line, without its line feed and a carriage return before it; `start` and `end` are offsets in the stream, `end` behind the line feed. */
  line(bytes: Uint8Array, start: number, end: number): void;
  /** A line that was too long; `beginning` is as much of it as is shown. */
  tooLong(beginning: Uint8Array, start: number, end: number): void;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SHOWN_BYTES = 1024;

export class LineSplitter {
  readonly #handler: LineHandler;
  readonly #maxBytes: number;
  /** What has come of a line that isn't complete. */
  readonly #held = new Accumulator();
  #start: number;
  #count = 0;
  #at: number;
  /** Set from when a line has become too long to its end; then only its beginning is held. */
  #discarding = false;

  constructor(handler: LineHandler, maxBytes: number, offset = 0) {
    this.#handler = handler;
    this.#maxBytes = maxBytes;
    this.#start = offset;
    this.#at = offset;
  }

  /** Whether a line has begun and not ended. */
  get pending(): boolean {
    return this.#at > this.#start;
  }

  /** How many lines have ended. */
  get count(): number {
    return this.#count;
  }

  /** Where the line begins that is coming in. */
  get start(): number {
    return this.#start;
  }

  /** Takes what has come. It is copied, so the buffer may be used again. */
  push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const lineFeed = chunk.indexOf(LINE_FEED, from);
      const to = lineFeed === -1 ? chunk.length : lineFeed;
      this.#take(chunk.subarray(from, to));
      this.#at += to - from;
      if (lineFeed === -1) return;
      this.#at += 1;
      this.#emit();
      from = to + 1;
    }
  }

  /** Takes the end of the stream: what is left is a line without a line feed. */
  end(): void {
    if (this.pending) this.#emit();
  }

  #take(part: Uint8Array): void {
    if (part.length === 0 || this.#discarding) return;
    // One more, so that a carriage return before the line feed doesn't make it too long.
    this.#discarding = this.#held.length + part.length > this.#maxBytes + 1;
    this.#held.add(this.#discarding ? part.subarray(0, SHOWN_BYTES) : part);
  }

  #emit(): void {
    const bytes = this.#held.take();
    const [start, end] = [this.#start, this.#at];
    const line = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
    const tooLong = this.#discarding || line.length > this.#maxBytes;
    this.#discarding = false;
    this.#start = end;
    this.#count += 1;
    if (tooLong) this.#handler.tooLong(bytes.slice(0, SHOWN_BYTES), start, end);
    else this.#handler.line(line, start, end);
  }
}
