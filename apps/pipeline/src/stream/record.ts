// What travels between the threads of a stream: a job from a source to a transform, a result from there to the sink, and word of what
// was committed back to the source.

/** How the bytes of one line are understood before the transform sees them. */
export type Format = 'json' | 'text' | 'syslog';

/** One line, on its way to a transform. */
export interface Job {
  /** Rises with every line of a run. Every transform thread gets its jobs in this order. */
  readonly seq: number;
  /** Who waits for word of it; 0: nobody. */
  readonly origin: number;
  /** Which of that origin's lines, counted from 0. */
  readonly index: number;
  /** Which followed file it is from, and where it begins and ends there, with its line feed; 0: from none. */
  readonly file: number;
  readonly start: number;
  readonly end: number;
  /** When it came: milliseconds since 1970. */
  readonly at: number;
  /** The name of the source. */
  readonly source: string;
  readonly format: Format;
  /** The same after a restart, if the source can tell; else it is found only once. */
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Why it can't be processed, if that is known already: it becomes a dead letter. */
  readonly fault?: string;
}

/** What became of one job. The sink commits it, whatever it is. */
export interface Result {
  readonly seq: number;
  readonly origin: number;
  readonly index: number;
  readonly file: number;
  readonly start: number;
  readonly end: number;
  readonly at: number;
  readonly source: string;
  readonly key: string;
  /** Which transform thread it comes from, counted from 0. */
  readonly worker: number;
  /** What to store, as JSON; none if the transform left it out. */
  readonly rows: readonly string[];
  readonly dead?: DeadLetter;
}

/** A line that couldn't be processed. */
export interface DeadLetter {
  readonly error: string;
  /** The line, cut to `MOST_DEAD_BYTES`; bytes that aren't UTF-8 are replaced. */
  readonly text: string;
}

/** A file whose offsets the sink keeps with what it commits. */
export interface FileMark {
  readonly kind: 'file';
  readonly file: number;
  readonly path: string;
  /** Given when the file is first seen, and part of the keys of its lines. */
  readonly id: string;
  readonly dev: number;
  readonly ino: number;
  /** SHA-256 of the first `headBytes` bytes: tells a new file with an old number from the old one. */
  readonly head: string;
  readonly headBytes: number;
  /** Where reading began; everything before is committed. */
  readonly offset: number;
  /** Parts behind `offset` that are committed too. */
  readonly beyond: readonly (readonly [start: number, end: number])[];
}

/** Lines of a file that were dropped, so that its offset can pass them. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly file: number;
  readonly start: number;
  readonly end: number;
}

export type ToSink = Result | FileMark | Skipped;

export function isResult(item: ToSink): item is Result {
  return !('kind' in item);
}

/** The sink is open; what it knows of files. */
export interface SinkReady {
  readonly kind: 'ready';
  readonly marks: readonly Omit<FileMark, 'kind' | 'file'>[];
}

/** Says of which lines the fate is on disk. */
export interface Committed {
  readonly kind: 'committed';
  /** Origin, index, origin, index, … of those that have an origin. */
  readonly pairs: Float64Array;
  readonly dead: readonly DeadReport[];
}

/** One of the dead letters, for whoever sent it and for the page. */
export interface DeadReport extends DeadLetter {
  readonly origin: number;
  readonly index: number;
  readonly key: string;
  readonly source: string;
  readonly at: number;
}

export type FromSink = SinkReady | Committed;

export const MOST_DEAD_BYTES = 8192;

const lossy = new TextDecoder();

export function deadLetter(error: string, bytes: Uint8Array): DeadLetter {
  return { error, text: lossy.decode(bytes.subarray(0, MOST_DEAD_BYTES)) };
}
