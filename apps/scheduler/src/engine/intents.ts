// Runs between the decision that they begin and their threads: a run begins only when the disk holds that it does.
//
// ```
//  begin ──▶ reserved ──on the disk──┬──────────────────────▶ armed ──thread free──▶ start
//                                    └─▶ early ──its time──────▲
// ```
//
// A commit takes time, so the intent of a run that can begin at its time is stored a little before, for as long as commits take of late: it is early. Where
// runs are shorter than a commit, threads would wait for the disk at each. So intents are stored ahead for as many runs as ended during the last commit, times
// two: none where runs are long, so that a run of higher priority still comes first there.

import type { Executor } from '../run/runners.ts';
import type { Clock } from '../time/clock.ts';
import { newRun } from './firing.ts';
import { Heap } from './heap.ts';
import type { Run } from './job.ts';
import type { Journal } from './journal.ts';
import { isBefore } from './ready.ts';

/** Intents are stored ahead for so many runs at most. */
const MOST_AHEAD = 128;

export interface IntentsOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly executor: Pick<Executor, 'free'>;
  /** Whether a run is ours to carry out whose row was there already (`changes` is 0); takes it out of everything otherwise. */
  readonly stored: (run: Run, changes: number) => boolean;
  /** Hands a run to a thread. */
  readonly start: (run: Run) => void;
  /** A run was stopped before it began. */
  readonly stopped: (run: Run) => void;
  /** Nothing can be stored any more: the run is given up. */
  readonly lost: (run: Run) => void;
  /** Somebody must look when the next run is due. */
  readonly onChange: () => void;
}

export class Intents {
  readonly #options: IntentsOptions;
  /** Runs whose intents are on the way to the disk, without those that are early. */
  #reserved = 0;
  /** Runs whose intents are on the disk, and that wait for a thread. */
  readonly #armed = new Heap<Run>(isBefore);
  /** Runs whose intents were stored before their time, and whose time hasn't come. */
  readonly #early = new Heap<Run>((a, b) => a.scheduledFor < b.scheduledFor);
  /** For how many runs more than there are threads intents are stored. */
  #ahead = 0;
  #ends = 0;
  #isStopping = false;

  constructor(options: IntentsOptions) {
    this.#options = options;
  }

  /** Whether another run may begin: there is a thread for it, or soon will be. */
  get hasRoom(): boolean {
    if (this.#isStopping) return false;
    return this.#options.executor.free + this.#ahead - this.#reserved - this.#armed.size > 0;
  }

  /** Whether those that could begin do, about. */
  get isShort(): boolean {
    return this.#armed.size < MOST_AHEAD;
  }

  /** When the next early run is due; Infinity if there is none. */
  get nextAt(): number {
    return this.#early.peek()?.scheduledFor ?? Infinity;
  }

  /** An attempt has ended. */
  ended(): void {
    this.#ends += 1;
    this.startArmed();
  }

  /** Stores the intent, then begins. Steps: 1. reserve; 2. intent on the disk; 3. hand it over, when a thread is free. */
  begin(run: Run, now: number): void {
    const { journal, clock, stored, lost, onChange } = this.#options;
    run.attempt += 1;
    run.startedAt = now;
    run.stopped = undefined;
    // One that is early takes no thread from those whose time has come.
    const reserved = run.isEarly ? 0 : 1;
    this.#reserved += reserved;
    const endsBefore = this.#ends;
    const then = (changes: number): void => {
      this.#reserved -= reserved;
      if (reserved > 0) this.#ahead = Math.min(MOST_AHEAD, (this.#ends - endsBefore) * 2);
      if (run.stage !== 'running' || !stored(run, changes)) return;
      const isTooSoon =
        run.isEarly && run.stopped === undefined && !this.#isStopping && run.scheduledFor > clock.wall();
      if (isTooSoon) {
        this.#hold(run, this.#early);
        onChange();
        return;
      }
      this.#hold(run, this.#armed);
      this.startArmed();
    };
    // Another scheduler has the database, say. Who waits until nothing runs must not wait for what can't begin.
    const never = (): void => {
      this.#isStopping = true;
      this.#reserved -= reserved;
      if (run.stage === 'running') lost(run);
      onChange();
    };
    if (run.isStored) journal.write({ op: 'start', id: run.id, attempt: run.attempt, at: now }, then, never);
    else journal.write({ op: 'run', run: newRun(run, 'running') }, then, never);
    run.isStored = true;
  }

  /** Arms the early ones whose time has come, and starts those that can be. */
  dispatch(now: number): void {
    for (let run = this.#early.peek(); run !== undefined && run.scheduledFor <= now; run = this.#early.peek())
      this.#hold(run, this.#armed);
    this.startArmed();
  }

  startArmed(): void {
    const { executor, start, stopped } = this.#options;
    for (let run = this.#armed.peek(); run !== undefined && executor.free > 0; run = this.#armed.peek()) {
      this.#hold(run, undefined);
      if (this.#isStopping) run.stopped ??= 'shutdown';
      // It was cancelled meanwhile, perhaps.
      if (run.stage !== 'running') continue;
      if (run.isEarly && run.job.paused) run.stopped ??= 'cancelled';
      if (run.stopped === undefined) start(run);
      else stopped(run);
    }
  }

  /** Takes a run out that waits for its time or for a thread. Returns whether it did: one that is on its way to the disk, or has a thread, doesn't. */
  release(run: Run): boolean {
    if (run.heldIn === undefined) return false;
    this.#hold(run, undefined);
    return true;
  }

  /** The clock was set back: those that were about to begin don't wait for their time to come by the new one. */
  clockWasSetBack(): void {
    for (const run of [...this.#early]) this.#hold(run, this.#armed);
    this.startArmed();
  }

  /** Begins nothing any more: what hasn't is left for the next scheduler. */
  close(): void {
    this.#isStopping = true;
    for (const run of [...this.#armed, ...this.#early]) {
      this.#hold(run, undefined);
      run.stopped ??= 'shutdown';
      this.#options.stopped(run);
    }
  }

  #hold(run: Run, where: Heap<Run> | undefined): void {
    run.heldIn?.remove(run);
    run.heldIn = where;
    where?.put(run);
  }
}
