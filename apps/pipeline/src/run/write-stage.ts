// The writer's thread.

import {
  type AtomicCounter,
  type Queue,
  QueueEmptyError,
  QueueShutDownError,
  task,
  type Task,
} from '@heddle/core';
import { release } from '../cargo.ts';
import { failWriting, maxPages } from '../faults.ts';
import type { Fact } from '../message.ts';
import { IndexWriter } from '../store/index-writer.ts';
import type { Tally } from '../store/tally.ts';
import type { Counters, RunOptions } from './run.ts';
import type { Times } from './stages.ts';
import { Stopwatch } from './stopwatch.ts';

/** Facts taken from the queue at once. */
const MOST_FACTS = 32;

/** When nothing comes for so long, what there is is committed. */
const IDLE_MS = 500;

export interface WriterReport extends Times {
  readonly tally: Readonly<Tally>;
  /** What stopped it: it is told and not thrown, so that the tally isn't lost. */
  readonly failure: { readonly error: unknown } | undefined;
}

type WriteStage = (
  options: RunOptions,
  facts: Queue<Fact>,
  counters: Counters<AtomicCounter>,
) => WriterReport;

/** Writes until no facts are left and none will come, and commits. */
export const writeStage: Task<WriteStage> = task(import.meta, function writeStage(options, facts, counters) {
  const clock = new Stopwatch();
  const writer = clock.time(() => new IndexWriter(options.db, counters, { maxPages: maxPages() }));
  let failure: WriterReport['failure'];
  try {
    for (let batch = next(facts); batch !== undefined; batch = next(facts)) {
      const taken = batch;
      clock.time(() => {
        if (taken.length === 0) writer.commit();
        for (const fact of taken) {
          failWriting(fact.path);
          writer.add(fact);
          if (fact.kind === 'text') release(fact.stored);
        }
      });
    }
    clock.time(() => writer.commit());
  } catch (error) {
    failure = { error };
  }
  clock.time(() => writer.close());
  return { ...clock.times(), tally: writer.committed, failure };
});

/** Returns some facts, none if there were none for a while, and undefined if there will be none. */
function next(facts: Queue<Fact>): Fact[] | undefined {
  try {
    return facts.getMany(MOST_FACTS, { timeout: IDLE_MS });
  } catch (error) {
    if (error instanceof QueueEmptyError) return [];
    if (error instanceof QueueShutDownError) return undefined;
    throw error;
  }
}
