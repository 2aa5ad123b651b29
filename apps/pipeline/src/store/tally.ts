// Counts what became of the files. The sum of the outcomes must be the number of files that were taken in.

import type { Fact } from '../message.ts';

/** Numbers of files, except where it says otherwise. */
export interface Tally {
  added: number;
  updated: number;
  unchanged: number;
  binary: number;
  unreadable: number;
  vanished: number;
  tooLarge: number;
  /** Of those added or updated: files with bytes that aren't UTF-8. */
  invalid: number;
  /** Files that were in the index and no longer are. They are counted beside the outcomes, not among them. */
  removed: number;
  /** Folders that couldn't be listed. Not files. */
  closedFolders: number;
  /** Bytes of the text files. */
  bytes: number;
}

export function emptyTally(): Tally {
  return {
    added: 0,
    updated: 0,
    unchanged: 0,
    binary: 0,
    unreadable: 0,
    vanished: 0,
    tooLarge: 0,
    invalid: 0,
    removed: 0,
    closedFolders: 0,
    bytes: 0,
  };
}

/** Returns how many files a tally accounts for. */
export function outcomes(tally: Readonly<Tally>): number {
  const { added, updated, unchanged, binary, unreadable, vanished, tooLarge } = tally;
  return added + updated + unchanged + binary + unreadable + vanished + tooLarge;
}

export function addTally(sum: Tally, more: Readonly<Tally>): void {
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += more[key];
}

/** Counts one fact. `wasThere`: the index held something under its path before. */
export function tallyFact(tally: Tally, fact: Fact, wasThere: boolean): void {
  switch (fact.kind) {
    case 'text':
      tally[wasThere ? 'updated' : 'added'] += 1;
      tally.bytes += fact.bytes;
      if (fact.replaced > 0) tally.invalid += 1;
      return;
    case 'unchanged':
      tally.unchanged += 1;
      tally.bytes += fact.bytes;
      return;
    case 'skipped':
      tally[fact.why === 'too large' ? 'tooLarge' : fact.why] += 1;
      if (wasThere && fact.why !== 'unreadable') tally.removed += 1;
      return;
    case 'gone':
      if (wasThere) tally.removed += 1;
      return;
    case 'closed folder':
      tally.closedFolders += 1;
  }
}
