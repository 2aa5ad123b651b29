// What travels through the two queues: jobs from the reader to the parsers, facts from the parsers to the writer. Both are plain
// values. Every job becomes exactly one fact, so that what goes in can be counted against what comes out.

import type { Cargo } from './cargo.ts';

/** Why a file that was found isn't in the index. */
export type SkipReason = 'binary' | 'unreadable' | 'vanished' | 'too large';

/** A path that yields no text: the parsers pass it on, and the writer records it. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly path: string;
  readonly why: SkipReason;
  readonly detail: string;
}

/** A folder whose names could not be listed. It isn't a file, and is counted apart. */
export interface ClosedFolder {
  readonly kind: 'closed folder';
  readonly path: string;
  readonly detail: string;
}

/** A path that is in the index but no longer in the folder. */
export interface Gone {
  readonly kind: 'gone';
  readonly path: string;
}

/** What only passes through the parsers. */
export type Notice = Skipped | ClosedFolder | Gone;

/** A text file as it was read. */
export interface TextJob {
  readonly kind: 'text';
  readonly path: string;
  readonly content: Cargo;
  /** The hash of what the index holds under this path, if it holds anything. */
  readonly known: Uint8Array | undefined;
}

export type Job = TextJob | Notice;

/** Everything that the index stores of one text file. */
export interface TextFact {
  readonly kind: 'text';
  readonly path: string;
  readonly language: string;
  /** Bytes as read from the disk. */
  readonly bytes: number;
  /** Line feeds: what `wc -l` counts. */
  readonly lines: number;
  /** Whether text follows the last line feed, which `wc -l` doesn't count as a line. */
  readonly unterminated: boolean;
  readonly tokens: number;
  readonly identifiers: number;
  /** How many U+FFFD took the place of bytes that aren't UTF-8. */
  readonly replaced: number;
  readonly hash: Uint8Array;
  /** First the body: the text, as compressed UTF-8. Then the distinct words, folded and separated by spaces, for the full-text index. */
  readonly stored: Cargo;
  readonly bodyBytes: number;
}

/** A text file that is in the index already, byte for byte. */
export interface Unchanged {
  readonly kind: 'unchanged';
  readonly path: string;
  readonly bytes: number;
}

export type Fact = TextFact | Unchanged | Notice;

/** Tells whether a job or fact stands for one file that was found. */
export function isFile(message: Job | Fact): boolean {
  return message.kind === 'text' || message.kind === 'unchanged' || message.kind === 'skipped';
}
