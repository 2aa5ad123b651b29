// The life of runs: from the moment that there is one until it is over.
//
// ```
//            ┌──▶ waiting (for a run of its job) ─┐
//  add ──────┤                                    ├─▶ ready ──thread free──▶ running ──▶ over: succeeded, failed, timedOut, cancelled
//            └────────────────────────────────────┘     ▲                      │
//                                                       └──── retrying ◀───────┘ failed, attempts left
// ```
//
// `intents.ts` has what lies between `ready` and the thread, `outcome.ts` what the end of an attempt comes to.

import type { AttemptEnd } from '../run/assignment.ts';
import type { Executor } from '../run/runners.ts';
import type { RunState } from '../store/ops.ts';
import type { Clock } from '../time/clock.ts';
import { newRun } from './firing.ts';
import { Groups } from './groups.ts';
import { Heap } from './heap.ts';
import { Intents } from './intents.ts';
import type { Job, Run } from './job.ts';
import type { Journal } from './journal.ts';
import { Lateness } from './lateness.ts';
import { type AttemptResult, againOp, asEnd, decideEnd, finishOp, retryOp } from './outcome.ts';
import { Ready } from './ready.ts';

/** The history is cut after so many new rows, or a tenth of what is kept. */
const PRUNE_EVERY = 10;

/** A run that the end of the scheduler has interrupted so often is taken for the cause of it, and has failed. */
export const MOST_INTERRUPTIONS = 10;

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
  readonly ready: Ready;
  readonly lateness: Lateness = new Lateness();
  readonly #options: DispatcherOptions;
  readonly #intents: Intents;
  readonly #retries = new Heap<Run>((a, b) => a.retryAt! < b.retryAt!);
  readonly #running = new Set<Run>();
  readonly #byId = new Map<string, Run>();
  /** Runs of this turn that have no row yet. */
  #fresh: Run[] = [];
  #order = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { clock, journal, executor, onChange } = options;
    this.ready = new Ready(this.groups, clock);
    this.#intents = new Intents({
      clock,
      journal,
      executor,
      stored: (run, changes) => this.#stored(run, changes),
      start: run => this.#start(run),
      stopped: run => this.#ended(run, undefined),
      lost: run => this.#leave(run),
      onChange,
    });
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
    return Math.min(this.#retries.peek()?.retryAt ?? Infinity, this.#intents.nextAt);
  }

  /** Whether runs begin about when they are to: then intents may be stored early. */
  get isIdle(): boolean {
    return this.ready.inLine === 0 && this.#intents.isShort;
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
    this.#intents.dispatch(now);
    while (this.#intents.hasRoom) {
      const run = this.ready.take();
      if (run === undefined) break;
      this.#begin(run, now);
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
    else if (run.stage !== 'over') {
      const when = run.attempt === 0 ? 'before it began' : `before attempt ${run.attempt + 1}`;
      this.#over(run, 'cancelled', undefined, `cancelled ${when}`);
    }
  }

  /** Begins nothing any more. */
  close(): void {
    this.#intents.close();
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

  /** The clock was set back by so much. A pause between two attempts is a length of time, and so is what is left of one that is about to begin. */
  clockWasSetBack(ms: number): void {
    for (const run of [...this.#retries]) {
      run.retryAt = run.retryAt! - ms;
      const { id, attempt, interruptions, retryAt } = run;
      this.#options.journal.write({
        op: 'wait',
        id,
        state: 'retrying',
        retryAt,
        attempt,
        interruptions,
        failed: null,
      });
    }
    this.#intents.clockWasSetBack();
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

  #begin(run: Run, now: number): void {
    run.stage = 'running';
    this.#running.add(run);
    this.#intents.begin(run, now);
  }

  #start(run: Run): void {
    const { executor, clock, token, onChange } = this.#options;
    const { id, job, cause, attempt, scheduledFor } = run;
    const { timeout } = job.spec;
    const isTimed = timeout !== undefined;
    executor.start(
      { run: id, job: job.id, cause, attempt, scheduledFor, token, action: job.spec.run, isTimed },
      () => {
        if (isTimed && run.stage === 'running')
          run.cancelTimeout = clock.after(timeout, () => this.#stop(run, 'timedOut'));
      },
      end => this.#ended(run, end),
    );
    onChange();
  }

  #stop(run: Run, why: NonNullable<Run['stopped']>): void {
    // A run that is being cancelled isn't timed out; but a user's wish counts, whatever was before.
    if (run.stopped === undefined || why === 'cancelled') run.stopped = why;
    if (this.#intents.release(run)) this.#ended(run, undefined);
    else this.#options.executor.stop(run.id, this.#options.stopGrace);
  }

  #ended(run: Run, result: AttemptResult): void {
    const { clock, random, journal, onRetry, onChange } = this.#options;
    run.cancelTimeout();
    const end = asEnd(run, result, clock.wall());
    if (result !== undefined) this.lateness.note(run, end.startedAt);
    this.#intents.ended();
    const outcome = decideEnd(run, end, random);
    if (outcome.kind === 'over') {
      this.#over(run, outcome.state, end, outcome.error);
      return;
    }
    if (outcome.kind === 'again') {
      this.#leave(run);
      journal.write(againOp(run));
      onChange();
      return;
    }
    this.#running.delete(run);
    this.ready.ended(run);
    run.stage = 'retrying';
    run.retryAt = clock.wall() + outcome.inMs;
    this.#retries.put(run);
    journal.write(retryOp(run, outcome, end));
    onRetry(run, outcome.error, outcome.inMs);
    onChange();
  }

  #over(run: Run, state: RunState, end: AttemptEnd | undefined, error: string | null): void {
    const { journal, clock, onOver, onChange } = this.#options;
    const endedAt = end?.endedAt ?? clock.wall();
    this.#leave(run);
    if (run.job.isRemoved) {
      // Its history went with it; what was stored of it since goes too.
      journal.write({ op: 'dropRun', id: run.id });
    } else {
      if (!run.isStored) {
        run.isStored = true;
        journal.write({ op: 'run', run: newRun(run, 'queued') });
      }
      journal.write(finishOp(run, state, endedAt, end, error));
      run.job.last = { state, at: endedAt };
      this.noteRow(run.job);
    }
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
    if (following?.stage !== 'waiting') return;
    following.letGoAt = this.#options.clock.wall();
    this.#makeReady(following);
  }
}
