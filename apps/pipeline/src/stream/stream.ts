// One stream: sources in this thread, a crew of transform threads, and a sink with a thread of its own.
//
//   sources ──▶ backlog ──▶ inboxes ──▶ transform-1…n ──▶ outbox ──▶ sink ──▶ disk
//      ▲        policy,     Queue        supervised       Queue        │
//      │        spill                                                  │ committed
//      └──────────────── receipts: acknowledgements ◀──────────────────┘
//
// The end, whatever brings it: sources stop, the backlog is closed, the crew drains it, the outbox is shut down, the sink commits, senders
// hear of it, connections are closed. Only a sink that fails, or a transform that can't start, ends it otherwise.

import { randomBytes } from 'node:crypto';
import { Event, Queue, setExceptHook, Thread } from '@heddle/core';
import { count } from '../terminal/text.ts';
import { describe, Trouble } from '../trouble.ts';
import type { StreamConfig } from './config/config.ts';
import { Backlog } from './intake/backlog.ts';
import { Intake } from './intake/intake.ts';
import { Spill } from './intake/spill.ts';
import type { Logger } from './log.ts';
import type { Committed, DeadReport, FromSink, ToSink } from './record.ts';
import type { SavedMark } from './sinks/sink.ts';
import { openSource } from './sources/open-source.ts';
import type { Source } from './sources/source.ts';
import { Cell, type Cells, makeCells } from './work/cells.ts';
import { Member } from './work/crew.ts';
import { sinkStage } from './work/sink-stage.ts';
import { makeTotalCells, Totals } from './work/totals.ts';

/** The parts of a stream, in the order in which they come to life; `failed` may follow any. */
export type Phase = 'starting' | 'running' | 'draining' | 'ended' | 'failed';

const INBOX_ITEMS = 64;
const INBOX_BYTES = 8 * 1024 * 1024;
const OUTBOX_ITEMS = 2048;
const OUTBOX_BYTES = 32 * 1024 * 1024;
/** The page shows the latest. */
const MOST_DEAD_SHOWN = 200;
const SAY_AGAIN_MS = 10_000;

export class Stream {
  readonly config: StreamConfig;
  readonly backlog: Backlog;
  readonly intake: Intake;
  readonly totals: Totals;
  readonly outbox: Queue<ToSink>;
  readonly members: readonly Member[];
  readonly cells: Cells;
  /** Set when it is to come to its end. */
  readonly stopEvent: Event = new Event({ name: 'stop' });
  readonly startedAt: number = Date.now();
  readonly #log: Logger;
  readonly #spill: Spill | undefined;
  readonly #totalCells = makeTotalCells();
  readonly #fromSink = new Queue<FromSink>({ name: 'committed' });
  readonly #dead: DeadReport[] = [];
  #sources: readonly Source[] = [];
  #phase: Phase = 'starting';
  #seq = 0;
  #spillFailedAt = -Infinity;
  /** What is sent to the sink from here is sent in order. */
  #sending: Promise<void> = Promise.resolve();
  #stopping: (() => void) | undefined;

  constructor(config: StreamConfig, log: Logger) {
    this.config = config;
    this.#log = log;
    const { transform, queue } = config;
    this.#spill = queue.policy === 'spill' ? new Spill(queue.spillFolder, queue.spillBytes) : undefined;
    this.outbox = new Queue<ToSink>({ maxsize: OUTBOX_ITEMS, maxBytes: OUTBOX_BYTES, name: 'outbox' });
    this.backlog = new Backlog({
      maxItems: queue.items,
      maxBytes: queue.bytes,
      policy: queue.policy,
      ...(this.#spill === undefined ? {} : { spill: this.#spill }),
      onDrop: job => this.intake.dropped(job),
      onSpillError: error => this.#spillFailed(error),
    });
    this.intake = new Intake(this.backlog, item => this.#toSink(item));
    this.totals = new Totals(this.#totalCells);
    // Row 0 is the sink's.
    this.cells = makeCells(1 + transform.workers);
    const { workers, module, keyField, ...limits } = transform;
    this.members = Array.from(
      { length: workers },
      (_, worker) =>
        new Member(
          {
            setup: { module, keyField, logLevel: config.logLevel },
            ...limits,
            inboxSize: INBOX_ITEMS,
            inboxBytes: INBOX_BYTES,
            cells: this.cells,
            firstRow: 1,
            backlog: this.backlog,
            outbox: this.outbox,
            log,
            nextSeq: () => ++this.#seq,
          },
          worker,
        ),
    );
  }

  get phase(): Phase {
    return this.#phase;
  }

  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** The latest dead letters, the newest last. */
  get dead(): readonly DeadReport[] {
    return this.#dead;
  }

  get spillBytes(): number {
    return this.#spill?.bytes ?? 0;
  }

  /** What a row of the cells belongs to. */
  get threads(): { name: string; cell: Cell }[] {
    const names = ['sink', ...this.members.map(({ name }) => name)];
    return names.map((name, row) => ({ name, cell: new Cell(this.cells, row) }));
  }

  /** Takes nothing more in; what was taken in is finished. */
  stop(): void {
    if (this.stopEvent.isSet) return;
    this.stopEvent.set();
    this.#stopping?.();
  }

  /** Runs to the end. Throws what made it fail. */
  async run(): Promise<void> {
    // The supervisor logs what transform threads die of, and the sink's failure is thrown here.
    setExceptHook(() => {});
    const { sink, batch, logLevel } = this.config;
    const thread = new Thread(sinkStage, {
      args: [{ sink, batch, logLevel }, this.outbox, this.#fromSink, this.cells, 0, this.#totalCells],
      name: 'sink',
    }).start();
    // Settles when the sink's thread has ended; whatever waits for the sink meanwhile must not wait for ever.
    const sunk = thread.resultAsync().finally(() => {
      this.outbox.shutdown({ immediate: true });
      this.#fromSink.shutdown();
    });
    try {
      await this.#runWith(sunk);
      this.#phase = 'ended';
    } catch (error) {
      this.#phase = 'failed';
      throw error;
    } finally {
      this.#spill?.close();
    }
  }

  async #runWith(sunk: Promise<void>): Promise<void> {
    // Beside the sink, since starting threads takes its time; they have nothing to do yet.
    const crew = Promise.all(this.members.map(member => member.run()));
    const failure = Promise.race([never(crew), never(sunk)]);
    const guarded = <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, failure]);
    const marks = await guarded(this.#ready());
    const listening = this.#listen();
    const run = randomBytes(6).toString('hex');
    this.#sources = this.config.sources.map(source => openSource(source, this.intake, marks, run, this.#log));
    try {
      await guarded(Promise.all(this.#sources.map(source => source.start())));
      this.#phase = 'running';
      this.#stopping = () => {
        this.#phase = 'draining';
        for (const source of this.#sources) source.stop();
      };
      if (this.stopEvent.isSet) this.#stopping();
      await guarded(Promise.all(this.#sources.map(source => source.ended)));
      this.#phase = 'draining';
      this.stopEvent.set();
      const drained = this.#drain(crew, sunk, listening);
      await guarded(this.#inTime(drained));
    } catch (error) {
      this.backlog.close();
      for (const source of this.#sources) source.stop();
      throw error;
    }
  }

  async #drain(crew: Promise<unknown>, sunk: Promise<void>, listening: Promise<void>): Promise<void> {
    this.backlog.close();
    await crew;
    await this.#sending;
    this.outbox.shutdown();
    await sunk;
    await listening;
    await Promise.all(this.#sources.map(source => source.close()));
  }

  async #inTime(drained: Promise<void>): Promise<void> {
    const { drainTimeoutMs } = this.config;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const left = this.intake.lines - this.totals.counts.results - this.backlog.dropped;
        reject(
          new Trouble(
            `${count(left, 'line', 'lines')} could not be stored within ${drainTimeoutMs} ms after the end of intake. What was not acknowledged comes again from where it came from`,
          ),
        );
      }, drainTimeoutMs);
    });
    try {
      await Promise.race([drained, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until the sink is open. */
  async #ready(): Promise<readonly SavedMark[]> {
    const first = await this.#fromSink.getAsync();
    return first.kind === 'ready' ? first.marks : [];
  }

  /** Passes on what the sink has committed, until it has ended. */
  async #listen(): Promise<void> {
    for await (const item of this.#fromSink) if (item.kind === 'committed') this.#committed(item);
  }

  #committed({ pairs, dead }: Committed): void {
    const errors = new Map<number, Map<number, string>>();
    for (const letter of dead) {
      this.#dead.push(letter);
      if (letter.origin === 0) continue;
      const ofOrigin = errors.get(letter.origin) ?? new Map<number, string>();
      errors.set(letter.origin, ofOrigin.set(letter.index, letter.error));
      this.#log.debug({ source: letter.source, key: letter.key, error: letter.error }, 'a dead letter');
    }
    this.#dead.splice(0, this.#dead.length - MOST_DEAD_SHOWN);
    for (let i = 0; i < pairs.length; i += 2) {
      const [origin, index] = [pairs[i]!, pairs[i + 1]!];
      const error = errors.get(origin)?.get(index);
      this.intake.receiptOf(origin)?.settle(index, error === undefined ? 'committed' : { error });
    }
  }

  /** It may be tried, and fail, many times a second as long as the disk is full: the log says so now and then. */
  #spillFailed(error: unknown): void {
    const now = performance.now();
    if (now - this.#spillFailedAt < SAY_AGAIN_MS) return;
    this.#spillFailedAt = now;
    this.#log.error(
      { error: describe(error) },
      'the disk does not take what should be spilled; sources wait',
    );
  }

  #toSink(item: ToSink): Promise<void> {
    this.#sending = this.#sending.then(() => this.outbox.putAsync(item));
    // If the sink has failed, that is told elsewhere.
    this.#sending = this.#sending.catch(() => {});
    return this.#sending;
  }
}

/** Follows only the failure of a promise. */
function never(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => void promise.catch(reject));
}
