/**
 * What belongs to the thread that runs here now and ends with it: its thread-local values and what it registered for its end. A worker
 * runs many threads, one after the other, and nothing of one may be seen by the next.
 */
import { isRootThread } from '../memory/birth.ts';
import { handleUncaughtInMain } from './except-hook.ts';

let locals = new Map<object, unknown>();
let exits: Array<() => unknown> = [];
let exitHooked = false;

/** The values of this thread, by the object whose values they are. */
export function threadValues(): Map<object, unknown> {
  return locals;
}

/**
 * Registers what is called when the current thread ends, last registered first, after its function has returned or thrown and before `join()`
 * returns elsewhere; async functions are awaited. In the main thread it is called when the process exits, and must be synchronous. An
 * error in one doesn't keep the others from being called; it goes to the exception hook. Never blocks. A thread that is terminated or calls
 * `process.exit()` calls nothing. Source: Python's `threading._register_atexit`.
 */
export function atThreadExit(action: () => unknown): void {
  if (typeof action !== 'function') {
    throw new TypeError(`atThreadExit: expected a function, got ${String(action)} (${typeof action})`);
  }
  exits.push(action);
  if (isRootThread() && !exitHooked) {
    exitHooked = true;
    const process = (globalThis as { process?: { on?(event: 'exit', listener: () => void): void } }).process;
    process?.on?.('exit', () => {
      for (let next = exits.pop(); next !== undefined; next = exits.pop()) {
        try {
          next();
        } catch (error) {
          handleUncaughtInMain(error);
        }
      }
    });
  }
}

/** Whether leaving the current scope has anything to call. */
export function hasExitActions(): boolean {
  return exits.length > 0;
}

/** Calls what was registered; `onError` hears of each error. */
export async function runExitActions(onError: (error: unknown) => void): Promise<void> {
  for (let next = exits.pop(); next !== undefined; next = exits.pop()) {
    try {
      await next();
    } catch (error) {
      onError(error);
    }
  }
}

/** Forgets all of the thread that ended. */
export function resetScope(): void {
  if (locals.size > 0) locals = new Map();
  exits = [];
}
