/** What the supervisor does when a pool's thread has died: settles its task, frees its place, and finds somebody for the tasks that wait. */
import { i32, store } from '../atomics.ts';
import { ThreadDiedError } from '../errors.ts';
import { OUTCOME, THREAD } from '../memory/layout.ts';
import { readMessage } from '../memory/message.ts';
import { release } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { describeRecord } from '../thread/record.ts';
import { employers } from '../thread/registry.ts';
import { breakPool, failPending, hireIfWanted, isBroken } from './hire.ts';
import { PHASE } from './layout.ts';
import { changePhase, phaseOf, publish, putError } from './settle.ts';
import { depart, takeOutOfLine } from './tasks.ts';
import { lookAtDeadlines } from './time-limit.ts';

/** Each step is harmless twice. The thread's references have been returned, but for the two that its record holds. */
function mourn(record: number): void {
  const pool = i32[record + THREAD.employer]!;
  ensureMapped(pool);
  const death = deathOf(record);
  const task = i32[record + THREAD.task]!;
  if (task !== 0) settleTask(pool, record, task, death);
  const { known, ready } = depart(pool, record, false, true);
  if (known && !ready) breakPool(pool, 'a worker died before it was ready', death);
  else if (isBroken(pool)) failPending(pool);
  else hireIfWanted(pool);
  store(record + THREAD.employer, 0);
  release(pool);
}

function settleTask(pool: number, record: number, future: number, death: ThreadDiedError): void {
  ensureMapped(future);
  takeOutOfLine(pool, future);
  const mine =
    changePhase(future, PHASE.pending, PHASE.settling) ||
    changePhase(future, PHASE.running, PHASE.settling) ||
    // It died while it wrote the outcome.
    phaseOf(future) === PHASE.settling;
  if (mine) {
    putError(future, death);
    publish(future, PHASE.threw, record);
    return;
  }
  i32[record + THREAD.task] = 0;
  release(future);
}

function deathOf(record: number): ThreadDiedError {
  const who = describeRecord(record);
  const message = i32[record + THREAD.outcomeMessage]!;
  if (i32[record + THREAD.outcome] === OUTCOME.died && message !== 0) {
    const { reason, error } = readMessage(message) as { reason: string; error?: unknown };
    return new ThreadDiedError(
      `${who}, a worker of a pool, died: ${reason}`,
      error === undefined ? {} : { cause: error },
    );
  }
  if (i32[record + THREAD.outcome] === OUTCOME.threw && message !== 0) {
    const error = readMessage(message);
    return new ThreadDiedError(
      `${who}, a worker of a pool, died of an error that nothing in it caught: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return new ThreadDiedError(`${who}, a worker of a pool, ended in the midst of a task`);
}

employers.mourn = mourn;
employers.look = lookAtDeadlines;
