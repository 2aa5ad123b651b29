/** The queue that hands out the lowest priority first, as Python's `queue.PriorityQueue`. */
import { KIND } from '../memory/kinds.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { heap } from './heap.ts';
import type { AsyncPutOptions, PutOptions, QueueOptions, TransferOptions } from './options.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import { register } from './register.ts';
import type { Discipline } from './traffic.ts';

const discipline: Discipline = register(
  'PriorityQueue',
  KIND.priorityQueue,
  heap,
  existing => new PriorityQueue(existing as PriorityQueueOptions<unknown>),
);

/** Where an item's priority comes from. */
export interface PriorityOptions {
  /** Lowest first; any number but NaN. Omitted, the queue's `key` says it. */
  priority?: number | undefined;
}

/** What a `PriorityQueue` is made with. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * Returns an item's priority, lowest first. It runs in the thread that puts, and functions don't travel: a thread that receives the queue sets
   * `queue.key` itself, or gives `priority` with each `put`. By default a number is its own priority, and so is the number that an array begins with.
   */
  key?: ((item: T) => number) | undefined;
}

/**
 * A queue that hands out the item with the lowest priority first, and among equals the one put first; otherwise as `Queue`. Semantics: Python's
 * `queue.PriorityQueue`, but items are compared by a number instead of by themselves, and ties are in order.
 *
 * @example
 * ```ts
 * const jobs = new PriorityQueue<{ due: number; name: string }>({ key: (job) => job.due });
 * jobs.putMany([{ due: 20, name: 'later' }, { due: 10, name: 'soon' }]);
 * jobs.get().name; // => 'soon'
 * ```
 */
export class PriorityQueue<T = unknown> extends BoundedQueue<T> {
  /** @internal */
  protected static override readonly optionNames: ReadonlySet<string> = new Set([
    'key',
    'maxsize',
    'maxBytes',
    'name',
  ]);

  /** This thread's way to tell an item's priority: see `PriorityQueueOptions`. */
  key: ((item: T) => number) | undefined;

  /** Throws `TypeError` and `RangeError` for limits that are no whole numbers, and `TypeError` for a key that is no function. Never blocks. */
  constructor(options?: PriorityQueueOptions<T>) {
    const key = options?.key;
    if (key !== undefined && typeof key !== 'function') {
      throw new TypeError(`PriorityQueue: key must be a function, got ${String(key)} (${typeof key})`);
    }
    if ((options as { compare?: unknown } | undefined)?.compare !== undefined) {
      throw new TypeError(
        "PriorityQueue: compare: a comparator can't cross threads; say an item's priority as a number, by key or with each put",
      );
    }
    super(discipline, options);
    this.key = key;
  }

  /** As `Queue.put`. Throws `TypeError` when the item's priority isn't known, and `RangeError` when it is NaN. */
  override put(item: T, options?: PutOptions & PriorityOptions): void {
    super.put(item, options);
  }

  /** As `put`, without blocking. */
  override putAsync(item: T, options?: AsyncPutOptions & PriorityOptions): Promise<void> {
    return super.putAsync(item, options);
  }

  /** As `Queue.tryPut`. */
  override tryPut(item: T, options?: TransferOptions & PriorityOptions): boolean {
    return super.tryPut(item, options);
  }

  /** As `Queue.putNowait`. */
  override putNowait(item: T, options?: TransferOptions & PriorityOptions): void {
    super.putNowait(item, options);
  }

  /** As `Queue.putMany`; a `priority` is that of all items. */
  override putMany(items: Iterable<T>, options?: WaitOptions & PriorityOptions): void {
    super.putMany(items, options);
  }

  /** As `putMany`, without blocking. */
  override putManyAsync(items: Iterable<T>, options?: AsyncWaitOptions & PriorityOptions): Promise<void> {
    return super.putManyAsync(items, options);
  }

  /** @internal */
  protected override priorityFor(item: T, options: PriorityOptions | undefined): number {
    const priority = options?.priority ?? (this.key === undefined ? naturalPriority(item) : this.key(item));
    if (typeof priority !== 'number') {
      throw new TypeError(
        options?.priority !== undefined
          ? `PriorityQueue.put: priority must be a number, got ${String(priority)} (${typeof priority})`
          : this.key === undefined
            ? 'PriorityQueue.put: the item is no number and no array that begins with one; give { priority }, or set a key'
            : `PriorityQueue.put: key must return a number, got ${String(priority)} (${typeof priority})`,
      );
    }
    if (Number.isNaN(priority))
      throw new RangeError('PriorityQueue.put: priority must be a number to order by, got NaN');
    return priority;
  }
}

function naturalPriority(item: unknown): unknown {
  return Array.isArray(item) ? (item as unknown[])[0] : item;
}
