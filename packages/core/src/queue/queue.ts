/** The first-in-first-out queue, as Python's `queue.Queue`. */
import { KIND } from '../memory/kinds.ts';
import type { Existing } from '../memory/shared-object.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { fifo } from './fifo.ts';
import type { QueueOptions } from './options.ts';
import { register } from './register.ts';
import type { Discipline } from './traffic.ts';

const discipline: Discipline = register(
  'Queue',
  KIND.queue,
  fifo,
  existing => new Queue(existing as QueueOptions),
);

/**
 * A first-in-first-out queue between threads, with any number of producers and consumers, blocking and async. Semantics: Python's `queue.Queue`, with
 * milliseconds for seconds. It carries whatever structured clone carries, and every shared object at any depth; a `SharedBuffer` travels without a copy.
 *
 * Items of one producer come out in the order in which it put them. A thread that dies loses no item but those that it had taken.
 *
 * @example
 * ```ts
 * const queue = new Queue<{ id: number }>({ maxsize: 100 });
 * queue.put({ id: 1 });
 * queue.get().id; // => 1
 * ```
 */
export class Queue<T = unknown> extends BoundedQueue<T> {
  /** Throws `TypeError` and `RangeError` for limits that are no whole numbers. Never blocks. */
  constructor(options?: QueueOptions) {
    super(discipline, options as QueueOptions | Existing | undefined);
  }
}
