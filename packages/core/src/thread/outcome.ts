/** How a thread ended, for whoever asks for its result. */
import { i32 } from '../atomics.ts';
import { ThreadDiedError } from '../errors.ts';
import { OUTCOME, THREAD } from '../memory/layout.ts';
import { readMessage } from '../memory/message.ts';
import { describeRecord } from './record.ts';

/** What the thread left: what its function returned or threw, or why it has died. */
export function readOutcome(record: number): unknown {
  const message = i32[record + THREAD.outcomeMessage]!;
  return message === 0 ? undefined : readMessage(message);
}

/** Returns what the thread returned, and throws what it threw, for whoever asked its handle. */
export function returnOrThrow(record: number, value: unknown): unknown {
  const outcome = i32[record + THREAD.outcome];
  if (outcome === OUTCOME.returned) return value;
  if (outcome === OUTCOME.threw) throw joinedToCaller(value, describeRecord(record));
  const { reason, error } = value as { reason: string; error?: unknown };
  throw new ThreadDiedError(
    `${describeRecord(record)}: ${reason}`,
    error === undefined ? {} : { cause: error },
  );
}

/** Adds to a thread's error where its result was asked for. */
function joinedToCaller(error: unknown, thread: string): unknown {
  if (error instanceof Error && typeof error.stack === 'string' && !error.stack.includes('--- result of ')) {
    const caller = new Error().stack?.split('\n').slice(4).join('\n') ?? '';
    const stack = `${error.stack}\n    --- result of ${thread} asked for ---\n${caller}`;
    Object.defineProperty(error, 'stack', {
      value: stack,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
  return error;
}
