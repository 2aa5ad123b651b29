/**
 * The inside of a thread whose class has a `run()` of its own (`own-run.ts`): the object that the thread is comes to life over its record, runs, and leaves its
 * fields there for whoever joins.
 */
import { i32 } from '../atomics.ts';
import { AGENT, THREAD } from '../memory/layout.ts';
import { storeMessage } from '../memory/message.ts';
import { retain, revive } from '../memory/shared-object.ts';
import { selfAgent } from '../parking/guard.ts';
import { explainField, explainPrivate, fieldsOf } from './own-run.ts';
import type { ThreadClass } from './own-run.ts';

/** What the object is to those who run it. */
interface OwnThread {
  run(...args: unknown[]): unknown;
  embody(): Promise<unknown> | undefined;
}

/** Stores the fields of a thread whose class has a `run()` of its own; 0 for none. */
export function storeFields(thread: object, going: 'to' | 'from'): number {
  const fields = fieldsOf(thread);
  if (Object.keys(fields).length === 0) return 0;
  try {
    return storeMessage(fields, 'this');
  } catch (error) {
    throw explainField(error, going);
  }
}

/** In the thread: runs the object that this thread is, whose class has a `run()` of its own. */
export function runOwn(own: ThreadClass, args: unknown[]): unknown {
  const record = i32[selfAgent + AGENT.thread]!;
  retain(record);
  const thread = revive(record) as OwnThread;
  // This worker may have known the thread before it knew the class.
  if (!(thread instanceof own)) Object.setPrototypeOf(thread, own.prototype as object);
  const prepared = thread.embody();
  if (prepared !== undefined) return runOwnAsync(thread, args, prepared);
  let value: unknown;
  try {
    value = thread.run(...args);
  } catch (error) {
    throw leaveWith(thread, error);
  }
  if (isThenable(value)) return runOwnAsync(thread, args, undefined, value);
  leaveFields(thread);
  return value;
}

async function runOwnAsync(
  thread: OwnThread,
  args: unknown[],
  prepared: Promise<unknown> | undefined,
  began?: PromiseLike<unknown>,
): Promise<unknown> {
  let value: unknown;
  try {
    await prepared;
    value = await (began ?? thread.run(...args));
  } catch (error) {
    throw leaveWith(thread, error);
  }
  leaveFields(thread);
  return value;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function leaveFields(thread: OwnThread): void {
  const { at: record } = thread as unknown as { at: number };
  i32[record + THREAD.fieldsMessage] = storeFields(thread, 'from');
}

/** The error that ended `run()`, with the fields as they were then, if they can travel. */
function leaveWith(thread: OwnThread, error: unknown): unknown {
  explainPrivate(error);
  try {
    leaveFields(thread);
  } catch {
    // The error that came first says more.
  }
  return error;
}
