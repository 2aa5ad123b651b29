/**
 * Where tasks were submitted, for the stacks of their errors. To note it costs more than a tiny task (measured: 2 to 12 µs), so it is noted for a task only if it
 * hasn't been for a moment; those that follow at once come from the same loop as a rule, and the stack says that it is the one of a moment before.
 */
import { now } from '../parking/deadline.ts';

const EVERY_MS = 1;

/** A place in the program. Its stack is made only when it is read. */
export interface CallSite {
  readonly stack?: string;
}

/** Where a task came from, for the stack of its error. */
export interface Origin {
  readonly site: CallSite;
  /** Whether the site is exactly the caller's. */
  readonly exact: boolean;
  /** The pool, as errors name it. */
  readonly pool: string;
}

/** What was returned last: many tasks that follow at once share one. */
let last: Origin = { site: {}, exact: false, pool: '' };
let lastTime = -Infinity;

/** Submissions that may do without a look at the clock, which is a twentieth of what a tiny task costs its submitter. */
let spared = 0;
const SPARED = 7;
/** Only where so many have come so closely that it is a loop. */
const DENSE_MS = 0.05;
const MANY = 16;
let lookedAt = -Infinity;
let ending = false;

/** The code that submitted them has come to its end: whoever submits next is somebody else. */
function end(): void {
  ending = false;
  spared = 0;
}

interface Capturing {
  captureStackTrace?(target: object, above?: unknown): void;
}

/** Notes the stack above `above`. */
export function noteSite(above: unknown): CallSite {
  const site: CallSite = {};
  const { captureStackTrace } = Error as Capturing;
  if (captureStackTrace === undefined) Object.defineProperty(site, 'stack', { value: new Error().stack });
  else captureStackTrace.call(Error, site, above);
  return site;
}

/** Notes it, or says what was noted a moment before. `pending`: tasks of this thread that haven't settled. */
export function originNowAndThen(above: unknown, pool: string, pending: number): Origin {
  if (spared > 0 && last.pool === pool) {
    spared -= 1;
    return last;
  }
  const time = now();
  const dense = time - lookedAt < DENSE_MS && pending > MANY;
  lookedAt = time;
  if (time - lastTime > EVERY_MS) {
    lastTime = time;
    last = { site: noteSite(above), exact: true, pool };
    return last;
  }
  if (last.exact || last.pool !== pool) last = { site: last.site, exact: false, pool };
  if (dense) {
    spared = SPARED;
    if (!ending) queueMicrotask(end);
    ending = true;
  }
  return last;
}

/** Adds to an error's stack where its task was submitted. Once. */
export function joinSite(error: unknown, site: CallSite, where: string, isExact: boolean): void {
  if (
    !(error instanceof Error) ||
    typeof error.stack !== 'string' ||
    error.stack.includes('    --- task of ')
  )
    return;
  const lines = site.stack?.split('\n').slice(1).join('\n') ?? '';
  if (lines === '') return;
  const said = isExact ? 'submitted' : `submitted within ${EVERY_MS} ms of`;
  Object.defineProperty(error, 'stack', {
    value: `${error.stack}\n    --- task of ${where}, ${said}: ---\n${lines}`,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
