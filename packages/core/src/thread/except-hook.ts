/**
 * Errors that a thread did not catch: they never come out of `join()` and never end the process, they go to a hook.
 * The hook of the thread's own realm is asked first, then the root thread's, and without either the error is printed.
 */
import { hot, i32 } from '../atomics.ts';
import { storeMessage, takeMessage } from '../memory/message.ts';
import { REGISTRY } from '../memory/layout.ts';
import { retain, revive } from '../memory/shared-object.ts';
import { ensureMapped, slab } from '../memory/slab.ts';
import { isRootThread } from '../memory/birth.ts';
import { listen } from '../parking/async.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { wakeAgent } from '../parking/wake.ts';
import { report } from './host.ts';
import { recordName } from './record.ts';
import type { Thread } from './thread.ts';

const { load, store } = hot;

/** What an exception hook is told. Source: Python's `threading.ExceptHookArgs`. */
export interface ExceptHookArgs {
  /** What was thrown; anything, `undefined` included. */
  readonly error: unknown;
  /** The thread that threw it. */
  readonly thread: Thread;
}

/** Receives what threads don't catch. */
export type ExceptHook = (args: ExceptHookArgs) => void;

let hook: ExceptHook | undefined;
let listening = false;

/**
 * Sets what is called with errors that threads don't catch; `undefined` restores the default, which prints `Exception in thread Worker-3:` and the
 * stack to standard error. Set in the root thread, it hears of all threads that set none themselves: on its event loop, or before a `join()` there
 * says that the thread has finished. Set in a thread, it hears of errors there, before the thread ends. Never blocks. Throws `TypeError` for what is no function. Source: Python's `threading.excepthook`.
 */
export function setExceptHook(newHook: ExceptHook | undefined): void {
  if (newHook !== undefined && typeof newHook !== 'function') {
    throw new TypeError(
      `setExceptHook: expected a function or undefined, got ${String(newHook)} (${typeof newHook})`,
    );
  }
  // Those that have come were sent to the hook that was set then.
  hearReports();
  hook = newHook;
  if (!isRootThread()) return;
  slab();
  store(REGISTRY.rootHook, newHook === undefined ? 0 : 1);
  if (newHook !== undefined && !listening) {
    listening = true;
    listen(drainReports);
  }
}

/** Prints `Exception in thread NAME:` and the error with its stack and causes to standard error. */
export function defaultExceptHook(args: ExceptHookArgs): void {
  print(args.thread.name, args.error);
}

function print(name: string, error: unknown): void {
  report(`Exception in thread ${name}:\n${describeError(error)}\n`);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error))
    return `Uncaught ${typeof error === 'string' ? `'${error}'` : String(error)}`;
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\n  [cause]: ${describeError(error.cause)}`;
}

/** Brings an uncaught error to whoever wants it. Runs in the thread itself, or in the supervisor on behalf of a dead one. */
export function handleUncaught(record: number, error: unknown): void {
  if (hook !== undefined) {
    retain(record);
    runHook(hook, { error, thread: revive(record) as Thread });
  } else if (load(REGISTRY.rootHook) === 1) {
    sendReport(record, error);
  } else {
    print(recordName(record), error);
  }
}

/** The same for the main thread, where no thread may have been known yet. */
export function handleUncaughtInMain(error: unknown): void {
  slab();
  const record = load(REGISTRY.mainRecord);
  if (record === 0) print('MainThread', error);
  else handleUncaught(record, error);
}

function runHook(run: ExceptHook, args: ExceptHookArgs): void {
  try {
    run(args);
  } catch (hookError) {
    report('Exception in the exception hook:\n');
    print(args.thread.name, hookError);
    report('while it handled:\n');
    print(args.thread.name, args.error);
  }
}

/** A report is a message [thread, error]; reports form a list by the unused word 1 of a message. */
function sendReport(record: number, error: unknown): void {
  retain(record);
  const thread = revive(record);
  let message: number;
  try {
    message = storeMessage([thread, error], 'error');
  } catch {
    message = storeMessage([thread, withoutUnshareables(error)], 'error');
  }
  lockGuard(REGISTRY.guard);
  i32[message + 1] = i32[REGISTRY.reports]!;
  i32[REGISTRY.reports] = message;
  unlockGuard(REGISTRY.guard);
  wakeAgent(load(REGISTRY.rootAgent));
}

/** An error like the one that can't travel as it is: same class name, message and stack. */
export function withoutUnshareables(error: unknown): Error {
  if (!(error instanceof Error))
    return new Error(`a thread threw a value that can't travel: ${describeError(error)}`);
  const copy = new Error(error.message);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}

/**
 * For whoever says of a thread that it has finished: as in Python, the hook has heard of its error by then. The thread had sent that before it finished.
 * Does nothing where no reports of others come.
 */
export function hearReports(): void {
  if (listening) drainReports();
}

/** Calls the root's hook with what has arrived, in order. */
export function drainReports(): void {
  if (load(REGISTRY.reports) === 0) return;
  lockGuard(REGISTRY.guard);
  let message = i32[REGISTRY.reports]!;
  i32[REGISTRY.reports] = 0;
  unlockGuard(REGISTRY.guard);
  const arrived: number[] = [];
  for (; message !== 0; message = i32[message + 1]!) {
    ensureMapped(message);
    arrived.push(message);
  }
  for (const each of arrived.reverse()) {
    const [thread, error] = takeMessage(each) as [Thread, unknown];
    if (hook === undefined) print(thread.name, error);
    else runHook(hook, { error, thread });
  }
}
