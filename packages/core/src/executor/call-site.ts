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

let lastSite: CallSite = {};
let lastTime = -Infinity;
/** Whether the site returned last is exactly the caller's. */
let exact = true;

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

/** The same, or what was noted a moment before. */
export function noteSiteNowAndThen(above: unknown): CallSite {
  const time = now();
  exact = time - lastTime > EVERY_MS;
  if (exact) {
    lastSite = noteSite(above);
    lastTime = time;
  }
  return lastSite;
}

export function wasExact(): boolean {
  return exact;
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
