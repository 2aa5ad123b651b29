// The scheduler: knows all jobs, wakes when the next is due, and turns times into runs. It has no state that isn't in the database, or can be made from it.

import type { AttemptEnd } from '../run/assignment.ts';
import type { Executor } from '../run/runners.ts';
import type { RunState } from '../store/ops.ts';
import type { GroupRow, Reader } from '../store/reads.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { JumpDetector } from '../time/jump.ts';
import { Dispatcher } from './dispatcher.ts';
import type { EngineEvent } from './events.ts';
import { Firer } from './firer.ts';
import { JobTable } from './job-table.ts';
import type { Job, Run } from './job.ts';
import { Journal } from './journal.ts';
import { recover } from './recovery.ts';
import { Requests } from './requests.ts';
import { UserChanges } from './user-changes.ts';

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
  /** What users may do. */
  readonly changes: UserChanges;
  readonly #options: EngineOptions;
  readonly #journal: Journal;
  readonly #table: JobTable;
  readonly #firer: Firer;
  readonly #requests: Requests;
  readonly #jumps: JumpDetector;
  readonly #lookEvery: number;
  #cancelTimer: () => void = () => {};
  /** When the timer rings, by the wall's clock. */
  #wakesAt = Infinity;
  #isTicking = false;
  #isRunning = false;
  /** Those who wait until nothing runs. */
  #quiet: (() => void)[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, store, reader, executor, token, stopGrace } = options;
    this.#lookEvery = options.lookEvery ?? LOOK_MS;
    const journal = new Journal(store, clock);
    const onChange = (): void => this.#changed();
    const dispatcher = new Dispatcher({
      clock,
      executor,
      token,
      stopGrace,
      journal,
      random: options.random ?? Math.random,
      adopts: id => {
        const row = reader.run(id);
        return row !== undefined && row.token === token && row.endedAt === null;
      },
      onOver: (run, state, end) => this.#runIsOver(run, state, end),
      onRetry: (run, error, inMs) => this.#tell({ type: 'retry', run, error, inMs }),
      onChange,
    });
    const table = new JobTable({ clock, reader, journal, dispatcher, onChange });
    this.changes = new UserChanges({ clock, store, table, dispatcher, onChange });
    this.#firer = new Firer({
      clock,
      journal,
      table,
      dispatcher,
      onMissed: (job, count) => this.#tell({ type: 'missed', job, count }),
    });
    this.#requests = new Requests({ reader, journal, table, dispatcher, changes: this.changes });
    this.#jumps = new JumpDetector(clock);
    this.#journal = journal;
    this.#table = table;
    this.dispatcher = dispatcher;
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

  /** Does what is due, and sets the timer for what is due next. */
  #tick(): void {
    if (!this.#isRunning) return;
    this.#isTicking = true;
    const { clock, store } = this.#options;
    const jump = this.#jumps.look();
    if (jump !== 0) this.#clockWasSet(jump);
    this.#requests.take();
    const now = clock.wall();
    const isOpen = !store.isTroubled && store.pending < MOST_PENDING && this.dispatcher.open.size < MOST_OPEN;
    let fired = 0;
    if (isOpen) {
      for (
        let job = this.#table.first;
        job !== undefined && this.#firesAt(job) <= now && fired < FIRED_PER_TURN;
        job = this.#table.first
      ) {
        this.#firer.fire(job, now);
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
    this.#firer.clockWasSetBack(-jump);
    this.dispatcher.clockWasSetBack(-jump);
  }

  #runIsOver(run: Run, state: RunState, end: AttemptEnd | undefined): void {
    this.#tell({ type: 'over', run, state, end });
    this.#firer.runIsOver(run, state);
  }

  #changed(): void {
    this.#tell({ type: 'change' });
    this.#turn();
  }

  #tell(event: EngineEvent): void {
    this.#options.onEvent?.(event);
  }
}
