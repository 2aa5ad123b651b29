// The pipeline on one thread (`--workers 0`): the same stages, one after the other for each file, and the time that each takes.
// From these times follows how much faster threads can be at best.

import { reusing } from '../cargo.ts';
import { failParsing, failWriting, maxPages } from '../faults.ts';
import { Parser } from '../facts/parse.ts';
import { isFile } from '../message.ts';
import { IndexWriter } from '../store/index-writer.ts';
import { Intake } from './intake.ts';
import {
  type Counter,
  type Counters,
  type Failure,
  makeCounters,
  type Run,
  type RunOptions,
  type RunResult,
} from './run.ts';
import { stagesOf } from './stages.ts';
import { Stopwatch } from './stopwatch.ts';

/** How long the event loop waits at most: for Ctrl-C, and for the progress display. */
const TURN_MS = 50;

/** Starts a run on this thread; it gives the event loop a turn now and then. */
export function startSingle(options: RunOptions): Run {
  const counters = makeCounters(() => new LocalCounter());
  const stop = { isSet: false };
  return {
    progress: () => ({
      found: counters.found.value,
      written: counters.written.value,
      kib: counters.kib.value,
      queued: undefined,
    }),
    stop: () => {
      stop.isSet = true;
    },
    finished: run(options, stop, counters),
  };
}

async function run(
  options: RunOptions,
  stop: { readonly isSet: boolean },
  counters: Counters<LocalCounter>,
): Promise<RunResult> {
  const total = new Stopwatch();
  const read = new Stopwatch();
  const parse = new Stopwatch();
  const write = new Stopwatch();
  const failures: Failure[] = [];
  let writer: IndexWriter | undefined;
  try {
    writer = write.time(() => new IndexWriter(options.db, counters, { maxPages: maxPages() }));
    const sink = writer;
    const jobs = new Intake(options, stop, counters.found, reusing()).jobs();
    const parser = new Parser(reusing());
    let turnEnds = performance.now() + TURN_MS;
    for (;;) {
      const next = read.time(() => jobs.next());
      if (next.done === true) break;
      const job = next.value;
      if (isFile(job)) counters.taken.add(1);
      const fact = parse.time(() => {
        failParsing(job.path);
        return parser.parse(job);
      });
      if (isFile(fact)) counters.parsed.add(1);
      write.time(() => {
        failWriting(fact.path);
        sink.add(fact);
      });
      if (performance.now() < turnEnds) continue;
      await new Promise(resolve => setImmediate(resolve));
      turnEnds = performance.now() + TURN_MS;
    }
    write.time(() => sink.commit());
  } catch (error) {
    failures.push({ where: 'the only thread', error });
  }
  const tally = writer?.committed;
  write.time(() => writer?.close());
  return {
    found: counters.found.value,
    taken: counters.taken.value,
    committed: counters.committed.value,
    tally,
    seconds: total.livedMs / 1000,
    stages: stagesOf(counters, {
      read: [times(read, total)],
      parse: [times(parse, total)],
      write: [times(write, total)],
    }),
    failures,
  };
}

function times(stage: Stopwatch, total: Stopwatch): { busyMs: number; livedMs: number } {
  return { busyMs: stage.busyMs, livedMs: total.livedMs };
}

class LocalCounter implements Counter {
  value = 0;
  add(amount: number): number {
    this.value += amount;
    return this.value;
  }
}
