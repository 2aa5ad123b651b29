// What one run of the pipeline is given, what can be seen of it meanwhile, and what it says in the end; the same with one thread
// and with many.

import type { Tally } from '../store/tally.ts';

export interface RunOptions {
  /** Absolute. */
  readonly folder: string;
  /** Absolute; a prepared index of that folder. */
  readonly db: string;
  /** Parser threads; 0 does everything on one thread. */
  readonly workers: number;
  /** How many files each queue holds at most. */
  readonly queueSize: number;
}

/** Asks for an early end: nothing more is taken in, what was taken in is finished. `Event` of `@heddle/core` is one. */
export interface Stop {
  readonly isSet: boolean;
}

/** `AtomicCounter` of `@heddle/core` is one. */
export interface Counter {
  add(amount: number): number;
  readonly value: number;
}

/** Where the stages count, for the progress display and for the report. They count right also when a thread dies. */
export interface Counters<C extends Counter = Counter> {
  /** Files that were found in the folder so far. */
  readonly found: C;
  /** Files that were handed to the parsers. */
  readonly taken: C;
  /** Files that were handed to the writer. */
  readonly parsed: C;
  /** Files that the writer has dealt with. */
  readonly written: C;
  /** Files that it has dealt with and whose batch is committed. */
  readonly committed: C;
  /** Text that the writer has dealt with, in KiB, because a shared counter has 32 bits. */
  readonly kib: C;
}

/** Makes one counter for each of them. */
export function makeCounters<C extends Counter>(make: () => C): Counters<C> {
  return { found: make(), taken: make(), parsed: make(), written: make(), committed: make(), kib: make() };
}

/** What the display shows (snapshot). */
export interface Progress {
  readonly found: number;
  readonly written: number;
  readonly kib: number;
  /** Items in the queue of jobs and in that of facts; undefined where there are none. */
  readonly queued: { readonly jobs: number; readonly facts: number } | undefined;
}

export type StageName = 'read' | 'parse' | 'write';

/** What one stage did, over all its threads. */
export interface Stage {
  readonly name: StageName;
  readonly threads: number;
  /** Files that came in, and that went out. */
  readonly in: number;
  readonly out: number;
  /** Time at work, summed over the threads; waiting at a queue isn't work. */
  readonly busySeconds: number;
  /** Of the time that the stage's threads lived: at work. */
  readonly busyShare: number;
}

export interface Failure {
  /** Which thread. */
  readonly where: string;
  readonly error: unknown;
}

export interface RunResult {
  /** Files that the folder held, if it could be listed. */
  readonly found: number;
  /** Files that were handed to the parsers. */
  readonly taken: number;
  /** How many of them are accounted for in the database. */
  readonly committed: number;
  /** What became of them; undefined if the writer's thread was lost, and with it what it remembered. */
  readonly tally: Readonly<Tally> | undefined;
  readonly seconds: number;
  readonly stages: readonly Stage[];
  readonly failures: readonly Failure[];
}

/** One run under way. */
export interface Run {
  progress(): Progress;
  /** Takes nothing more in. What was taken in is still written. */
  stop(): void;
  /** Resolves when everything has ended; failures are in the result. */
  readonly finished: Promise<RunResult>;
}
