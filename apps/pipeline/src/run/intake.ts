// The first stage: lists the folder and reads one file after the other. At the end, if nothing cut the walk short, it names the
// files that the index still holds and the folder no longer does.

import type { Allocate } from '../cargo.ts';
import { readJob } from '../files/read.ts';
import { type Entry, walk } from '../files/walk.ts';
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

  constructor(options: RunOptions, stop: Stop, found: Counter, allocate: Allocate) {
    this.#options = options;
    this.#stop = stop;
    this.#found = found;
    this.#allocate = allocate;
  }

  *jobs(): Generator<Job, void, void> {
    const { folder, db } = this.#options;
    const hashes = this.#indexed();
    const { files, closed } = walk(folder, new Set(['', ...COMPANIONS].map(suffix => db + suffix)));
    this.#found.add(files.length);
    yield* closed;
    for (const entry of files) {
      if (this.#stop.isSet) return;
      yield this.#read(entry, hashes);
    }
    // Only now is it certain that what was not seen isn't there. Where a folder was closed, it may be.
    if (closed.length > 0) return;
    for (const path of hashes.keys()) yield { kind: 'gone', path };
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
