/** Times: how long a call may wait, as its caller says it, and clocks. */
import { checkOptions } from '../memory/check-options.ts';

/** Milliseconds on this thread's monotonic clock. The global is asked each time, a getter in Node, since tests put another clock there (`vi.useFakeTimers`). */
export const now: () => number = () => performance.now();

/** The same by the clock that was there when this was loaded, for loops that look at it until some time has passed: one that a test has put there may stand still. */
export const steadyNow: () => number = performance.now.bind(performance);

/** What calls that wait take. */
interface Waiting {
  readonly timeout?: number | undefined;
  readonly signal?: unknown;
}

/**
 * The deadline of a call. Throws `TypeError` for options that are no object, for a signal that is none and for one given to a call that blocks (`twin` is what
 * to use in its place), and what `deadlineOf` throws.
 */
export function deadlineIn(options: Waiting | undefined, place: string, twin?: string): number {
  if (options === undefined || options === null) return Infinity;
  checkOptions(options, place, '{ timeout: 100 }');
  const { signal, timeout } = options;
  if (signal !== undefined && signal !== null) checkSignal(signal, place, twin);
  if (timeout === undefined) checkWaitNames(options, place);
  return deadlineOf(timeout, place);
}

/** The options of all calls that wait. Which call takes which is TypeScript's to say; here it is told that a misspelt `timeout` isn't one. */
const WAIT_NAMES: ReadonlySet<string> = new Set(
  'timeout signal within transfer priority returnWhen chunkSize bufferSize wait cancelFutures action name args threads chunk into'.split(
    ' ',
  ),
);

/** Throws `TypeError` for a name that no such call knows: without its `timeout` it would wait for ever. */
function checkWaitNames(options: object, place: string): void {
  for (const name of Object.keys(options)) {
    if (WAIT_NAMES.has(name) || (options as Record<string, unknown>)[name] === undefined) continue;
    throw new TypeError(
      `${place}: there is no option "${name}"; say how long to wait by { timeout }, in milliseconds`,
    );
  }
}

/** A blocked thread doesn't hear that a signal is aborted: it would wait on as if there were none. Only one that is aborted already can do its work. */
function checkSignal(signal: unknown, place: string, twin: string | undefined): void {
  if (typeof (signal as Partial<AbortSignal>).throwIfAborted !== 'function')
    throw new TypeError(`${place}: signal must be an AbortSignal, got ${String(signal)} (${typeof signal})`);
  if (twin === '' || place.endsWith('Async')) return;
  (signal as AbortSignal).throwIfAborted();
  const call = twin ?? `${place.slice(place.lastIndexOf('.') + 1)}Async({ signal })`;
  throw new TypeError(
    `${place}: a signal can't end a blocking call, which hears of no abort; await ${call}, or pass { timeout }`,
  );
}

/** Turns a timeout into a deadline. Throws `RangeError` for NaN and negative values and `TypeError` for what is no number. */
export function deadlineOf(timeout: number | undefined, place: string): number {
  if (timeout === undefined || timeout === Infinity) return Infinity;
  if (typeof timeout !== 'number') {
    throw new TypeError(
      `${place}: timeout must be a number of milliseconds, got ${String(timeout)} (${typeof timeout})`,
    );
  }
  if (!(timeout >= 0)) {
    throw new RangeError(`${place}: timeout must be 0 or more milliseconds, got ${timeout}`);
  }
  return now() + timeout;
}

/** Milliseconds on a clock that all threads share, as a 32-bit number that wraps around. */
export function runtimeMilliseconds(): number {
  return (performance.timeOrigin + performance.now()) | 0;
}
