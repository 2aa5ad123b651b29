/** What starting workers means on every platform: what a worker is born with, what is heard of it, and who owns it. */

/** What a worker is born with. */
export interface WorkerSeed {
  memory: WebAssembly.Memory;
  agent: number;
  /** The one thread to run, for an isolated worker; 0 for one that takes what is pending. */
  record: number;
  /** Browsers: the name of the Web Lock that the worker holds for as long as it lives. */
  life?: string;
}

/** What a worker may use; 0 stands for the platform's own limit. */
export interface WorkerLimits {
  readonly heapMiB: number;
  readonly stackMiB: number;
}

/** What the owner of a worker is told. `ended` comes exactly once, last, when no code will run in the worker any more. */
export interface WorkerEvents {
  /** An error that nothing in the worker caught; the worker is ending because of it. */
  failed(error: unknown): void;
  ended(code: number): void;
}

/** A worker that was started. */
export interface SpawnedWorker {
  /** Ends it by force; `ended` tells when that has happened. Harmless twice. */
  terminate(): void;
}

/** How workers are had on this platform. */
export interface Host {
  /** Starts a worker; throws if the platform refuses at once, otherwise trouble is told to `events`. */
  spawn(seed: WorkerSeed, limits: WorkerLimits, events: WorkerEvents): SpawnedWorker;
  /**
   * Starts a thread of its own that owns all workers, and returns what must be kept; `undefined` where the root thread does that itself, because it
   * never blocks (a browser's window) and a worker started by another worker is at its mercy.
   */
  readonly spawnSupervisor:
    | ((memory: WebAssembly.Memory, failed: (error: unknown) => void) => unknown)
    | undefined;
  /** Whether `heapMiB` means anything. */
  readonly limitsHeap: boolean;
  /** Whether `stackMiB` means anything. */
  readonly limitsStack: boolean;
  /** Whether `terminate()` ends a worker only when it returns to its event loop: then Heddle's waits end it as well. */
  readonly endsOnlyIdle: boolean;
  /** How long after `terminate()` a worker may still run code, in milliseconds; Infinity if nobody knows. */
  readonly lingersMs: number;
}
