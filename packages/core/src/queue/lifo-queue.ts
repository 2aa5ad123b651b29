/** The last-in-first-out queue, as Python's `queue.LifoQueue`. */
import { KIND } from '../memory/kinds.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { lifo } from './lifo.ts';
import type { QueueOptions } from './options.ts';
import { register } from './register.ts';
import type { Discipline } from './traffic.ts';

const discipline: Discipline = register(
  'LifoQueue',
  KIND.lifoQueue,
  lifo,
  existing => new LifoQueue(existing as QueueOptions),
);

/**
 * A queue that hands out the item put last, otherwise as `Queue`. Semantics: Python's `queue.LifoQueue`.
 *
 * @example
 * ```ts
 * const stack = new LifoQueue<string>();
 * stack.putMany(['first', 'last']);
 * stack.get(); // => 'last'
 * ```
 */
export class LifoQueue<T = unknown> extends BoundedQueue<T> {
  /** Throws `TypeError` and `RangeError` for limits that are no whole numbers. Never blocks. */
  constructor(options?: QueueOptions) {
    super(discipline, options);
  }
}
