/** Handing a task in: its block is made, it stands in the pool's line or waits for room, and its future is the submitter's. */
import { i32 } from '../atomics.ts';
import { QueueFullError } from '../errors.ts';
import { waitInLine } from '../parking/async.ts';
import { waitBlocking } from '../parking/wait.ts';
import { stopPolling } from './completed.ts';
import { createTask, discardTask } from './create-task.ts';
import { ENTRY, enter, entry, forgetHeld, roomLine, standInFront } from './entering.ts';
import { Future } from './future.ts';
import type { Origin } from './call-site.ts';
import { hireIfWanted } from './hire.ts';
import { POOL } from './layout.ts';
import type { Order } from './order.ts';

/** The pool was shut down or broken while the task was handed in. */
export class Refusal extends Error {}

/** A future that `await` leaves alone. */
export interface Box {
  readonly future: Future;
}

/** Hands a task in, and blocks while there is no room. Throws `Refusal`, `QueueFullError`, and what can't travel. */
export function handIn(pool: number, order: Order, deadline: number, origin: Origin): Future {
  const block = createTask(pool, order);
  const future = Future.submitted(block, origin);
  entry.outcome = ENTRY.none;
  if (!enter(pool, block)) {
    entry.future = block;
    stopPolling();
    try {
      waitBlocking(pool, roomLine, deadline, 0, () => standInFront(pool));
    } catch (error) {
      discardTask(block);
      throw error;
    }
  }
  return accepted(pool, block, future, order, entry.outcome, origin);
}

/** As `handIn`, waiting for room without blocking. `owner`: the handle of the pool. */
export async function handInAsync(
  owner: object,
  pool: number,
  order: Order,
  deadline: number,
  signal: AbortSignal | undefined,
  origin: Origin,
): Promise<Box> {
  const block = createTask(pool, order);
  const future = Future.submitted(block, origin);
  let outcome: number = ENTRY.none;
  if (enter(pool, block)) outcome = entry.outcome;
  else {
    entry.future = block;
    const decided = (): void => {
      outcome = entry.outcome;
    };
    try {
      await waitInLine(owner, pool, roomLine, deadline, signal, 0, decided);
    } catch (error) {
      forgetHeld(block);
      discardTask(block);
      throw error;
    }
    forgetHeld(block);
  }
  return { future: accepted(pool, block, future, order, outcome, origin) };
}

function accepted(
  pool: number,
  block: number,
  future: Future,
  order: Order,
  outcome: number,
  origin: Origin,
): Future {
  if (outcome !== ENTRY.accepted) {
    discardTask(block);
    if (outcome === ENTRY.refused) throw new Refusal();
    throw new QueueFullError(
      `${origin.pool}: no room within roomTimeout: ${i32[pool + POOL.maxPending]} tasks (maxPending) are in line`,
    );
  }
  if (entry.hire) hireIfWanted(pool);
  const { signal } = order;
  if (signal !== undefined) {
    const onAbort = (): void => future.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    future.whenSettled(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  }
  return future;
}
