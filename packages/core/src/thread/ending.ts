/** How a thread's end is written into its record, before `finish` tells those who wait for it. */
import { i32 } from '../atomics.ts';
import { OUTCOME, THREAD } from '../memory/layout.ts';
import { storeMessage } from '../memory/message.ts';
import { withoutUnshareables } from './except-hook.ts';

/** Why a thread died that `terminate()` ended. */
export const TERMINATED = 'it was terminated';

/** What a `died` thread leaves. */
export interface Death {
  readonly reason: string;
  readonly error?: unknown;
}

/** Writes that the thread threw or died; an error that can't travel is replaced by one like it. */
export function conclude(record: number, outcome: typeof OUTCOME.threw, error: unknown): void;
export function conclude(record: number, outcome: typeof OUTCOME.died, death: Death): void;
export function conclude(record: number, outcome: number, value: unknown): void {
  let message: number;
  try {
    message = storeMessage(value, 'error');
  } catch {
    message = storeMessage(
      outcome === OUTCOME.threw ? withoutUnshareables(value) : { reason: (value as Death).reason },
      'error',
    );
  }
  i32[record + THREAD.outcomeMessage] = message;
  i32[record + THREAD.outcome] = outcome;
}
