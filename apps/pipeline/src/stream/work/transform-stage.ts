// A transform's thread: takes jobs from its inbox, parses and transforms them, and puts the results into the sink's queue. An error that
// the transform throws makes the job a dead letter. Whatever ends the thread (an error in a callback, `process.exit`, memory, the
// supervisor's time limit) is the supervisor's to see; `Cell` tells it how far this thread came.

import { currentThread, type Queue, QueueShutDownError, task, type Task } from '@heddle/core';
import type { Transform, TransformContext, TransformOutput } from '../define-transform.ts';
import { parseLine } from '../format/parse.ts';
import { makeLog } from '../log.ts';
import { deadLetter, type Job, type Result, type ToSink } from '../record.ts';
import { Cell, type Cells } from './cells.ts';
import { loadTransform } from './load-transform.ts';

export interface TransformSetup {
  /** URL of the user's module; undefined passes values through. */
  readonly module: string | undefined;
  /** Which of the transform threads, counted from 0. */
  readonly worker: number;
  /** A property of the parsed value that makes the key. */
  readonly keyField: string | undefined;
  readonly logLevel: string;
}

type TransformStage = (
  setup: TransformSetup,
  inbox: Queue<Job>,
  outbox: Queue<ToSink>,
  cells: Cells,
  row: number,
) => Promise<void>;

/** Jobs taken at once. */
const MOST_JOBS = 16;
/** Results aren't kept back for longer than this, for the rest of what was taken at once. */
const MOST_MS = 5;

/** Transforms until no jobs are left and none will come. It doesn't look at the stop event: what was taken in is finished. */
export const transformStage: Task<TransformStage> = task(
  import.meta,
  async function transformStage(setup, inbox, outbox, cells, row) {
    const cell = new Cell(cells, row);
    const log = makeLog(currentThread().name, setup.logLevel);
    const context: TransformContext = {
      thread: currentThread().name,
      log: (message, fields) => log.info({ ...fields }, message),
    };
    const transform = await loadTransform(setup.module);
    await transform.start?.(context);

    const deliver = async (results: Result[]): Promise<void> => {
      cell.state = 'waiting to put';
      await outbox.putManyAsync(results);
      // Only now: had the thread died before, these jobs would be done again, and the sink would ignore what it has.
      cell.deliver(results.length);
      cell.state = 'working';
    };

    for (;;) {
      cell.state = 'waiting to get';
      const jobs = await nextJobs(inbox);
      if (jobs === undefined) break;
      cell.state = 'working';
      let results: Result[] = [];
      let since = performance.now();
      for (const job of jobs) {
        results.push(await finish(job, transform, context, setup, cell));
        if (performance.now() - since < MOST_MS) continue;
        await deliver(results);
        results = [];
        since = performance.now();
      }
      if (results.length > 0) await deliver(results);
    }
    try {
      await transform.stop?.();
    } catch (error) {
      // All is done; another thread would only fail in the same way.
      log.error({ error: explain(error) }, "the transform's stop() failed");
    }
    cell.state = 'ended';
  },
);

async function nextJobs(inbox: Queue<Job>): Promise<Job[] | undefined> {
  try {
    return await inbox.getManyAsync(MOST_JOBS);
  } catch (error) {
    if (error instanceof QueueShutDownError) return undefined;
    throw error;
  }
}

async function finish(
  job: Job,
  transform: Transform,
  context: TransformContext,
  setup: TransformSetup,
  cell: Cell,
): Promise<Result> {
  const { seq, origin, index, file, start, end, at, source } = job;
  let { key } = job;
  const result = { seq, origin, index, file, start, end, at, source, worker: setup.worker };
  cell.begin();
  try {
    if (job.fault !== undefined) return { ...result, key, rows: [], dead: deadLetter(job.fault, job.bytes) };
    const { text, value } = parseLine(job.bytes, job.format);
    key = ownKey(value, source, setup.keyField) ?? key;
    const input = { value, text, source, format: job.format, key, receivedAt: at };
    const output = transform.transform(input, context);
    return { ...result, key, rows: rowsOf(isPromise(output) ? await output : output) };
  } catch (error) {
    return { ...result, key, rows: [], dead: deadLetter(explain(error), job.bytes) };
  } finally {
    cell.leave();
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function ownKey(value: unknown, source: string, field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const own =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof own === 'string' || typeof own === 'number') return `${source}:${own}`;
  throw new TypeError(
    `the key "${field}" must be a string or a number, got ${JSON.stringify(own)} (${typeof own})`,
  );
}

function rowsOf(output: TransformOutput | readonly TransformOutput[] | null | undefined | void): string[] {
  if (output === null || output === undefined) return [];
  return (Array.isArray(output) ? (output as TransformOutput[]) : [output as TransformOutput]).map(each => {
    const json = JSON.stringify(each) as string | undefined;
    if (json === undefined)
      throw new TypeError(`the transform returned a ${typeof each}, which JSON can't hold`);
    return json;
  });
}

function explain(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
}
