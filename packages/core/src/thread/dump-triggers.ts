/** Dumps that nobody has to be there for: at a signal, and after a time by the supervisor, which runs when nobody else does. */
import { add, i32, load, store } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { isRootThread } from '../memory/birth.ts';
import { REGISTRY } from '../memory/layout.ts';
import { wholeNumber } from '../sync/options.ts';
import { dump } from './dump.ts';
import { wakeSupervisor } from './registry.ts';
import { ensureSupervisor } from './root.ts';

const LONGEST_TIMER_MS = 0x7fff_ffff;

interface Signals {
  on?(signal: string, action: () => void): void;
  off?(signal: string, action: () => void): void;
}

/** Ends what it was returned for. */
export interface DumpTrigger extends Disposable {
  cancel(): void;
}

function trigger(cancel: () => void): DumpTrigger {
  return { cancel, [Symbol.dispose]: cancel };
}

/**
 * Dumps to standard error whenever the process gets the signal: `kill -USR2 <pid>`. In the main thread only, whose event loop must turn for it: for a main thread
 * that is blocked there is `dumpAfter`. Doesn't keep the program running. Returns what ends it. Throws `ThreadStateError` in other threads and where there
 * are no signals.
 */
export function dumpOnSignal(signal: string = 'SIGUSR2'): DumpTrigger {
  const process = (globalThis as { process?: Signals }).process;
  if (!isRootThread() || process?.on === undefined || process.off === undefined) {
    throw new ThreadStateError('dumpOnSignal: only the main thread of a process gets signals');
  }
  const action = (): void => void dump({ to: 'stderr' });
  process.on(signal, action);
  return trigger(() => process.off!(signal, action));
}

/**
 * Dumps to standard error when so many milliseconds have passed without another call of `dumpAfter`, or `cancel()`: a watchdog. The supervisor
 * does it, so also while the main thread is blocked, or busy. There is one for the whole runtime; a later call, by any thread, takes the place of the one
 * before. Doesn't keep the program running. Throws `RangeError` unless it is a whole number from 1 to 2³¹ − 1. Never blocks. Source: Python's
 * `faulthandler.dump_traceback_later`.
 *
 * @example
 * ```ts
 * using watchdog = dumpAfter(10_000); // says who waits for whom, should what follows take longer
 * ```
 */
export function dumpAfter(milliseconds: number): DumpTrigger {
  wholeNumber(milliseconds, 1, LONGEST_TIMER_MS, 'dumpAfter: milliseconds');
  ensureSupervisor();
  const request = ask(milliseconds);
  // Not if another watchdog has taken the place of this one.
  return trigger(() => void (load(REGISTRY.dumpRequests) === request && ask(0)));
}

function ask(milliseconds: number): number {
  store(REGISTRY.dumpAfter, milliseconds);
  const request = (add(REGISTRY.dumpRequests, 1) + 1) | 0;
  wakeSupervisor();
  return request;
}

let served = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** In the supervisor, whenever it was woken: sets the watchdog as was asked for last. */
export function serveDumpRequests(): void {
  const request = load(REGISTRY.dumpRequests);
  if (request === served) return;
  served = request;
  clearTimeout(timer);
  const milliseconds = i32[REGISTRY.dumpAfter]!;
  if (milliseconds > 0) timer = setTimeout(() => dump({ to: 'stderr' }), milliseconds);
}
