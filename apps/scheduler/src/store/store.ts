// What the scheduler writes through: everything that comes while a transaction is on its way to the disk makes up the next one, so that a thousand firings a
// second need a hundred commits and not a thousand. Order is kept, and what was given in one call is stored together or not at all.
//
// A disk that is full or a database that is locked is waited for: the batch is tried again until it succeeds. The scheduler looks at `trouble` and starts
// nothing meanwhile, since no run begins before its intent is stored. Requests of users don't wait; they fail.

import type { Clock } from '../time/clock.ts';
import { isFenced, LEASE_MS } from './lease.ts';
import type { Op } from './ops.ts';

/** Carries out a batch as one transaction; resolves to how many rows each op changed. */
type WriteBatch = (ops: readonly Op[]) => Promise<readonly number[]>;

interface Waiting {
  readonly ops: readonly Op[];
  readonly patient: boolean;
  readonly resolve: (changes: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface StoreOptions {
  readonly clock: Clock;
  /** How often the lease is renewed, in milliseconds. By default early enough that two renewals may fail. */
  readonly renewEvery?: number;
  readonly write: WriteBatch;
  /** Is called when the database can't be written, with the error, and when it can again, with undefined. */
  readonly onTrouble: (error: unknown) => void;
  /** Is called when nothing can be written ever again: another instance has taken over, or something is wrong with this program. */
  readonly onEnd: (error: unknown) => void;
}

/** Ops in one transaction at most, unless one call has more. */
const BATCH = 2000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 3000;

/** Results of SQLite's that may pass: no memory, locked, can't open, read-only, full, an error of the disk's. Any other is a bug of ours. */
const PASSING: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 13, 14]);

export class Store {
  readonly #options: StoreOptions;
  #waiting: Waiting[] = [];
  #pendingOps = 0;
  #busy = false;
  #retries = 0;
  #ended: { readonly error: unknown } | undefined;
  #idle: (() => void)[] = [];
  #stopRenewing: () => void = () => {};

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#renewLater();
  }

  /** How many ops aren't stored yet. */
  get pending(): number {
    return this.#pendingOps;
  }

  /** Whether the last try to write failed. */
  get isTroubled(): boolean {
    return this.#retries > 0 || this.#ended !== undefined;
  }

  /**
   * Stores the ops, together. Resolves, when they are on the disk, to how many rows each changed. Patient ones wait until the database can be written; the
   * others reject if it can't.
   */
  commit(ops: readonly Op[], options: { patient: boolean } = { patient: true }): Promise<readonly number[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ops, patient: options.patient, resolve, reject });
      this.#pendingOps += ops.length;
      if (!this.#busy) {
        this.#busy = true;
        // What else this turn of the event loop has to store goes along.
        queueMicrotask(() => void this.#writeAll());
      }
    });
  }

  /** Resolves when everything is stored, or nothing can be any more. Renews no longer. */
  async close(): Promise<void> {
    this.#stopRenewing();
    if (this.#busy) await new Promise<void>(resolve => this.#idle.push(resolve));
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && this.#ended === undefined) {
      const batch = this.#takeBatch();
      const ops = batch.length === 1 ? batch[0]!.ops : batch.flatMap(each => each.ops);
      try {
        const changes = await this.#options.write(ops);
        if (this.#retries > 0) {
          this.#retries = 0;
          this.#options.onTrouble(undefined);
        }
        let from = 0;
        for (const each of batch) {
          this.#pendingOps -= each.ops.length;
          each.resolve(changes.slice(from, (from += each.ops.length)));
        }
      } catch (error) {
        await this.#failed(batch, error);
      }
    }
    this.#busy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #takeBatch(): Waiting[] {
    let count = 0;
    let size = 0;
    for (
      ;
      count < this.#waiting.length && (count === 0 || size + this.#waiting[count]!.ops.length <= BATCH);
      count++
    ) {
      size += this.#waiting[count]!.ops.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (isFenced(error) || !isPassing(error)) {
      this.#ended = { error };
      this.#stopRenewing();
      for (const each of [...batch, ...this.#waiting.splice(0)]) each.reject(error);
      this.#pendingOps = 0;
      this.#options.onEnd(error);
      return;
    }
    const patient = batch.filter(each => each.patient);
    this.#waiting.unshift(...patient);
    for (const each of batch) {
      if (each.patient) continue;
      this.#pendingOps -= each.ops.length;
      each.reject(error);
    }
    this.#retries += 1;
    this.#options.onTrouble(error);
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#retries - 1));
    await new Promise<void>(resolve => this.#options.clock.after(wait, resolve));
  }

  #renewLater(): void {
    this.#stopRenewing = this.#options.clock.after(
      this.#options.renewEvery ?? Math.floor(LEASE_MS / 3),
      () => {
        if (this.#ended !== undefined) return;
        this.#renewLater();
        // Not patient: one that waits for the disk would only be the first of many. Its failure makes the store troubled, which is seen.
        this.commit([{ op: 'renew', now: this.#options.clock.wall() }], { patient: false }).catch(() => {});
      },
    );
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && PASSING.has((error.errcode as number) & 0xff);
}
