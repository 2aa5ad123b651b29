// A parser's thread; there are several.

import { type AtomicCounter, type Queue, QueueShutDownError, task, type Task } from '@heddle/core';
import { release } from '../cargo.ts';
import { failParsing } from '../faults.ts';
import { Parser } from '../facts/parse.ts';
import { type Fact, isFile, type Job } from '../message.ts';
import type { Counters, RunOptions } from './run.ts';
import { goLast } from './precedence.ts';
import { sharing } from './shared-cargo.ts';
import type { Times } from './stages.ts';
import { Stopwatch } from './stopwatch.ts';

type ParseStage = (
  options: RunOptions,
  jobs: Queue<Job>,
  facts: Queue<Fact>,
  counters: Counters<AtomicCounter>,
) => Times;

/** Jobs taken at once: each time that a thread must be woken costs as much as parsing a few KiB. (Measured: 8 to 32 takes 2 % off a run.) */
const MOST_JOBS = 32;

/** Parses until no jobs are left and none will come. It doesn't look at the stop event: what was taken in is finished. */
export const parseStage: Task<ParseStage> = task(
  import.meta,
  function parseStage(options, jobs, facts, counters) {
    goLast();
    const clock = new Stopwatch();
    const parser = new Parser(sharing(options.queueSize));
    try {
      for (;;) {
        const some = jobs.getMany(MOST_JOBS);
        const parsed = clock.time(() =>
          some.map(job => {
            failParsing(job.path);
            const fact = parser.parse(job);
            if (job.kind === 'text') release(job.content);
            return fact;
          }),
        );
        facts.putMany(parsed);
        for (const fact of parsed) if (fact.kind === 'text') release(fact.stored);
        counters.parsed.add(parsed.filter(isFile).length);
      }
    } catch (error) {
      // No jobs are left; or the writer has ended before its time, and why is its to tell.
      if (!(error instanceof QueueShutDownError)) throw error;
    }
    return clock.times();
  },
);
