/**
 * What `Queue`, `LifoQueue` and `PriorityQueue` have in common: everything but the order. The rules are in `lines.ts`, the orders in `fifo.ts`, `lifo.ts`
 * and `heap.ts`.
 */
import { checkOptions } from '../memory/check-options.ts';
import { i32 } from '../atomics.ts';
import { detach } from '../codec/transfer.ts';
import { QueueFullError, QueueShutDownError, SharedMemoryExhaustedError } from '../errors.ts';
import { memoryUsage } from '../memory/allocator.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import { describe } from '../sync/describe.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import { AnyQueue } from './any-queue.ts';
import { lockEnds, unlockEnds } from './ends.ts';
import { OUTCOME, QUEUE } from './layout.ts';
import { finishOne, isFull, shutDown, unfinishedOf } from './lines.ts';
import { abandon, Batch, keep, pack, packNext } from './message.ts';
import type { Outgoing } from './message.ts';
import type { AsyncPutOptions, PutOptions, TransferOptions } from './options.ts';
import { dropAll, offer, offerMany, send, sendAsync } from './traffic.ts';

/** @internal */
export abstract class BoundedQueue<T> extends AnyQueue<T> {
  /**
   * Puts an item; blocks the calling thread while the queue is full. First come, first served among all that wait, blocked threads and promises alike.
   * The item is copied at the call, but shared objects in it aren't: they arrive as what they are.
   *
   * Throws `QueueFullError` when `timeout` milliseconds passed first, `QueueShutDownError` if the queue is shut down, before or during the wait,
   * `NotShareableError` with the path to what can't travel, `SharedMemoryExhaustedError`, and `BlockingNotAllowedError` where it would have to wait in a
   * browser window. In all these cases the queue is as it was and nothing was moved. What was done before `put` is seen by whoever gets the item.
   */
  put(item: T, options?: PutOptions): void {
    const queue = this.live();
    const deadline = options === undefined ? Infinity : deadlineIn(options, `${this.discipline.type}.put`);
    const message = this.#pack(item, options);
    let outcome = offer(queue, this.discipline.store, message);
    if (outcome === OUTCOME.none) {
      try {
        outcome = send(queue, this.discipline, deadline);
      } catch (error) {
        abandon(message);
        throw error;
      }
    }
    if (outcome !== OUTCOME.done) throw this.#refused(message, outcome, options);
    if (message.transfer !== undefined) detach(message.transfer);
  }

  /** As `put`, without blocking: resolves once the queue has accepted the item; rejects with what `put` throws, and with `signal.reason` when aborted. */
  async putAsync(item: T, options?: AsyncPutOptions): Promise<void> {
    const queue = this.live();
    const deadline = deadlineIn(options, `${this.discipline.type}.putAsync`);
    options?.signal?.throwIfAborted();
    let message = this.#pack(item, options);
    let outcome = offer(queue, this.discipline.store, message);
    if (outcome === OUTCOME.none) {
      message = keep(message);
      try {
        outcome = await sendAsync(this, queue, this.discipline, message, deadline, options?.signal);
      } catch (error) {
        abandon(message);
        throw error;
      }
    }
    if (outcome !== OUTCOME.done) throw this.#refused(message, outcome, options);
    if (message.transfer !== undefined) detach(message.transfer);
  }

  /** Puts an item if there is room that isn't spoken for by those who wait; returns whether it did. Never blocks. Throws `QueueShutDownError`, and what `put` throws for an item that can't travel. */
  tryPut(item: T, options?: TransferOptions): boolean {
    const queue = this.live();
    const message = this.#pack(item, options);
    const outcome = offer(queue, this.discipline.store, message);
    if (outcome === OUTCOME.none) {
      abandon(message);
      return false;
    }
    if (outcome !== OUTCOME.done) throw this.#refused(message, outcome, undefined);
    if (message.transfer !== undefined) detach(message.transfer);
    return true;
  }

  /** Puts an item if there is room, else throws `QueueFullError`. Never blocks. */
  putNowait(item: T, options?: TransferOptions): void {
    if (!this.tryPut(item, options))
      throw new QueueFullError(`${describe(this.discipline.type, this)}: full (${this.#limits()})`);
  }

  /**
   * Puts all items, in order; blocks while the queue is full. Cheaper than as many calls of `put`. If one can't travel, none is put. When `timeout`
   * passed or the queue was shut down midway, the error says how many were put; these stay.
   */
  putMany(items: Iterable<T>, options?: WaitOptions): void {
    const queue = this.live();
    const deadline = deadlineIn(options, `${this.discipline.type}.putMany`);
    const batch = this.#packMany(items, options);
    for (;;) {
      offerMany(queue, this.discipline.store, batch);
      if (batch.put === batch.size) return;
      batch.select();
      let outcome: number;
      try {
        outcome = send(queue, this.discipline, deadline);
      } catch (error) {
        batch.abandon();
        throw error;
      }
      if (outcome !== OUTCOME.done) throw this.#refusedMany(batch, outcome, options);
      batch.advance();
    }
  }

  /** As `putMany`, without blocking. When it is aborted midway, what was put stays. */
  async putManyAsync(items: Iterable<T>, options?: AsyncWaitOptions): Promise<void> {
    const queue = this.live();
    const deadline = deadlineIn(options, `${this.discipline.type}.putManyAsync`);
    options?.signal?.throwIfAborted();
    const batch = this.#packMany(items, options);
    for (;;) {
      offerMany(queue, this.discipline.store, batch);
      if (batch.put === batch.size) return;
      let outcome: number;
      try {
        const message = keep(batch.select());
        outcome = await sendAsync(this, queue, this.discipline, message, deadline, options?.signal);
      } catch (error) {
        batch.abandon();
        throw error;
      }
      if (outcome !== OUTCOME.done) throw this.#refusedMany(batch, outcome, options);
      batch.advance();
      if (this.at === 0) batch.abandon();
      this.live();
    }
  }

  /**
   * Says that an item that was taken is dealt with; as many calls as items let `join()` go. Never blocks. Throws `RangeError`
   * ("taskDone() called too many times") if nothing is unfinished.
   */
  taskDone(): void {
    if (!finishOne(this.live()))
      throw new RangeError(`${describe(this.discipline.type, this)}: taskDone() called too many times`);
  }

  /**
   * Blocks until every item ever put has been taken and dealt with (`taskDone`); returns true, or false when `timeout` milliseconds passed first.
   * Never throws because of a shutdown.
   */
  join(options?: WaitOptions): boolean {
    const queue = this.live();
    return waitBlocking(
      queue,
      this.discipline.lines.joiners,
      deadlineIn(options, `${this.discipline.type}.join`),
    );
  }

  /** As `join`, without blocking. Rejects with `signal.reason` when aborted. */
  async joinAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const queue = this.live();
    const deadline = deadlineIn(options, `${this.discipline.type}.joinAsync`);
    options?.signal?.throwIfAborted();
    return waitInLine(this, queue, this.discipline.lines.joiners, deadline, options?.signal);
  }

  /**
   * Shuts the queue down, for good: every `put`, waiting ones included, throws `QueueShutDownError`; `get` hands out what is left and then throws it too. With
   * `immediate` what is left is dropped and counts as done, so that `join()` waits only for items that somebody is dealing with. May be
   * called again, and `immediate` later. Never blocks. Source: Python 3.13.
   */
  shutdown(options?: { immediate?: boolean | undefined }): void {
    if (options !== undefined && options !== null)
      checkOptions(options, `${this.discipline.type}.shutdown`, '{ immediate: true }');
    const queue = this.live();
    const { store } = this.discipline;
    lockEnds(queue);
    const filled = shutDown(queue, store, options?.immediate === true);
    unlockEnds(queue);
    if (filled) dropAll(queue, store);
  }

  /** Shuts the queue down, so that `using queue = new Queue()` lets its consumers go at the end of the scope. */
  [Symbol.dispose](): void {
    if (this.at !== 0) this.shutdown();
  }

  /** Whether it was shut down (snapshot). */
  get isShutdown(): boolean {
    return i32[this.live() + QUEUE.flags] !== 0;
  }

  /** How many items were put and not yet reported by `taskDone` (snapshot). */
  get unfinishedTasks(): number {
    return this.look(unfinishedOf);
  }

  /** Whether `maxsize` items or `maxBytes` bytes are stored (snapshot). */
  get full(): boolean {
    return this.look(isFull);
  }

  /** How many items it may hold; 0 is unlimited. */
  get maxsize(): number {
    return i32[this.live() + QUEUE.maxsize]!;
  }

  /** How many bytes of items it may hold; 0 is unlimited. */
  get maxBytes(): number {
    return i32[this.live() + QUEUE.maxBytes]!;
  }

  /** The order of an item, where there is one. @internal */
  protected priorityFor(_item: T, _options: unknown): number {
    return 0;
  }

  #pack(item: T, options: TransferOptions | undefined): Outgoing {
    const priority = this.priorityFor(item, options);
    const message = pack(item, 'item', this.discipline.store.inlineBytes, options?.transfer);
    message.priority = priority;
    // A getter of the item may have disposed of this handle.
    if (this.at === 0) abandon(message);
    this.live();
    return message;
  }

  #packMany(items: Iterable<T>, options: unknown): Batch {
    if (typeof (items as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] !== 'function') {
      throw new TypeError(
        `${this.discipline.type}.putMany: items must be iterable, got ${String(items)} (${typeof items})`,
      );
    }
    const batch = new Batch();
    try {
      for (const item of items) {
        const priority = this.priorityFor(item, options);
        const message = packNext(item, batch, this.discipline.store.inlineBytes);
        message.priority = priority;
        batch.add(message);
      }
      this.live();
    } catch (error) {
      batch.abandon();
      throw error;
    }
    return batch;
  }

  #refused(message: Outgoing, outcome: number, options: WaitOptions | undefined): Error {
    const { length } = message;
    abandon(message);
    return this.#refusal(length, outcome, options);
  }

  #refusal(length: number, outcome: number, options: WaitOptions | undefined): Error {
    const queue = describe(this.discipline.type, this);
    if (outcome === OUTCOME.shutDown) return this.#shutDownError();
    if (outcome === OUTCOME.none)
      return new QueueFullError(`${queue}: no room within ${options?.timeout} ms (${this.#limits()})`);
    const { used, maximum } = memoryUsage();
    return new SharedMemoryExhaustedError(
      `${queue}: no shared memory left for an item of ${length} bytes, with ${this.size} items in the queue and ${used} of at most ${maximum} bytes in use. ` +
        'Give the queue a maxsize or maxBytes, or raise configureMemory({ maximumBytes })',
    );
  }

  #refusedMany(batch: Batch, outcome: number, options: WaitOptions | undefined): Error {
    const { put, size } = batch;
    const error = this.#refusal(batch.select().length, outcome, options);
    batch.abandon();
    error.message += `; ${put} of ${size} items were put`;
    return error;
  }

  #shutDownError(): QueueShutDownError {
    return new QueueShutDownError(
      `${describe(this.discipline.type, this)}: shut down, nothing can be put any more`,
    );
  }

  #limits(): string {
    const parts = [];
    if (this.maxsize > 0) parts.push(`maxsize ${this.maxsize}`);
    if (this.maxBytes > 0) parts.push(`maxBytes ${this.maxBytes}`);
    return parts.join(', ');
  }
}
