// The supervisor of the transform threads. Each has an inbox of its own, and a ledger here of what went into it and hasn't come out; so
// when a thread dies, it is known which jobs it had, which of them it was at, and which must be done by the next one.
//
//                       ┌─ ledger: begun and not delivered, or not begun
//   backlog ── feed ──▶ inbox ──▶ thread ──▶ the sink's queue
//      ▲                             │ dies, or takes too long for one job and is ended
//      └──────── the next thread gets the ledger first: the job that killed it marked as a dead letter, the others as they were
//
// Nothing is lost: a job leaves the ledger only when the thread has said that its result is with the sink, and it says so after the fact.
// Nothing is doubled: the next thread may repeat results whose delivery the dead one didn't come to tell; they have the same `seq`, and
// the sink ignores from a worker what isn't newer than what it has (`dedupe.ts`). For that, every worker's jobs are in order of `seq`.

import { Queue, QueueShutDownError, Thread } from '@heddle/core';
import type { Backlog } from '../intake/backlog.ts';
import type { Logger } from '../log.ts';
import type { Job, ToSink } from '../record.ts';
import { describe } from '../../trouble.ts';
import { Cell, type Cells } from './cells.ts';
import { deadlineOf, Grace } from './grace.ts';
import { Ledger } from './ledger.ts';
import { type TransformSetup, transformStage } from './transform-stage.ts';

export interface CrewOptions {
  readonly setup: Omit<TransformSetup, 'worker'>;
  /** How long the transform may take for one job. */
  readonly timeoutMs: number;
  /** Limit of each thread's heap. */
  readonly maxHeapMiB: number;
  readonly inboxSize: number;
  readonly inboxBytes: number;
  readonly cells: Cells;
  /** Which row of the cells is the first thread's. */
  readonly firstRow: number;
  readonly backlog: Backlog;
  readonly outbox: Queue<ToSink>;
  readonly log: Logger;
  /** Gives the next job's number. */
  readonly nextSeq: () => number;
}

/** What can be seen of one thread. */
export interface MemberInfo {
  readonly name: string;
  readonly restarts: number;
  readonly lastReason: string | undefined;
  readonly inbox: number;
}

/** Jobs given to a thread at once. */
const MOST_JOBS = 64;
/** How often the supervisor looks whether a job takes too long. */
const LOOK_MS = 50;

/** One place in the crew, and the threads that hold it one after the other. */
export class Member {
  readonly name: string;
  readonly #options: CrewOptions;
  readonly #worker: number;
  readonly #cell: Cell;
  readonly #ledger = new Ledger();
  readonly #grace = new Grace();
  #inbox: Queue<Job> | undefined;
  #restarts = 0;
  #lastReason: string | undefined;
  /** Why jobs can't be given to any thread: a mistake here, or no memory. */
  #broken: { readonly error: unknown } | undefined;

  constructor(options: CrewOptions, worker: number) {
    this.#options = options;
    this.#worker = worker;
    this.name = `transform-${worker + 1}`;
    this.#cell = new Cell(options.cells, options.firstRow + worker);
  }

  get info(): MemberInfo {
    return {
      name: this.name,
      restarts: this.#restarts,
      lastReason: this.#lastReason,
      inbox: this.#inbox?.size ?? 0,
    };
  }

  /** Resolves when all jobs are done and the backlog is closed. Throws if no thread can be made ready. */
  async run(): Promise<void> {
    for (;;) {
      const failure = await this.#live();
      if (this.#broken !== undefined) throw this.#broken.error;
      if (failure === undefined) return;
      const { blamed, reason } = this.#blame(failure);
      this.#lastReason = reason;
      this.#options.log.warn(
        { child: this.name, restarts: this.#restarts + 1, key: blamed?.key, reason },
        blamed === undefined
          ? 'a transform thread died and is restarted'
          : 'a transform thread died of a message and is restarted',
      );
      await this.#grace.restart(failure.ready, failure.error);
      this.#restarts += 1;
    }
  }

  /** One thread's life. Returns how it failed; undefined if it came to its end. */
  async #live(): Promise<Failure | undefined> {
    const { inboxSize, inboxBytes, outbox, cells, firstRow, maxHeapMiB, setup } = this.#options;
    this.#cell.reset();
    this.#ledger.restart();
    const inbox = new Queue<Job>({ maxsize: inboxSize, maxBytes: inboxBytes, name: `inbox of ${this.name}` });
    this.#inbox = inbox;
    const thread = new Thread(transformStage, {
      args: [{ ...setup, worker: this.#worker }, inbox, outbox, cells, firstRow + this.#worker],
      name: this.name,
      maxHeapMiB,
    }).start();
    const died = new AbortController();
    const feeding = this.#feed(inbox, died.signal);
    const overdue = this.#watch(thread);
    try {
      await thread.resultAsync();
      await feeding;
      return undefined;
    } catch (error) {
      return { error, overdue: overdue.what, ready: this.#cell.state !== 'starting' };
    } finally {
      overdue.stop();
      died.abort();
      inbox.shutdown({ immediate: true });
      await feeding;
      this.#ledger.settle(this.#cell.done);
    }
  }

  /** Gives the thread what the last one left, and then from the backlog, until that is closed. */
  async #feed(inbox: Queue<Job>, signal: AbortSignal): Promise<void> {
    try {
      await inbox.putManyAsync(this.#ledger.jobs);
      for (;;) {
        const taken = await this.#options.backlog.take(MOST_JOBS, signal);
        if (taken === undefined) break;
        const jobs = taken.map(job => ({ ...job, seq: this.#options.nextSeq() }));
        this.#ledger.settle(this.#cell.done);
        this.#ledger.add(jobs);
        await inbox.putManyAsync(jobs);
      }
      inbox.shutdown();
    } catch (error) {
      // Normally the thread has died, and the inbox is shut down: what was taken from the backlog is in the ledger.
      if (!(error instanceof QueueShutDownError)) this.#broken = { error };
      inbox.shutdown({ immediate: true });
    }
  }

  /** Ends a thread that takes too long for one job. */
  #watch(thread: Thread<never>): { what: string | undefined; stop: () => void } {
    const { timeoutMs } = this.#options;
    const deadline = deadlineOf(timeoutMs);
    const watch = {
      what: undefined as string | undefined,
      stop: () => clearInterval(timer),
    };
    const timer = setInterval(() => {
      const late = deadline(this.#cell.isCurrent ? this.#cell.begun : undefined, performance.now());
      if (!late || watch.what !== undefined) return;
      watch.what = `the transform took longer than ${timeoutMs} ms and was ended`;
      thread.terminate();
    }, LOOK_MS);
    return watch;
  }

  /** Finds the job that killed the thread, and makes it a dead letter. */
  #blame({ error, overdue }: Failure): { blamed: Job | undefined; reason: string } {
    const reason = overdue ?? `the thread died: ${describe(error)}`;
    const unsettled = (this.#cell.begun - this.#cell.done) >>> 0;
    const at = this.#cell.isCurrent && unsettled > 0 ? unsettled - 1 : undefined;
    return { blamed: this.#ledger.condemn(at, reason), reason };
  }
}

interface Failure {
  readonly error: unknown;
  /** Why the supervisor ended it, if it did. */
  readonly overdue: string | undefined;
  /** Whether it came so far that it could take jobs. */
  readonly ready: boolean;
}
