/**
 * What the benchmarks of the Savina suite are written in: actors in terms that every library has. Each library brings a `Kit`; each benchmark is written once, and once
 * more in Erlang (`savina.erl`). Source of the benchmarks and their parameters: S. Imam, V. Sarkar, "Savina – An Actor Benchmark Suite", AGERE 2014.
 */

// oxlint-disable-next-line typescript/no-explicit-any -- each role knows its own messages
export type Message = any;
/** An address, whatever the library makes of it. */
export type Ref = unknown;

/** What an actor may do. */
export interface Self {
  readonly self: Ref;
  tell(ref: Ref, message: Message): void;
  /** Starts an actor in a role. With more than one core `place` says where; without it runs beside its parent. */
  spawn(role: string, args: readonly unknown[], place?: number): Ref;
  /** Ends after this message. */
  stop(): void;
}

/** Called at an actor's start; returns what handles its messages. */
// oxlint-disable-next-line typescript/no-explicit-any -- arguments differ from role to role
export type Role = (self: Self, ...args: any[]) => (message: Message) => void;

export interface Bench {
  readonly roles: Readonly<Record<string, Role>>;
  /** Starts the actors for so many operations; one of them tells `done` the result. */
  start(self: Self, operations: number, done: Ref): void;
}

const benches = new Map<string, Bench>();

/** Makes a benchmark known in this thread, by the URL of its module. */
export function register(url: string, bench: Bench): void {
  benches.set(url, bench);
}

export function benchOf(url: string): Bench | undefined {
  return benches.get(url);
}
