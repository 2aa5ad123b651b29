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

/** How a slot's thread is reached. */
export interface Line {
  readonly inbox: SimpleQueue<Assignment | 'end'>;
  readonly thread: Thread<typeof runnerThread>;
}

/** What a slot is doing. */
export interface Work {
  readonly assignment: Assignment;
  readonly onBegin: () => void;
  readonly onEnd: (end: AttemptEnd | { readonly died: unknown }) => void;
  pid: number | undefined;
  cancelLadder: () => void;
}

export class Slot {
  readonly number: number;
  isStarted = false;
  line: Line | undefined;
  work: Work | undefined;
  /** How many threads it has had. */
  threads = 0;

  constructor(number: number) {
    this.number = number;
  }

  get name(): string {
    return `runner-${this.number}`;
  }

  /** Gives it a run. It must have none. */
  assign(work: Work): void {
    this.work = work;
    this.line?.inbox.put(work.assignment);
  }

  /** The thread is up: what was given meanwhile is its first work. */
  connect(line: Line): void {
    this.line = line;
    this.threads += 1;
    if (this.work !== undefined) line.inbox.put(this.work.assignment);
  }

  /** Ends the attempt by force: its process group, if it is a command, and otherwise its thread. */
  kill(): void {
    const { work } = this;
    if (work === undefined) return;
    if (work.pid === undefined) this.line?.thread.terminate();
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
    let isStopping = false;
    const ended = thread.resultAsync().then(
      () => {},
      (error: unknown) => {
        // Behind the thread's last words, so that an attempt that came to its end isn't taken for one that didn't.
        outbox.put({ type: 'died', slot: slot.number, error });
        if (!isStopping) self.tell({ type: 'died', error });
      },
    );
    slot.connect({ inbox, thread });
    return behavior<RunnerMessage>({
      receive(message) {
        throw message.error;
      },
      async stopped() {
        isStopping = true;
        slot.line = undefined;
        inbox.put('end');
        await ended;
      },
    });
  },
);
