/** What a future's block refers to, besides its pool. */
import { i32 } from '../atomics.ts';
import { dropMessage } from '../memory/message.ts';
import { FUTURE, FUTURE_FLAG } from './layout.ts';
import { dropPayload } from './payload.ts';

/** Gives it back: the block is about to be freed. */
export function dropTask(future: number): void {
  dropPayload(future);
  const verdict = i32[future + FUTURE.verdict]!;
  if (verdict > 0) dropMessage(verdict);
  if ((i32[future + FUTURE.flags]! & FUTURE_FLAG.ownsTarget) !== 0) dropMessage(i32[future + FUTURE.target]!);
  const context = i32[future + FUTURE.context]!;
  if (context !== 0) dropMessage(context);
}
