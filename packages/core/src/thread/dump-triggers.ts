/** Dumps that nobody has to be there for: at a signal, and by the supervisor, which runs when nobody else does, after a time and when a file is touched. */
import { add, exchange, i32, load, store } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { isRootThread } from '../memory/birth.ts';
import { REGISTRY } from '../memory/layout.ts';
import { dropMessage, storeMessage, takeMessage } from '../memory/message.ts';
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
 * Dumps to standard error whenever the process gets the signal: `kill -USR2 <pid>`. In the main thread only, whose event loop must turn for it, since the
 * platform hands signals to nobody else: for a main thread that may be blocked there are `dumpOnTouch` and `dumpAfter`. Doesn't keep the program running. Returns what ends it. Throws `ThreadStateError` in other threads and where there
 * are no signals, and `TypeError` for what is no signal's name.
 */
export function dumpOnSignal(signal: string = 'SIGUSR2'): DumpTrigger {
  if (typeof signal !== 'string' || !/^SIG[A-Z0-9]+$/.test(signal))
    throw new TypeError(
      `dumpOnSignal: signal must be a signal's name, such as 'SIGUSR2', got ${String(signal)} (${typeof signal})`,
    );
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

interface Files {
  statSync(path: string, options: { throwIfNoEntry: false }): { readonly mtimeMs: number } | undefined;
}

function files(): Files | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
  return process?.getBuiltinModule?.('node:fs') as Files | undefined;
}

/** When the file was changed last; 0 if there is none. */
function changedAt(path: string): number {
  try {
    return files()?.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  } catch {
    return 0;
  }
}

/** So often the supervisor looks. */
const LOOK_MS = 250;

/**
 * Dumps to standard error whenever the file is made or touched: `touch <path>`. What a signal is for a main thread that is blocked or busy, of which no signal is heard: the
 * supervisor looks at the file four times a second. There is one for the whole runtime; a later call takes the place of the one before. Doesn't keep the
 * program running. Returns what ends it. Throws `TypeError` for what is no path, and `ThreadStateError` where there are no files. Never blocks.
 *
 * @example
 * ```ts
 * dumpOnTouch('/tmp/my-service.dump'); // and when it hangs: touch /tmp/my-service.dump
 * ```
 */
export function dumpOnTouch(path: string): DumpTrigger {
  if (typeof path !== 'string' || path === '')
    throw new TypeError(`dumpOnTouch: path must be a non-empty string, got ${String(path)} (${typeof path})`);
  if (files() === undefined) throw new ThreadStateError('dumpOnTouch: there are no files on this platform');
  ensureSupervisor();
  watchFile(path, changedAt(path));
  return trigger(() => watchFile('', 0));
}

function watchFile(path: string, since: number): void {
  const before = exchange(REGISTRY.dumpFile, storeMessage([path, since], 'path'));
  if (before !== 0) dropMessage(before);
  wakeSupervisor();
}

let watching: ReturnType<typeof setInterval> | undefined;

/** In the supervisor: watches the file that was named last. */
function serveFile(): void {
  const message = exchange(REGISTRY.dumpFile, 0);
  if (message === 0) return;
  const [path, since] = takeMessage(message) as [string, number];
  clearInterval(watching);
  if (path === '') return;
  let seen = since;
  watching = setInterval(() => {
    const changed = changedAt(path);
    if (changed !== 0 && changed !== seen) dump({ to: 'stderr' });
    seen = changed;
  }, LOOK_MS);
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
  serveFile();
  const request = load(REGISTRY.dumpRequests);
  if (request === served) return;
  served = request;
  clearTimeout(timer);
  const milliseconds = i32[REGISTRY.dumpAfter]!;
  if (milliseconds > 0) timer = setTimeout(() => dump({ to: 'stderr' }), milliseconds);
}
