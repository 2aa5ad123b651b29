// The reader's thread.

import {
  type Event,
  type Queue,
  QueueShutDownError,
  task,
  type AtomicCounter,
  type Task,
} from '@heddle/core';
import { release } from '../cargo.ts';
import { isFile, type Job } from '../message.ts';
import { Intake } from './intake.ts';
import type { Counters, RunOptions } from './run.ts';
import { sharing } from './shared-cargo.ts';
import type { Times } from './stages.ts';
import { Stopwatch } from './stopwatch.ts';

type ReadStage = (
  options: RunOptions,
  jobs: Queue<Job>,
  stop: Event,
  counters: Counters<AtomicCounter>,
) => Times;

/** Reads until the folder is at its end, `stop` is set, or nobody takes jobs any more. */
export const readStage: Task<ReadStage> = task(
  import.meta,
  function readStage(options, jobs, stop, counters) {
    const clock = new Stopwatch();
    const intake = new Intake(options, stop, counters.found, sharing(options.queueSize));
    const read = intake.jobs();
    try {
      for (
        let next = clock.time(() => read.next());
        next.done !== true;
        next = clock.time(() => read.next())
      ) {
        // The parsers begin with the first file. The rest of the folder is listed while they keep this thread waiting anyway.
        while (jobs.full && clock.time(() => intake.lookAhead()));
        jobs.put(next.value);
        if (next.value.kind === 'text') release(next.value.content);
        if (isFile(next.value)) counters.taken.add(1);
      }
    } catch (error) {
      // The parsers have ended before their time. Why is theirs to tell.
      if (!(error instanceof QueueShutDownError)) throw error;
    }
    return clock.times();
  },
);
