/** What all queues have in common: the side from which items are taken. */
import { i32 } from '../atomics.ts';
import { QueueEmptyError, QueueShutDownError } from '../errors.ts';
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { garbageIsDue, lookForGarbage } from '../memory/garbage.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import { deadlineIn } from '../parking/deadline.ts';
import '../sync/guard.ts';
import { describe } from '../sync/describe.ts';
import { wholeNumber } from '../sync/options.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import { eachItem } from './each-item.ts';
import { lockEnds, setClosed, unlockEnds } from './ends.ts';
import { intoOf } from './into.ts';
import { OUTCOME, QUEUE } from './layout.ts';
import { sizeOf } from './lines.ts';
import { unpack } from './message.ts';
import { limit } from './options.ts';
import type { AsyncGetOptions, GetOptions, IntoOptions, QueueOptions } from './options.ts';
import { grab, grabMany, receive, receiveAsync } from './traffic.ts';
import type { Discipline } from './traffic.ts';

const GREATEST = 0x7fff_ffff;

/** A box around an item, since `undefined` is a legal item. */
export interface Taken<T> {
  value: T;
}

export abstract class AnyQueue<T> extends SharedObject {
  /** @internal */
  protected static override readonly optionNames: ReadonlySet<string> = new Set([
    'maxsize',
    'maxBytes',
    'name',
  ]);

  /** @internal */
  protected readonly discipline: Discipline;

  /** @internal */
  protected constructor(discipline: Discipline, options: QueueOptions | Existing | undefined) {
    if (options instanceof Existing || options === undefined)
      super(discipline.kind, QUEUE.bytesOfBlock, options);
    else {
      checkOptions(options, discipline.type, '{ maxsize: 100 }');
      checkNames(options, new.target.optionNames, discipline.type);
      const maxsize = limit(options.maxsize, `${discipline.type}: maxsize`);
      const maxBytes = limit(options.maxBytes, `${discipline.type}: maxBytes`);
      super(discipline.kind, QUEUE.bytesOfBlock, options);
      i32[this.at + QUEUE.maxsize] = maxsize;
      i32[this.at + QUEUE.maxBytes] = maxBytes;
      setClosed(this.at);
    }
    this.discipline = discipline;
  }

  /**
   * Takes the next item; blocks the calling thread while there is none. First come, first served among all that wait, blocked threads and promises alike.
   *
   * Throws `QueueEmptyError` when `timeout` milliseconds passed first, `QueueShutDownError` once the queue is shut down and empty,
   * `RangeError` for a negative or NaN timeout, `TypeError` for an `into` that can't take bytes, and `BlockingNotAllowedError` where it would have to wait in a
   * browser window.
   *
   * @example
   * ```ts
   * const frames = new Queue<Uint8Array>();
   * const memory = new ArrayBuffer(2 ** 20);
   * frames.put(new Uint8Array([1, 2, 3]));
   * frames.get({ into: memory }).buffer === memory; // => true
   * ```
   */
  get(options?: GetOptions): T {
    if (garbageIsDue) lookForGarbage();
    const queue = this.live();
    const deadline = options === undefined ? Infinity : deadlineIn(options, `${this.discipline.type}.get`);
    const into = options === undefined ? undefined : intoOf(options, `${this.discipline.type}.get`);
    if (grab(queue, this.discipline.store)) return unpack(into) as T;
    const outcome = receive(queue, this.discipline, deadline);
    if (outcome === OUTCOME.done) return unpack(into) as T;
    throw this.#nothing(outcome, options);
  }

  /**
   * As `get`, without blocking: resolves to the item, and rejects with what `get` throws, or with `signal.reason` when aborted; then no item was taken.
   * Stands in the same line as blocked threads, and holds the event loop meanwhile.
   */
  async getAsync(options?: AsyncGetOptions): Promise<T> {
    if (garbageIsDue) lookForGarbage();
    const queue = this.live();
    const deadline = deadlineIn(options, `${this.discipline.type}.getAsync`);
    const into = intoOf(options, `${this.discipline.type}.getAsync`);
    options?.signal?.throwIfAborted();
    if (grab(queue, this.discipline.store)) return unpack(into) as T;
    const { outcome, value } = await receiveAsync(
      this,
      queue,
      this.discipline,
      deadline,
      options?.signal,
      into,
    );
    if (outcome === OUTCOME.done) return value as T;
    throw this.#nothing(outcome, options);
  }

  /** Takes the next item in a box, or returns `undefined` if there is none, or none that isn't spoken for by those who wait. Never blocks. Throws `QueueShutDownError` if there won't be any. */
  tryGet(options?: IntoOptions): Taken<T> | undefined {
    if (garbageIsDue) lookForGarbage();
    const queue = this.live();
    const into = intoOf(options, `${this.discipline.type}.tryGet`);
    if (grab(queue, this.discipline.store)) return { value: unpack(into) as T };
    if (i32[queue + QUEUE.flags] === 0) return undefined;
    // Shut down meanwhile, and the last items may be there: only now is nothing added any more.
    if (grab(queue, this.discipline.store)) return { value: unpack(into) as T };
    throw this.#nothing(OUTCOME.shutDown, undefined);
  }

  /** Takes the next item, or throws `QueueEmptyError` if there is none. Never blocks. Throws `QueueShutDownError` if there won't be any. */
  getNowait(options?: IntoOptions): T {
    const taken = this.tryGet(options);
    if (taken === undefined) throw new QueueEmptyError(`${describe(this.discipline.type, this)}: empty`);
    return taken.value;
  }

  /**
   * Takes up to `max` items at once; blocks while there is none, but not for more than there are. Cheaper than as many calls of `get`. Throws
   * what `get` throws.
   */
  getMany(max: number, options?: WaitOptions): T[] {
    if (garbageIsDue) lookForGarbage();
    const queue = this.live();
    wholeNumber(max, 1, GREATEST, `${this.discipline.type}.getMany: max`);
    const deadline = deadlineIn(options, `${this.discipline.type}.getMany`);
    const values: unknown[] = [];
    grabMany(queue, this.discipline.store, max, values);
    if (values.length === 0) {
      const outcome = receive(queue, this.discipline, deadline);
      if (outcome !== OUTCOME.done) throw this.#nothing(outcome, options);
      values.push(unpack());
      grabMany(queue, this.discipline.store, max, values);
    }
    return values as T[];
  }

  /** As `getMany`, without blocking. */
  async getManyAsync(max: number, options?: AsyncWaitOptions): Promise<T[]> {
    if (garbageIsDue) lookForGarbage();
    const queue = this.live();
    wholeNumber(max, 1, GREATEST, `${this.discipline.type}.getManyAsync: max`);
    const deadline = deadlineIn(options, `${this.discipline.type}.getManyAsync`);
    options?.signal?.throwIfAborted();
    const values: unknown[] = [];
    grabMany(queue, this.discipline.store, max, values);
    if (values.length === 0) {
      const { outcome, value } = await receiveAsync(this, queue, this.discipline, deadline, options?.signal);
      if (outcome !== OUTCOME.done) throw this.#nothing(outcome, options);
      values.push(value);
      if (this.at !== 0) grabMany(queue, this.discipline.store, max, values);
    }
    return values as T[];
  }

  /** How many items are stored, those included that a thread just waking up will take (snapshot). */
  get size(): number {
    return this.look(sizeOf);
  }

  /** Whether no item is stored (snapshot). */
  get empty(): boolean {
    return this.size === 0;
  }

  /** Takes items for ever, and ends when the queue is shut down and empty. Blocks the calling thread while there is none: for threads. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = this.get();
      } catch (error) {
        if (error instanceof QueueShutDownError) return;
        throw error;
      }
      yield item;
    }
  }

  /** Takes items for ever without blocking, and ends when the queue is shut down and empty. While items keep coming, the event loop gets its turn too. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return eachItem(this);
  }

  /** Reads under both guards. @internal */
  protected look<R>(read: (queue: number) => R): R {
    const queue = this.live();
    lockEnds(queue);
    const result = read(queue);
    unlockEnds(queue);
    return result;
  }

  #nothing(outcome: number, options: WaitOptions | undefined): Error {
    const queue = describe(this.discipline.type, this);
    if (outcome === OUTCOME.shutDown)
      return new QueueShutDownError(`${queue}: shut down, and no item is left`);
    return new QueueEmptyError(`${queue}: nothing came within ${options?.timeout} ms`);
  }

  /** @internal */
  protected override summary(): string {
    return `size=${this.size}`;
  }
}
