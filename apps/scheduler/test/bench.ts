// An engine on a bench: real database, real store, virtual time, and runs that end when a test says so.

import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { Engine } from '../src/engine/engine.ts';
import type { EngineEvent } from '../src/engine/events.ts';
import type { JobInput } from '../src/job/spec.ts';
import type { Assignment, AttemptEnd } from '../src/run/assignment.ts';
import type { Executor } from '../src/run/runners.ts';
import { takeLease } from '../src/store/lease.ts';
import { Writer } from '../src/store/ops.ts';
import { Reader, type RunRow } from '../src/store/reads.ts';
import { prepareDatabase } from '../src/store/schema.ts';
import { type DatabaseSync, openDatabase } from '../src/store/sqlite.ts';
import { Store } from '../src/store/store.ts';
import { temporaryFolder } from './program.ts';
import { VirtualClock, settle } from './virtual-clock.ts';

type Begun = Omit<Assignment, 'stop'>;

/** Runs that are under way as long as the test likes. */
export class Hands implements Executor {
  readonly begun: Begun[] = [];
  readonly begunAt: { readonly at: number; readonly scheduledFor: number }[] = [];
  readonly stopped: string[] = [];
  readonly running = new Map<string, (end: AttemptEnd | { readonly died: unknown }) => void>();
  readonly #clock: VirtualClock;
  /** What becomes of a run by itself; undefined leaves it to the test. */
  outcome: ((run: Begun) => 'succeeded' | 'failed' | undefined) | undefined = () => 'succeeded';
  size = 4;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get free(): number {
    return this.size - this.running.size;
  }

  start(
    assignment: Begun,
    onBegin: () => void,
    onEnd: (end: AttemptEnd | { readonly died: unknown }) => void,
  ): void {
    this.begun.push(assignment);
    this.begunAt.push({ at: this.#clock.wall(), scheduledFor: assignment.scheduledFor });
    this.running.set(assignment.run, onEnd);
    if (assignment.isTimed) onBegin();
    const state = this.outcome?.(assignment);
    if (state !== undefined) queueMicrotask(() => this.end(assignment.run, state));
  }

  stop(run: string): void {
    this.stopped.push(run);
  }

  end(
    run: string,
    state: 'succeeded' | 'failed',
    error: string | null = state === 'failed' ? 'it failed' : null,
  ): void {
    const onEnd = this.running.get(run)!;
    this.running.delete(run);
    const now = this.#clock.wall();
    onEnd({ state, startedAt: now, endedAt: now, output: null, result: null, error });
  }
}

export class Bench {
  readonly clock: VirtualClock;
  readonly hands: Hands;
  readonly events: EngineEvent[] = [];
  /** How long a commit takes. */
  diskMs = 0;
  readonly path: string;
  readonly #folder: string;
  database!: DatabaseSync;
  reader!: Reader;
  store!: Store;
  engine!: Engine;

  constructor(wall: number | string, before?: Bench) {
    this.clock = before?.clock ?? new VirtualClock(wall);
    this.hands = new Hands(this.clock);
    this.#folder = before === undefined ? temporaryFolder() : before.#folder;
    this.path = join(this.#folder, 'bench.db');
    this.open();
  }

  open(): void {
    this.database = openDatabase(this.path);
    // What crashes on the bench is the program, never the machine.
    this.database.exec('PRAGMA synchronous = OFF');
    prepareDatabase(this.database, this.path);
    this.database.exec('UPDATE lease SET expires_at = 0');
    const token = takeLease(this.database, this.path, this.clock.wall());
    const writer = new Writer(this.database);
    this.reader = new Reader(this.database);
    this.store = new Store({
      clock: this.clock,
      renewEvery: 3_600_000,
      write: async ops => {
        const changes = writer.commit(ops, token);
        if (this.diskMs > 0) await new Promise<void>(resolve => this.clock.after(this.diskMs, resolve));
        return changes;
      },
      onTrouble() {},
      onEnd(error) {
        throw error;
      },
    });
    this.engine = new Engine({
      clock: this.clock,
      store: this.store,
      reader: this.reader,
      executor: this.hands,
      token,
      stopGrace: 1000,
      random: () => 0,
      lookEvery: 30_000,
      onEvent: event => void this.events.push(event),
    });
    this.engine.start();
  }

  /** As after `kill -9`: nothing is said to anybody, what is in memory is gone. Another engine begins on what the disk holds. */
  crash(downMs = 0): Bench {
    this.database.close();
    this.clock.forget();
    this.clock.jumpTogether(downMs);
    return new Bench(0, this);
  }

  async add(job: Partial<JobInput> & { id: string; schedule: JobInput['schedule'] }): Promise<void> {
    const added = this.engine.changes.add({ run: { module: 'x.js' }, ...job }, 'test');
    await this.clock.advance(this.diskMs);
    await added;
    await settle();
  }

  runs(job?: string): RunRow[] {
    return this.reader.runs({ job, limit: 1000 }).toReversed();
  }

  /** The times of a job's runs that succeeded, as they are in UTC. */
  times(job: string): string[] {
    return this.runs(job)
      .filter(run => run.state === 'succeeded')
      .map(run => new Date(run.scheduledFor).toISOString().replace(/(:00)?\.000Z$/, 'Z'));
  }

  states(job?: string): string[] {
    return this.runs(job).map(run => run.state);
  }

  dispose(): void {
    this.database.close();
    rmSync(this.#folder, { recursive: true });
  }
}
