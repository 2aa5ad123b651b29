// Where lines wait for a transform thread: bounded by number and by bytes, with a policy for when it is full. It lives in the thread of
// the sources, and nobody blocks on it: whoever finds it full waits for a promise.
//
//   offer ──▶ ▢▢▢▢▢▢▢▢ ──▶ take
//      │ full:   ▲            block     false: the source waits for `room()`, and over TCP so does the sender
//      │         │            dropOld   the oldest goes
//      └──▶ spill (disk)      dropNew   this one goes
//                             spill     to disk, in order; false when that is full too
//
// Order: as long as something is spilled, everything new is spilled too, so first in stays first out.

import type { Job } from '../record.ts';
import type { Spill } from './spill.ts';
import { weight } from './weight.ts';

export const POLICIES = ['block', 'dropOld', 'dropNew', 'spill'] as const;
export type Policy = (typeof POLICIES)[number];

export interface BacklogOptions {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly policy: Policy;
  /** There if the policy is `spill`. */
  readonly spill?: Spill;
  /** Is told of each job that the policy drops. */
  readonly onDrop: (job: Job) => void;
  /** Is told when the disk doesn't take what should be spilled. */
  readonly onSpillError?: (error: unknown) => void;
}

interface Taker {
  readonly max: number;
  readonly resolve: (jobs: Job[] | undefined) => void;
}

export class Backlog {
  readonly #options: BacklogOptions;
  /** A queue of which the first `#head` are gone. */
  #jobs: Job[] = [];
  #head = 0;
  #bytes = 0;
  #takers: Taker[] = [];
  #waiting: (() => void)[] = [];
  #closed = false;
  #dropped = 0;
  #spilled = 0;
  /** Set while the disk doesn't take anything. */
  #spillBroken = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** In memory. */
  get size(): number {
    return this.#jobs.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** On disk. */
  get spillSize(): number {
    return this.#options.spill?.length ?? 0;
  }

  /** How many were dropped, ever. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many went to disk, ever. */
  get spilled(): number {
    return this.#spilled;
  }

  /** How many sources wait for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a job in, or drops one, as the policy says. Returns false if the caller must wait for `room()` and offer it again. */
  offer(job: Job): boolean {
    const { policy, spill } = this.#options;
    if (this.#hasRoom(job) && this.spillSize === 0) this.#push(job);
    else if (policy === 'block') return false;
    else if (policy === 'dropNew') this.#drop(job);
    else if (policy === 'dropOld') {
      while (!this.#hasRoom(job)) this.#drop(this.#shift());
      this.#push(job);
    } else return this.#toDisk(spill!, job);
    this.#serve();
    return true;
  }

  /** Resolves when there may be room again, in the order of the calls. */
  room(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  /**
   * Resolves to some jobs, the oldest, as soon as there is one; to undefined when it is closed and empty, or when aborted; nothing is taken then.
   */
  take(max: number, signal: AbortSignal): Promise<Job[] | undefined> {
    return new Promise(resolve => {
      if (signal.aborted) return resolve(undefined);
      const taker: Taker = {
        max,
        resolve: jobs => {
          signal.removeEventListener('abort', abort);
          resolve(jobs);
        },
      };
      const abort = (): void => {
        this.#takers = this.#takers.filter(each => each !== taker);
        resolve(undefined);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#takers.push(taker);
      this.#serve();
    });
  }

  /** Nothing more will be offered: takers get what is left and then undefined. */
  close(): void {
    this.#closed = true;
    this.#serve();
  }

  #hasRoom(job: Job): boolean {
    const { maxItems, maxBytes } = this.#options;
    if (this.size === 0) return true;
    return this.size < maxItems && this.#bytes + weight(job) <= maxBytes;
  }

  #push(job: Job): void {
    this.#jobs.push(job);
    this.#bytes += weight(job);
  }

  #shift(): Job {
    const job = this.#jobs[this.#head]!;
    this.#jobs[this.#head++] = undefined!;
    this.#bytes -= weight(job);
    if (this.#head > 1024 && 2 * this.#head > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  #drop(job: Job): void {
    this.#dropped += 1;
    this.#options.onDrop(job);
  }

  #toDisk(spill: Spill, job: Job): boolean {
    if (spill.full || this.#spillBroken) return false;
    this.#spilled += 1;
    try {
      spill.push(job);
    } catch (error) {
      // The job is in memory, so nothing is lost; what comes next waits until something has been read back.
      this.#spillBroken = true;
      this.#options.onSpillError?.(error);
    }
    this.#serve();
    return true;
  }

  #serve(): void {
    while (this.#takers.length > 0) {
      if (this.size === 0) this.#refill();
      if (this.size === 0) break;
      const { max, resolve } = this.#takers.shift()!;
      resolve(Array.from({ length: Math.min(max, this.size) }, () => this.#shift()));
    }
    if (this.#waiting.length > 0 && this.#mayOffer()) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    }
    if (this.#closed && this.size === 0 && this.spillSize === 0) {
      for (const { resolve } of this.#takers.splice(0)) resolve(undefined);
    }
  }

  #refill(): void {
    const { spill } = this.#options;
    if (spill === undefined || spill.length === 0) return;
    for (const job of spill.shift()) this.#push(job);
    this.#spillBroken = false;
  }

  #mayOffer(): boolean {
    const { maxItems, maxBytes, spill } = this.#options;
    if (spill !== undefined) return !spill.full && !this.#spillBroken;
    // Not at the first gap: sources that are woken for one line each would cost more than the lines.
    return this.size <= maxItems / 2 && this.#bytes <= maxBytes / 2;
  }
}
