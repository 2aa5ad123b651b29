// The threads that run jobs: a supervisor over as many slots as runs may go on at a time. A slot gets its thread at its first run.

import {
  type ActorInfo,
  ActorSystem,
  type Report as ActorReport,
  Supervisor,
  supervisor,
} from '@heddle/actors';
import { Event, SimpleQueue } from '@heddle/core';
import type { Clock } from '../time/clock.ts';
import type { Assignment, AttemptEnd, Report, RunnerOptions } from './assignment.ts';
import { endGroup } from './shell-job.ts';
import { Slot, runner } from './slot.ts';

type OnEnd = (end: AttemptEnd | { readonly died: unknown }) => void;

/** What the engine wants of those who run. */
export interface Executor {
  /** How many more runs it takes now. */
  readonly free: number;
  /** Begins an attempt. `onBegin` is called when a timed one begins, `onEnd` once, later. */
  start(assignment: Omit<Assignment, 'stop'>, onBegin: () => void, onEnd: OnEnd): void;
  /** Asks the attempt to stop, and ends it by force after `grace` milliseconds. */
  stop(run: string, grace: number): void;
}

export interface RunnersOptions extends RunnerOptions {
  readonly size: number;
  readonly clock: Clock;
  readonly maxHeapMiB?: number | undefined;
  /** Hears of crashes and restarts. */
  readonly report: (report: ActorReport) => void;
}

/** After a command was killed its pipes may still be held open by what escaped from its process group; then its thread is given up too. */
const AFTER_KILL_MS = 2000;

export class Runners implements Executor {
  readonly #options: RunnersOptions;
  readonly #slots: Slot[];
  readonly #byRun = new Map<string, Slot>();
  readonly #outbox = new SimpleQueue<Report>();
  readonly #system: ActorSystem;
  readonly #supervisor: Supervisor;
  readonly #closing: AbortController = new AbortController();

  constructor(options: RunnersOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.size }, (_, index) => new Slot(index + 1));
    this.#system = new ActorSystem({ name: 'scheduler', threads: 0, report: options.report });
    this.#supervisor = new Supervisor(
      this.#system.spawn(supervisor({ strategy: 'oneForOne', intensity: Infinity, children: [] }), {
        name: 'runners',
      }),
    );
    void this.#listen();
  }

  get free(): number {
    return this.#slots.length - this.#byRun.size;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** The supervision tree as it is now. */
  inspect(): ActorInfo {
    return this.#system.inspect();
  }

  start(assignment: Omit<Assignment, 'stop'>, onBegin: () => void, onEnd: OnEnd): void {
    // One that has a thread already, if there is one.
    const slot =
      this.#slots.find(each => each.work === undefined && each.line !== undefined) ??
      this.#slots.find(each => each.work === undefined)!;
    this.#byRun.set(assignment.run, slot);
    slot.assign({
      assignment: { ...assignment, stop: new Event() },
      onBegin,
      onEnd,
      pid: undefined,
      cancelLadder() {},
    });
    if (!slot.isStarted) {
      slot.isStarted = true;
      const { jobs, allowShell, outputLimit, maxHeapMiB } = this.#options;
      void this.#supervisor.startChild({
        id: slot.name,
        start: runner,
        args: [slot, { jobs, allowShell, outputLimit, maxHeapMiB, outbox: this.#outbox }],
        // A job that kills its thread each time must not keep the machine busy with starting threads.
        backoff: { min: 10, max: 5000, jitter: 0.2, resetAfter: 10_000 },
        shutdown: 3000,
      });
    }
  }

  stop(run: string, grace: number): void {
    const slot = this.#byRun.get(run);
    const work = slot?.work;
    if (slot === undefined || work === undefined) return;
    work.assignment.stop.set();
    const { clock } = this.#options;
    work.cancelLadder();
    work.cancelLadder = clock.after(grace, () => {
      slot.kill();
      if (work.pid !== undefined)
        work.cancelLadder = clock.after(AFTER_KILL_MS, () => void work.line?.thread.terminate());
    });
  }

  /** Ends all threads; there must be no runs any more. */
  async close(): Promise<void> {
    for (const slot of this.#slots) slot.kill();
    await this.#system.stop();
    this.#closing.abort();
  }

  async #listen(): Promise<void> {
    for (;;) {
      let reports: Report[];
      try {
        reports = await this.#outbox.getManyAsync(256, { signal: this.#closing.signal });
      } catch {
        return;
      }
      for (const report of reports) this.#hear(report);
    }
  }

  #hear(report: Report): void {
    const slot = this.#slots[report.slot - 1]!;
    if (report.type === 'died') {
      if (slot.lose(slot.dead.shift()!)) this.#ended(slot, { died: report.error });
      return;
    }
    // A word from an attempt that is over already, by a death that was noticed first.
    if (slot.work?.assignment.run !== report.run) return;
    if (report.type === 'begin') slot.work.onBegin();
    else if (report.type === 'process') slot.work.pid = report.pid;
    else this.#ended(slot, report.end);
  }

  #ended(slot: Slot, end: AttemptEnd | { readonly died: unknown }): void {
    const work = slot.release();
    if (work === undefined) return;
    this.#byRun.delete(work.assignment.run);
    work.assignment.stop.dispose();
    // The thread has died; its command may live.
    if ('died' in end && work.pid !== undefined) endGroup(work.pid, 'SIGKILL');
    work.onEnd(end);
  }
}
