// The pipeline on threads: one reads, several parse, one writes, with a bounded queue before and behind the parsers. The queues
// alone bring everything to its end: the reader's end closes the first, the last parser's end closes the second. If a thread
// fails, the stop event is set, and a queue that nobody takes from any more is shut down at once, so that no one waits for ever.

import { AtomicCounter, Event, Queue, setExceptHook, Thread } from '@heddle/core';
import type { Fact, Job } from '../message.ts';
import { type Failure, makeCounters, type Run, type RunOptions, type RunResult } from './run.ts';
import { parseStage } from './parse-stage.ts';
import { readStage } from './read-stage.ts';
import { stagesOf, type Times } from './stages.ts';
import { type WriterReport, writeStage } from './write-stage.ts';

/** Each queue holds at most so many bytes, however few files they are. */
const QUEUE_BYTES = 16 * 1024 * 1024;

/** Starts a run on threads. This thread stays free, for the display and for Ctrl-C. */
export function startThreads(options: RunOptions): Run {
  const started = performance.now();
  const jobs = new Queue<Job>({ maxsize: options.queueSize, maxBytes: QUEUE_BYTES, name: 'jobs' });
  const facts = new Queue<Fact>({ maxsize: options.queueSize, maxBytes: QUEUE_BYTES, name: 'facts' });
  const stop = new Event();
  const counters = makeCounters(() => new AtomicCounter(0));
  const failures: Failure[] = [];
  // The report names each failure; printing it here too would say it twice.
  setExceptHook(() => {});

  const fail = (where: string, error: unknown): undefined => {
    failures.push({ where, error });
    stop.set();
  };
  const outcome = <T>(thread: { name: string; resultAsync(): Promise<T> }): Promise<T | undefined> =>
    thread.resultAsync().catch((error: unknown) => fail(thread.name, error));

  const read = outcome(
    new Thread(readStage, { args: [options, jobs, stop, counters], name: 'reader' }).start(),
  );
  const parse = Array.from({ length: options.workers }, (_, i) =>
    outcome(
      new Thread(parseStage, { args: [options, jobs, facts, counters], name: `parser-${i + 1}` }).start(),
    ),
  );
  const write = outcome(new Thread(writeStage, { args: [options, facts, counters], name: 'writer' }).start());

  const finish = async (): Promise<RunResult> => {
    void read.then(() => jobs.shutdown());
    const parsed = Promise.all(parse);
    void parsed.then(() => {
      // Normally the jobs queue is empty and shut down already. If all parsers failed, the reader may be waiting for room in it.
      jobs.shutdown({ immediate: true });
      facts.shutdown();
    });
    const written = write.then(report => {
      // Likewise: parsers may be waiting for a writer that failed.
      facts.shutdown({ immediate: true });
      if (report?.failure !== undefined) fail('writer', report.failure.error);
      return report;
    });
    const report = await written;
    const times = { read: present([await read]), parse: present(await parsed), write: present([report]) };
    return {
      found: counters.found.value,
      taken: counters.taken.value,
      committed: counters.committed.value,
      tally: report?.tally,
      seconds: (performance.now() - started) / 1000,
      stages: stagesOf(counters, times),
      failures,
    };
  };

  return {
    progress: () => ({
      found: counters.found.value,
      written: counters.written.value,
      kib: counters.kib.value,
      queued: { jobs: jobs.size, facts: facts.size },
    }),
    stop: () => stop.set(),
    finished: finish(),
  };
}

function present(times: readonly (Times | WriterReport | undefined)[]): Times[] {
  return times.filter(each => each !== undefined);
}
