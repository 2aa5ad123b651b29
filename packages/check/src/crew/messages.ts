/** What the explorer, its conductor and its threads say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { Control } from '../control/layout.ts';
import type { Line } from '../instrument/lines.ts';

/** What every worker of a crew is born with. */
export interface CrewSeed {
  readonly control: Control;
  readonly limit: number;
  readonly url: string;
  readonly ordinal: number;
  readonly threads: number;
}

export interface ThreadSeed extends CrewSeed {
  readonly index: number;
  readonly port: MessagePort;
}

export interface ConductorSeed extends CrewSeed {
  readonly ports: readonly MessagePort[];
}

/** From the conductor to a thread, before it opens the thread's gate. */
export type ToThread =
  | { readonly world: unknown }
  | { readonly tidy: true }
  | {
      readonly schedule: number;
      readonly state: unknown;
      readonly random: number;
      readonly ends: Int32Array<SharedArrayBuffer>;
    };

/** From a thread to the conductor. */
export interface FromThread {
  readonly schedule: number;
  readonly value?: unknown;
  readonly error?: PortableError;
  readonly lines?: readonly Line[];
}

/** An error that has crossed threads. */
export interface PortableError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

export function portable(error: unknown): PortableError {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack ?? '' };
  return { name: 'Error', message: String(error), stack: '' };
}

/** A run of choices of one candidate. */
export type Segment = readonly [candidate: number, count: number];

/** How one schedule is to be chosen. */
export interface Plan {
  readonly strategy: 'random' | 'pct' | 'steady';
  readonly seed: number;
  /** Forced first; the strategy chooses what comes after. */
  readonly segments?: readonly Segment[];
  readonly lines?: boolean;
  /** Change points per schedule (PCT); by default 0 to 3, by the seed. */
  readonly depth?: number | undefined;
}

/** What may go wrong besides, in each schedule. */
export interface FaultPlan {
  /** Deaths per schedule, at most. */
  readonly kills: number;
  /** Threads that may die, one bit each. */
  readonly killable: number;
}

/** From the explorer to the conductor; each is answered by one `Reply`. */
export type Request =
  | {
      readonly kind: 'batch';
      /** Source lines are noted in the last schedule of the batch. */
      readonly lines?: boolean;
      readonly strategy: 'mixed' | 'random' | 'pct';
      readonly depth?: number | undefined;
      readonly seed: number;
      readonly count: number;
      readonly plain: boolean;
      readonly faults?: FaultPlan | undefined;
    }
  | {
      readonly kind: 'exhaustive';
      readonly bound: number;
      readonly count: number;
      readonly plain: boolean;
    }
  | { readonly kind: 'one'; readonly plan: Plan; readonly plain: boolean };

export interface Reply {
  readonly schedules: number;
  readonly steps: number;
  readonly longest: number;
  /** Exhaustive search: nothing is left within the bound. */
  readonly complete?: boolean;
  readonly failure?: RawFailure | undefined;
  /** The choices that were made, of a `one`. */
  readonly segments?: readonly Segment[];
  /** A `one` met a choice that wasn't possible. */
  readonly diverged?: boolean;
}

export type FailureKind = 'deadlock' | 'lost wakeup' | 'livelock' | 'error' | 'wrong end' | 'stuck' | 'died';

/** Where and how a thread stood when the schedule failed. */
export interface Stand {
  readonly thread: number;
  readonly doing: 'ended' | 'killed' | 'ready' | 'asleep' | 'awaiting' | 'not begun';
  /** Words that it waits on: their names, what was expected, what they hold. */
  readonly waits: ReadonlyArray<{
    readonly place: string;
    readonly expected?: number;
    readonly actual: number | undefined;
  }>;
}

export interface RawFailure {
  readonly kind: FailureKind;
  readonly thread: number;
  readonly error?: PortableError | undefined;
  readonly seed: number;
  readonly strategy: 'random' | 'pct' | 'steady';
  readonly segments: readonly Segment[];
  readonly steps: number;
  readonly stands: readonly Stand[];
  /** All threads came out of their code, so that the crew can be used again. */
  readonly unwound: boolean;
  readonly rows: readonly StepRow[];
}

/** One step of a failed schedule, for the report. */
export interface StepRow {
  readonly step: number;
  readonly candidate: number;
  readonly enabled: number;
  readonly operation: number;
  readonly place: string;
  readonly bytes: number;
  readonly a: number;
  readonly b: number;
  readonly result: number;
  readonly stack: string;
}
