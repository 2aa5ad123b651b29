/** The block of a task in shared memory (`layout.ts`): filled in before it is handed in, and dropped if it wasn't accepted. */
import { f64, i32 } from '../atomics.ts';
import { allocate, free } from '../memory/allocator.ts';
import { KIND } from '../memory/kinds.ts';
import { OBJECT } from '../memory/layout.ts';
import { dropMessage } from '../memory/message.ts';
import { release } from '../memory/shared-object.ts';
import { captureContext } from '../thread/context.ts';
import { ensureSupervisor } from '../thread/root.ts';
import { assertNotImporting } from '../thread/target.ts';
import { unexpect } from './completed.ts';
import { FUTURE, FUTURE_FLAG } from './layout.ts';
import type { Order } from './order.ts';
import { putArguments } from './payload.ts';
import { storeTarget } from './targets.ts';

const HEAD_WORDS: number = FUTURE.payload;

/**
 * Makes the block of a task, with two references: the submitter's and the line's. Its own to the pool it gets when it is expected (`pool-references.ts`).
 * Throws for a target or arguments that can't travel.
 */
export function createTask(pool: number, order: Order): number {
  assertNotImporting('ThreadPoolExecutor.submit()');
  ensureSupervisor();
  const { message, owned } = storeTarget(order.target, 'ThreadPoolExecutor.submit');
  const future = allocate(FUTURE.bytes);
  const words = i32;
  for (let word = future; word < future + HEAD_WORDS; word++) words[word] = 0;
  words[future + OBJECT.kind] = KIND.future;
  words[future + OBJECT.references] = 2;
  words[future + FUTURE.target] = message;
  words[future + FUTURE.flags] = order.flags | (owned ? FUTURE_FLAG.ownsTarget : 0);
  words[future + FUTURE.timeout] = order.timeout;
  f64[(future + FUTURE.priority) >> 1] = order.priority;
  let context = 0;
  try {
    context = captureContext(order.context);
    putArguments(future, order.args);
  } catch (error) {
    if (context !== 0) dropMessage(context);
    if (owned) dropMessage(message);
    free(future);
    throw error;
  }
  i32[future + FUTURE.context] = context;
  i32[future + FUTURE.pool] = pool;
  return future;
}

/** Drops a task that wasn't accepted. */
export function discardTask(future: number): void {
  unexpect(future);
  release(future, 2);
}
