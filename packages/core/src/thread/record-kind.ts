/**
 * A thread's record as a shared object: three lines of those who wait for its start, its end and the end of all; what a death leaves half done in it; and what it
 * owns when nobody knows it any more.
 */
import { i32 } from '../atomics.ts';
import type { Kind } from '../memory/kinds.ts';
import { OBJECT, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { dropMessage } from '../memory/message.ts';
import { release } from '../memory/shared-object.ts';
import { mend } from '../parking/line.ts';
import { grantAll } from '../parking/wake.ts';
import { joinLine, restLine, startLine } from './life.ts';
import { hasFlag, recordState } from './record.ts';

/** What a thread's record is to the layers below; a timer's is the same and more. Handles are made by `Thread` and `Timer`. */
export const recordKind: Pick<Kind, 'lines'> & Required<Pick<Kind, 'repair' | 'destroy'>> = {
  lines: [joinLine, startLine, restLine],
  repair(record) {
    mend(record + OBJECT.first);
    mend(record + THREAD.startFirst);
    mend(record + THREAD.restFirst);
    if (recordState(record) === THREAD_STATE.finished) grantAll(record + OBJECT.first);
    if (recordState(record) >= THREAD_STATE.running) grantAll(record + THREAD.startFirst);
  },
  destroy(record) {
    const messages = [
      i32[record + THREAD.outcomeMessage]!,
      i32[record + THREAD.argumentsMessage]!,
      i32[record + THREAD.contextMessage]!,
      i32[record + THREAD.fieldsMessage]!,
      i32[record + THREAD.baseMessage]!,
    ];
    if (hasFlag(record, THREAD_FLAG.ownsTarget)) messages.push(i32[record + THREAD.targetMessage]!);
    for (const message of messages) {
      if (message !== 0) dropMessage(message);
    }
    // Of one that was never started, its hirer having died.
    if (i32[record + THREAD.employer] !== 0) release(i32[record + THREAD.employer]!);
  },
};
