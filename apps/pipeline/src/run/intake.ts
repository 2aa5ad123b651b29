// The first stage: lists the folder and reads one file after the other. At the end, if nothing cut the walk short, it names the
// files that the index still holds and the folder no longer does. Folders are listed when the files known so far have been read,
// or earlier, when whoever asks has nothing better to do.

import type { Allocate } from '../cargo.ts';
import { readJob } from '../files/read.ts';
import { type Entry, type Listing, walk } from '../files/walk.ts';
import { failReading } from '../faults.ts';
import type { Job } from '../message.ts';
import { COMPANIONS, openIndex } from '../store/schema.ts';
import { readHashes } from '../store/totals.ts';
import type { Counter, RunOptions, Stop } from './run.ts';

/** Yields the jobs of one run. */
export class Intake {
  readonly #options: RunOptions;
  readonly #stop: Stop;
  readonly #found: Counter;
  readonly #allocate: Allocate;
  readonly #walk: Generator<Listing, void, void>;
  /** Listed, and not begun to be read. */
  readonly #ahead: Listing[] = [];

  constructor(options: RunOptions, stop: Stop, found: Counter, allocate: Allocate) {
    this.#options = options;
    this.#stop = stop;
    this.#found = found;
    this.#allocate = allocate;
    const { folder, db } = options;
    this.#walk = walk(folder, new Set(['', ...COMPANIONS].map(suffix => db + suffix)));
  }

  *jobs(): Generator<Job, void, void> {
    const hashes = this.#indexed();
    let anyClosed = false;
    for (let listing = this.#listed(); listing !== undefined; listing = this.#listed()) {
      if (listing.closed !== undefined) {
        anyClosed = true;
        yield listing.closed;
      }
      for (const entry of listing.files) {
        if (this.#stop.isSet) return;
        yield this.#read(entry, hashes);
      }
    }
    // Only now is it certain that what was not seen isn't there. Where a folder was closed, it may be.
    if (anyClosed || this.#stop.isSet) return;
    for (const path of hashes.keys()) yield { kind: 'gone', path };
  }

  /** Lists one more folder; returns whether there was one. */
  lookAhead(): boolean {
    const { value } = this.#walk.next();
    if (value === undefined) return false;
    this.#found.add(value.files.length);
    this.#ahead.push(value);
    return true;
  }

  /** Returns the next folder's listing, undefined after the last. */
  #listed(): Listing | undefined {
    if (this.#ahead.length === 0) this.lookAhead();
    return this.#ahead.shift();
  }

  #read(entry: Entry, hashes: Map<string, Uint8Array>): Job {
    failReading(entry);
    const known = hashes.get(entry.path);
    hashes.delete(entry.path);
    return readJob(entry, known, this.#allocate);
  }

  #indexed(): Map<string, Uint8Array> {
    const database = openIndex(this.#options.db);
    try {
      return readHashes(database);
    } finally {
      database.close();
    }
  }
}
