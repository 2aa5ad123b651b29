// What all sources put their lines into: it numbers those who wait for word, counts, and waits where the backlog's policy is to wait.

import type { FileMark, Format, Job, Skipped } from '../record.ts';
import type { Backlog } from './backlog.ts';
import { Receipt } from './receipt.ts';

/** One line, as a source gives it. */
export interface Line {
  readonly source: string;
  readonly format: Format;
  readonly bytes: Uint8Array;
  readonly key: string;
  /** Whoever waits for word of it. */
  readonly receipt?: Receipt;
  readonly file?: number;
  readonly start?: number;
  readonly end?: number;
  readonly fault?: string;
}

/** What came in, by source. */
export interface SourceCount {
  lines: number;
  bytes: number;
}

export class Intake {
  readonly #backlog: Backlog;
  readonly #toSink: (item: FileMark | Skipped) => Promise<void>;
  readonly #receipts = new Map<number, Receipt>();
  readonly #counts = new Map<string, SourceCount>();
  #origins = 0;
  #files = 0;
  #lines = 0;
  #blocked = 0;

  constructor(backlog: Backlog, toSink: (item: FileMark | Skipped) => Promise<void>) {
    this.#backlog = backlog;
    this.#toSink = toSink;
  }

  /** Lines taken in, dropped ones too. */
  get lines(): number {
    return this.#lines;
  }

  /** How many sources, or connections, wait for room. */
  get blocked(): number {
    return this.#blocked;
  }

  /** What came from a source. */
  countOf(source: string): SourceCount {
    let count = this.#counts.get(source);
    if (count === undefined) this.#counts.set(source, (count = { lines: 0, bytes: 0 }));
    return count;
  }

  /** Takes a line in. Returns a promise only if the source must wait, until which it must not offer another. */
  put(line: Line): Promise<void> | undefined {
    const { source, format, bytes, key, receipt, fault } = line;
    const job: Job = {
      seq: 0,
      origin: receipt?.origin ?? 0,
      index: receipt?.next() ?? 0,
      file: line.file ?? 0,
      start: line.start ?? 0,
      end: line.end ?? 0,
      at: Date.now(),
      source,
      format,
      key,
      bytes,
      ...(fault === undefined ? {} : { fault }),
    };
    this.#lines += 1;
    const count = this.countOf(source);
    count.lines += 1;
    count.bytes += bytes.length;
    return this.#backlog.offer(job) ? undefined : this.#wait(job);
  }

  async #wait(job: Job): Promise<void> {
    this.#blocked += 1;
    do await this.#backlog.room();
    while (!this.#backlog.offer(job));
    this.#blocked -= 1;
  }

  /** Opens an account of the lines of one sender. `onChange` is called when it knows more. Close it when nobody waits any more. */
  open(onChange: (receipt: Receipt) => void): Receipt {
    const receipt = new Receipt(++this.#origins, onChange);
    this.#receipts.set(receipt.origin, receipt);
    return receipt;
  }

  close(receipt: Receipt): void {
    this.#receipts.delete(receipt.origin);
  }

  receiptOf(origin: number): Receipt | undefined {
    return this.#receipts.get(origin);
  }

  nextFile(): number {
    return ++this.#files;
  }

  /** Tells the sink of a file, before its first line is put. */
  mark(mark: FileMark): Promise<void> {
    return this.#toSink(mark);
  }

  /** What the backlog calls for each job that it drops. */
  dropped(job: Job): void {
    this.#receipts.get(job.origin)?.settle(job.index, 'dropped');
    const { file, start, end } = job;
    if (file !== 0) void this.#toSink({ kind: 'skipped', file, start, end });
  }
}
