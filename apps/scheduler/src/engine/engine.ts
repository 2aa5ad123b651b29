// The scheduler: knows all jobs, wakes when the next is due, and turns times into runs. It has no state that isn't in the database, or can be made from it.

import { randomBytes } from 'node:crypto';
import { type JobSpec, readJob } from '../job/spec.ts';
import type { AttemptEnd } from '../run/assignment.ts';
import type { Executor } from '../run/runners.ts';
import type { Op, RunState } from '../store/ops.ts';
import type { GroupRow, Reader } from '../store/reads.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { JumpDetector, followsClock } from '../time/jump.ts';
import { firstTime, nextTime } from '../time/schedule.ts';
import { Trouble } from '../trouble.ts';
import { Dispatcher } from './dispatcher.ts';
import type { EngineEvent } from './events.ts';
import { decide, makeRun, remark, runId } from './firing.ts';
import { JobTable, timeAfterPause } from './job-table.ts';
import type { Job, Run } from './job.ts';
import { Journal } from './journal.ts';
import { recover } from './recovery.ts';
import { changedMeanwhile, taken, unknownJob, unwritable } from './refusals.ts';

export interface EngineOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, 'commit' | 'pending' | 'isTroubled'>;
  readonly reader: Reader;
  readonly executor: Executor;
  readonly token: number;
  /** How long an attempt may take to stop when it is asked to. */
  readonly stopGrace: number;
  readonly random?: () => number;
  /** How often the clock and the requests of the command line are looked at, at least. Default: 500 ms. */
  readonly lookEvery?: number;
  readonly onEvent?: (event: EngineEvent) => void;
}

const LOOK_MS = 500;
/** Jobs that are fired in one turn of the event loop at most. */
const FIRED_PER_TURN = 500;
/** While so much waits for the disk, or for a thread, nothing is fired; it is late then, and perhaps missed. */
const MOST_PENDING = 4000;
const BACKPRESSURE_MS = 20;
const MOST_OPEN = 200_000;

export class Engine {
  readonly dispatcher: Dispatcher;
  readonly #options: EngineOptions;
  readonly #journal: Journal;
  readonly #table: JobTable;
  readonly #jumps: JumpDetector;
  readonly #lookEvery: number;
  #cancelTimer: () => void = () => {};
  /** When the timer rings, by the wall's clock. */
  #wakesAt = Infinity;
  #isTicking = false;
  #isRunning = false;
  #dataVersion = -1;
  /** The last request that was taken; its row may still be there. */
  #handled = 0;
  /** Those who wait until nothing runs. */
  #quiet: (() => void)[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, store, reader, executor, token, stopGrace } = options;
    this.#lookEvery = options.lookEvery ?? LOOK_MS;
    this.#journal = new Journal(store, clock);
    this.#jumps = new JumpDetector(clock);
    this.dispatcher = new Dispatcher({
      clock,
      executor,
      token,
      stopGrace,
      journal: this.#journal,
      random: options.random ?? Math.random,
      adopts: id => {
        const row = reader.run(id);
        return row !== undefined && row.token === token && row.endedAt === null;
      },
      onOver: (run, state, end) => this.#runIsOver(run, state, end),
      onRetry: (run, error, inMs) => this.#tell({ type: 'retry', run, error, inMs }),
      onChange: () => {
        this.#tell({ type: 'change' });
        this.#turn();
      },
    });
    this.#table = new JobTable({
      clock,
      reader,
      journal: this.#journal,
      dispatcher: this.dispatcher,
      onChange: () => this.#changed(),
    });
  }

  get jobs(): ReadonlyMap<string, Job> {
    return this.#table.byId;
  }

  get nextAt(): number | undefined {
    return this.#table.first?.nextAt;
  }

  /** Jobs whose next time is before `until`, soonest first, `most` of them. */
  upcoming(until: number, most: number): Job[] {
    return this.#table.upcoming(until, most);
  }

  /** Reads all jobs and the runs that were not over, and begins. */
  start(): void {
    const { clock, reader } = this.#options;
    this.#table.load();
    const journal = this.#journal;
    const recovered = recover({ clock, reader, journal, table: this.#table, dispatcher: this.dispatcher });
    if (recovered.interrupted + recovered.waiting > 0) this.#tell({ type: 'recovered', ...recovered });
    this.#isRunning = true;
    this.#tick();
  }

  /** Begins nothing any more, and resolves when nothing runs; after `grace` milliseconds runs are asked to stop. */
  async stop(grace: number): Promise<void> {
    this.#isRunning = false;
    this.#cancelTimer();
    this.dispatcher.close();
    if (this.dispatcher.running.size > 0) {
      const cancel = this.#options.clock.after(grace, () => this.dispatcher.stopAll());
      await new Promise<void>(resolve => this.#quiet.push(resolve));
      cancel();
    }
    this.#journal.flush();
  }

  #tell(event: EngineEvent): void {
    this.#options.onEvent?.(event);
  }

  // ── Time ──

  /** Does what is due, and sets the timer for what is due next. */
  #tick(): void {
    if (!this.#isRunning) return;
    this.#isTicking = true;
    const { clock, store } = this.#options;
    const jump = this.#jumps.look();
    if (jump !== 0) this.#clockWasSet(jump);
    this.#takeRequests();
    const now = clock.wall();
    const isOpen = !store.isTroubled && store.pending < MOST_PENDING && this.dispatcher.open.size < MOST_OPEN;
    let fired = 0;
    if (isOpen) {
      for (
        let job = this.#table.first;
        job !== undefined && this.#firesAt(job) <= now && fired < FIRED_PER_TURN;
        job = this.#table.first
      ) {
        this.#fire(job, now);
        fired += 1;
      }
    }
    this.dispatcher.dispatch(now);
    this.#journal.flush();
    this.#isTicking = false;
    if (isOpen) this.#sleep(fired === FIRED_PER_TURN ? 0 : this.#lookEvery);
    else this.#wakeIn(BACKPRESSURE_MS);
  }

  #sleep(most: number): void {
    this.#wakeIn(Math.max(0, Math.min(most, this.#next - this.#options.clock.wall())));
  }

  /** When there is something to do the next time; Infinity if there is nothing. */
  get #next(): number {
    const job = this.#table.first;
    return Math.min(job === undefined ? Infinity : this.#firesAt(job), this.dispatcher.nextAt);
  }

  /** When a job's runs are to be stored: at its time, or a little before, if nothing can come between that would decide otherwise about them. */
  #firesAt(job: Job): number {
    const canBeEarly = job.open.length === 0 && job.spec.group === undefined && this.dispatcher.isIdle;
    return canBeEarly ? job.nextAt! - this.#journal.ahead : job.nextAt!;
  }

  #wakeIn(ms: number): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    this.#wakesAt = clock.wall() + ms;
    this.#cancelTimer = clock.after(ms, () => this.#tick());
  }

  /** Something has changed: a thread may be free, or a job be due earlier. Does what can be done now. */
  #turn(): void {
    // The tick stores what it does as one, at its end.
    if (this.#isTicking) return;
    if (!this.#isRunning) {
      this.#journal.flush();
      if (this.dispatcher.running.size === 0) for (const resolve of this.#quiet.splice(0)) resolve();
      return;
    }
    this.dispatcher.dispatch(this.#options.clock.wall());
    this.#journal.flush();
    if (this.#next < this.#wakesAt) this.#sleep(this.#lookEvery);
  }

  #clockWasSet(jump: number): void {
    this.#tell({ type: 'jump', ms: jump });
    if (jump > 0) return; // What was passed over is late, or missed, as after downtime.
    const now = this.#options.clock.wall();
    for (const job of this.jobs.values()) {
      const { schedule } = job.spec;
      if (job.nextAt === undefined || schedule.at !== undefined) continue;
      if (schedule.cron !== undefined) {
        if (followsClock(schedule.cron, -jump)) this.#table.move(job, nextTime(schedule, now));
        continue;
      }
      // An interval is a length of time: its schedule moves along with the clock, or it would pause for as long as the clock was set back.
      const spec: JobSpec = { ...job.spec, schedule: { ...schedule, startAt: schedule.startAt! + jump } };
      this.#table.reschedule(job, spec, job.nextAt + jump);
    }
  }

  #fire(job: Job, now: number): void {
    const { due, cancels, runs, skipped } = decide(job, now);
    const { dispatcher } = this;
    const lastAt = due.times.at(-1) ?? job.nextAt!;
    if (cancels) for (const run of [...job.open]) dispatcher.cancel(run);
    for (const time of runs) {
      const isLast = time === runs.at(-1);
      const id = this.#idFor(job, time);
      const run = makeRun(job, id, 'schedule', time, dispatcher.nextOrder(), isLast ? due.missed : 0);
      if (time > now) dispatcher.addEarly(run);
      else dispatcher.add(run, 'ready');
    }
    for (const time of skipped) this.#remark(job, time, 'skipped', now, 0);
    if (due.missed > 0) {
      if (runs.length === 0) this.#remark(job, lastAt, 'missed', now, due.missed - 1);
      this.#tell({ type: 'missed', job: job.id, count: due.missed });
    }
    // All of a fixed delay's times were skipped: nothing will end that could say when it is due again.
    const isStuck =
      job.spec.schedule.mode === 'fixedDelay' &&
      due.next === undefined &&
      runs.length === 0 &&
      job.open.length === 0;
    job.lastAt = Math.max(job.lastAt ?? 0, lastAt);
    this.#table.move(job, isStuck ? now + job.spec.schedule.every! : due.next, job.lastAt);
  }

  #remark(job: Job, time: number, state: 'skipped' | 'missed', now: number, more: number): void {
    this.#journal.write({ op: 'run', run: remark(this.#idFor(job, time), job.id, time, state, now, more) });
    job.last ??= { state, at: now };
    this.dispatcher.noteRow(job);
  }

  /** A time that comes a second time, because the clock was set back or the job was changed, has a run of its own. */
  #idFor(job: Job, time: number): string {
    const id = runId(job.id, time);
    return job.lastAt !== undefined && time <= job.lastAt ? `${id}~${randomBytes(4).toString('hex')}` : id;
  }

  #runIsOver(run: Run, state: RunState, end: AttemptEnd | undefined): void {
    const { job } = run;
    const { schedule } = job.spec;
    const isDelayed =
      schedule.mode === 'fixedDelay' && !job.paused && !job.isRemoved && job.nextAt === undefined;
    if (isDelayed && !job.open.some(each => each.cause === 'schedule')) {
      this.#table.move(job, this.#options.clock.wall() + schedule.every!);
    }
    this.#tell({ type: 'over', run, state, end });
    if (state === 'succeeded' && isDone(job)) this.#removeDone(job);
  }

  /** Removes a job that was to go when it is done, with its history: in the transaction that stores its success. */
  #removeDone(job: Job): void {
    this.#table.forget(job);
    this.#journal.write({ op: 'removeJob', id: job.id, revision: job.revision }, changes => {
      // A user has changed it meanwhile, and perhaps given it another time.
      if (changes === 0) this.#table.reload(job.id);
    });
  }

  // ── Jobs ──

  /** Adds a job; resolves when it is stored. Throws a `Trouble` if it is wrong, or its id taken. */
  async add(input: unknown, origin: string): Promise<Job> {
    const now = this.#options.clock.wall();
    const withId =
      isObject(input) && input['id'] === undefined
        ? { ...input, id: `job-${randomBytes(4).toString('hex')}` }
        : input;
    const spec = readJob(withId, 'job', now);
    if (this.jobs.has(spec.id)) throw taken(spec.id);
    const nextAt = firstTime(spec.schedule, now);
    const op: Op = {
      op: 'putJob',
      id: spec.id,
      spec: JSON.stringify(spec),
      nextAt: nextAt ?? null,
      origin,
      at: now,
      expect: null,
    };
    await this.#userWrites([op], () => taken(spec.id));
    const job = this.#table.put({
      id: spec.id,
      spec,
      revision: 1,
      paused: false,
      nextAt,
      lastAt: undefined,
      origin,
    });
    this.#changed();
    return job;
  }

  /** Changes a job. `expect` is the revision that the user saw. */
  async update(id: string, input: unknown, expect: number | undefined): Promise<Job> {
    const job = this.job(id);
    if (expect !== undefined && expect !== job.revision) throw changedMeanwhile(id);
    const now = this.#options.clock.wall();
    const spec = readJob(isObject(input) ? { ...input, id } : input, 'job', now);
    const isSame = JSON.stringify(spec.schedule) === JSON.stringify(job.spec.schedule);
    const nextAt = job.paused ? undefined : isSame ? job.nextAt : firstTime(spec.schedule, now);
    const { revision } = job;
    const op: Op = {
      op: 'putJob',
      id,
      spec: JSON.stringify(spec),
      nextAt: nextAt ?? null,
      origin: job.origin,
      at: now,
      expect: revision,
    };
    await this.#userWrites([op], () => changedMeanwhile(id));
    this.#table.reload(id);
    return this.job(id);
  }

  async setPaused(id: string, paused: boolean): Promise<Job> {
    const job = this.job(id);
    if (job.paused !== paused) {
      const now = this.#options.clock.wall();
      const nextAt = paused ? undefined : timeAfterPause(job, now);
      await this.#userWrites([{ op: 'pause', id, paused, nextAt: nextAt ?? null, at: now }], () =>
        unknownJob(id),
      );
      this.#table.reload(id);
    }
    return job;
  }

  /** Removes a job with its history. What it runs is asked to stop. */
  async remove(id: string): Promise<void> {
    this.job(id);
    await this.#userWrites([{ op: 'removeJob', id }], () => unknownJob(id));
    this.#table.reload(id);
  }

  /** Runs a job now, whatever its schedule. If it runs already, this one waits. Resolves to the run when it is stored. */
  async runNow(id: string): Promise<Run> {
    const run = this.#manualRun(this.job(id));
    const { store } = this.#options;
    if (store.isTroubled) throw unwritable();
    this.dispatcher.add(run, 'ready');
    this.#changed();
    // Stored behind it, so it is stored when this is.
    await store.commit([]);
    return run;
  }

  /** Cancels a run that isn't over. */
  cancel(id: string): Run {
    const run = this.dispatcher.open.get(id);
    if (run === undefined) throw new Trouble(`there is no open run "${id}"`, { kind: 'notFound' });
    this.dispatcher.cancel(run);
    this.#turn();
    return run;
  }

  /** Sets how many runs of a group go on at a time; undefined for no limit. */
  async setGroup(name: string, most: number | undefined): Promise<void> {
    await this.#userWrites([{ op: 'limitGroup', name, most: most ?? null }], () => undefined);
    this.#table.reloadGroups();
  }

  /** Lets all jobs of a group rest, or go on. What of it runs goes on; what waits, waits on. */
  async setGroupPaused(name: string, paused: boolean): Promise<void> {
    await this.#userWrites([{ op: 'pauseGroup', name, paused }], () => undefined);
    this.#table.reloadGroups();
  }

  /** Groups by name, the first `most` of those after `after`, and what they do. */
  groups(
    most: number,
    after?: string,
  ): (GroupRow & {
    readonly jobs: number;
    readonly running: number;
    readonly waiting: number;
  })[] {
    const { groups, ready } = this.dispatcher;
    return groups.list(most, after).map(group => ({ ...group, ...ready.countsOf(group.name) }));
  }

  job(id: string): Job {
    const job = this.jobs.get(id);
    if (job === undefined) throw unknownJob(id);
    return job;
  }

  #manualRun(job: Job): Run {
    const now = this.#options.clock.wall();
    const id = `${runId(job.id, now)}~manual-${randomBytes(4).toString('hex')}`;
    return makeRun(job, id, 'manual', now, this.dispatcher.nextOrder());
  }

  async #userWrites(ops: readonly Op[], refusal: () => Error | undefined): Promise<void> {
    const changes = await this.#options.store.commit(ops, { patient: false }).catch((error: unknown) => {
      // Of SQLite's: the disk is full, say. Any other ends the scheduler.
      throw error instanceof Error && 'errcode' in error ? unwritable() : error;
    });
    const error = changes[0] === 0 ? refusal() : undefined;
    if (error !== undefined) throw error;
  }

  #changed(): void {
    this.#tell({ type: 'change' });
    this.#turn();
  }

  // ── Requests of the command line ──

  /** Carries out what was asked for through the database. Each request goes in the same transaction as its effect, so it has it once. */
  #takeRequests(): void {
    const { reader } = this.#options;
    const version = reader.dataVersion();
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    for (const { id, kind, target } of reader.requests()) {
      if (id <= this.#handled) continue;
      this.#handled = id;
      this.#journal.write({ op: 'handled', request: id });
      if (kind === 'job') this.#table.reload(target);
      else if (kind === 'group') this.#table.reloadGroups();
      else if (kind === 'cancel') {
        const run = this.dispatcher.open.get(target);
        if (run !== undefined) this.dispatcher.cancel(run);
      } else {
        const job = this.jobs.get(target);
        if (job !== undefined) this.dispatcher.add(this.#manualRun(job), 'ready');
      }
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether nothing is left to do of a job that is to go then. */
function isDone(job: Job): boolean {
  const { spec, open, isRemoved, lastAt } = job;
  const { at } = spec.schedule;
  return (
    spec.removeOnComplete &&
    !isRemoved &&
    open.length === 0 &&
    at !== undefined &&
    lastAt !== undefined &&
    lastAt >= at
  );
}
