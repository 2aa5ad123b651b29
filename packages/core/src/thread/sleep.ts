/** Sleeping: for examples, polling loops and the scheduler; never a way to wait for another thread. */
import { blockFor, canBlock } from '../atomics.ts';
import { BlockingNotAllowedError } from '../errors.ts';
import { deadlineIn, deadlineOf, now } from '../parking/deadline.ts';
import { holdLoop, releaseLoop } from '../parking/keep-alive.ts';

/**
 * Blocks the calling thread for `ms` milliseconds. Throws `RangeError` for a negative or NaN time, `TypeError` for none, and `BlockingNotAllowedError` in a browser window: use
 * `sleepAsync`. Source: Python's `time.sleep`.
 */
export function sleep(ms: number): void {
  const deadline = endOf(ms, 'sleep');
  if (!canBlock())
    throw new BlockingNotAllowedError(
      'sleep() would block, which this thread may not do; await sleepAsync() instead',
    );
  for (let left = deadline - now(); left > 0; left = deadline - now()) blockFor(left);
}

/** When a sleep ends. A time that was forgotten isn't one without end, as it is elsewhere. */
function endOf(ms: number | undefined, place: string): number {
  if (ms === undefined)
    throw new TypeError(
      `${place}: expected a number of milliseconds, got undefined; to wait for ever, pass Infinity`,
    );
  return deadlineOf(ms, place);
}

/** Resolves after `ms` milliseconds; rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
export async function sleepAsync(ms: number, options?: { signal?: AbortSignal | undefined }): Promise<void> {
  const deadline = endOf(ms, 'sleepAsync');
  deadlineIn(options, 'sleepAsync');
  const signal = options?.signal;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    holdLoop();
    let timer: ReturnType<typeof setTimeout>;
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      releaseLoop();
      settle();
    };
    const onAbort = (): void => done(() => reject(signal!.reason));
    const step = (): void => {
      const left = deadline - now();
      if (left <= 0) done(resolve);
      else timer = setTimeout(step, Math.min(Math.ceil(left), 0x7fff_ffff));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    step();
  });
}
