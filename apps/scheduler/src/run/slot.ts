// One place for a run, and the actor that keeps a thread alive for it. When the thread dies, by whatever a job did to it, the run in it has failed, and the
// actor fails too: its supervisor starts it again, later each time while that goes on.
//
// ```
//  unstarted ──first run──▶ starting ──thread up──▶ idle ◀──end── busy        busy ──thread died──▶ starting (after the supervisor's wait)
// ```

import { type Actor, type Context, actor, behavior } from '@heddle/actors';
import { SimpleQueue, Thread } from '@heddle/core';
import type { Assignment, AttemptEnd, Report, RunnerOptions } from './assignment.ts';
import { runnerThread } from './runner-thread.ts';
import { endGroup } from './shell-job.ts';

/** How a slot's thread is reached. Each thread has one of its own, so it also stands for the thread. */
export interface Line {
  readonly inbox: Pick<SimpleQueue<Assignment | 'end'>, 'put' | 'empty'>;
  readonly thread: Pick<Thread<typeof runnerThread>, 'terminate'>;
}

/** What a slot is doing. */
export interface Work {
  readonly assignment: Assignment;
  readonly onBegin: () => void;
  readonly onEnd: (end: AttemptEnd | { readonly died: unknown }) => void;
  /** Where it was put; undefined as long as there is no thread for it. */
  line?: Line | undefined;
  pid: number | undefined;
  cancelLadder: () => void;
}

export class Slot {
  readonly number: number;
  isStarted = false;
  line: Line | undefined;
  work: Work | undefined;
  /** Threads that have died and whose deaths are on their way through the queue of reports, in order. */
  readonly dead: Line[] = [];

  constructor(number: number) {
    this.number = number;
  }

  get name(): string {
    return `runner-${this.number}`;
  }

  /** Gives it a run. It must have none. */
  assign(work: Work): void {
    this.work = work;
    this.#hand();
  }

  /** The thread is up: what was given meanwhile is its first work. */
  connect(line: Line): void {
    this.line = line;
    this.#hand();
  }

  /**
   * A thread has died, and its last words were heard. Returns whether the work died with it. By then the supervisor may have started the next one, or a new
   * run may have been given to the dead one, which it never took:
   *
   * 1. the thread dies of run A; 2. the next thread is connected, and must not get A again; 3. the death is heard, and must not take the new line away;
   * 4. run B is given, and must not be taken to have died.
   */
  lose(line: Line): boolean {
    if (this.line === line) this.line = undefined;
    const { work } = this;
    if (work?.line !== line) return false;
    if (line.inbox.empty) return true;
    work.line = undefined;
    this.#hand();
    return false;
  }

  #hand(): void {
    const { work, line } = this;
    if (work === undefined || line === undefined || work.line !== undefined) return;
    work.line = line;
    line.inbox.put(work.assignment);
  }

  /** Ends the attempt by force: its process group, if it is a command, and otherwise its thread. */
  kill(): void {
    const { work } = this;
    if (work === undefined) return;
    if (work.pid === undefined) work.line?.thread.terminate();
    else endGroup(work.pid, 'SIGKILL');
  }

  /** Takes the work out. */
  release(): Work | undefined {
    const { work } = this;
    this.work = undefined;
    work?.cancelLadder();
    return work;
  }
}

export interface RunnerMessage {
  readonly type: 'died';
  readonly error: unknown;
}

export interface SlotOptions extends RunnerOptions {
  readonly outbox: SimpleQueue<Report>;
  readonly maxHeapMiB: number | undefined;
}

/** Keeps a thread for a slot. */
export const runner: Actor<RunnerMessage, [Slot, SlotOptions]> = actor(
  import.meta,
  function runner(context: Context<RunnerMessage>, slot: Slot, options: SlotOptions) {
    const { outbox, maxHeapMiB, jobs, allowShell, outputLimit } = options;
    const inbox = new SimpleQueue<Assignment | 'end'>();
    const thread = new Thread(runnerThread, {
      args: [slot.number, inbox, outbox, { jobs, allowShell, outputLimit }],
      name: slot.name,
      daemon: true,
      // A fresh worker: what a job did to the globals of a dead one is gone with it.
      isolated: true,
      ...(maxHeapMiB === undefined ? {} : { maxHeapMiB }),
    }).start();
    const { self } = context;
    const line: Line = { inbox, thread };
    let isStopping = false;
    let isDead = false;
    const ended = thread.resultAsync().then(
      () => {},
      (error: unknown) => {
        isDead = true;
        // Behind the thread's last words, so that an attempt that came to its end isn't taken for one that didn't.
        slot.dead.push(line);
        outbox.put({ type: 'died', slot: slot.number, error });
        if (!isStopping) self.tell({ type: 'died', error });
      },
    );
    slot.connect(line);
    return behavior<RunnerMessage>({
      receive(message) {
        throw message.error;
      },
      async stopped() {
        isStopping = true;
        if (slot.line === line) slot.line = undefined;
        // What lies in a dead thread's inbox is work that it didn't take.
        if (!isDead) inbox.put('end');
        await ended;
      },
    });
  },
);
