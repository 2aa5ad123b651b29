/** Tasks for the tests of log lines. */
import { getLogger, threadBindings } from './logging.ts';
import type { ThreadBindings } from './logging.ts';
import { task } from './target.ts';
import { currentThread } from './current-thread.ts';

/** The bindings before and after the thread has another name. */
export const bindings = task(import.meta, function bindings(renamed: string): ThreadBindings[] {
  const before = threadBindings();
  currentThread().name = renamed;
  return [before, threadBindings()];
});

let last: unknown[] = [];
/** Of the module: the threads of one worker share it. */
const logger = { info: (...line: unknown[]): void => void (last = line) };

export const logOnce = task(import.meta, function logOnce(): unknown[] {
  getLogger(logger).info('here');
  return last;
});
