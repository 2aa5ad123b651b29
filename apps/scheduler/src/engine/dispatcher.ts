// The life of runs: from the moment that there is one until it is over. A run begins only when the disk holds that it does.
//
// ```
//            ┌──▶ waiting (for a run of its job) ─┐
//  add ──────┤                                    ├─▶ ready ──thread free──▶ running ──▶ over: succeeded, failed, timedOut, cancelled
//            └────────────────────────────────────┘     ▲                      │
//                                                       └──── retrying ◀───────┘ failed, attempts left
// ```
//
// A commit takes time, so the intent of a run that can begin at its time is stored a little before, for as long as commits take of late. Where runs are shorter than a commit, threads would wait for the disk at each. So intents are stored ahead for as many runs as ended during the last commit, times
// two: none where runs are long, so that a run of higher priority still comes first there.

import type { AttemptEnd } from '../run/assignment.ts';
import type { Executor } from '../run/runners.ts';
import type { NewRun, RunState } from '../store/ops.ts';
import type { Clock } from '../time/clock.ts';
import { describe } from '../trouble.ts';
import { Groups } from './groups.ts';
import { Heap } from './heap.ts';
import type { Job, Run } from './job.ts';
import type { Journal } from './journal.ts';
import { Lateness } from './lateness.ts';
import { Ready, isBefore } from './ready.ts';
import { retryDelay } from './retry.ts';

/** The history is cut after so many new rows, or a tenth of what is kept. */
const PRUNE_EVERY = 10;

/** A run that the end of the scheduler has interrupted so often is taken for the cause of it, and has failed. */
export const MOST_INTERRUPTIONS = 10;

/** Intents are stored ahead for so many runs at most. */
const MOST_AHEAD = 128;

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly executor: Executor;
  readonly token: number;
  /** How long an attempt may take to stop when it is asked to. */
  readonly stopGrace: number;
  readonly random: () => number;
  /** Whether the run exists already though the database took no new row for it. */
  readonly adopts: (id: string) => boolean;
  readonly onOver: (run: Run, state: RunState, end: AttemptEnd | undefined) => void;
  readonly onChange: () => void;
  /** An attempt has failed and another will follow. */
  readonly onRetry: (run: Run, error: string | null, inMs: number) => void;
}

export class Dispatcher {
  readonly groups: Groups = new Groups();
  readonly ready: Ready = new Ready(this.groups);
  readonly lateness: Lateness = new Lateness();
  readonly #options: DispatcherOptions;
  readonly #retries = new Heap<Run>((a, b) => a.retryAt! < b.retryAt!);
  readonly #running = new Set<Run>();
  readonly #byId = new Map<string, Run>();
  /** Runs of this turn that have no row yet. */
  #fresh: Run[] = [];
  /** Runs whose intents are on the way to the disk. */
  #reserved = 0;
  /** Runs whose intents are on the disk, and that wait for a thread. */
  readonly #armed = new Heap<Run>(isBefore);
  /** Runs whose intents were stored before their time, and whose time hasn't come. */
  readonly #early = new Heap<Run>((a, b) => a.scheduledFor < b.scheduledFor);
  /** For how many runs more than there are threads intents are stored. */
  #ahead = 0;
  #ends = 0;
  #order = 0;
  #isStopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  get running(): ReadonlySet<Run> {
    return this.#running;
  }

  get retrying(): number {
    return this.#retries.size;
  }

  /** All runs that have not come to their end. */
  get open(): ReadonlyMap<string, Run> {
    return this.#byId;
  }

  /** When there is something to do the next time; Infinity if there is nothing. */
  get nextAt(): number {
    return Math.min(this.#retries.peek()?.retryAt ?? Infinity, this.#early.peek()?.scheduledFor ?? Infinity);
  }

  /** Whether runs begin about when they are to: then intents may be stored early. */
  get isIdle(): boolean {
    return this.ready.inLine === 0 && this.#armed.size < MOST_AHEAD;
  }

  nextOrder(): number {
    return (this.#order += 1);
  }

  /** Takes a run in before its time: its intent is stored now, and it begins at its time. Its job must have no other. */
  addEarly(run: Run): void {
    this.#byId.set(run.id, run);
    run.job.open.push(run);
    run.isEarly = true;
    this.#begin(run, run.scheduledFor);
  }

  /** Takes a run in. It waits for those of its job that are open, unless these may overlap. */
  add(run: Run, stage: 'ready' | 'retrying'): void {
    const { job } = run;
    this.#byId.set(run.id, run);
    const mustWait = job.spec.overlap !== 'allow' && job.open.length > 0;
    job.open.push(run);
    if (!run.isStored) this.#fresh.push(run);
    if (mustWait) run.stage = 'waiting';
    else if (stage === 'ready') this.#makeReady(run);
    else {
      run.stage = 'retrying';
      this.#retries.put(run);
    }
  }

  /** Begins what can begin. What can't is stored as waiting. To be followed by the journal's `flush`. */
  dispatch(now: number): void {
    for (
      let run = this.#retries.peek();
      run !== undefined && run.retryAt! <= now;
      run = this.#retries.peek()
    ) {
      this.#retries.remove(run);
      this.#makeReady(run);
    }
    for (
      let run = this.#early.peek();
      run !== undefined && run.scheduledFor <= now;
      run = this.#early.peek()
    ) {
      this.#hold(run, this.#armed);
    }
    this.#startArmed();
    if (!this.#isStopping) {
      while (this.#options.executor.free + this.#ahead - this.#reserved - this.#armed.size > 0) {
        const run = this.ready.take();
        if (run === undefined) break;
        this.#begin(run, now);
      }
    }
    for (const run of this.#fresh) {
      if (run.isStored) continue;
      run.isStored = true;
      this.#options.journal.write({ op: 'run', run: newRun(run, 'queued') }, changes =>
        this.#stored(run, changes),
      );
    }
    this.#fresh = [];
  }

  /** Asks a run to end. One that hasn't begun is over at once. */
  cancel(run: Run): void {
    if (run.stage === 'running') this.#stop(run, 'cancelled');
    else if (run.stage !== 'over') this.#over(run, 'cancelled', undefined, 'cancelled before it began');
  }

  /** Begins nothing any more. */
  close(): void {
    this.#isStopping = true;
    for (const run of [...this.#armed, ...this.#early]) {
      this.#hold(run, undefined);
      run.stopped ??= 'shutdown';
      this.#ended(run, undefined);
    }
  }

  /** Asks all that is running to stop. What doesn't come to its end runs again when the scheduler does. */
  stopAll(): void {
    for (const run of [...this.#running]) this.#stop(run, 'shutdown');
  }

  /** A job's group or priority is about to change: its runs go out of line, and `fallIn` puts them back. */
  fallOut(job: Job): Run[] {
    const runs = job.open.filter(run => run.stage === 'ready');
    for (const run of runs) this.ready.remove(run);
    return runs;
  }

  fallIn(runs: readonly Run[]): void {
    for (const run of runs) this.ready.add(run);
  }

  /** The database had a row for it already. It is ours to carry out only if that row is open, and of this instance. */
  #stored(run: Run, changes: number): boolean {
    if (changes > 0 || this.#options.adopts(run.id)) return true;
    if (run.stage !== 'over') this.#leave(run);
    return false;
  }

  #makeReady(run: Run): void {
    run.stage = 'ready';
    this.ready.add(run);
  }

  /** Stores the intent, then begins. Steps: 1. reserve; 2. intent on the disk; 3. hand it over, when a thread is free. */
  #begin(run: Run, now: number): void {
    const { journal } = this.#options;
    run.stage = 'running';
    run.attempt += 1;
    run.startedAt = now;
    run.stopped = undefined;
    this.#running.add(run);
    // One that is early takes no thread from those whose time has come.
    const reserved = run.isEarly ? 0 : 1;
    this.#reserved += reserved;
    const endsBefore = this.#ends;
    const then = (changes: number): void => {
      this.#reserved -= reserved;
      if (reserved > 0) this.#ahead = Math.min(MOST_AHEAD, (this.#ends - endsBefore) * 2);
      if (run.stage !== 'running' || !this.#stored(run, changes)) return;
      if (
        run.isEarly &&
        run.stopped === undefined &&
        !this.#isStopping &&
        run.scheduledFor > this.#options.clock.wall()
      ) {
        this.#hold(run, this.#early);
        // Somebody must be awake at its time.
        this.#options.onChange();
        return;
      }
      this.#hold(run, this.#armed);
      this.#startArmed();
    };
    // Another scheduler has the database, say. Who waits until nothing runs must not wait for what can't begin.
    const never = (): void => {
      this.#isStopping = true;
      this.#reserved -= reserved;
      if (run.stage === 'running') this.#leave(run);
      this.#options.onChange();
    };
    if (run.isStored) journal.write({ op: 'start', id: run.id, attempt: run.attempt, at: now }, then, never);
    else journal.write({ op: 'run', run: newRun(run, 'running') }, then, never);
    run.isStored = true;
  }

  #hold(run: Run, where: Heap<Run> | undefined): void {
    run.heldIn?.remove(run);
    run.heldIn = where;
    where?.put(run);
  }

  #startArmed(): void {
    for (
      let run = this.#armed.peek();
      run !== undefined && this.#options.executor.free > 0;
      run = this.#armed.peek()
    ) {
      this.#hold(run, undefined);
      if (this.#isStopping) run.stopped ??= 'shutdown';
      // It was cancelled meanwhile, perhaps.
      if (run.stage !== 'running') continue;
      if (run.isEarly && run.job.paused) run.stopped ??= 'cancelled';
      if (run.stopped === undefined) this.#start(run);
      else this.#ended(run, undefined);
    }
  }

  #start(run: Run): void {
    const { executor, clock, token } = this.#options;
    const { id, job, cause, attempt, scheduledFor } = run;
    const { timeout } = job.spec;
    executor.start(
      {
        run: id,
        job: job.id,
        cause,
        attempt,
        scheduledFor,
        token,
        action: job.spec.run,
        isTimed: timeout !== undefined,
      },
      () => {
        if (run.stage === 'running')
          run.cancelTimeout = clock.after(timeout!, () => this.#stop(run, 'timedOut'));
      },
      end => this.#ended(run, end),
    );
    this.#options.onChange();
  }

  #stop(run: Run, why: NonNullable<Run['stopped']>): void {
    // A run that is being cancelled isn't timed out; but a user's wish counts, whatever was before.
    if (run.stopped === undefined || why === 'cancelled') run.stopped = why;
    if (run.heldIn === undefined) {
      this.#options.executor.stop(run.id, this.#options.stopGrace);
      return;
    }
    this.#hold(run, undefined);
    this.#ended(run, undefined);
  }

  #ended(run: Run, result: AttemptEnd | { readonly died: unknown } | undefined): void {
    run.cancelTimeout();
    this.#ends += 1;
    const { clock, random, onRetry, journal } = this.#options;
    const now = clock.wall();
    const end: AttemptEnd =
      result !== undefined && 'state' in result
        ? result
        : {
            state: 'failed',
            startedAt: run.startedAt!,
            endedAt: now,
            output: null,
            result: null,
            error:
              result === undefined
                ? 'it was stopped before it began'
                : `its thread died: ${describe(result.died)}`,
          };
    if (
      result !== undefined &&
      run.attempt === 1 &&
      run.cause === 'schedule' &&
      run.interruptions === 0 &&
      run.missed === 0
    ) {
      this.lateness.add(end.startedAt - run.scheduledFor);
    }
    this.#startArmed();
    if (end.state === 'succeeded') {
      this.#over(run, 'succeeded', end, null);
      return;
    }
    if (run.stopped === 'shutdown') {
      // Neither its fault nor an attempt of its own: it begins anew with the next scheduler.
      this.#leave(run);
      journal.write({
        op: 'wait',
        id: run.id,
        state: 'queued',
        retryAt: null,
        attempt: run.attempt - 1,
        interruptions: run.interruptions,
        failed: null,
      });
      this.#options.onChange();
      return;
    }
    const state = run.stopped ?? 'failed';
    const error =
      state === 'timedOut'
        ? `timed out after ${run.job.spec.timeout} ms${end.error === null ? '' : `: ${end.error}`}`
        : end.error;
    const delay =
      state === 'cancelled' || run.job.isRemoved
        ? undefined
        : retryDelay(run.job.spec.retry, run.attempt, random);
    if (delay === undefined) {
      this.#over(run, state, end, error);
      return;
    }
    this.#running.delete(run);
    this.ready.ended(run);
    run.stage = 'retrying';
    run.retryAt = now + delay;
    this.#retries.put(run);
    journal.write({
      op: 'wait',
      id: run.id,
      state: 'retrying',
      retryAt: run.retryAt,
      attempt: run.attempt,
      interruptions: run.interruptions,
      failed: {
        attempt: run.attempt,
        startedAt: end.startedAt,
        endedAt: end.endedAt,
        state,
        output: end.output,
        error,
      },
    });
    onRetry(run, error, delay);
    this.#options.onChange();
  }

  #over(run: Run, state: RunState, end: AttemptEnd | undefined, error: string | null): void {
    const { journal, clock, onOver, onChange } = this.#options;
    const endedAt = end?.endedAt ?? clock.wall();
    this.#leave(run);
    if (!run.isStored) {
      run.isStored = true;
      journal.write({ op: 'run', run: newRun(run, 'queued') });
    }
    journal.write({
      op: 'finish',
      id: run.id,
      state,
      endedAt,
      output: end?.output ?? null,
      result: end?.result ?? null,
      error,
    });
    run.job.last = { state, at: endedAt };
    this.noteRow(run.job);
    onOver(run, state, end);
    onChange();
  }

  /** A row was added to the job's history: cuts it now and then. */
  noteRow(job: Job): void {
    job.unpruned += 1;
    if (job.unpruned < Math.max(PRUNE_EVERY, job.spec.keep / 10) || job.isRemoved) return;
    job.unpruned = 0;
    this.#options.journal.write({ op: 'prune', job: job.id, keep: job.spec.keep });
  }

  /** Takes a run out of everything; the next one of its job may come. */
  #leave(run: Run): void {
    const wasFirst = run.stage !== 'waiting';
    if (run.stage === 'running') {
      this.#running.delete(run);
      this.ready.ended(run);
    } else if (run.stage === 'ready') this.ready.remove(run);
    else if (run.stage === 'retrying') this.#retries.remove(run);
    run.stage = 'over';
    this.#byId.delete(run.id);
    const { open } = run.job;
    open.splice(open.indexOf(run), 1);
    const following = wasFirst ? open[0] : undefined;
    if (following?.stage === 'waiting') this.#makeReady(following);
  }
}

function newRun(run: Run, state: 'queued' | 'running'): NewRun {
  return {
    id: run.id,
    job: run.job.id,
    cause: run.cause,
    scheduledFor: run.scheduledFor,
    state,
    attempt: run.attempt,
    startedAt: run.startedAt ?? null,
    endedAt: null,
    missed: run.missed,
    error: null,
  };
}
