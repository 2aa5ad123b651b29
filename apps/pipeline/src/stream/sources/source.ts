// What every source is. Sources live in the main thread, on its event loop.

export interface SourceInfo {
  readonly name: string;
  readonly kind: string;
  /** What it is at, for people: a port and its connections, a file and its offset. */
  readonly detail: string;
}

export interface Source {
  readonly info: SourceInfo;
  /** Opens it; resolves when it takes input. Throws `Trouble`. */
  start(): Promise<void>;
  /** Resolves when it has put its last line: at its end, or after `stop()`. Throws if it can't go on. */
  readonly ended: Promise<void>;
  /** Takes nothing more in. What has been read is put. */
  stop(): void;
  /** Says good-bye to senders, when everything they sent is settled. */
  close(): Promise<void>;
}

/** Says what a line was that is longer than is allowed. */
export function tooLongFault(maxBytes: number): string {
  return `the line is longer than ${maxBytes} bytes; only its beginning is kept`;
}
