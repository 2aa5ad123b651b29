/** The queue without limits and bookkeeping, as Python's `queue.SimpleQueue`. */
import { detach } from '../codec/transfer.ts';
import { SharedMemoryExhaustedError } from '../errors.ts';
import { KIND } from '../memory/kinds.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { describe } from '../sync/describe.ts';
import { AnyQueue } from './any-queue.ts';
import { fifo } from './fifo.ts';
import { OUTCOME } from './layout.ts';
import { abandon, Batch, pack, packNext } from './message.ts';
import type { TransferOptions } from './options.ts';
import { register } from './register.ts';
import { offer, offerMany } from './traffic.ts';
import type { Discipline } from './traffic.ts';

const discipline: Discipline = register(
  'SimpleQueue',
  KIND.simpleQueue,
  fifo,
  existing => new SimpleQueue(existing as NameOptions),
);

/**
 * A first-in-first-out queue without limit, so `put` never blocks, and without task tracking and shutdown. `put` may be called from within a getter of an
 * item that is being put. Semantics: Python's `queue.SimpleQueue`.
 *
 * @example
 * ```ts
 * const queue = new SimpleQueue<number>();
 * queue.put(1);
 * queue.get(); // => 1
 * ```
 */
export class SimpleQueue<T = unknown> extends AnyQueue<T> {
  /** Never blocks. */
  constructor(options?: NameOptions) {
    super(discipline, options);
  }

  /** Puts an item. Never blocks. Throws `NotShareableError` with the path to what can't travel, and `SharedMemoryExhaustedError`; then the queue is as it was. */
  put(item: T, options?: TransferOptions): void {
    this.live();
    const message = pack(item, 'item', fifo.inlineBytes, options?.transfer);
    const queue = this.at;
    if (queue === 0 || offer(queue, fifo, message) !== OUTCOME.done) {
      abandon(message);
      this.live();
      throw exhausted(this);
    }
    if (message.transfer !== undefined) detach(message.transfer);
  }

  /** The same as `put`, for whoever is used to `Queue`. */
  putNowait(item: T, options?: TransferOptions): void {
    this.put(item, options);
  }

  /** Puts all items, in order; cheaper than as many calls of `put`. If one can't travel, none is put. Never blocks. */
  putMany(items: Iterable<T>): void {
    const batch = new Batch();
    try {
      for (const item of items) batch.add(packNext(item, batch, fifo.inlineBytes));
      offerMany(this.live(), fifo, batch);
      if (batch.put < batch.size) throw exhausted(this);
    } catch (error) {
      batch.abandon();
      throw error;
    }
  }
}

function exhausted(queue: SimpleQueue<unknown>): SharedMemoryExhaustedError {
  return new SharedMemoryExhaustedError(
    `${describe('SimpleQueue', queue)}: no shared memory left, with ${queue.size} items in the queue. Use a Queue with a maxsize or maxBytes`,
  );
}
