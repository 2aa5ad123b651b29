/** What a thread has to know of its event loop before it makes that stand still. */
export const NOTHING = 0;
const TIMERS = 1;
export const OTHERS = 2;

/** What holds the event loop of this thread: nothing, timers and immediates only, or something that may bring input. */
export function heldBy(): number {
  const { process } = globalThis as { process?: { getActiveResourcesInfo?: () => string[] } };
  let timers = 0;
  for (const resource of process?.getActiveResourcesInfo?.() ?? []) {
    if (resource === 'Timeout') timers += 1;
    else if (resource === 'Immediate') timers += 2;
    else return OTHERS;
  }
  // One is the host's, by which the reception holds the loop.
  return timers > 1 ? TIMERS : NOTHING;
}

/** Whether this thread may block: everywhere but in a browser's window. */
export function canBlock(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
