// The sink's thread: collects results into batches, commits each, and says so to the thread of the sources.

import {
  currentThread,
  type Queue,
  QueueEmptyError,
  QueueShutDownError,
  task,
  type Task,
} from '@heddle/core';
import type { SinkConfig } from '../config/config.ts';
import { makeLog } from '../log.ts';
import { deadLetter, type DeadReport, type FromSink, isResult, type Result, type ToSink } from '../record.ts';
import { Offsets } from '../sinks/offsets.ts';
import { openSink } from '../sinks/open-sink.ts';
import type { BatchOptions, Sink } from '../sinks/sink.ts';
import { Cell, type Cells } from './cells.ts';
import { Dedupe } from './dedupe.ts';
import { type TotalCells, Totals } from './totals.ts';

export interface SinkSetup {
  readonly sink: SinkConfig;
  readonly batch: BatchOptions;
  readonly logLevel: string;
}

type SinkStage = (
  setup: SinkSetup,
  outbox: Queue<ToSink>,
  toMain: Queue<FromSink>,
  cells: Cells,
  row: number,
  totals: TotalCells,
) => Promise<void>;

/** Results taken from the queue at once. */
const MOST_RESULTS = 256;
/** Where commits are slow, batches last so many times as long as one, so that most of the time is for writing; */
const COMMIT_SHARE = 4;
/** but not longer than this. */
const LONGEST_BATCH_MS = 1000;

/** Commits until no results are left and none will come. An error of the sink's ends it: what wasn't committed isn't acknowledged. */
export const sinkStage: Task<SinkStage> = task(
  import.meta,
  async function sinkStage(setup, outbox, toMain, cells, row, totalCells) {
    const cell = new Cell(cells, row);
    const totals = new Totals(totalCells);
    cell.state = 'working';
    const { sink, close } = openSink(setup.sink, totals, makeLog(currentThread().name, setup.logLevel));
    try {
      await toMain.putAsync({ kind: 'ready', marks: sink.marks });
      const batch = new Batch(sink, totals, setup.batch);
      for (;;) {
        cell.state = 'waiting to get';
        const items = await nextItems(outbox, batch.waitMs());
        cell.state = 'working';
        for (const item of items ?? []) batch.add(item);
        if (items !== undefined && !batch.isDue()) continue;
        const committed = await batch.commit();
        cell.state = 'waiting to put';
        if (committed !== undefined) await toMain.putAsync(committed);
        if (items === undefined) break;
      }
    } finally {
      close();
      cell.state = 'ended';
    }
  },
);

/** Returns some items, none if there were none for `timeout`, and undefined if there will be none. */
async function nextItems(outbox: Queue<ToSink>, timeout: number | undefined): Promise<ToSink[] | undefined> {
  try {
    return await outbox.getManyAsync(MOST_RESULTS, timeout === undefined ? {} : { timeout });
  } catch (error) {
    if (error instanceof QueueEmptyError) return [];
    if (error instanceof QueueShutDownError) return undefined;
    throw error;
  }
}

class Batch {
  readonly #sink: Sink;
  readonly #totals: Totals;
  readonly #options: BatchOptions;
  readonly #offsets = new Offsets();
  readonly #dedupe = new Dedupe();
  #results: Result[] = [];
  /** Something else than results is to be saved. */
  #dirty = false;
  /** When the batch began. */
  #since = 0;
  /** How long a batch lasts. */
  #lingerMs: number;

  constructor(sink: Sink, totals: Totals, options: BatchOptions) {
    this.#sink = sink;
    this.#totals = totals;
    this.#options = options;
    this.#lingerMs = options.lingerMs;
  }

  add(item: ToSink): void {
    if (this.#empty) this.#since = performance.now();
    if (isResult(item)) {
      if (!this.#dedupe.accept(item)) return;
      this.#sink.write(item);
      this.#results.push(item);
    } else if (item.kind === 'skipped') {
      this.#dirty = true;
    }
    this.#offsets.note(item);
  }

  /** How long to wait for more; undefined: for ever. */
  waitMs(): number | undefined {
    if (this.#empty) return undefined;
    return Math.max(0, this.#since + this.#lingerMs - performance.now());
  }

  isDue(): boolean {
    if (this.#empty) return false;
    return (
      this.#results.length >= this.#options.batchSize || performance.now() - this.#since >= this.#lingerMs
    );
  }

  async commit(): Promise<FromSink | undefined> {
    if (this.#empty) return undefined;
    const began = performance.now();
    const refusal = (await this.#sink.commit(this.#offsets.take())) ?? undefined;
    const commitMs = performance.now() - began;
    this.#lingerMs = Math.max(this.#options.lingerMs, Math.min(COMMIT_SHARE * commitMs, LONGEST_BATCH_MS));
    const written = this.#results;
    const results = refusal === undefined ? written : written.map(result => refused(result, refusal));
    this.#results = [];
    this.#dirty = false;
    this.#count(results);
    const pairs = results
      .filter(({ origin }) => origin !== 0)
      .flatMap(({ origin, index }) => [origin, index]);
    return { kind: 'committed', pairs: Float64Array.from(pairs), dead: results.flatMap(deadReport) };
  }

  get #empty(): boolean {
    return this.#results.length === 0 && !this.#dirty;
  }

  #count(results: readonly Result[]): void {
    const now = Date.now();
    for (const { at, dead, rows } of results) {
      this.#totals.latency(now - at);
      this.#totals.count(dead !== undefined ? 'dead' : rows.length === 0 ? 'filtered' : 'stored', 1);
    }
    this.#totals.count('results', results.length);
    this.#totals.count('commits', 1);
  }
}

/** What a result has become whose rows the sink's server will never take. */
function refused(result: Result, error: string): Result {
  if (result.dead !== undefined || result.rows.length === 0) return result;
  return { ...result, dead: deadLetter(error, Buffer.from(result.rows.join('\n'))) };
}

function deadReport({ origin, index, key, source, at, dead }: Result): DeadReport[] {
  return dead === undefined ? [] : [{ origin, index, key, source, at, ...dead }];
}
