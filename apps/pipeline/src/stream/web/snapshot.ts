// What the server tells the page. Only types: both sides import it.

export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Lines per second since the last sample. */
  readonly in: number;
  readonly out: number;
  readonly dropped: number;
  /** From a line's coming to its commit, in milliseconds, of those committed since the last sample; null if none were. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Lines that wait. */
  readonly backlog: number;
  readonly spill: number;
  readonly inboxes: number;
  readonly outbox: number;
  /** For each thread, in the order of `threads`: shares of the time at work, waiting to get, waiting to put. */
  readonly threads: readonly (readonly [working: number, get: number, put: number])[];
  /** MiB. */
  readonly memory: number;
}

/** A place in the supervision tree. */
export interface TreeNode {
  readonly name: string;
  /** What it is doing, or what it is. */
  readonly state: string;
  readonly restarts: number;
  readonly lastReason?: string;
  readonly children: readonly TreeNode[];
}

export interface ShownDeadLetter {
  readonly at: number;
  readonly source: string;
  readonly key: string;
  readonly error: string;
  readonly text: string;
}

export interface Snapshot {
  readonly phase: string;
  readonly startedAt: number;
  readonly policy: string;
  readonly sink: string;
  /** Lines since the start. */
  readonly totals: {
    readonly in: number;
    readonly stored: number;
    readonly filtered: number;
    readonly dead: number;
    readonly dropped: number;
    readonly duplicates: number;
    readonly spilled: number;
    readonly retries: number;
    /** Taken in and not settled. */
    readonly left: number;
  };
  readonly blocked: number;
  readonly threads: readonly string[];
  readonly sources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly detail: string;
    readonly lines: number;
    readonly bytes: number;
  }[];
  readonly tree: TreeNode;
  /** The latest, the newest first. */
  readonly dead: readonly ShownDeadLetter[];
}

/** One message of `/api/events`; the first has all samples that are kept, each later one has the new one. */
export interface Update {
  readonly snapshot: Snapshot;
  readonly samples: readonly Sample[];
}
